"""Which jobs of a study are done, running, interrupted or waiting, and how fast they run.

The default target of the workflow needs the αL I domain; a study without it ends with `integrins`.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lfa1_analysis.io.errors import InputError, StudyError
from lfa1_md.files.locking import NAME as LOCK
from lfa1_md.files.provenance import read_json
from lfa1_md.study.jobs import ALL, INTEGRINS, PlannedJob, StudyPlan
from lfa1_md.study.settings import StudyConfig

DONE, RUNNING, INTERRUPTED, WAITING = "done", "running", "interrupted", "waiting"

SILENT = 120.0
"""Seconds without a new line after which a job that reports every ten seconds is not running; file
systems of clusters may show a change up to a minute late."""
SILENT_OTHERS = 1800.0
"""The same for jobs that do not say how far they are (preparation, analysis)."""
_TAIL = 4096
ALPHA_L = "nearest to αL,"
"""What ``site.json`` says of an α chain that is αL."""
I_DOMAIN = "alpha_i"
_LINE = re.compile(
    r": (?P<done>\d+)/(?P<total>\d+) (?:steps|iterations)"
    r"(?:, (?P<speed>[\d.e+-]+) ns/day)?.*?(?:, (?P<left>[\d:]+) left)?$"
)


def jobs(study: StudyConfig, results: Path, target: str = "") -> list[PlannedJob]:
    """Return all jobs that a target of the workflow needs, in an order in which they can be done.

    Parameters
    ----------
    study : StudyConfig
    results : Path
    target : {"", "all", "integrins"}
        "" is the one that this study can reach.
    """
    target = target or reachable_target(study, results)
    if target == INTEGRINS:
        study = integrins_alone(study)
    return StudyPlan(study, results).jobs(target)


def reachable_target(study: StudyConfig, results: Path) -> str:
    """Return ``integrins`` where a state is known to lack the αL I domain, else ``all``.

    All tables but those of `lfa1 integrin` are about that domain, so that the default target cannot
    be made then. Which α chain an entry holds is known only when it has been prepared.
    """
    return INTEGRINS if any(_lacking(study, results, state) for state in study.states) else ALL


def _lacking(study: StudyConfig, results: Path, state: str) -> bool:
    construct = study.states[state].integrin
    if construct is None:
        return False
    if construct.kept is not None and I_DOMAIN not in construct.kept:
        return True
    try:
        found = read_json(results / "prepared" / state / "site.json")
        alpha = found["nearest_family_members"]["alpha"]
    except (StudyError, OSError, KeyError, TypeError, ValueError):
        return False
    return not str(alpha).startswith(ALPHA_L)


def integrins_alone(study: StudyConfig) -> StudyConfig:
    """Return what the target `integrins` makes: production of the states that are integrins.

    Raises
    ------
    InputError
        No state is an integrin.
    """
    states = {name: source for name, source in study.states.items() if source.integrin is not None}
    if not states:
        raise InputError(
            f"{study.title}: no state has the section `integrin`, so the target has no jobs",
            "leave --target out",
        )
    return study.model_copy(update={"states": states, "sampling": None, "separation": None})


@dataclass(frozen=True)
class JobStatus:
    """A job as it was found.

    Attributes
    ----------
    job : PlannedJob
    condition : str
        ``done``, ``running``, ``interrupted`` (begun, nobody goes on) or ``waiting``.
    line : str
        The last thing that it said, without its label.
    fraction : float
        Of its steps that are done, 0 to 1.
    ns_per_day : float
        Its speed; 0 where it is not known.
    """

    job: PlannedJob
    condition: str
    line: str = ""
    fraction: float = 0.0
    ns_per_day: float = 0.0


def look(jobs: list[PlannedJob], now: Callable[[], float] = time.time) -> list[JobStatus]:
    """Find out how far each job is. Reads only."""
    # Each folder is listed once: cheap for thousands of jobs, on a cluster's file system as well.
    listed = cache(_names)
    return [_look(job, listed, now()) for job in jobs]


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def _look(job: PlannedJob, listed: Callable[[Path], frozenset[str]], now: float) -> JobStatus:
    def there(path: Path) -> bool:
        return path.name in listed(path.parent)

    if there(job.marker):
        return JobStatus(job, DONE, fraction=1.0)
    begun = job.working is not None and there(job.working)
    logged = there(job.log)
    if not (begun or logged):
        return JobStatus(job, WAITING)
    line, age = _last_line(job.log, now) if logged else ("", float("inf"))
    match = _LINE.search(line)
    done, total = (int(match["done"]), int(match["total"])) if match else (0, 0)
    runs = _owner_lives(job.working / LOCK) if begun and job.working else None
    if runs is None:
        runs = age < (SILENT if job.ns else SILENT_OTHERS) and not _failed(line)
    said = line.split(": ", 1)[-1] if match else line
    speed = float(match["speed"] or 0) if match and runs else 0.0
    return JobStatus(
        job, RUNNING if runs else INTERRUPTED, said, done / total if total else 0.0, speed
    )


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
    seen : list of JobStatus
    ns_done, ns_total : float
        Simulated time of all jobs of dynamics.
    ns_per_day : float
        Of all running jobs together.
    """

    seen: list[JobStatus]

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
