"""How fast production runs here: one job alone, and as many as the machine takes at once."""

from __future__ import annotations

import json
import select
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lfa1_analysis.io.constants import SECONDS_PER_DAY
from lfa1_analysis.io.errors import SimulationError
from lfa1_md.doctor.box import Box
from lfa1_md.doctor.process import PATIENCE, answer, worker
from lfa1_md.run.progress import Progress

PROBLEM = "the measurement of speed failed"


@dataclass(frozen=True)
class Speed:
    """What jobs that run at the same time reach.

    Attributes
    ----------
    jobs : int
    steps_per_second : float
        Of one of them, on average.
    variation : float
        Standard deviation of that over all slices, relative.
    slices : int
    timestep : float
        Fs.
    memory : int
        Largest of a job (bytes).
    sizes : dict of str to int
        Bytes of a frame, a row, a state and a checkpoint.
    """

    jobs: int
    steps_per_second: float
    variation: float
    slices: int
    timestep: float
    memory: int
    sizes: dict[str, int]

    @property
    def ns_per_day(self) -> float:
        """Of one job."""
        return self.steps_per_second * self.timestep * 1e-6 * SECONDS_PER_DAY


def measure(
    box: Box, config: Path, platform: str, devices: list[str], seconds: float, timestep: float
) -> Speed:
    """Run production's dynamics for some seconds, without reporters.

    Parameters
    ----------
    box : Box
    config : Path
    platform : {"CPU", "CUDA"}
        On the CPU a job has one thread, as the workflow's jobs have.
    devices : list of str
        One job for each: numbers of GPUs, or empty texts on the CPU.
    seconds : float
        Of each job, besides making it ready.
    timestep : float
        Fs, that of the configuration.

    Raises
    ------
    SimulationError
        A job fails.
    """
    rest = (platform, str(box.folder), str(box.state), str(config), f"{seconds:g}")
    with ExitStack() as stack:
        started = [stack.enter_context(worker("speed", *rest, each)) for each in devices]
        for process in started:
            _ready(process)
        for process in started:  # all are ready, so that they share the machine from the start
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        label = f"{box.name}: speed of {len(devices)} on {platform}"
        with Progress(label, round(seconds), "s") as progress:
            lines = _collect(started, progress)
    return summarise(lines, timestep)


def summarise(lines: list[list[dict[str, Any]]], timestep: float) -> Speed:
    """Average what the jobs printed.

    Raises
    ------
    SimulationError
        One of them did not finish.
    """
    rates, means = [], []
    for told in lines:
        last = told[-1] if told else {"problem": "nothing was measured"}
        if "problem" in last or "sizes" not in last:
            raise SimulationError(
                f"{PROBLEM}: {last.get('problem', 'a job ended early')}",
                "see whether the study's own jobs run; make memory free, or give fewer --cores",
            )
        slices = [each for each in told if "steps" in each]
        rates += [each["steps"] / each["seconds"] for each in slices]
        means.append(sum(s["steps"] for s in slices) / sum(s["seconds"] for s in slices))
    mean = float(np.mean(means))
    ends = [told[-1] for told in lines]
    return Speed(
        len(lines),
        mean,
        float(np.std(rates, ddof=1)) / mean if len(rates) > 1 else float("nan"),
        len(rates),
        timestep,
        max(int(each["memory"]) for each in ends),
        dict(ends[0]["sizes"]),
    )


def _ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    if not select.select([process.stdout], [], [], PATIENCE)[0]:
        raise SimulationError(
            f"{PROBLEM}: a job is not ready within {PATIENCE} s", "see whether other programs run"
        )
    line = process.stdout.readline()
    if not (line and json.loads(line).get("ready")):
        said = answer(line, process.wait())
        raise SimulationError(
            f"{PROBLEM}: {said.get('problem')}", "see whether the study's own jobs run"
        )


def _collect(
    started: list[subprocess.Popen[str]], progress: Progress
) -> list[list[dict[str, Any]]]:
    """Read what the jobs print until all have ended."""
    lines: dict[Any, list[dict[str, Any]]] = {process.stdout: [] for process in started}
    left, begun = set(lines), time.monotonic()
    while left:
        for stream in select.select(list(left), [], [], progress.interval)[0]:
            line = stream.readline()
            if not line:
                left.discard(stream)
            else:
                lines[stream].append(answer(line, None))
        progress.update(min(progress.total - 1, int(time.monotonic() - begun)))
    progress.done = progress.total
    return list(lines.values())
