"""What a study costs: steps, jobs, time, disk. Arithmetic on the configuration and on measurements.

Time counts the steps of dynamics and the iterations of a minimisation with a limit, each as a step.
Not counted: preparing structures, what the bias of `sampling` or `separation` adds to a step,
windows that `sampling.adapt` adds, analysis, report.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lfa1_md.study.sampling import Sampling
    from lfa1_md.study.sections import Production
    from lfa1_md.study.settings import StudyConfig

TABLE_BYTES = 320
"""Of the tables of observables, for each frame of production (the demonstration has 310)."""
PULL_BYTES = 100
"""Of what is computed from a pull of `separation`, for each of its rows (the demonstration: 92)."""
RECORD_BYTES = 4096
"""Of a segment's record; the demonstration's have 3,100."""
KEPT_CHECKPOINTS = 2
"""Checkpoints of a running job, each with a state beside OpenMM's own."""


@dataclass(frozen=True)
class Part:
    """All runs of one kind.

    Attributes
    ----------
    name : str
    jobs : int
        Of the workflow.
    steps : int
        Of all jobs.
    ns : float
        Simulated by all jobs.
    frames, rows, states : int
        That all jobs leave.
    chain : int
        Steps that one replica has to do one after the other.
    """

    name: str
    jobs: int
    steps: int
    ns: float = 0.0
    frames: int = 0
    rows: int = 0
    states: int = 0
    chain: int = 0


@dataclass(frozen=True)
class Work:
    """The amount of work in a study, by kind."""

    parts: tuple[Part, ...]
    systems: int
    unlimited: bool
    """The minimisation has no limit, and is not counted."""

    @property
    def steps(self) -> int:
        """Return the time steps of all runs."""
        return sum(part.steps for part in self.parts)

    @property
    def ns(self) -> float:
        """Simulated in all."""
        return sum(part.ns for part in self.parts)

    @property
    def jobs(self) -> int:
        """Return the number of jobs of dynamics and minimisation."""
        return sum(part.jobs for part in self.parts)

    @property
    def longest(self) -> int:
        """Steps that have to be done one after the other, however many processors there are."""
        chain = {part.name: part.chain for part in self.parts}
        sampled = sum(chain.get(name, 0) for name in ("pull", "windows", "exchange"))
        branches = chain["production"], sampled, chain.get("separate", 0)
        return chain["minimise"] + chain["equilibrate"] + max(branches)


def work(study: StudyConfig) -> Work:
    """Count what a configuration asks for."""
    systems, timestep = len(study.systems), study.dynamics.timestep / 1000
    sampling, limit = study.sampling, study.minimisation.max_iterations
    iterations = limit * (2 if study.minimisation.restraint else 1)
    stages = sum(stage.steps for stage in study.equilibration)
    length = sum(stage.duration for stage in study.equilibration) / 1000
    runs = sum(study.equilibrated(system) for system in study.systems)
    parts = [
        Part("minimise", systems, systems * iterations, states=systems, chain=iterations),
        Part("equilibrate", runs, runs * stages, runs * length, states=runs, chain=stages),
        _chains("production", study.production, systems * study.replicas, timestep),
    ]
    if sampling is not None:
        pulls = systems * sampling.replicas
        pull = sampling.pull.production(sampling.windows)
        parts.append(_chains("pull", pull, pulls, timestep))
        parts += _windows(sampling, pulls, timestep)
    if study.separation is not None:
        pulls = len(study.pulled_systems) * study.separation.replicas
        parts.append(_chains("separate", study.separation.production(), pulls, timestep))
    return Work(tuple(parts), systems, not limit)


def _windows(sampling: Sampling, pulls: int, timestep: float) -> list[Part]:
    """Count the windows; with `exchange` those of a pull are one job from the second segment on."""
    lengths, count = sampling.window, sampling.windows
    if sampling.exchange is None:
        return [_chains("windows", lengths, pulls * count, timestep)]
    pilot = lengths.model_copy(update={"duration": lengths.segment})
    rest = lengths.model_copy(update={"duration": lengths.duration - lengths.segment})
    stepped = _chains("exchange", rest, pulls * count, timestep)
    in_turn = replace(stepped, jobs=pulls * rest.n_segments, chain=count * stepped.chain)
    return [_chains("windows", pilot, pulls * count, timestep), in_turn]


def _chains(name: str, lengths: Production, chains: int, timestep: float) -> Part:
    steps = round(lengths.duration / timestep)
    return Part(
        name,
        chains * lengths.n_segments,
        chains * steps,
        chains * lengths.duration / 1000,
        chains * round(lengths.duration / lengths.frame_interval),
        chains * round(lengths.duration / lengths.energy_interval),
        chains * lengths.n_segments,
        steps,
    )


def wall_seconds(todo: Work, jobs: int, together: float, alone: float) -> float:
    """Least time that a study takes.

    Parameters
    ----------
    todo : Work
    jobs : int
        That run at the same time.
    together, alone : float
        Steps per second of a job while `jobs` of them run, and of a single one.

    Returns
    -------
    float
        The work divided among the jobs, or the longest chain if that takes longer (s).
    """
    return max(todo.steps / (jobs * together), todo.longest / alone)


def disk_bytes(todo: Work, sizes: dict[str, int], folder: int, jobs: int) -> dict[str, int]:
    """Disk that the finished study takes, by kind, and what running jobs take for the while.

    Parameters
    ----------
    todo : Work
    sizes : dict
        Bytes of a frame, a row, a state and a checkpoint, measured.
    folder : int
        Bytes of a system's folder; a state's box and prepared model take about as much again.
    jobs : int
        That run at the same time.
    """
    production = sum(part.frames for part in todo.parts if part.name == "production")
    pulled = sum(part.rows for part in todo.parts if part.name == "separate")
    segments = sum(part.jobs for part in todo.parts if part.frames)
    return {
        "trajectories": sum(part.frames for part in todo.parts) * sizes["frame"],
        "energies": sum(part.rows for part in todo.parts) * sizes["row"],
        "states": sum(part.states for part in todo.parts) * sizes["state"],
        "records": segments * RECORD_BYTES,
        "tables": production * TABLE_BYTES + pulled * PULL_BYTES,
        "systems": 2 * todo.systems * folder,
        "running": jobs * KEPT_CHECKPOINTS * (sizes["checkpoint"] + sizes["state"]),
    }
