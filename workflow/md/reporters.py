"""What a run records while it goes: trajectory frames and a table of energies."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TextIO

import numpy as np
from openmm import app, unit

from lfa1_analysis.errors import SimulationError
from lfa1_md.molecules import Model
from lfa1_md.trajectory import Slots, subset

GAS_CONSTANT = 8.31446261815324e-3
"""kJ/mol/K (CODATA 2018, exact)."""
GRAMS_PER_ML = 1 / 602.21407600
"""Of one dalton in a cubic nanometre."""
COLUMNS = (
    "time_ps",
    "potential_energy_kj_per_mol",
    "kinetic_energy_kj_per_mol",
    "total_energy_kj_per_mol",
    "temperature_kelvin",
    "volume_nm3",
    "density_g_per_ml",
)


def attoseconds(femtoseconds: float) -> int:
    """Turn a time step into a whole number of attoseconds, which add up without rounding."""
    return round(femtoseconds * 1000)


def picoseconds(steps: int, timestep_as: int) -> str:
    """Write the time of a step as exact decimal text (ps)."""
    whole, rest = divmod(steps * timestep_as, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


class TrajectoryReporter:
    """Writes a frame of the trajectory's atoms every `interval` steps.

    Parameters
    ----------
    path : Path
        The XTC file.
    model : Model
        The system whose atoms `slots` picks from.
    slots : Slots
    interval : int
        Steps between frames.
    timestep : float
        Fs.
    first_step : int
        The simulation's step number at the start; the first frame comes `interval` later.
    """

    def __init__(
        self,
        path: Path,
        model: Model,
        slots: Slots,
        interval: int,
        timestep: float,
        first_step: int,
    ) -> None:
        self.slots, self.interval, self.frames = slots, interval, 0
        self._file = app.XTCFile(
            str(path),
            subset(model, slots),
            timestep * unit.femtosecond,
            firstStep=first_step + interval,
            interval=interval,
        )

    def describeNextReport(self, simulation: Any) -> dict[str, Any]:  # noqa: N802 (OpenMM's name)
        """Ask for whole molecules, not wrapped ones, at the next multiple of `interval`."""
        steps = self.interval - simulation.currentStep % self.interval
        return {"steps": steps, "periodic": False, "include": ["positions"]}

    def report(self, simulation: Any, state: Any) -> None:
        """Write a frame."""
        vectors = state.getPeriodicBoxVectors()
        box = np.array(vectors.value_in_unit(unit.nanometer))
        positions = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
        self._file.writeModel(self.slots.frame(positions, box), periodicBoxVectors=vectors)
        self.frames += 1


class EnergyReporter:
    """Writes a row of energies every `interval` steps, and stops a run that has gone wrong.

    After a Langevin step OpenMM's velocities still hold half of the noise along the constraints,
    which would raise the kinetic temperature (measured at 4 fs: by 0.3 % at a friction of 1/ps, by
    1.1 % at 10/ps). It is taken out before the kinetic energy is computed, as the next step would.

    Parameters
    ----------
    file : text file
        Open for writing; rows are flushed as they come.
    interval : int
        Steps between rows.
    timestep : float
        Fs.
    degrees_of_freedom : int
    masses : numpy.ndarray
        Of the atoms (Da), shape (atoms,).
    """

    def __init__(
        self,
        file: TextIO,
        interval: int,
        timestep: float,
        degrees_of_freedom: int,
        masses: np.ndarray,
    ) -> None:
        self.file, self.interval = file, interval
        self.timestep_as = attoseconds(timestep)
        self.degrees_of_freedom, self.masses = degrees_of_freedom, masses
        self.temperatures: list[float] = []
        self.densities: list[float] = []
        self.last_good = "the start"
        self.prefix = ""

    def header(self, first: str = "") -> None:
        """Write the names of the columns, `first` before them."""
        self.file.write(first + ",".join(COLUMNS) + "\n")

    def start_stage(self, name: str, interval: int, timestep: float) -> None:
        """Begin a stage: its name in the first column, its own clock, means of its own."""
        self.prefix, self.interval, self.timestep_as = f"{name},", interval, attoseconds(timestep)
        self.temperatures, self.densities = [], []

    def describeNextReport(self, simulation: Any) -> dict[str, Any]:  # noqa: N802 (OpenMM's name)
        """Ask for the energies at the next multiple of `interval`."""
        steps = self.interval - simulation.currentStep % self.interval
        return {"steps": steps, "periodic": None, "include": ["energy"]}

    def report(self, simulation: Any, state: Any) -> None:
        """Write a row.

        Raises
        ------
        SimulationError
            An energy is not finite.
        """
        time = picoseconds(simulation.currentStep, self.timestep_as)
        potential = state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
        kinetic = self._kinetic_energy(simulation.context)
        if not np.isfinite([potential, kinetic]).all():
            raise blown_up(f"at {time} ps the energy is no longer finite", self.last_good)
        volume = state.getPeriodicBoxVolume().value_in_unit(unit.nanometer**3)
        temperature = 2 * kinetic / (self.degrees_of_freedom * GAS_CONSTANT)
        density = self.masses.sum() / volume * GRAMS_PER_ML
        self.temperatures.append(temperature)
        self.densities.append(density)
        self.last_good = f"{time} ps"
        self.file.write(
            f"{self.prefix}{time},{potential:.4f},{kinetic:.4f},{potential + kinetic:.4f},"
            f"{temperature:.3f},{volume:.5f},{density:.6f}\n"
        )
        self.file.flush()

    def _kinetic_energy(self, context: Any) -> float:
        """Compute the kinetic energy (kJ/mol) of the motion that the constraints allow."""
        context.applyVelocityConstraints(context.getIntegrator().getConstraintTolerance())
        velocities = context.getState(velocities=True).getVelocities(asNumpy=True)
        squared = (velocities.value_in_unit(unit.nanometer / unit.picosecond) ** 2).sum(axis=1)
        return float(0.5 * self.masses @ squared)


def blown_up(what: str, last_good: str) -> SimulationError:
    """Make the error for a run whose numbers are no longer finite."""
    return SimulationError(
        f"the simulation blew up: {what}; last finite at {last_good}",
        "lower dynamics.timestep, or lengthen the equilibration with more restraint at its start",
    )


def mean_and_sd(values: list[float]) -> dict[str, float]:
    """Compute mean and standard deviation, rounded to what is worth reading."""
    if not values:
        return {"mean": float("nan"), "sd": float("nan")}
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {"mean": round(float(np.mean(values)), 6), "sd": round(sd, 6)}
