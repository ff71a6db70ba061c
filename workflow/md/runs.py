"""What equilibration and production have in common: integrator, barostat, stepping, records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import openmm
from openmm import app, unit

from lfa1_md.reporters import EnergyReporter, blown_up
from lfa1_md.system import Solvated

if TYPE_CHECKING:
    from lfa1_md.settings import Chemistry, Dynamics

CONSTRAINT_TOLERANCE = 1e-6
"""Relative error of constrained lengths; the energy drift of NVE runs falls no further below."""


def integrator(
    temperature: float, friction: float, timestep: float, seed: int
) -> openmm.LangevinMiddleIntegrator:
    """Make a Langevin integrator (middle scheme, Zhang et al. 2019, 10.1021/acs.jpca.9b02771).

    Parameters
    ----------
    temperature : float
        K.
    friction : float
        1/ps.
    timestep : float
        Fs.
    seed : int
    """
    made = openmm.LangevinMiddleIntegrator(
        temperature * unit.kelvin, friction / unit.picosecond, timestep * unit.femtosecond
    )
    made.setConstraintTolerance(CONSTRAINT_TOLERANCE)
    made.setRandomNumberSeed(seed)
    return made


def barostat(
    chemistry: Chemistry, dynamics: Dynamics, temperature: float, seed: int
) -> openmm.MonteCarloBarostat:
    """Make an isotropic Monte Carlo barostat at the configuration's pressure."""
    made = openmm.MonteCarloBarostat(
        chemistry.pressure * unit.bar, temperature * unit.kelvin, dynamics.barostat_interval
    )
    made.setRandomNumberSeed(seed)
    return made


def simulation(
    solvated: Solvated, chosen: openmm.Integrator, platform: Any, properties: dict[str, str]
) -> app.Simulation:
    """Make a `Simulation` of the system on the given platform."""
    return app.Simulation(solvated.model.topology, solvated.system, chosen, platform, properties)


def masses(system: openmm.System) -> np.ndarray:
    """Return the masses of all particles (Da)."""
    values = (system.getParticleMass(i) for i in range(system.getNumParticles()))
    return np.array([mass.value_in_unit(unit.dalton) for mass in values])


@contextmanager
def diagnosed(energies: EnergyReporter) -> Iterator[None]:
    """Turn OpenMM's complaints about coordinates into a `SimulationError` with the last time."""
    try:
        yield
    except (openmm.OpenMMException, ValueError) as error:
        if "nan" in str(error).lower() or "infinite" in str(error).lower():
            raise blown_up(str(error).split(".")[0], energies.last_good) from None
        raise
