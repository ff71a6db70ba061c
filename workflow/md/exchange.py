"""One segment of all windows of a replica with exchange among them, in one process.

As a segment of production it is killed at any moment and goes on, and its outputs are complete or
absent; while it runs, everything lies in ``segment-{k}.running/``. At a planned checkpoint the
random numbers start anew, those of the exchanges at every exchange.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openmm
import pandas as pd

from lfa1_analysis import completeness
from lfa1_analysis.errors import InputError, PlatformError, SimulationError
from lfa1_analysis.units import GAS_CONSTANT
from lfa1_md import bias, exchange_files, exchange_statistics, protocol, restart, runs, states
from lfa1_md.blowup import about_numbers
from lfa1_md.delivery import deliver, delivered
from lfa1_md.monitor import Monitor
from lfa1_md.plan import Plan, working_folder
from lfa1_md.progress import Progress
from lfa1_md.provenance import as_json, sha256, sha256_of, zipped
from lfa1_md.reporters import TrajectoryReporter, picoseconds
from lfa1_md.seeds import derive
from lfa1_md.stopping import Stop, StoppedError
from lfa1_md.system import SYSTEM, Solvated
from lfa1_md.trajectory import Slots
from lfa1_md.walkers import InterruptedIterationError, Walkers, packed, unpacked
from lfa1_md.work import Job, Work

if TYPE_CHECKING:
    from lfa1_md.settings import StudyConfig
    from lfa1_md.windows import Place

COLUMNS = ("window", "time_ps", "opening_coordinate", "bias_centre", "walker")


def exchange(
    solvated: Solvated,
    home: Path,
    study: StudyConfig,
    places: list[Place],
    replica: int,
    segment: int,
    platform: Any,
    properties: dict[str, str],
    output: Path,
    stop: Stop | None = None,
) -> None:
    """Run a segment of exchanging windows, or go on with it (NPT).

    Parameters
    ----------
    solvated : Solvated
        Its `system` gains a barostat and the bias.
    home : Path
        The replica's folder in ``results/sampling``: segment 1 begins at the ends of its windows'
        first segments, later ones at the end of the exchanged segment before.
    study : StudyConfig
        With `sampling.exchange`.
    places : list of Place
        The windows after the last round of adaptation.
    replica, segment : int
        `segment` counts on from the windows' own, 0; so it is 1 or more.
    platform, properties
        From `platform.select`.
    output : Path
        For ``segment-{k}.csv``, ``.states.json.gz``, ``.json`` and the folder ``.walkers`` with a
        trajectory of each walker.
    stop : Stop, optional
        What may ask the run to end early.

    Raises
    ------
    ConfigError
        There is no exchange, or the segment was begun or finished with other settings.
    InputError
        A state that it begins from cannot be used, or the outputs are there and damaged.
    LockedError
        Another process runs it.
    StoppedError
        It was asked to end; its checkpoint is written.
    SiteLostError
        The metal site of a walker came apart and `gate.action` is ``stop``.
    SimulationError
        It blew up.
    """
    chosen = protocol.exchange(study, solvated.state, places)
    if segment < 1:
        raise InputError(
            "--segment 0: the first segment of a window is not exchanged",
            "run it with lfa1 simulate --window, and give 1 or more here",
        )
    plan = Plan.of(chosen.lengths, study.dynamics.timestep, segment)
    files = exchange_files.names(segment)
    start = exchange_files.start(
        home, segment, places, plan.first_step, solvated.system.getNumParticles()
    )
    chain = ("replica", replica, *chosen.names, "segment", segment)
    job = Job(
        label=" ".join(map(str, (solvated.name, *chain))),
        settings=chosen.settings,
        started_from=start.sha256,
        machine=runs.machine(platform, properties),
        system=str(solvated.manifest["files"][SYSTEM]),
    )
    trajectories = [exchange_files.frames(walker) for walker in range(len(places))]
    folder = working_folder(output, segment)
    with Work.open(folder, job, (files["csv"], *trajectories)) as work:
        if delivered(work, output / files["json"], lambda r: completeness.problems(r, output)):
            return
        together = len(places) * chosen.lengths.segment / 1000
        with Progress(job.label, plan.steps, nanoseconds=together) as progress:
            engine = runs.Engine(solvated, platform, properties)
            run = _Run(
                solvated, study, places, plan, (solvated.state, *chain), engine, work, progress
            )
            final = run(start, trajectories, stop or Stop())
        table = pd.read_csv(work.path(files["csv"]))
        kt = GAS_CONSTANT * study.chemistry.temperature
        record = {
            "system": solvated.name,
            "replica": replica,
            **exchange_files.expected(chosen, study.dynamics.timestep, segment),
            "atoms": run.slots.n_atoms,
            "seed": study.seed,
            **work.record(together),
            "files": {files["csv"]: sha256(work.path(files["csv"]))},
            "started_from": {"files": start.files, "sha256": start.sha256},
            "neighbours": exchange_statistics.acceptance(table, places, kt),
            "round_trips": exchange_statistics.round_trips(table, places),
            "site_events": {
                str(walker): monitor.record() for walker, monitor in enumerate(run.monitors)
            },
        }
        targets = {files["csv"]: output / files["csv"]}
        for name in trajectories:
            record["files"][f"{files['xtc']}/{name}"] = sha256(work.path(name))
            targets[name] = output / files["xtc"] / name
        here = {Path(name).name: value for name, value in record["files"].items()}
        if found := completeness.problems(record | {"files": here}, folder):
            raise InputError(
                f"{folder}: the segment is not complete: {'; '.join(found)}",
                f"delete {folder} and run the segment again",
            )
        record["files"][files["states"]] = sha256_of(final)
        texts = {output / files["states"]: final, output / files["json"]: as_json(record)}
        deliver(work, targets, texts)


class _Run:
    """Steps the walkers from the newest checkpoint, or their start, to the segment's end."""

    def __init__(
        self,
        solvated: Solvated,
        study: StudyConfig,
        places: list[Place],
        plan: Plan,
        labels: tuple[str | int, ...],
        engine: runs.Engine,
        work: Work,
        progress: Progress,
    ) -> None:
        assert study.sampling is not None and study.sampling.exchange is not None
        self.solvated, self.study, self.places, self.plan = solvated, study, places, plan
        self.labels, self.engine, self.work, self.progress = labels, engine, work, progress
        self.slots = Slots.of(solvated.model)
        self.monitors: list[Monitor] = []
        self._steps = round(study.sampling.exchange.interval * 1000 / plan.timestep)
        chemistry, dynamics = study.chemistry, study.dynamics
        solvated.system.addForce(runs.barostat(chemistry, dynamics, chemistry.temperature, 1))
        self._force = bias.opening_bias(solvated.model, solvated.name)
        solvated.system.addForce(self._force)

    def __call__(self, start: exchange_files.Start, trajectories: list[str], stop: Stop) -> bytes:
        """Run, and return the walkers at the end as a file's content."""
        action, plan = self.study.gate.action, self.plan
        found = self.work.resume()
        paths = [self.work.path(name) for name in trajectories]
        self.monitors = [Monitor(self.solvated, p, action, self.work, biased=True) for p in paths]
        for monitor in self.monitors:
            monitor(anew=True)
        confs, windows = (start.states, start.windows) if found is None else unpacked(found.state)
        step = plan.first_step if found is None else found.step
        blocks = restart.blocks(plan.first_step, plan.steps, plan.checkpoint_steps)
        left = [block for block in blocks if block.end > step]
        self.progress.start_at(step - plan.first_step)
        walkers = self._begin(step, confs[0], stop)
        walkers.put(confs, windows, step // self._steps)
        walkers.reporters.append(self._reporter(paths))
        try:
            for number, block in enumerate(left):
                if number:
                    self._begin(block.start, walkers.replicaConformation[0], stop)
                self._block(walkers, max(step, block.start), block.end, stop)
            return self._final(walkers)
        except (openmm.OpenMMException, ValueError, SimulationError) as error:
            raise self._told(error, walkers) from None

    def _begin(self, step: int, state: openmm.State, stop: Stop) -> Walkers:
        """Start the random numbers anew at a step."""
        dynamics, chemistry = self.study.dynamics, self.study.chemistry
        simulation = self.engine.start(
            state,
            runs.seeds(self.study.seed, self.labels, step, 0),
            chemistry.temperature,
            dynamics.friction,
            dynamics.timestep,
        )
        return Walkers(
            self.places,
            simulation,
            self._steps,
            lambda context: bias.value(self._force, context),
            lambda iteration: derive(self.study.seed, *self.labels, "exchange", iteration),
            lambda: bool(stop.reason),
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

    def _reporter(self, paths: list[Path]) -> Any:
        """What writes the rows and frames of an iteration, before its exchanges."""
        plan, model = self.plan, self.solvated.model
        table = self.work.path(exchange_files.names(plan.first_step // plan.steps)["csv"])
        if not (table.is_file() and table.stat().st_size):
            table.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
        frames = [
            TrajectoryReporter(
                path, model, self.slots, plan.frame_steps, plan.timestep, plan.first_step
            )
            for path in paths
        ]

        def report(walkers: Walkers) -> None:
            step = walkers.currentIteration * self._steps
            if step % plan.energy_steps == 0:
                at = picoseconds(step, round(plan.timestep * 1000))
                rows = [
                    f"{window},{at},{walkers.coordinates[walker]:.6f},"
                    f"{self.places[window].centre:.6f},{walker}\n"
                    for walker, window in enumerate(walkers.sampled)
                ]
                with table.open("a", encoding="utf-8") as file:
                    file.writelines(rows)
            if step % plan.frame_steps == 0:
                for one, conf in zip(frames, walkers.replicaConformation, strict=True):
                    one.report(None, conf)

        return report

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
