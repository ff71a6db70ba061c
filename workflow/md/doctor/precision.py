"""Whether a platform computes the forces that OpenMM's Reference platform does.

The box of the comparison is the system's own if Reference can do it. Reference sorts atoms into
grid cells of about half a cutoff and looks up to three of them to each side. A low triclinic box,
whose images do not fall on that grid, has not as many, and pairs are left out: in a rhombic
dodecahedron with an edge of 3.4 nm 1 % of those within 0.9 nm (the test counts them; the CPU
platform finds those of a plain sum over all pairs). There the molecules are put, as they are, into
a rectangular box with room around them: other forces than the study's, but the same for every
platform, and Reference's are right.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray

from lfa1_md.box import system as systems
from lfa1_md.doctor.box import MeasuredSystem
from lfa1_md.doctor.platforms import choose
from lfa1_md.doctor.processes import ask
from lfa1_md.machine.agreement import Agreement, computed, judge
from lfa1_md.run import states
from lfa1_md.run.job import log

LOWEST = 3.5
"""Height, in cutoffs, from which on Reference is trusted in a triclinic box: seven grid cells. By
counting, it misses pairs in rhombic dodecahedra and truncated octahedra up to a height of 3.0."""
Cell = tuple[NDArray[np.float64], NDArray[np.float64]]
"""MeasuredSystem vectors as rows, shape (3, 3), and positions, shape (atoms, 3), in nm."""


def measure(box: MeasuredSystem, platforms: list[str]) -> list[Agreement]:
    """Compare platforms with Reference on the same positions, each in a process of its own."""
    log(f"{box.name}: forces on Reference, about {box.atoms // 1500 + 1} s")
    exact = ask(forces, "Reference", box)
    if "problem" in exact:
        return [Agreement(name, problem=f"Reference {exact['problem']}") for name in platforms]
    if not exact["own_box"]:
        log(
            f"{box.name}: platforms are compared in a rectangular box, since Reference misses "
            "pairs in triclinic ones as low as the study's"
        )
    found = []
    for name in platforms:
        other = ask(forces, name, box)
        found.append(
            Agreement(name, problem=str(other["problem"]))
            if "problem" in other
            else judge(name, (exact["forces"], exact["energy"]), (other["forces"], other["energy"]))
        )
    return found


def forces(name: str, box: MeasuredSystem) -> dict[str, Any]:
    """Compute the forces of a system's state on a platform.

    Returns
    -------
    dict
        ``forces`` (kJ/mol/nm, shape (atoms, 3)), ``energy`` (kJ/mol) and ``own_box``: whether they
        are those in the state's own box.
    """
    solvated = systems.load(box.folder)
    given = states.read(box.state, len(solvated.model.positions))
    vectors, positions = comparison_cell(solvated.system, given)
    solvated.system.setDefaultPeriodicBoxVectors(*vectors)
    same_mesh(solvated.system)
    chosen, properties = choose(name)
    context = openmm.Context(solvated.system, openmm.VerletIntegrator(0.001), chosen, properties)
    context.setPositions(positions)
    values, energy = computed(context)
    own = bool((vectors == given.getPeriodicBoxVectors(asNumpy=True)._value).all())
    return {"forces": values, "energy": energy, "own_box": own}


def same_mesh(of: openmm.System) -> None:
    """Fix the mesh of PME to one that every platform takes as it is.

    Left to themselves platforms round it differently for their Fourier transforms, and the error
    of a coarser mesh (`ewaldErrorTolerance`) hides that of the arithmetic.
    """
    context = openmm.Context(
        of, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference")
    )
    for force in of.getForces():
        if isinstance(force, openmm.NonbondedForce):
            alpha, *mesh = force.getPMEParametersInContext(context)
            force.setPMEParameters(alpha, *(_smooth(number) for number in mesh))


def _smooth(number: int) -> int:
    """Find the next number that has no prime factors but 2, 3 and 5."""
    rest = number
    for prime in (2, 3, 5):
        while rest and rest % prime == 0:
            rest //= prime
    return number if rest <= 1 else _smooth(number + 1)


def comparison_cell(system: openmm.System, state: openmm.State) -> Cell:
    """Return the box and the positions with which platforms are to be compared.

    Parameters
    ----------
    system : openmm.System
    state : openmm.State
        With the box of the study.
    """
    box = np.array(state.getPeriodicBoxVectors(asNumpy=True)._value)
    if trusted(box, cutoff(system)):
        return box, np.array(state.getPositions(asNumpy=True)._value)
    return rectangular(system, state)


def trusted(box: NDArray[np.float64], cutoff: float) -> bool:
    """Return whether Reference finds all pairs within `cutoff` (nm) in a box (rows, nm)."""
    sides = np.diag(box)
    return bool((box == np.diag(sides)).all() or sides.min() >= LOWEST * cutoff)


def cutoff(system: openmm.System) -> float:
    """Return the longest cutoff of a system's forces (nm), 0 where none has one."""
    lengths = [
        force.getCutoffDistance()._value
        for force in system.getForces()
        if isinstance(force, openmm.NonbondedForce | openmm.CustomNonbondedForce)
    ]
    return max(lengths, default=0.0)


def rectangular(system: openmm.System, state: openmm.State) -> Cell:
    """Put the molecules of a state, each whole and within the box, into a rectangular box.

    Between it and its images there is a cutoff of room, so that nothing meets that did not meet.
    """
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    states.place(context, state)
    wrapped = context.getState(positions=True, enforcePeriodicBox=True)
    positions = np.array(wrapped.getPositions(asNumpy=True)._value)
    return np.diag(np.ptp(positions, axis=0) + cutoff(system)), positions
