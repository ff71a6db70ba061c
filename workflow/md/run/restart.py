"""Run a job in blocks, so that being killed costs at most what came after the last checkpoint.

Every block ends in a planned checkpoint. There, killed or not, the random number generators and
the barostat start anew with seeds that derive from the step: a run that was killed and continued
from a planned checkpoint repeats the uninterrupted one, bit for bit where the platform computes
reproducibly (one CPU thread; CUDA on the same device). In between, a checkpoint is written every
`MINUTES` of wall-clock time and when the run is asked to stop; going on from such a one is as
valid, but uses other random numbers, and the record says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import openmm
from openmm import app

from lfa1_analysis.io.errors import SimulationError
from lfa1_md.run import states
from lfa1_md.run.blowup import Watch
from lfa1_md.run.job import RunningJob
from lfa1_md.run.stopping import Stop, StoppedError

MINUTES = 10.0
"""Wall-clock time between checkpoints within a block."""
LOOK_EVERY = 1.0
"""Seconds of stepping, about, between looks at the signals and the clock."""
MOST_STEPS = 5000
"""At most so many steps between looks."""


@dataclass(frozen=True)
class Block:
    """Steps from one planned checkpoint to the next, in the job's own count.

    Attributes
    ----------
    start, end : int
    stage : int
        Stage of an equilibration.
    """

    start: int
    end: int
    stage: int = 0


Begin = Callable[[Block, int, openmm.State, int, bool], tuple[app.Simulation, Watch]]
"""Makes the simulation ready (seeds, state, clock, reporters), from a block, a step, the state at
that step, the attempt and whether velocities are drawn anew; returns it with its watch."""


def blocks(start: int, steps: int, interval: int, stage: int = 0) -> list[Block]:
    """Divide steps into blocks of `interval`, the last one shorter if need be."""
    end = start + steps
    return [Block(at, min(at + interval, end), stage) for at in range(start, end, interval)]


def run(
    job: RunningJob,
    plan: Sequence[Block],
    first: openmm.State,
    begin: Begin,
    stop: Stop,
    time_of: Callable[[int], float],
    look: Callable[[bool], None] = lambda anew: None,
) -> app.Simulation:
    """Run a job to its end from its newest checkpoint or its first state.

    Parameters
    ----------
    job : RunningJob
    plan : sequence of Block
        Without gaps.
    first : openmm.State
        Where the job starts.
    begin : Begin
    stop : Stop
    time_of : callable
        Simulated time (ps) of a step, for messages.
    look : callable, optional
        Called before the first step (with True: files may have been cut back) and after every
        planned checkpoint (with False); what it raises ends the job, which goes on from that
        checkpoint when it is run again.

    Returns
    -------
    openmm.app.Simulation
        At the last step, which has its checkpoint.

    Raises
    ------
    StoppedError
        `stop` has a reason; the checkpoint is written.
    SimulationError
        The run blew up, and not for the first time too often; the diagnosis is written.
    """
    while True:
        found = job.resume()
        look(True)
        step = plan[0].start if found is None else found.step
        state = first if found is None else openmm.XmlSerializer.deserialize(found.state)
        new_velocities = job.attempt > (0 if found is None else found.attempt)
        left = [block for block in plan if block.end > step]
        try:
            for block in left or plan[-1:]:
                simulation, watch = begin(block, step, state, job.attempt, new_velocities)
                new_velocities = False
                if left:
                    _run_block(job, simulation, watch, step, block.end, stop, time_of)
                    look(False)
                    step = block.end
                    state = simulation.context.getState(positions=True, velocities=True)
            return simulation
        except SimulationError as error:
            if job.attempt == 0 or job.attempt > job.retries:
                raise
            job.log(f"{error.problem}; attempt {job.attempt + 1} with new velocities")


def _run_block(
    job: RunningJob,
    simulation: Any,
    watch: Watch,
    step: int,
    end: int,
    stop: Stop,
    time_of: Callable[[int], float],
) -> None:
    """Step to the end of a block, with checkpoints in between and a planned one at the end."""
    saved, pace = step, Pace()
    while step < end:
        if stop.reason:
            if step > saved:
                with watch:
                    job.save(states.serialised(simulation.context), step, planned=False)
            raise StoppedError(
                f"{job.label}: stopped at {time_of(step):g} ps: {stop.reason}",
                "run it again and it goes on from there",
            )
        steps = min(pace.steps, end - step)
        with watch:
            pace.measure(simulation, steps)
            step += steps
            if step < end and time.monotonic() - pace.since >= MINUTES * 60:
                job.save(states.serialised(simulation.context), step, planned=False)
                saved, pace.since = step, time.monotonic()
    with watch:
        job.save(states.serialised(simulation.context), end, planned=True)


class Pace:
    """How many steps to take before looking at the signals and the clock."""

    def __init__(self) -> None:
        self.steps, self.since = 1, time.monotonic()

    def measure(self, simulation: app.Simulation, steps: int) -> None:
        """Take steps, and adapt the number to the speed."""
        started = time.monotonic()
        simulation.step(steps)
        each = max(time.monotonic() - started, 1e-6) / steps
        self.steps = max(1, min(MOST_STEPS, 2 * self.steps, round(LOOK_EVERY / each)))
