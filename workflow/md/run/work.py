"""The folder of a running job: its lock, its growing files and its checkpoints.

It lies beside the job's outputs, is none of them, and disappears when they are complete.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lfa1_analysis.io.constants import SECONDS_PER_DAY
from lfa1_md.files import checkpoint as checkpoints
from lfa1_md.files.append_only import Growing
from lfa1_md.files.checkpoint import Checkpoint, DamagedError
from lfa1_md.files.locking import locked
from lfa1_md.files.provenance import read_json
from lfa1_md.run import requeue_cache as kept
from lfa1_md.run import states
from lfa1_md.run.job import BLOW_UP, Job
from lfa1_md.study.settings import digest


class Work:
    """Use as ``with Work.open(folder, job, names) as work``.

    Parameters
    ----------
    folder : Path
    job : Job
    names : sequence of str
        The growing files.
    """

    def __init__(self, folder: Path, job: Job, names: Sequence[str]) -> None:
        self.folder, self.job = folder, job
        self.growing = {name: Growing(folder / name) for name in names}
        self.continuations: list[dict[str, Any]] = []
        self._seconds, self._since = 0.0, time.monotonic()

    @classmethod
    @contextmanager
    def open(cls, folder: Path, job: Job, names: Sequence[str]) -> Iterator[Work]:
        """Lock the folder; afterwards remove it, unless it holds something to go on from."""
        with locked(folder, job.label):
            work = cls(folder, job, names)
            try:
                yield work
            finally:
                if not (checkpoints.listed(folder) or work.attempt or kept.there(folder)):
                    shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # NFS keeps a folder whose lock was open; by now it is closed
            folder.rmdir()

    @property
    def seconds(self) -> float:
        """Wall-clock time spent on what is kept."""
        return self._seconds + time.monotonic() - self._since

    @property
    def blow_ups(self) -> list[dict[str, Any]]:
        """Diagnoses of the blow-ups so far, oldest first."""
        return [read_json(path) for path in sorted(self.folder.glob(f"{BLOW_UP}-*.json"))]

    @property
    def attempt(self) -> int:
        """How many times the job must start from new velocities."""
        return len(list(self.folder.glob(f"{BLOW_UP}-*.json")))

    def path(self, name: str) -> Path:
        """Where a growing file lies."""
        return self.growing[name].path

    def say(self, text: str) -> None:
        """Tell the user about the job, whoever listens."""
        say(f"{self.job.label}: {text}")

    def resume(self) -> Checkpoint | None:
        """Cut the files back to the newest valid checkpoint.

        Returns
        -------
        Checkpoint or None
            None if the job begins at its beginning; the files are empty then.

        Raises
        ------
        ConfigError, InputError
            The checkpoint belongs to other settings or another first state.
        SimulationError
            The job blew up more often than may be answered with new velocities.
        """
        self.job.check_blow_ups(self.blow_ups, self.folder)
        complaints: list[str] = []
        intact = False
        for found in checkpoints.valid(self.folder, complaints):
            self.job.check_same(found, self.folder)
            intact = True
            try:
                for name, growing in self.growing.items():
                    growing.verify(found.files[name])
            except DamagedError as error:
                complaints.append(str(error))
                continue
            for name, growing in self.growing.items():
                growing.cut_back(found.files[name])
            self._drop(keep_up_to=found)
            self._adopt(found, complaints)
            return found
        self.continuations = []
        if complaints:
            aside = self._set_aside() if intact else None
            self.say(
                "; ".join(complaints) + ": no checkpoint is left to go on from, so it starts "
                "again from its first state" + (f"; what was there is in {aside}" if aside else "")
            )
            again = {"started_again": True, "exact": True, "warnings": complaints}
            self.continuations.append(again)
        for growing in self.growing.values():
            growing.restart()
        self._drop(keep_up_to=None)
        self._seconds, self._since = 0.0, time.monotonic()
        return None

    def save(self, context: Any, step: int, planned: bool) -> None:
        """Write a checkpoint of a context; see `keep`.

        Raises
        ------
        SimulationError
            A coordinate or velocity is not finite.
        """
        self.keep(states.serialised(context), step, planned)

    def keep(self, state: str, step: int, planned: bool) -> None:
        """Write a checkpoint.

        Parameters
        ----------
        state : str
            From which the job can go on.
        step : int
            Of the job.
        planned : bool
            Every run of this job has one here.

        Raises
        ------
        OSError, DiskError
            The disk refuses; the checkpoint before stays.
        """
        marks = {name: growing.extend() for name, growing in self.growing.items()}
        checkpoints.write(
            self.folder,
            Checkpoint(
                step=step,
                planned=planned,
                attempt=self.attempt,
                job=self.job.label,
                settings=self.job.settings,
                started_from=self.job.started_from,
                system=self.job.system,
                machine=self.job.machine,
                files=marks,
                seconds=self.seconds,
                continuations=self.continuations,
                state=state,
            ),
        )

    def record(self, nanoseconds: float) -> dict[str, Any]:
        """Say how the job went, for its record.

        Parameters
        ----------
        nanoseconds : float
            Simulated.
        """
        return {
            **self.job.machine,
            "ns_per_day": round(nanoseconds / self.seconds * SECONDS_PER_DAY, 4),
            "wall_seconds": round(self.seconds, 2),
            "continuations": self.continuations,
            "blow_ups": self.blow_ups,
            "settings_digest": digest(self.job.settings),
            "settings": self.job.settings,
            "system_sha256": self.job.system,
        }

    def clear(self) -> None:
        """Remove what only a continuation needs."""
        growing = [each.path for each in self.growing.values()]
        for path in [*checkpoints.listed(self.folder), *growing]:
            with suppress(OSError):
                path.unlink()

    def discard(self) -> None:
        """Remove the folder, as far as it can be removed: its outputs are complete."""
        for path in checkpoints.listed(self.folder):  # first: no other file goes on without them
            with suppress(OSError):
                path.unlink()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _adopt(self, found: Checkpoint, complaints: Sequence[str]) -> None:
        if complaints:
            self.say("; ".join(complaints) + ": going back to the checkpoint before")
        reasons = self.job.inexact(found, self.attempt)
        self.say(
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
        """Keep sound checkpoints whose trajectory or table is gone: it may come back."""
        number = 1
        while (aside := self.folder.with_suffix(f".damaged-{number}")).exists():
            number += 1
        aside.mkdir()
        moved = [growing.path for growing in self.growing.values()]
        for path in [*checkpoints.listed(self.folder), *moved]:
            if path.exists():
                path.rename(aside / path.name)
        return aside

    def _drop(self, keep_up_to: Checkpoint | None) -> None:
        """Remove the checkpoints newer than the one that is continued; they proved unusable."""
        for path in checkpoints.listed(self.folder):
            try:
                if keep_up_to is not None and checkpoints.read(path) == keep_up_to:
                    return
            except DamagedError:
                pass
            path.unlink()


def say(text: str) -> None:
    """Print a note to standard error, even if nobody reads it any more."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
