"""Which jobs are done, running, interrupted or waiting, and how fast the running ones are."""

from __future__ import annotations

import os
import re
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lfa1_analysis.io.errors import StudyError
from lfa1_md.files.provenance import read_json
from lfa1_md.status.job import Job

DONE, RUNNING, INTERRUPTED, WAITING = "done", "running", "interrupted", "waiting"

SILENT = 120.0
"""Seconds without a new line after which a job that reports every ten seconds is not running; file
systems of clusters may show a change up to a minute late."""
SILENT_OTHERS = 1800.0
"""The same for jobs that do not say how far they are (preparation, analysis)."""
_TAIL = 4096
_LINE = re.compile(
    r": (?P<done>\d+)/(?P<total>\d+) (?:steps|iterations)"
    r"(?:, (?P<speed>[\d.e+-]+) ns/day)?.*?(?:, (?P<left>[\d:]+) left)?$"
)


@dataclass(frozen=True)
class Seen:
    """A job as it was found.

    Attributes
    ----------
    job : Job
    condition : str
        ``done``, ``running``, ``interrupted`` (begun, nobody goes on) or ``waiting``.
    line : str
        The last thing that it said, without its label.
    fraction : float
        Of its steps that are done, 0 to 1.
    ns_per_day : float
        Its speed; 0 where it is not known.
    """

    job: Job
    condition: str
    line: str = ""
    fraction: float = 0.0
    ns_per_day: float = 0.0


class Listing:
    """Folders listed once each: cheap for thousands of jobs, on a cluster's file system as well."""

    def __init__(self) -> None:
        self._known: dict[Path, frozenset[str]] = {}

    def holds(self, path: Path) -> bool:
        """Say whether a file is there."""
        folder = path.parent
        if folder not in self._known:
            try:
                self._known[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._known[folder] = frozenset()
        return path.name in self._known[folder]


def look(jobs: list[Job], now: Callable[[], float] = time.time) -> list[Seen]:
    """Find out how far each job is. Reads only."""
    listing = Listing()
    return [_look(job, listing, now()) for job in jobs]


def _look(job: Job, listing: Listing, now: float) -> Seen:
    if listing.holds(job.marker):
        return Seen(job, DONE, fraction=1.0)
    begun = job.working is not None and listing.holds(job.working)
    logged = listing.holds(job.log)
    if not (begun or logged):
        return Seen(job, WAITING)
    line, age = _last_line(job.log, now) if logged else ("", float("inf"))
    match = _LINE.search(line)
    done, total = (int(match["done"]), int(match["total"])) if match else (0, 0)
    runs = _owner_lives(job.lock) if begun and job.lock else None
    if runs is None:
        runs = age < (SILENT if job.ns else SILENT_OTHERS) and not _failed(line)
    said = line.split(": ", 1)[-1] if match else line
    speed = float(match["speed"] or 0) if match and runs else 0.0
    return Seen(job, RUNNING if runs else INTERRUPTED, said, done / total if total else 0.0, speed)


def _last_line(log: Path, now: float) -> tuple[str, float]:
    """Return the last line of a log, and how long ago it was written (s)."""
    try:
        with log.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            age = now - os.fstat(file.fileno()).st_mtime
            file.seek(max(0, size - _TAIL))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return "", float("inf")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # A remedy is a line of its own below the error that it belongs to.
    told = [line for line in lines if not line.startswith("→")]
    return (told[-1] if told else ""), age


def _failed(line: str) -> bool:
    """Say whether a program ended with a message (see `lfa1_cli.main`)."""
    return bool(re.match(r"lfa1 [a-z-]+: ", line))


def _owner_lives(lock: Path) -> bool | None:
    """Say whether the process that holds a working folder lives; None if it is not known here."""
    try:
        owner = read_json(lock)
        pid, host = int(owner["pid"]), owner["host"]
    except (StudyError, OSError, KeyError, TypeError, ValueError):
        return None
    if host != socket.gethostname():
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@dataclass(frozen=True)
class Overview:
    """A whole study in numbers.

    Attributes
    ----------
    seen : list of Seen
    ns_done, ns_total : float
        Simulated time of all jobs of dynamics.
    ns_per_day : float
        Of all running jobs together.
    """

    seen: list[Seen]

    @property
    def counts(self) -> Counter[str]:
        """Jobs by condition."""
        return Counter(each.condition for each in self.seen)

    @property
    def ns_total(self) -> float:
        """Simulated time of the study (ns)."""
        return sum(each.job.ns for each in self.seen)

    @property
    def ns_done(self) -> float:
        """Simulated time that is there, that of begun jobs included (ns)."""
        return sum(each.job.ns * each.fraction for each in self.seen)

    @property
    def ns_per_day(self) -> float:
        """Speed of all running jobs together."""
        return sum(each.ns_per_day for each in self.seen)

    @property
    def days_left(self) -> float | None:
        """Days that the rest of the dynamics takes at this speed; None if nothing runs."""
        speed = self.ns_per_day
        return (self.ns_total - self.ns_done) / speed if speed else None
