"""What a job asks of a queue: minutes and memory, from the study's lengths and a machine's speed.

Nothing here decides an outcome. A job that is given too little goes on from its checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lfa1_analysis.io.constants import SECONDS_PER_DAY

if TYPE_CHECKING:
    from lfa1_md.study.settings import StudyConfig

MARGIN = 1.5
"""Nodes of one kind differ, and share their disks."""
STARTING = 15
"""Minutes for what does not grow with a run's length: imports, compiling, reading, checking."""
BIASED = 2.0
"""How many times longer a step may take with a bias on a coordinate of many atoms."""
FRAMES_PER_MINUTE = 200
"""Of the slowest analysis, on one core."""
MEGABYTES = 4000
"""Of one job; a box of 20,000 atoms takes a quarter."""
SHORT = 60
"""Minutes of a job whose length does not follow from the study's lengths."""
SPEED = {True: 200.0, False: 1.0}
"""Nanoseconds per day of 20,000 to 50,000 atoms, on a GPU and not: orders of magnitude."""


def work(study: StudyConfig, step: str) -> float:
    """How much a job simulates, in nanoseconds at production's time step.

    Parameters
    ----------
    study : StudyConfig
    step : {"equilibrate", "simulate", "pull", "window", "exchange", "separate"}
        An exchange steps all windows, one after the other: as many as there may be after the last
        round of `adapt`, since a queue is asked before that is known.
    """
    if step == "simulate":
        return study.production.segment / 1000
    if step == "equilibrate":
        longest = study.dynamics.timestep
        return (
            sum(stage.duration * longest / stage.timestep for stage in study.equilibration) / 1000
        )
    if step == "separate":
        assert study.separation is not None  # nothing is pulled without
        return BIASED * study.separation.segment / 1000
    sampling = study.sampling
    assert sampling is not None  # nothing is sampled without
    window = sampling.window.segment
    lengths = {
        "pull": sampling.pull.per_window,
        "window": window,
        "exchange": sampling.most_windows * window,
    }
    return BIASED * lengths[step] / 1000


def minutes(nanoseconds: float, ns_per_day: float, attempt: int, longest: float) -> int:
    """Wall-clock time to ask for.

    Parameters
    ----------
    nanoseconds : float
        What the job simulates.
    ns_per_day : float
        Measured speed.
    attempt : int
        From 1; each one asks for more, in case the speed was measured on something faster.
    longest : float
        What the queue allows (minutes). A job that needs more stops there with a checkpoint, and
        the next attempt goes on.
    """
    needed = MARGIN * nanoseconds / ns_per_day * SECONDS_PER_DAY / 60
    return math.ceil(min(longest, attempt * (STARTING + needed)))


def short_minutes(given: float, attempt: int, longest: float) -> int:
    """Wall-clock time to ask for where the study's lengths say nothing about it.

    Parameters
    ----------
    given : float
        Of the first attempt (minutes).
    attempt, longest
        As of `minutes`.
    """
    return math.ceil(min(longest, attempt * given))


def frames(study: StudyConfig) -> int:
    """How many frames of a replica an analysis reads."""
    return study.production.n_segments * study.production.frames_per_segment


def analysis_minutes(study: StudyConfig, attempt: int, longest: float) -> int:
    """Wall-clock time to ask for the analysis of one replica."""
    return math.ceil(min(longest, attempt * (STARTING + frames(study) / FRAMES_PER_MINUTE)))


def megabytes(attempt: int, given: float = MEGABYTES) -> int:
    """Memory to ask for; an attempt that ran out of it asks for as much again."""
    return math.ceil(attempt * given)


def speed(given: Mapping[str, float], gpu: bool) -> float:
    """Tell how fast production is (ns per day).

    Parameters
    ----------
    given : mapping of str to float
        What the machine's profile says: `ns_per_day` of its GPUs, `cpu_ns_per_day` of its CPUs. A
        GPU's speed says nothing about a CPU.
    gpu : bool
        The study computes on GPUs.
    """
    return given.get("ns_per_day" if gpu else "cpu_ns_per_day", SPEED[gpu])
