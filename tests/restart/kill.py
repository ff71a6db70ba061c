"""Jobs killed at random moments, again and again, then allowed to finish.

Every run is ``lfa1 simulate``; most are forks of one process that has imported everything (see
`forking`), every tenth job a new process. A kill lands at a random time, or at a chosen call that
writes: before it, after it, or when half of the bytes are written. What is left must at last be
what an undisturbed run leaves, byte for byte.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forking import PHASES, Forks

from lfa1_analysis import completeness

EVERY_NEW = 10
"""Every tenth job runs in new processes, killed from outside at random times."""
VOLATILE = ("ns_per_day", "wall_seconds", "continuations")
"""Keys of a record that tell how the run went, not what it computed."""
CONFIG = """\
states: {closed: {structure: closed}}
platform: CPU
seed: 7
chemistry: {padding: 0.6 nm, ionic_strength: 300 mM, temperature: 300 K}
minimisation: {max_iterations: 60}
equilibration:
  - {name: heat, ensemble: NVT, duration: 0.2 ps, timestep: 2 fs, restraint: 1000 kJ/mol/nm^2}
  - {name: release, ensemble: NPT, duration: 0.4 ps, timestep: 4 fs}
production: {duration: 0.4 ps, segment: 0.4 ps, frame_interval: 0.02 ps, energy_interval: 0.02 ps,
  checkpoint_interval: 0.04 ps}
"""
"""Of tests/md, with more frames and checkpoints: 100 steps, 20 frames and rows, 10 checkpoints."""


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


def command(inputs: dict[str, Path], output: Path) -> list[str]:
    """Arguments of ``lfa1`` for the segment."""
    return [
        *("simulate", "--config", str(inputs["config"]), "--system-dir", str(inputs["system"])),
        *("--from", str(inputs["start"]), "--replica", "0", "--segment", "0"),
        *("--threads", "1", "--output-dir", str(output)),
    ]


def differences(output: Path, reference: Path) -> list[str]:
    """Compare a finished job with the undisturbed one.

    Returns
    -------
    list of str
        Wrong, missing and surplus files, and what the record's own check finds.
    """
    names = {path.name for path in reference.iterdir()}
    found = [f"surplus: {p.name}" for p in output.iterdir() if p.name not in names]
    for name in sorted(names):
        path = output / name
        if not path.is_file():
            found.append(f"missing: {name}")
        elif path.suffix == ".json":
            one, other = (json.loads((f / name).read_text()) for f in (output, reference))
            found += [
                f"{name}: {key} differs"
                for key in one.keys() | other.keys()
                if key not in VOLATILE and one.get(key) != other.get(key)
            ]
            found += [f"{name}: not exact: {c}" for c in one["continuations"] if not c["exact"]]
            found += completeness.problems(one, output)
        elif path.read_bytes() != (reference / name).read_bytes():
            found.append(f"differs: {name}")
    return found


class Harness:
    """Runs jobs and counts.

    Parameters
    ----------
    forks : Forks
    inputs : dict
        Paths of ``config``, ``system`` and ``start``.
    folder : Path
        Empty; everything lies here.
    seed : int
        Of all random choices.
    """

    def __init__(self, forks: Forks, inputs: dict[str, Path], folder: Path, seed: int) -> None:
        self.forks, self.inputs, self.folder = forks, inputs, folder
        self.chance = random.Random(seed)
        folder.mkdir()
        self.reference = folder / "reference"
        self.log = folder / "run.log"
        self.jobs: list[Job] = []
        began = time.monotonic()
        ended = forks.run(command(inputs, self.reference), self.log, trace=True)
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
                continue  # it was over before it could be killed; another one
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
            phases = {*self.calls, "taking up"} - {"start-up", "clearing up"}
            phase = self.chance.choice([*sorted(phases), *sorted(phases), "clearing up"])
            most = self.calls.get(phase, 2)
            options["fault"] = {
                "phase": f"^{phase}$",
                "nth": self.chance.randint(1, most if not output.exists() else max(1, most // 3)),
                "when": self.chance.choice(("before", "half", "after")),
                "do": "SIGKILL",
            }
        ended = self.forks.run(command(self.inputs, output), self.log, **options)
        assert ended.status in (0, -signal.SIGKILL), ended.log
        return ended.phase if ended.status else None

    def _process(self, output: Path) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "lfa1_cli.main", *command(self.inputs, output)],
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
        if (output / "segment-0.json").is_file():
            return "clearing up"
        if any(output.glob("segment-0.*.part")) or (output / "segment-0.xtc").is_file():
            return "delivery"
        grown = output / "segment-0.running" / "segment-0.csv"
        return "stepping" if grown.is_file() and grown.stat().st_size else "start-up"

    def _finish(self, output: Path, new: bool) -> tuple[int, str]:
        if new:
            return self._process(output).wait(), self.log.read_text()
        ended = self.forks.run(command(self.inputs, output), self.log)
        return ended.status, ended.log


def _order(phase: str) -> int:
    return PHASES.index(phase)
