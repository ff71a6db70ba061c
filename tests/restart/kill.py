"""Segments killed at random moments, again and again, then allowed to finish.

Every run is ``lfa1 simulate``; most are forks of one process that has imported everything (see
`forking`), every tenth job a new process. A kill lands at a random time, or at a chosen call that
writes: before it, after it, or when half of the bytes are written. What is left must at last be
what an undisturbed run leaves, byte for byte.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults import PHASES
from forking import Ended, Forks
from segments import Segment, differences

EVERY_NEW = 10
"""Every tenth job runs in new processes, killed from outside at random times."""


@dataclass
class Job:
    """One segment, from its first kill to its end.

    Attributes
    ----------
    killed : list of str
        Phase of each kill.
    wrong : list of str
        What is not as it should be; nothing, hopefully.
    """

    number: int
    killed: list[str] = field(default_factory=list)
    finished: bool = False
    wrong: list[str] = field(default_factory=list)


class Harness:
    """Runs jobs and counts.

    Parameters
    ----------
    forks : Forks
    segment : Segment
    folder : Path
        Empty; everything lies here.
    seed : int
        Of all random choices.
    """

    def __init__(self, forks: Forks, segment: Segment, folder: Path, seed: int) -> None:
        self.forks, self.segment, self.folder = forks, segment, folder
        self.chance = random.Random(seed)
        folder.mkdir()
        self.reference = folder / "reference"
        self.log = folder / "run.log"
        self.jobs: list[Job] = []
        began = time.monotonic()
        ended = self._run(self.reference, trace=True)
        assert ended.status == 0, ended.log
        self.forked_seconds = time.monotonic() - began
        self.calls = Counter(phase for _, _, phase in ended.trace)
        began = time.monotonic()
        again = folder / "again"
        self._process(again).wait()
        self.seconds = time.monotonic() - began
        assert not differences(again, self.reference), "this machine does not repeat itself"

    def go(self, jobs: int) -> None:
        """Kill and finish so many jobs."""
        while len(self.jobs) < jobs:
            number = len(self.jobs)
            job, output = Job(number), self.folder / f"job-{number}"
            one = self._new if number % EVERY_NEW == EVERY_NEW - 1 else self._forked
            for _ in range(self.chance.choice((1, 1, 1, 1, 2, 2, 3, 5))):
                phase = one(output)
                if phase is None:
                    break
                job.killed.append(phase)
            if not job.killed:
                shutil.rmtree(output)  # it was over before it could be killed; another one
                continue
            # The last kill may have come after all was done: what is there is run once more.
            status, log = self._finish(output, one == self._new)
            job.finished = status == 0
            job.wrong = differences(output, self.reference) if status == 0 else [log]
            self.jobs.append(job)
            if job.wrong:
                print(f"job {number}, killed in {job.killed}: {job.wrong}", flush=True)

    def table(self) -> str:
        """The outcome as a table in Markdown."""
        rows = ["| killed in | kills | runs | resumed | identical |", "|---|--:|--:|--:|--:|"]
        phases = sorted({p for job in self.jobs for p in job.killed}, key=_order)
        for phase in [*phases, "all"]:
            jobs = [j for j in self.jobs if phase == "all" or phase in j.killed]
            kills = sum(len([p for p in j.killed if phase in ("all", p)]) for j in jobs)
            done, same = sum(j.finished for j in jobs), sum(not j.wrong for j in jobs)
            rows.append(f"| {phase} | {kills} | {len(jobs)} | {done} | {same} |")
        return "\n".join(rows) + "\n"

    def _forked(self, output: Path) -> str | None:
        options: dict[str, Any] = {}
        if self.chance.random() < 0.35:
            options["kill_after"] = self.chance.uniform(0, self.forked_seconds)
        else:
            # Random times hit the start-up and the clearing up often enough.
            phases = {*self.calls} - {"start-up", "clearing up"}
            phases |= {"taking up"} if output.exists() else set()
            phase = self.chance.choice([*sorted(phases), *sorted(phases), "clearing up"])
            most = self.calls.get(phase, 2)
            options["fault"] = {
                "phase": f"^{phase}$",
                "nth": self.chance.randint(1, most if not output.exists() else max(1, most // 3)),
                "when": self.chance.choice(("before", "half", "after")),
                "do": "SIGKILL",
            }
        ended = self._run(output, **options)
        assert ended.status in (0, -signal.SIGKILL), ended.log
        return ended.phase if ended.status else None

    def _process(self, output: Path) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "lfa1_cli.main", *self.segment.command(output)],
                stdout=log,
                stderr=log,
            )

    def _new(self, output: Path) -> str | None:
        run = self._process(output)
        try:
            run.wait(self.chance.uniform(0, self.seconds))
        except subprocess.TimeoutExpired:
            run.kill()
        if run.wait() == 0:
            return None
        assert run.returncode == -signal.SIGKILL, self.log.read_text()
        name = f"segment-{self.segment.number}"
        if (output / f"{name}.json").is_file():
            return "clearing up"
        if any(output.glob(f"{name}.*.part")) or (output / f"{name}.xtc").is_file():
            return "delivery"
        grown = output / f"{name}.running" / f"{name}.csv"
        return "stepping" if grown.is_file() and grown.stat().st_size else "start-up"

    def _finish(self, output: Path, new: bool) -> tuple[int, str]:
        if new:
            return self._process(output).wait(), self.log.read_text()
        ended = self._run(output)
        return ended.status, ended.log

    def _run(self, output: Path, **request: Any) -> Ended:
        request["system"] = str(self.segment.system)
        return self.forks.run(self.segment.command(output), self.log, **request)


def _order(phase: str) -> int:
    return PHASES.index(phase)
