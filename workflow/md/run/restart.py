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
from typing import Any, Protocol

import openmm
from openmm import app

from lfa1_analysis.io.errors import SimulationError
from lfa1_md.run.blowup import Watch
from lfa1_md.run.stopping import Stop, StoppedError
from lfa1_md.run.work import Work

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


class Begin(Protocol):
    """Makes the simulation ready at a step: context, seeds, state, clock, reporters."""

    def __call__(
        self, block: Block, step: int, state: openmm.State, attempt: int, new_velocities: bool
    ) -> tuple[app.Simulation, Watch]:
        """Return the simulation and what watches over it."""
        ...


class Look(Protocol):
    """Looks at what the job has written, and may end it."""

    def __call__(self, anew: bool) -> None:
        """Look; `anew` after files were cut back or emptied."""
        ...


def blocks(start: int, steps: int, interval: int, stage: int = 0) -> list[Block]:
    """Divide steps into blocks of `interval`, the last one shorter if need be."""
    end = start + steps
    return [Block(at, min(at + interval, end), stage) for at in range(start, end, interval)]


def run(
    work: Work,
    plan: Sequence[Block],
    first: openmm.State,
    begin: Begin,
    stop: Stop,
    time_of: Callable[[int], float],
    look: Look | None = None,
) -> app.Simulation:
    """Run a job to its end from its newest checkpoint or its first state.

    Parameters
    ----------
    work : Work
    plan : sequence of Block
        Without gaps.
    first : openmm.State
        Where the job starts.
    begin : Begin
    stop : Stop
    time_of : callable
        Simulated time (ps) of a step, for messages.
    look : callable, optional
        Called before the first step and after every planned checkpoint; what it raises ends the
        job, which goes on from that checkpoint when it is run again.

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
        found = work.resume()
        if look is not None:
            look(anew=True)
        step = plan[0].start if found is None else found.step
        state = first if found is None else openmm.XmlSerializer.deserialize(found.state)
        tried = 0 if found is None else found.attempt
        try:
            return _blocks(work, plan, step, state, tried, begin, stop, time_of, look)
        except SimulationError as error:
            if work.attempt == 0 or work.attempt > work.job.retries:
                raise
            work.say(f"{error.problem}; attempt {work.attempt + 1} with new velocities")


def _blocks(
    work: Work,
    plan: Sequence[Block],
    step: int,
    state: openmm.State,
    tried: int,
    begin: Begin,
    stop: Stop,
    time_of: Callable[[int], float],
    look: Look | None,
) -> app.Simulation:
    simulation: Any = None
    new_velocities = work.attempt > tried
    left = [block for block in plan if block.end > step]
    for block in left or plan[-1:]:
        simulation, watch = begin(block, step, state, work.attempt, new_velocities)
        new_velocities = False
        saved, pace = step, Pace()
        while step < block.end:
            if stop.reason:
                if step > saved:
                    with watch:
                        work.save(simulation.context, step, planned=False)
                raise StoppedError(
                    f"{work.job.label}: stopped at {time_of(step):g} ps: {stop.reason}",
                    "run it again and it goes on from there",
                )
            steps = min(pace.steps, block.end - step)
            with watch:
                pace.measure(simulation, steps)
                step += steps
                if step < block.end and pace.due:
                    work.save(simulation.context, step, planned=False)
                    saved, pace.since = step, time.monotonic()
        if left:
            with watch:
                work.save(simulation.context, step, planned=True)
            if look is not None:
                look(anew=False)
            state = simulation.context.getState(positions=True, velocities=True)
    return simulation


class Pace:
    """How many steps to take before looking up."""

    def __init__(self) -> None:
        self.steps, self.since = 1, time.monotonic()

    @property
    def due(self) -> bool:
        """Whether the last checkpoint is `MINUTES` old."""
        return time.monotonic() - self.since >= MINUTES * 60

    def measure(self, simulation: app.Simulation, steps: int) -> None:
        """Take steps, and adapt the number to the speed."""
        started = time.monotonic()
        simulation.step(steps)
        each = max(time.monotonic() - started, 1e-6) / steps
        self.steps = max(1, min(MOST_STEPS, 2 * self.steps, round(LOOK_EVERY / each)))
