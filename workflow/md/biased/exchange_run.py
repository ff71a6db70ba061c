"""The stepping of exchanging walkers: from checkpoint to checkpoint, with rows and frames."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import openmm
from openmm import app

from lfa1_analysis.io.errors import PlatformError, SimulationError
from lfa1_md.biased.exchange_files import Start
from lfa1_md.biased.exchange_reporter import Recorder
from lfa1_md.biased.walkers import InterruptedIterationError, Walkers, packed, unpacked
from lfa1_md.box.frame_atoms import Slots
from lfa1_md.box.system import Solvated
from lfa1_md.files.provenance import zipped
from lfa1_md.run import bias, gpu_bias, restart, runs, states
from lfa1_md.run.blowup import about_numbers
from lfa1_md.run.monitor import Monitor
from lfa1_md.run.progress import Progress
from lfa1_md.run.stopping import Stop, StoppedError
from lfa1_md.run.work import Work
from lfa1_md.study.plan import Plan
from lfa1_md.study.quantities import attoseconds
from lfa1_md.study.seeds import derive

if TYPE_CHECKING:
    from lfa1_md.study.settings import StudyConfig
    from lfa1_md.study.umbrella_windows import Place


class Run:
    """Steps the walkers from the newest checkpoint, or their start, to the segment's end.

    Parameters
    ----------
    solvated : Solvated
        Its `system` gains a barostat and the bias.
    study : StudyConfig
        With `sampling.exchange`.
    places : list of Place
        The windows.
    plan : Plan
    labels : tuple
        Of the job, for seeds.
    platform, properties
        From `platform.select`.
    work : Work
        Its growing files are the table, then the walkers' trajectories.
    progress : Progress

    Attributes
    ----------
    slots : Slots
        What is in a frame.
    blocks : list of Block
        Between planned checkpoints.
    monitors : list of Monitor
        Of each walker's metal site.
    """

    def __init__(
        self,
        solvated: Solvated,
        study: StudyConfig,
        places: list[Place],
        plan: Plan,
        labels: tuple[str | int, ...],
        platform: Any,
        properties: dict[str, str],
        work: Work,
        progress: Progress,
    ) -> None:
        assert study.sampling is not None and study.sampling.exchange is not None
        self.solvated, self.study, self.places, self.plan = solvated, study, places, plan
        self.labels, self.work, self.progress = labels, work, progress
        self._where = (platform, properties)
        self._engine = runs.Engine(solvated, platform, properties)
        self.slots = Slots.of(solvated.model)
        self.monitors: list[Monitor] = []
        self.blocks = restart.blocks(plan.first_step, plan.steps, plan.checkpoint_steps)
        interval = attoseconds(study.sampling.exchange.interval * 1000)
        self._steps = interval // attoseconds(plan.timestep)
        chemistry, dynamics = study.chemistry, study.dynamics
        solvated.system.addForce(runs.barostat(chemistry, dynamics, chemistry.temperature, 1))
        self._force = bias.opening_bias(solvated.model, solvated.name)
        solvated.system.addForce(self._force)

    def __call__(self, start: Start, stop: Stop) -> bytes:
        """Run, and return the walkers at the end as a file's content.

        Raises
        ------
        StoppedError
            `stop` has a reason; the checkpoint is written.
        SimulationError, PlatformError
            Numbers or the device gave up, or the device does not compute the bias rightly.
        """
        action, plan = self.study.gate.action, self.plan
        found = self.work.resume()
        table, *paths = map(self.work.path, self.work.growing)
        self.monitors = [
            Monitor(self.solvated, path, action, self.work, True, f"metal site of walker {walker}")
            for walker, path in enumerate(paths)
        ]
        for monitor in self.monitors:
            monitor(anew=True)
        confs, windows = (start.states, start.windows) if found is None else unpacked(found.state)
        step = plan.first_step if found is None else found.step
        left = [block for block in self.blocks if block.end > step]
        self.progress.start_at(step - plan.first_step)
        constant = self.places[0].force_constant
        gpu_bias.require(self.solvated.system, confs[0], constant, *self._where)
        walkers = Walkers(
            self.places,
            self._begin(step, confs[0]),
            self._steps,
            lambda context: bias.value(self._force, context),
            lambda iteration: derive(self.study.seed, *self.labels, "exchange", iteration),
            lambda: bool(stop.reason),
        )
        walkers.put(confs, windows, step // self._steps)
        walkers.reporters.append(
            Recorder(table, paths, self.solvated.model, self.slots, self.places, plan, self._steps)
        )
        try:
            for number, block in enumerate(left):
                if number:
                    self._begin(block.start, walkers.replicaConformation[0])
                self._block(walkers, max(step, block.start), block.end, stop)
            return self._final(walkers)
        except (openmm.OpenMMException, ValueError, SimulationError) as error:
            raise self._told(error, walkers) from None

    def _begin(self, step: int, state: openmm.State) -> app.Simulation:
        """Start the random numbers anew at a step."""
        return self._engine.start(
            state,
            runs.seeds(self.study.seed, self.labels, step, 0),
            self.study.chemistry.temperature,
            self.study.dynamics.friction,
            self.plan.timestep,
        )

    def _block(self, walkers: Walkers, step: int, end: int, stop: Stop) -> None:
        saved, since = step, time.monotonic()
        while step < end:
            try:
                walkers.simulate()
            except InterruptedIterationError:
                if step > saved:
                    self._save(walkers, step, planned=False)
                raise StoppedError(
                    f"{self.work.job.label}: stopped at {self.plan.time(step):g} ps: {stop.reason}",
                    "run it again and it goes on from there",
                ) from None
            step += self._steps
            self.progress.update(step - self.plan.first_step)
            if step < end and time.monotonic() - since >= restart.MINUTES * 60:
                self._save(walkers, step, planned=False)
                saved, since = step, time.monotonic()
        self._save(walkers, end, planned=True)
        for monitor in self.monitors:
            monitor(anew=False)

    def _save(self, walkers: Walkers, step: int, planned: bool) -> None:
        # Not through the context: it would compute neighbour lists when no other run does.
        confs = map(openmm.XmlSerializer.serialize, walkers.replicaConformation)
        self.work.keep(packed(list(confs), walkers.replicaStateIndex), step, planned)

    def _final(self, walkers: Walkers) -> bytes:
        texts, context = [], walkers.simulation.context
        for conf in walkers.replicaConformation:
            context.setState(conf)
            # A sum of steps is not the product to the last bit: it depends on where the run began.
            context.setTime(self.plan.time(self.plan.first_step + self.plan.steps))
            texts.append(states.serialised(context))
        return zipped(packed(texts, walkers.replicaStateIndex))

    def _told(self, error: Exception, walkers: Walkers) -> Exception:
        """Make one message of what OpenMM or a check complains of."""
        if not isinstance(error, SimulationError) and not about_numbers(error):
            if not isinstance(error, openmm.OpenMMException):
                return error
            return PlatformError(
                f"OpenMM gave up: {error}",
                "run it again and it goes on from its last checkpoint; if it gives up there again, "
                "try another device or platform",
            )
        problem = getattr(error, "problem", str(error).split(".")[0])
        done = self.plan.time(walkers.currentIteration * self._steps)
        return SimulationError(
            f"{self.work.job.label} blew up after {done:g} ps: {problem}",
            "lower dynamics.timestep, or look at the windows' first segments, from which it began",
        )
