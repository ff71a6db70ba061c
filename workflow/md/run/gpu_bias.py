"""Whether a GPU computes a run with the opening bias as the CPU does, asked before it starts.

OpenMM before 8.6.1 has no barrier where `RMSDForce` adds up on GPUs (openmm#5346), and with PME
beside a `CustomCVForce` some of its GPU platforms give energies and forces that are wrong and
change from call to call (openmm#5328). `platform.require_bias` refuses those versions; of newer
ones this module asks, on the machine and the system at hand, whether they are right.
"""

from __future__ import annotations

from typing import Any

import openmm

from lfa1_analysis.io.errors import PlatformError
from lfa1_md.machine.agreement import LIMIT, computed, judge
from lfa1_md.machine.platform import on_gpu
from lfa1_md.run import bias, states

GROUP = 31
"""Force group that the bias has here, so that it can be computed alone."""
AWAY = 0.1
"""How far from the coordinate its bias is centred for the comparison: at its centre it does
nothing that could be compared. Windows are about as far apart."""
BIAS_ENERGY = 0.05
"""kJ/mol; 2 % of kT at 300 K, which no sampling of a window resolves."""
ENERGY = 1e-5
"""Of the whole energy. Single precision keeps it to some 1e-6; what openmm#5328 reports is 1e-3."""
REPEATS = 5
"""A race between kernels is lost now and then, so each is computed this often."""


def require(
    system: openmm.System,
    state: openmm.State,
    constant: float,
    platform: Any,
    properties: dict[str, str],
) -> None:
    """Check that a GPU computes a biased system as the CPU does; do nothing on a CPU.

    The comparison has contexts of its own, so that the run's bits do not depend on it.

    Parameters
    ----------
    system : openmm.System
        With the bias, of the name `bias.NAME`.
    state : openmm.State
        Where the run starts.
    constant : float
        Of the bias (kJ/mol).
    platform, properties
        From `platform.select`.

    Raises
    ------
    PlatformError
        Energy or forces differ.
    """
    if not on_gpu(platform.getName()):
        return
    copy = openmm.XmlSerializer.clone(system)
    (force,) = (f for f in copy.getForces() if f.getName() == bias.NAME)
    force.setForceGroup(GROUP)
    found = _context(copy, state, platform, properties)
    _same_mesh(copy, found)
    trusted = _context(copy, state, openmm.Platform.getPlatformByName("CPU"), {})
    centre = bias.value(force, trusted) + AWAY
    for context in (found, trusted):
        context.setParameter(bias.CENTRE, centre)
        context.setParameter(bias.CONSTANT, constant)
    if complaints := compare(found, trusted):
        raise PlatformError(
            f"platform {platform.getName()} does not compute the opening bias as the CPU does: "
            + "; ".join(complaints),
            "let `lfa1 doctor` look at the GPU and its driver, use another GPU, or set platform: "
            "CPU",
        )


def compare(found: openmm.Context, trusted: openmm.Context) -> list[str]:
    """Return in what the energies and forces of two contexts differ, of the bias and of all forces.

    Parameters
    ----------
    found, trusted : openmm.Context
        Of the same system, positions and parameters, with the bias in force group `GROUP`. The
        one is computed `REPEATS` times, the other once.

    Returns
    -------
    list of str
        Nothing where they agree: forces within `LIMIT` (root mean square and median, relative),
        the energy of the bias within `BIAS_ENERGY`, that of all forces within `ENERGY`.
    """
    complaints = []
    for what, groups in (("the bias", {GROUP}), ("all forces together", -1)):
        exact = computed(trusted, groups)
        allowed = BIAS_ENERGY if groups == {GROUP} else ENERGY * abs(exact[1])
        for _ in range(REPEATS):
            other = computed(found, groups)
            agreement, apart = judge("", exact, other), other[1] - exact[1]
            # The comparisons are so that a value that is not a number does not pass.
            if not (agreement.good and abs(apart) <= allowed):
                complaints.append(
                    f"{what}: forces differ by {agreement.rms:.1e} (root mean square, {LIMIT:.0e} "
                    f"is allowed), the energy by {apart:+.3g} kJ/mol ({allowed:.3g})"
                )
                break
    return complaints


def _same_mesh(system: openmm.System, context: openmm.Context) -> None:
    """Let the contexts that follow have the mesh of PME that this one has.

    Platforms round its size differently, and the error of the mesh would hide that of a force.
    """
    context.getState(energy=True)  # some platforms have no mesh before they first need it
    for force in system.getForces():
        if isinstance(force, openmm.NonbondedForce):
            force.setPMEParameters(*force.getPMEParametersInContext(context))


def _context(
    system: openmm.System, state: openmm.State, platform: Any, properties: dict[str, str]
) -> openmm.Context:
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform, properties)
    states.place(context, state)
    return context
