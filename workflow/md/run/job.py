"""What a job is, and which checkpoints it may go on from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import ConfigError, InputError, SimulationError
from lfa1_md.files.checkpoint import Checkpoint
from lfa1_md.study.continuity import differences

BLOW_UP = "blow-up"
"""What the names of the diagnoses begin with."""


@dataclass(frozen=True)
class Job:
    """What a checkpoint must agree with to be continued.

    Attributes
    ----------
    label : str
        Such as ``closed-mg replica 0 segment 1``.
    settings : dict
        Those that decide the outcome; another value is refused.
    started_from, system : str
        Checksums of the state that the job starts from and of the system's parameters; others are
        refused.
    machine : dict
        Versions, platform, properties and device; another one continues, but not bit for bit.
    retries : int
        How many blow-ups may be answered with new velocities.
    """

    label: str
    settings: dict[str, Any]
    started_from: str
    machine: dict[str, Any]
    retries: int = 0
    system: str = ""

    def check_blow_ups(self, records: Sequence[Mapping[str, Any]], folder: Path) -> None:
        """Refuse to go on after more blow-ups than may be answered with new velocities.

        Raises
        ------
        SimulationError
        """
        if len(records) <= self.retries:
            return
        last = records[-1]
        raise SimulationError(
            f"{self.label}: blew up ({last.get('what')}; last finite at "
            f"{last.get('last_good')}); "
            f"diagnosis in {folder / f'{BLOW_UP}-{len(records)}.json'}",
            "find the cause (a clash, too long a time step) and mend it; to try again with new "
            f"velocities raise dynamics.blow_up_retries; to start over delete {folder}",
        )

    def check_same(self, found: Checkpoint, folder: Path) -> None:
        """Refuse a checkpoint of other settings, another system or another first state.

        Raises
        ------
        ConfigError, InputError
        """
        remedy = f"go back to the settings it was begun with, or delete {folder} to begin anew"
        changes = differences(found.settings, self.settings)
        if changes:
            raise ConfigError(
                f"{folder}: {found.job} was begun with other settings: " + "; ".join(changes),
                remedy,
            )
        if found.system != self.system:
            raise InputError(
                f"{folder}: {found.job} was begun with another system.xml.gz than is there",
                f"give the system that it was begun with, or delete {folder} to begin anew",
            )
        if found.started_from != self.started_from or found.job != self.label:
            raise InputError(
                f"{folder}: holds {found.job}, begun from another state than {self.label} is now",
                f"give the state that it was begun from, or delete {folder} to begin anew",
            )

    def inexact(self, found: Checkpoint, attempt: int) -> list[str]:
        """Say why going on from a checkpoint is not bit for bit; nothing if it is."""
        reasons = differences(found.machine, self.machine)
        threads = self.machine.get("platform", {}).get("properties", {}).get("Threads", "1")
        if threads != "1":
            reasons.append(f"{threads} CPU threads do not add up forces reproducibly")
        if found.attempt != attempt:
            reasons.append("it blew up and goes on with new velocities")
        if not found.planned:
            reasons.append("it was stopped between two planned checkpoints")
        return reasons
