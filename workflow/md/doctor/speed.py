"""How fast production runs here: one job alone, and as many as the machine takes at once."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np

from lfa1_analysis.io.constants import SECONDS_PER_DAY
from lfa1_analysis.io.errors import SimulationError
from lfa1_md.box import system
from lfa1_md.box.frame_atoms import FrameAtoms
from lfa1_md.doctor.box import MeasuredSystem
from lfa1_md.doctor.platforms import choose
from lfa1_md.doctor.processes import PATIENCE, SPAWN, Worker, receive, worker
from lfa1_md.files.provenance import zipped
from lfa1_md.run import integration, states
from lfa1_md.run.progress import Progress
from lfa1_md.run.reporters import EnergyReporter, TrajectoryReporter
from lfa1_md.study import configfile
from lfa1_md.study.plan import Plan

PROBLEM = "the measurement of speed failed"
SLICES = 10
"""Into which a measurement is cut, to see how much the speed varies."""
KIBIBYTE = 1024


@dataclass(frozen=True)
class Speed:
    """The speed that jobs reach which run at the same time.

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
        """Return the simulated nanoseconds of one job in a day."""
        return self.steps_per_second * self.timestep * 1e-6 * SECONDS_PER_DAY


def measure(
    box: MeasuredSystem,
    config: Path,
    platform: str,
    devices: list[str],
    seconds: float,
    timestep: float,
) -> Speed:
    """Run production's dynamics for some seconds, without reporters.

    Parameters
    ----------
    box : MeasuredSystem
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
    go = SPAWN.Event()
    with ExitStack() as stack:
        started = [
            stack.enter_context(worker(run, platform, box, config, seconds, device, go))
            for device in devices
        ]
        for process in started:
            if not (message := receive(process)).get("ready"):
                raise SimulationError(
                    f"{PROBLEM}: {message.get('problem')}",
                    "see whether the study's own jobs run, and whether other programs compute here",
                )
        go.set()  # all are ready, so that they share the machine from the start
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
    for messages in lines:
        last = messages[-1] if messages else {"problem": "nothing was measured"}
        if "problem" in last or "sizes" not in last:
            raise SimulationError(
                f"{PROBLEM}: {last.get('problem', 'a job ended early')}",
                "see whether the study's own jobs run; make memory free, or give fewer --cores",
            )
        slices = [each for each in messages if "steps" in each]
        rates += [each["steps"] / each["seconds"] for each in slices]
        means.append(sum(s["steps"] for s in slices) / sum(s["seconds"] for s in slices))
    mean = float(np.mean(means))
    ends = [messages[-1] for messages in lines]
    return Speed(
        len(lines),
        mean,
        float(np.std(rates, ddof=1)) / mean if len(rates) > 1 else float("nan"),
        len(rates),
        timestep,
        max(int(each["memory"]) for each in ends),
        dict(ends[0]["sizes"]),
    )


def _collect(started: list[Worker], progress: Progress) -> list[list[dict[str, Any]]]:
    """Read what the jobs send until all have ended."""
    lines: dict[Any, list[dict[str, Any]]] = {connection: [] for connection, _ in started}
    left, begun = dict(started), time.monotonic()
    while left:
        for connection in wait(list(left), progress.interval):
            message = receive((connection, left[connection]))  # type: ignore[arg-type, index]
            lines[connection].append(message)
            if "problem" in message or "sizes" in message:
                del left[connection]  # type: ignore[arg-type]
        progress.update(min(progress.total - 1, int(time.monotonic() - begun)))
    progress.done = progress.total
    return list(lines.values())


def run(
    name: str, box: MeasuredSystem, config: Path, seconds: float, device: str, go: Event
) -> Iterator[dict[str, Any]]:
    """Step as production does, without writing; then write one of each to see how much it is.

    Yields
    ------
    dict
        ``ready``, after which it waits for `go`; ``steps`` and ``seconds`` of each slice; and
        ``memory`` and ``sizes`` (bytes).
    """
    study, solvated = configfile.load(config), system.load(box.folder)
    chemistry, dynamics = study.chemistry, study.dynamics
    solvated.system.addForce(integration.barostat(chemistry, dynamics, chemistry.temperature, 1))
    engine = integration.Engine(solvated, *choose(name, device))
    simulation = engine.start(
        states.read(box.state, len(solvated.model.positions)),
        {"integrator": 1, "barostat": 1, "velocities": 1},
        chemistry.temperature,
        dynamics.friction,
        dynamics.timestep,
    )
    # Whole intervals of the barostat cost the same; the first one also pays for starting.
    interval = dynamics.barostat_interval
    for _ in range(2):
        taken = _timed(simulation, interval)
    steps = interval * max(1, round(seconds / SLICES / taken))
    yield {"ready": True}
    if not go.wait(PATIENCE):
        return
    spent = 0.0
    while spent < seconds:
        taken = _timed(simulation, steps)
        spent += taken
        yield {"steps": steps, "seconds": taken}
    states.potential_energy(simulation.context, "after the measurement of speed")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE
    yield {"memory": memory, "sizes": _sizes(solvated, simulation, chemistry.temperature)}


def _timed(simulation: Any, steps: int) -> float:
    started = time.perf_counter()
    simulation.step(steps)
    simulation.context.getState(energy=True)  # a GPU is still at work when `step` returns
    return time.perf_counter() - started


def _sizes(solvated: system.Solvated, simulation: Any, temperature: float) -> dict[str, int]:
    """Measure bytes of a frame, a row of energies, a state and a checkpoint."""
    atoms = solvated.system
    with tempfile.TemporaryDirectory() as folder:
        state = simulation.context.getState(positions=True, velocities=True, energy=True)
        frames, rows = Path(folder) / "frame.xtc", Path(folder) / "rows.csv"
        chosen = FrameAtoms.of(solvated.model, solvated.manifest.get("sites"))
        plan = Plan(0, 1, 1, 1, 1, 4.0)
        TrajectoryReporter(frames, solvated.model, chosen, plan).report(simulation, state)
        free = system.degrees_of_freedom(atoms)
        masses = integration.masses(atoms)
        log = EnergyReporter(rows, 1, 4.0, free, masses, temperature, state)
        empty = rows.stat().st_size
        log.report(simulation, state)
        return {
            "frame": frames.stat().st_size,
            "row": rows.stat().st_size - empty,
            "state": len(zipped(states.serialised(simulation.context))),
            "checkpoint": len(simulation.context.createCheckpoint()),
        }
