"""A job that can be killed and continued: what it is, and its folder while it runs.

The folder holds the lock, the append-only files and the checkpoints. It lies beside the job's
outputs, is none of them, and disappears when they are complete.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfa1_analysis.io.constants import SECONDS_PER_DAY
from lfa1_analysis.io.errors import ConfigError, InputError, SimulationError
from lfa1_md.files import checkpoint as checkpoints
from lfa1_md.files.append_only import Growing
from lfa1_md.files.checkpoint import Checkpoint, DamagedError
from lfa1_md.files.locking import locked
from lfa1_md.files.provenance import read_json
from lfa1_md.study.continuity import differences
from lfa1_md.study.settings import digest

BLOW_UP = "blow-up"
"""What the names of the diagnoses begin with."""
REQUEUE_CACHE = "delivered"
"""Folder within the job's, for finished outputs that a queue may have made again."""


@dataclass
class RunningJob:
    """A job and its folder; ``with RunningJob(…) as job`` locks the folder.

    At the end of the block the folder is removed, unless it holds something to go on from.

    Attributes
    ----------
    label : str
        Such as ``closed-mg replica 0 segment 1``.
    folder : Path
    names : sequence of str
        The append-only files in it.
    settings : dict
        Those that decide the outcome; a checkpoint made with another value is refused.
    started_from, system : str
        Checksums of the state that the job starts from and of the system's parameters; others are
        refused.
    machine : dict
        Versions, platform, properties and device; another one continues, but not bit for bit.
    retries : int
        How many blow-ups may be answered with new velocities.
    """

    label: str
    folder: Path
    names: Sequence[str]
    settings: dict[str, Any]
    started_from: str
    machine: dict[str, Any]
    system: str
    retries: int = 0

    def __post_init__(self) -> None:
        self.files = {name: Growing(self.folder / name) for name in self.names}
        self.continuations: list[dict[str, Any]] = []
        self._seconds, self._since = 0.0, time.monotonic()
        self._lock = ExitStack()

    def __enter__(self) -> RunningJob:
        self._lock.enter_context(locked(self.folder, self.label))
        return self

    def __exit__(self, *error: object) -> None:
        with self._lock:
            cached = (self.folder / REQUEUE_CACHE).is_dir()
            if not (checkpoints.listed(self.folder) or self.attempt or cached):
                shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):  # NFS keeps a folder whose lock was open; by now it is closed
            self.folder.rmdir()

    @property
    def seconds(self) -> float:
        """Return the wall-clock time (s) spent on what the checkpoints hold."""
        return self._seconds + time.monotonic() - self._since

    @property
    def blow_ups(self) -> list[dict[str, Any]]:
        """Return the diagnoses of the blow-ups so far, oldest first."""
        return [read_json(path) for path in sorted(self.folder.glob(f"{BLOW_UP}-*.json"))]

    @property
    def attempt(self) -> int:
        """Return how many times the job must start from new velocities."""
        return len(list(self.folder.glob(f"{BLOW_UP}-*.json")))

    def path(self, name: str) -> Path:
        """Return where an append-only file lies."""
        return self.files[name].path

    def log(self, text: str) -> None:
        """Print a note about the job to standard error."""
        log(f"{self.label}: {text}")

    def resume(self) -> Checkpoint | None:
        """Cut the files back to the newest valid checkpoint.

        Returns
        -------
        Checkpoint or None
            None if the job begins at its beginning; the files are empty then.

        Raises
        ------
        ConfigError, InputError
            The checkpoint belongs to other settings, another system or another first state.
        SimulationError
            The job blew up more often than may be answered with new velocities.
        """
        self._check_blow_ups()
        complaints: list[str] = []
        intact = False
        for found in checkpoints.valid(self.folder, complaints):
            self._check_same(found)
            intact = True
            try:
                for name, file in self.files.items():
                    file.verify(found.files[name])
            except DamagedError as error:
                complaints.append(str(error))
                continue
            for name, file in self.files.items():
                file.cut_back(found.files[name])
            self._drop_newer(found)
            self._continue(found, complaints)
            return found
        self.continuations = []
        if complaints:
            aside = self._set_aside() if intact else None
            self.log(
                "; ".join(complaints) + ": no checkpoint is left to go on from, so it starts "
                "again from its first state" + (f"; what was there is in {aside}" if aside else "")
            )
            again = {"started_again": True, "exact": True, "warnings": complaints}
            self.continuations.append(again)
        for file in self.files.values():
            file.restart()
        self._drop_newer(None)
        self._seconds, self._since = 0.0, time.monotonic()
        return None

    def save(self, state: str, step: int, planned: bool) -> None:
        """Write a checkpoint.

        Parameters
        ----------
        state : str
            From which the job can go on (`lfa1_md.run.states.serialised`).
        step : int
            Of the job.
        planned : bool
            Every run of this job has one here.

        Raises
        ------
        OSError, DiskError
            The disk refuses; the checkpoint before stays.
        """
        marks = {name: file.extend() for name, file in self.files.items()}
        checkpoints.write(
            self.folder,
            Checkpoint(
                step=step,
                planned=planned,
                attempt=self.attempt,
                job=self.label,
                settings=self.settings,
                started_from=self.started_from,
                system=self.system,
                machine=self.machine,
                files=marks,
                seconds=self.seconds,
                continuations=self.continuations,
                state=state,
            ),
        )

    def record(self, nanoseconds: float) -> dict[str, Any]:
        """Return what the record of the job's outputs says of how it went.

        Parameters
        ----------
        nanoseconds : float
            Simulated.
        """
        return {
            **self.machine,
            "ns_per_day": round(nanoseconds / self.seconds * SECONDS_PER_DAY, 4),
            "wall_seconds": round(self.seconds, 2),
            "continuations": self.continuations,
            "blow_ups": self.blow_ups,
            "settings_digest": digest(self.settings),
            "settings": self.settings,
            "system_sha256": self.system,
        }

    def clear(self) -> None:
        """Remove what only a continuation needs."""
        for path in [*checkpoints.listed(self.folder), *map(self.path, self.files)]:
            with suppress(OSError):
                path.unlink()

    def discard(self) -> None:
        """Remove the folder, as far as it can be removed: its outputs are complete."""
        for path in checkpoints.listed(self.folder):  # first: no other file goes on without them
            with suppress(OSError):
                path.unlink()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _check_blow_ups(self) -> None:
        records = self.blow_ups
        if len(records) <= self.retries:
            return
        last = records[-1]
        raise SimulationError(
            f"{self.label}: blew up ({last.get('what')}; last finite at "
            f"{last.get('last_good')}); "
            f"diagnosis in {self.folder / f'{BLOW_UP}-{len(records)}.json'}",
            "find the cause (a clash, too long a time step) and remove it; to try again with new "
            f"velocities raise dynamics.blow_up_retries; to start over delete {self.folder}",
        )

    def _check_same(self, found: Checkpoint) -> None:
        begin_anew = f"or delete {self.folder} to begin anew"
        if changes := differences(found.settings, self.settings):
            raise ConfigError(
                f"{self.folder}: {found.job} was begun with other settings: " + "; ".join(changes),
                f"go back to the settings it was begun with, {begin_anew}",
            )
        if found.system != self.system:
            raise InputError(
                f"{self.folder}: {found.job} was begun with another system.xml.gz than is there",
                f"give the system that it was begun with, {begin_anew}",
            )
        if found.started_from != self.started_from or found.job != self.label:
            raise InputError(
                f"{self.folder}: holds {found.job}, begun from another state than {self.label} is "
                "now",
                f"give the state that it was begun from, {begin_anew}",
            )

    def _continue(self, found: Checkpoint, complaints: Sequence[str]) -> None:
        """Note that the job goes on from a checkpoint, and whether bit for bit."""
        if complaints:
            self.log("; ".join(complaints) + ": going back to the checkpoint before")
        reasons = differences(found.machine, self.machine)
        threads = self.machine.get("platform", {}).get("properties", {}).get("Threads", "1")
        if threads != "1":
            reasons.append(f"{threads} CPU threads do not add up forces reproducibly")
        if found.attempt != self.attempt:
            reasons.append("it blew up and goes on with new velocities")
        if not found.planned:
            reasons.append("it was stopped between two planned checkpoints")
        self.log(
            f"goes on at step {found.step}"
            + (f"; not bit for bit, because {'; '.join(reasons)}" if reasons else "")
        )
        self._seconds, self._since = found.seconds, time.monotonic()
        self.continuations = [
            *found.continuations,
            {"step": found.step, "exact": not reasons, "because": reasons}
            | ({"warnings": list(complaints)} if complaints else {}),
        ]

    def _set_aside(self) -> Path:
        """Move sound checkpoints whose trajectory or table is gone: it may come back."""
        number = 1
        while (aside := self.folder.with_suffix(f".damaged-{number}")).exists():
            number += 1
        aside.mkdir()
        for path in [*checkpoints.listed(self.folder), *map(self.path, self.files)]:
            if path.exists():
                path.rename(aside / path.name)
        return aside

    def _drop_newer(self, taken: Checkpoint | None) -> None:
        """Remove the checkpoints newer than the one that is continued; they proved unusable."""
        for path in checkpoints.listed(self.folder):
            with suppress(DamagedError):
                if taken is not None and checkpoints.read(path) == taken:
                    return
            path.unlink()


def log(text: str) -> None:
    """Print a note to standard error, even if nobody reads it any more."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
