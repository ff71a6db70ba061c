"""The integrator, the barostat, restraints, seeds and the context that all runs share."""

from __future__ import annotations

import platform as host
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openmm
from openmm import app, unit

from lfa1_md.box.system import Solvated
from lfa1_md.files.provenance import versions
from lfa1_md.run import states
from lfa1_md.study.seeds import derive

if TYPE_CHECKING:
    from lfa1_md.study.sections import Chemistry, Dynamics

CONSTRAINT_TOLERANCE = 1e-6
"""Relative error of constrained lengths; the energy drift of NVE runs falls no further below."""
RESTRAINT = "restraint_constant"
"""The context parameter that sets the strength of restraints (kJ/mol/nm²): ½ k r²."""


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


def position_restraints(
    atoms: np.ndarray, positions: np.ndarray, constant: float
) -> openmm.CustomExternalForce:
    """Restrain atoms to points, measured to the nearest periodic image.

    Parameters
    ----------
    atoms : numpy.ndarray
        Indices.
    positions : numpy.ndarray
        Points for all atoms of the system, shape (atoms, 3), nm.
    constant : float
        Force constant at first (kJ/mol/nm²); change it through the parameter `RESTRAINT`.
    """
    force = openmm.CustomExternalForce(f"0.5*{RESTRAINT}*periodicdistance(x, y, z, x0, y0, z0)^2")
    force.addGlobalParameter(RESTRAINT, constant)
    for name in ("x0", "y0", "z0"):
        force.addPerParticleParameter(name)
    for index in atoms:
        force.addParticle(int(index), [float(value) for value in positions[index]])
    return force


def masses(system: openmm.System) -> np.ndarray:
    """Return the masses of all particles (Da)."""
    values = (system.getParticleMass(i) for i in range(system.getNumParticles()))
    return np.array([mass.value_in_unit(unit.dalton) for mass in values])


class Engine:
    """The context of a job, which starts anew with other seeds as often as need be.

    Parameters
    ----------
    solvated : Solvated
        All forces of the job are in its `system`.
    platform, properties
        From `platform.select`.
    """

    def __init__(self, solvated: Solvated, platform: Any, properties: dict[str, str]) -> None:
        self.solvated, self._where = solvated, (platform, properties)
        self._simulation: app.Simulation | None = None

    @property
    def started(self) -> bool:
        """Return whether there is a context."""
        return self._simulation is not None

    def start(
        self,
        state: openmm.State,
        seeds: Mapping[str, int],
        temperature: float,
        friction: float,
        timestep: float,
    ) -> app.Simulation:
        """Put a state into a context whose random numbers begin with `seeds`.

        A context that is made and one that is made anew give the same bits: neither remembers
        neighbour lists, random numbers or the barostat's step size.

        Parameters
        ----------
        state : openmm.State
        seeds : mapping
            ``integrator``, ``barostat`` and, where velocities shall be drawn anew, ``velocities``.
        temperature, friction, timestep : float
            K, 1/ps, fs.
        """
        if self._simulation is None:
            made = integrator(temperature, friction, timestep, seeds["integrator"])
            self._reseed(seeds)
            self._simulation = app.Simulation(
                self.solvated.model.topology, self.solvated.system, made, *self._where
            )
        else:
            made = self._simulation.integrator
            made.setTemperature(temperature)
            made.setFriction(friction)
            made.setStepSize(timestep / 1000)
            made.setRandomNumberSeed(seeds["integrator"])
            self._reseed(seeds)
            self._simulation.context.reinitialize()
        context = self._simulation.context
        states.place(context, state)
        if "velocities" in seeds:
            context.setVelocitiesToTemperature(temperature, seeds["velocities"])
        return self._simulation

    def _reseed(self, seeds: Mapping[str, int]) -> None:
        for force in self.solvated.system.getForces():
            if isinstance(force, openmm.MonteCarloBarostat):
                force.setRandomNumberSeed(seeds["barostat"])


def machine(platform: Any, properties: Mapping[str, str]) -> dict[str, Any]:
    """Return what else the bits of a run depend on: versions, platform, properties, device."""
    found = {"name": platform.getName(), "properties": dict(properties)}
    return {"versions": versions(), "platform": found, "device": _device(platform)}


def _device(platform: Any) -> str:
    """Name the processor: GPUs by their model, CPUs by theirs."""
    if platform.getName() == "CPU":
        return processor()
    probe = openmm.System()
    probe.addParticle(1.0)
    context = openmm.Context(probe, openmm.VerletIntegrator(0.001), platform)
    return str(platform.getPropertyValue(context, "DeviceName"))


def processor() -> str:
    """Name this machine's CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return host.processor() or host.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else host.machine()


def seeds(
    study_seed: int,
    labels: Sequence[str | int],
    step: int,
    attempt: int,
    new_velocities: bool = False,
) -> dict[str, int]:
    """Derive the seeds that count from a step of a job on.

    Parameters
    ----------
    study_seed : int
    labels : sequence
        The job: state, replica, segment or equilibration.
    step : int
        Of the job.
    attempt : int
        How often the job had to start from new velocities.
    new_velocities : bool
        Also the seed from which velocities are drawn.
    """
    where = (*labels, "step", step, *(("attempt", attempt) if attempt else ()))
    found = {use: derive(study_seed, *where, use) for use in ("integrator", "barostat")}
    if new_velocities:
        found["velocities"] = derive(study_seed, *labels, "velocities", attempt)
    return found
