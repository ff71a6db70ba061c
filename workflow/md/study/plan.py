"""A segment of production in whole numbers of steps, and the names of its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfa1_md.study.quantities import attoseconds, picoseconds

if TYPE_CHECKING:
    from lfa1_md.study.sections import Production


@dataclass(frozen=True)
class Plan:
    """A segment in whole numbers of steps.

    Attributes
    ----------
    first_step : int
        Step of the replica's production at which it begins.
    steps, frame_steps, energy_steps, checkpoint_steps : int
        Its length, and the steps between frames, rows of energies and planned checkpoints.
    timestep : float
        Fs.
    """

    first_step: int
    steps: int
    frame_steps: int
    energy_steps: int
    checkpoint_steps: int
    timestep: float

    @classmethod
    def of(cls, production: Production, timestep: float, segment: int) -> Plan:
        """Plan segment number `segment`, counted from 0."""
        step = attoseconds(timestep)

        def count(duration: float) -> int:  # the settings have made sure that it is whole
            return round(duration * 1_000_000) // step

        steps = count(production.segment)
        return cls(
            segment * steps,
            steps,
            count(production.frame_interval),
            count(production.energy_interval),
            count(production.checkpoints_every),
            timestep,
        )

    def time(self, step: int) -> float:
        """Compute the time of a step (ps)."""
        return float(picoseconds(step, attoseconds(self.timestep)))

    def record(self) -> dict[str, Any]:
        """Say what a complete segment holds, as its record does."""
        return {
            "steps": self.steps,
            "timestep_fs": self.timestep,
            "frames": self.steps // self.frame_steps,
            "first_time_ps": self.time(self.first_step + self.frame_steps),
            "last_time_ps": self.time(self.first_step + self.steps),
            "frame_interval_ps": self.time(self.frame_steps),
            "energy_rows": self.steps // self.energy_steps,
            "energy_interval_ps": self.time(self.energy_steps),
        }


def names(segment: int) -> dict[str, str]:
    """Name the files of a segment by kind: xtc, csv, state, json."""
    stem = f"segment-{segment}"
    return {
        "xtc": f"{stem}.xtc",
        "csv": f"{stem}.csv",
        "state": f"{stem}.state.xml.gz",
        "json": f"{stem}.json",
    }


def working_folder(output: Path, segment: int) -> Path:
    """Where a segment lies while it runs."""
    return output / f"segment-{segment}.running"
