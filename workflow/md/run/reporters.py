"""What a run records while it goes: trajectory frames and a table of energies."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openmm
import pandas as pd
from openmm import app, unit

from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.io.errors import SimulationError
from lfa1_analysis.trajectory.formats.xtc import whole_frames
from lfa1_md.box.frame_atoms import FrameAtoms, subset
from lfa1_md.box.molecules import Model
from lfa1_md.files.append_only import DiskError
from lfa1_md.study.quantities import attoseconds, picoseconds

if TYPE_CHECKING:
    from lfa1_md.run.bias import BiasDriver
    from lfa1_md.study.plan import Plan

GRAMS_PER_ML = 1 / 602.21407600
"""Of one dalton in a cubic nanometre."""
ROWS_KEPT = 5
"""Rows that a diagnosis quotes."""
RUNAWAY = 2.0
"""Times the thermostat's temperature: the smallest box fluctuates by a few per cent."""
COLUMNS = (
    "time_ps",
    "potential_energy_kj_per_mol",
    "kinetic_energy_kj_per_mol",
    "total_energy_kj_per_mol",
    "temperature_kelvin",
    "volume_nm3",
    "density_g_per_ml",
)


class TrajectoryReporter:
    """Appends a frame of the trajectory's atoms at the plan's intervals.

    Parameters
    ----------
    path : Path
        The XTC file; its frames so far are kept.
    model : Model
        The system whose atoms `atoms` picks from.
    atoms : FrameAtoms
    plan : Plan
        Of the segment, with the steps between frames; the first one comes so many steps after the
        segment's first step.
    """

    def __init__(self, path: Path, model: Model, atoms: FrameAtoms, plan: Plan) -> None:
        self.path, self.atoms, self.interval = path, atoms, plan.frame_steps
        self._file = app.XTCFile(
            str(path),
            subset(model, atoms),
            plan.timestep * unit.femtosecond,
            firstStep=plan.first_step + self.interval,
            interval=self.interval,
            append=path.is_file() and path.stat().st_size > 0,
        )

    def describeNextReport(self, simulation: Any) -> dict[str, Any]:  # noqa: N802 (OpenMM's name)
        """Ask for whole molecules, not wrapped ones, at the next multiple of `interval`."""
        steps = self.interval - simulation.currentStep % self.interval
        return {"steps": steps, "periodic": False, "include": ["positions"]}

    def report(self, simulation: Any, state: Any) -> None:
        """Write a frame.

        Raises
        ------
        DiskError
            It did not arrive whole: the library that writes XTC does not notice a full disk.
        """
        before = self.path.stat().st_size if self.path.is_file() else 0
        vectors = state.getPeriodicBoxVectors()
        box = np.array(vectors.value_in_unit(unit.nanometer))
        positions = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
        self._file.writeModel(self.atoms.frame(positions, box), periodicBoxVectors=vectors)
        if whole_frames(self.path, before) != (1, self.path.stat().st_size):
            raise DiskError.of(self.path)


class EnergyReporter:
    """Appends a row of energies every `interval` steps, and stops a run that has gone wrong.

    After a Langevin step OpenMM's velocities still hold half of the noise along the constraints,
    which would raise the kinetic temperature (measured at 4 fs: by 0.3 % at a friction of 1/ps, by
    1.1 % at 10/ps). It is taken out before the kinetic energy is computed, as the next step would.

    Parameters
    ----------
    path : Path
        The table; its rows so far are kept.
    interval : int
        Steps between rows.
    timestep : float
        Fs.
    degrees_of_freedom : int
    masses : numpy.ndarray
        Of the atoms (Da), shape (atoms,).
    temperature : float
        The thermostat's (K).
    start : openmm.State
        Where the run stands.
    stage : str, optional
        Name of an equilibration stage, for a first column.
    driver : BiasDriver, optional
        Of a biased run, for further columns; it moves on with every row.

    Attributes
    ----------
    good_state : openmm.State
        The last one whose numbers were sound.
    last_good : str
        Its time.
    rows : collections.deque of str
        The last rows.
    """

    def __init__(
        self,
        path: Path,
        interval: int,
        timestep: float,
        degrees_of_freedom: int,
        masses: np.ndarray,
        temperature: float,
        start: openmm.State,
        stage: str | None = None,
        driver: BiasDriver | None = None,
    ) -> None:
        self.driver = driver
        self.path, self.interval = path, interval
        self.timestep_as = attoseconds(timestep)
        self.degrees_of_freedom, self.masses = degrees_of_freedom, masses
        self.temperature, self.good_state = temperature, start
        self.last_good, self.rows = "the start", deque[str](maxlen=ROWS_KEPT)
        self.prefix = "" if stage is None else f"{stage},"
        if not (path.is_file() and path.stat().st_size):
            columns = (*COLUMNS, *(() if driver is None else driver.columns))
            self._append(("" if stage is None else "stage,") + ",".join(columns) + "\n")

    def describeNextReport(self, simulation: Any) -> dict[str, Any]:  # noqa: N802 (OpenMM's name)
        """Ask for the energies at the next multiple of `interval`.

        And for unwrapped positions, as the trajectory does: OpenMM keeps the order of the
        reporters among those that want the same, and calls those that want no positions last.
        """
        steps = self.interval - simulation.currentStep % self.interval
        return {"steps": steps, "periodic": False, "include": ["positions", "energy"]}

    def report(self, simulation: Any, state: Any) -> None:
        """Write a row.

        Raises
        ------
        SimulationError
            An energy is not finite, or the temperature has run away.
        """
        time = picoseconds(simulation.currentStep, self.timestep_as)
        potential = state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
        kinetic, reached = self._kinetic_energy(simulation.context)
        volume = state.getPeriodicBoxVolume().value_in_unit(unit.nanometer**3)
        temperature = 2 * kinetic / (self.degrees_of_freedom * GAS_CONSTANT)
        density = self.masses.sum() / volume * GRAMS_PER_ML
        row = (
            f"{self.prefix}{time},{potential:.4f},{kinetic:.4f},{potential + kinetic:.4f},"
            f"{temperature:.3f},{volume:.5f},{density:.6f}"
        )
        if self.driver is not None:
            coordinate, centre = self.driver.row(simulation.context, simulation.currentStep)
            row += f",{coordinate:.6f},{centre:.6f}"
        row += "\n"
        self.rows.append(row.rstrip())
        if not np.isfinite([potential, kinetic]).all():
            raise SimulationError(f"at {time} ps the energy is no longer finite")
        if temperature > RUNAWAY * self.temperature:
            raise SimulationError(
                f"at {time} ps the temperature has run away to {temperature:.0f} K "
                f"(thermostat: {self.temperature:g} K)"
            )
        self.last_good, self.good_state = f"{time} ps", reached
        self._append(row)

    def _append(self, text: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)

    def _kinetic_energy(self, context: Any) -> tuple[float, openmm.State]:
        """Compute the kinetic energy (kJ/mol) of the motion that the constraints allow."""
        context.applyVelocityConstraints(context.getIntegrator().getConstraintTolerance())
        reached = context.getState(positions=True, velocities=True)
        velocities = reached.getVelocities(asNumpy=True)
        squared = (velocities.value_in_unit(unit.nanometer / unit.picosecond) ** 2).sum(axis=1)
        return float(0.5 * self.masses @ squared), reached


def mean_and_sd(values: Sequence[float] | pd.Series) -> dict[str, float]:
    """Compute mean and standard deviation, rounded to what is worth reading."""
    if not len(values):
        return {"mean": float("nan"), "sd": float("nan")}
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {"mean": round(float(np.mean(values)), 6), "sd": round(sd, 6)}
