"""Energy minimisation: first around the restrained protein, then of everything.

The method is FIRE (Bitzek et al. 2006, 10.1103/PhysRevLett.97.170201): molecular dynamics whose
velocities turn towards the forces, whose step grows while the energy falls and which stops dead
when it rises. Being dynamics, it keeps the constraints exact at every step. OpenMM's L-BFGS has to
replace them by springs which it stiffens round after round: the closed I domain in 16,265 atoms
came to −256 MJ/mol in 144 s with it and to −284 MJ/mol in 10 s with this (2 CPU threads).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openmm

from lfa1_analysis.io.errors import SimulationError
from lfa1_md.box.system import Solvated
from lfa1_md.files.durable import all_or_nothing, part
from lfa1_md.files.provenance import zipped
from lfa1_md.run import integration, states
from lfa1_md.run.progress import Progress

if TYPE_CHECKING:
    from lfa1_md.study.sections import Minimisation

FIRST_STEP, LONGEST_STEP = 0.001, 0.004
"""Time steps of FIRE (ps)."""
LONGEST_MOVE = 0.01
"""No coordinate changes by more than this in an iteration (nm), which disarms overlaps."""
MIXING = 0.1
"""FIRE's α at the start of each descent."""
PATIENCE = 5
"""Iterations downhill before the step grows."""
CHUNK = 10
"""Iterations between looks at the energy and the force."""
ENOUGH = 50_000
"""Iterations after which a pass without limit ends whatever the force."""


def fire() -> openmm.CustomIntegrator:
    """Make an integrator whose steps are FIRE's iterations.

    Its global variable ``force_squared`` holds, after a step with ``measure`` set to 1, the sum of
    the squared forces (kJ/mol/nm)² that are left when those along constraints are taken away.
    """
    integrator = openmm.CustomIntegrator(FIRST_STEP)
    start = {"h": FIRST_STEP, "alpha": MIXING, "downhill": 0, "power": 0, "speed": 0, "pull": 0}
    for name, value in (start | {"measure": 0, "force_squared": 0}).items():
        integrator.addGlobalVariable(name, value)
    integrator.addPerDofVariable("before", 0)

    integrator.beginIfBlock("measure = 1")
    integrator.addComputePerDof("before", "v")
    integrator.addComputePerDof("v", "f/m")
    integrator.addConstrainVelocities()
    integrator.addComputeSum("force_squared", "(m*v)^2")
    integrator.addComputePerDof("v", "before")
    integrator.endBlock()

    integrator.addComputePerDof("v", "v + h*f/m")
    integrator.addConstrainVelocities()
    integrator.addComputeSum("power", "f*v")
    integrator.addComputeSum("speed", "m*v*v")
    integrator.addComputeSum("pull", "f*f/m")
    # Forces have the unit of mass times acceleration, hence the masses in the two norms.
    integrator.addComputePerDof("v", "(1-alpha)*v + alpha*f/m*sqrt(speed/max(pull, 1e-30))")
    integrator.addConstrainVelocities()
    integrator.beginIfBlock("power >= 0")
    integrator.addComputeGlobal("downhill", "downhill + 1")
    integrator.beginIfBlock(f"downhill > {PATIENCE}")
    integrator.addComputeGlobal("h", f"min(1.1*h, {LONGEST_STEP})")
    integrator.addComputeGlobal("alpha", "0.99*alpha")
    integrator.endBlock()
    integrator.endBlock()
    integrator.beginIfBlock("power < 0")
    integrator.addComputeGlobal("downhill", "0")
    integrator.addComputeGlobal("h", "0.5*h")
    integrator.addComputeGlobal("alpha", str(MIXING))
    integrator.addComputePerDof("v", "0")
    integrator.endBlock()

    integrator.addComputePerDof("before", "x")
    integrator.addComputePerDof("x", f"x + max(-{LONGEST_MOVE}, min({LONGEST_MOVE}, h*v))")
    integrator.addConstrainPositions()
    integrator.addComputePerDof("v", "(x - before)/h")
    return integrator


def minimise(
    solvated: Solvated,
    settings: Minimisation,
    platform: Any,
    properties: dict[str, str],
    output: Path,
) -> tuple[float, float]:
    """Minimise a system's energy and write the state.

    Parameters
    ----------
    solvated : Solvated
        Its `system` gains a restraint.
    settings : Minimisation
    platform, properties
        From `platform.select`.
    output : Path
        The state, compressed XML; its velocities are zero.

    Returns
    -------
    before, after : float
        Potential energies without restraints (kJ/mol).

    Raises
    ------
    SimulationError
        An energy or coordinate is not finite.
    """
    model = solvated.model
    solvated.system.addForce(
        integration.position_restraints(model.restrained(), model.positions, 0.0)
    )
    integrator = fire()
    context = openmm.Context(solvated.system, integrator, platform, properties)
    context.setPositions(model.positions)
    before = states.potential_energy(context, "before minimisation")
    passes = [settings.restraint, 0.0] if settings.restraint else [0.0]
    limit = settings.max_iterations or ENOUGH
    with all_or_nothing(output):
        with Progress(f"{solvated.name} minimise", limit * len(passes), "iterations") as progress:
            for number, constant in enumerate(passes):
                context.setParameter(integration.RESTRAINT, constant)
                _descend(context, integrator, settings.tolerance, limit, progress, number * limit)
        after = states.potential_energy(context, "after minimisation")
        context.setVelocities(np.zeros_like(model.positions))
        part(output).write_bytes(zipped(states.serialised(context)))
    return before, after


def _descend(
    context: openmm.Context,
    integrator: openmm.CustomIntegrator,
    tolerance: float,
    limit: int,
    progress: Progress,
    already: int,
) -> None:
    """Iterate until the root-mean-square force component falls to `tolerance` or to `limit`."""
    context.setVelocities(np.zeros((context.getSystem().getNumParticles(), 3)))
    for name, value in (("h", FIRST_STEP), ("alpha", MIXING), ("downhill", 0)):
        integrator.setGlobalVariableByName(name, value)
    components = 3 * context.getSystem().getNumParticles()
    for done in range(0, limit, CHUNK):
        steps = min(CHUNK, limit - done)
        integrator.setGlobalVariableByName("measure", 0)
        try:
            integrator.step(steps - 1)
            integrator.setGlobalVariableByName("measure", 1)
            integrator.step(1)
        except openmm.OpenMMException as error:
            raise SimulationError(
                f"minimisation failed: {error}",
                "look for overlapping atoms in the prepared structure",
            ) from None
        force = (integrator.getGlobalVariableByName("force_squared") / components) ** 0.5
        progress.update(already + done + steps, f"force {force:.3g} kJ/mol/nm")
        if force <= tolerance:
            return
