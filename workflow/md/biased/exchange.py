"""One segment of all windows of a replica with exchange among them, in one process.

As a segment of production it is killed at any moment and goes on, and its outputs are complete or
absent; while it runs, everything lies in ``segment-{k}.running/``. At a planned checkpoint the
random numbers start anew, those of the exchanges at every exchange.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openmm
import pandas as pd
from openmm import app

from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.io.errors import InputError, SimulationError
from lfa1_analysis.trajectory import segments
from lfa1_md.biased import exchange_files
from lfa1_md.biased.exchange_files import COLUMNS, Start
from lfa1_md.biased.walkers import (
    InterruptedIterationError,
    Walkers,
    acceptance,
    packed,
    round_trips,
    unpacked,
)
from lfa1_md.box.frame_atoms import FrameAtoms
from lfa1_md.box.system import SYSTEM, Solvated
from lfa1_md.files.provenance import as_json, sha256, sha256_of, zipped
from lfa1_md.machine.platform import require_bias
from lfa1_md.run import bias, gpu_bias, integration, outputs, protocol, restart, states
from lfa1_md.run.blowup import blow_up_problem
from lfa1_md.run.job import RunningJob
from lfa1_md.run.monitor import Monitor
from lfa1_md.run.progress import Progress
from lfa1_md.run.reporters import TrajectoryReporter
from lfa1_md.run.stopping import Stop, StoppedError
from lfa1_md.study.plan import Plan, working_folder
from lfa1_md.study.quantities import attoseconds, picoseconds
from lfa1_md.study.seeds import derive

if TYPE_CHECKING:
    from lfa1_md.study.settings import StudyConfig
    from lfa1_md.study.umbrella_windows import Place


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
    PlatformError
        A GPU does not compute the bias as the CPU does.
    """
    require_bias(platform.getName())
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
    labels = (solvated.state, *chain)
    trajectories = [exchange_files.frames(walker) for walker in range(len(places))]
    job = RunningJob(
        label=" ".join(map(str, (solvated.name, *chain))),
        folder=working_folder(output, segment),
        names=(files["csv"], *trajectories),
        settings=chosen.settings,
        started_from=start.sha256,
        machine=integration.machine(platform, properties),
        system=str(solvated.manifest["files"][SYSTEM]),
    )
    with job:
        if outputs.complete(job, output / files["json"], lambda r: segments.problems(r, output)):
            return
        together = len(places) * chosen.lengths.segment / 1000
        with Progress(job.label, plan.steps, nanoseconds=together) as progress:
            run = _ExchangeRun(
                solvated, study, places, plan, labels, (platform, properties), job, progress
            )
            final = run.to_the_end(start, stop or Stop())
        table = pd.read_csv(run.table)
        kt = GAS_CONSTANT * study.chemistry.temperature
        record = {
            "system": solvated.name,
            "replica": replica,
            **exchange_files.expected(chosen, study.dynamics.timestep, segment),
            "atoms": run.atoms.n_atoms,
            "seed": study.seed,
            "seeds": {
                str(block.start): integration.seeds(study.seed, labels, block.start, 0)
                for block in run.blocks
            },
            **job.record(together),
            "files": {files["csv"]: sha256(run.table)},
            "started_from": {"files": start.files, "sha256": start.sha256},
            "neighbours": acceptance(table, places, kt),
            "round_trips": round_trips(table, places),
            "site_events": {
                str(walker): monitor.record() for walker, monitor in enumerate(run.monitors)
            },
        }
        targets = {files["csv"]: output / files["csv"]}
        for name in trajectories:
            record["files"][f"{files['xtc']}/{name}"] = sha256(job.path(name))
            targets[name] = output / files["xtc"] / name
        here = {Path(name).name: value for name, value in record["files"].items()}
        if found := segments.problems(record | {"files": here}, job.folder):
            raise InputError(
                f"{job.folder}: the segment is not complete: {'; '.join(found)}",
                f"delete {job.folder} and run the segment again",
            )
        record["files"][files["states"]] = sha256_of(final)
        texts: dict[Path, str | bytes] = {
            output / files["states"]: final,
            output / files["json"]: as_json(record),
        }
        outputs.commit(job, targets, texts)


@dataclass
class _ExchangeRun:
    """The stepping of exchanging walkers: from checkpoint to checkpoint, with rows and frames."""

    solvated: Solvated
    study: StudyConfig
    places: list[Place]
    plan: Plan
    labels: tuple[str | int, ...]
    compute: tuple[Any, dict[str, str]]
    job: RunningJob
    progress: Progress

    def __post_init__(self) -> None:
        study, plan, solvated, sampling = self.study, self.plan, self.solvated, self.study.sampling
        assert sampling is not None and sampling.exchange is not None
        self.engine = integration.Engine(solvated, *self.compute)
        self.atoms = FrameAtoms.of(solvated.model)
        self.table, *self.trajectories = map(self.job.path, self.job.names)
        self.monitors = [
            Monitor(
                solvated, path, study.gate.action, self.job, True, f"metal site of walker {walker}"
            )
            for walker, path in enumerate(self.trajectories)
        ]
        self.blocks = restart.blocks(plan.first_step, plan.steps, plan.checkpoint_steps)
        interval = attoseconds(sampling.exchange.interval * 1000)
        self.steps = interval // attoseconds(plan.timestep)
        chemistry, dynamics = study.chemistry, study.dynamics
        solvated.system.addForce(
            integration.barostat(chemistry, dynamics, chemistry.temperature, 1)
        )
        self.force = bias.opening_bias(solvated.model, solvated.name)
        solvated.system.addForce(self.force)

    def to_the_end(self, start: Start, stop: Stop) -> bytes:
        """Run from the newest checkpoint, or the start; return the final walkers as a file."""
        plan, found = self.plan, self.job.resume()
        for monitor in self.monitors:
            monitor(True)
        confs, windows = (start.states, start.windows) if found is None else unpacked(found.state)
        step = plan.first_step if found is None else found.step
        self.progress.start_at(step - plan.first_step)
        constant = self.places[0].force_constant
        gpu_bias.require(self.solvated.system, confs[0], constant, *self.compute)
        walkers = Walkers(
            self.places,
            self._begin(step, confs[0]),
            self.steps,
            lambda context: bias.value(self.force, context),
            lambda iteration: derive(self.study.seed, *self.labels, "exchange", iteration),
            lambda: bool(stop.reason),
        )
        walkers.put(confs, windows, step // self.steps)
        if not (self.table.is_file() and self.table.stat().st_size):
            self.table.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
        self.frames = [
            TrajectoryReporter(path, self.solvated.model, self.atoms, plan)
            for path in self.trajectories
        ]
        walkers.reporters.append(self._write_due)
        try:
            for number, block in enumerate(b for b in self.blocks if b.end > step):
                if number:
                    self._begin(block.start, walkers.replicaConformation[0])
                self._run_block(walkers, max(step, block.start), block.end, stop)
            return self._final(walkers)
        except (openmm.OpenMMException, ValueError, SimulationError) as error:
            done = plan.time(walkers.currentIteration * self.steps)
            raise SimulationError(
                f"{self.job.label} blew up after {done:g} ps: {blow_up_problem(error)}",
                "lower dynamics.timestep, or look at the windows' first segments, from which it "
                "began",
            ) from None

    def _begin(self, step: int, state: openmm.State) -> app.Simulation:
        """Start the random numbers anew at a step."""
        return self.engine.start(
            state,
            integration.seeds(self.study.seed, self.labels, step, 0),
            self.study.chemistry.temperature,
            self.study.dynamics.friction,
            self.plan.timestep,
        )

    def _write_due(self, walkers: Walkers) -> None:
        """Write the rows and frames that are due after an iteration, before its exchanges."""
        step = walkers.currentIteration * self.steps
        if step % self.plan.energy_steps == 0:
            now = picoseconds(step, attoseconds(self.plan.timestep))
            rows = [
                f"{window},{now},{walkers.coordinates[walker]:.6f},"
                f"{self.places[window].centre:.6f},{walker}\n"
                for walker, window in enumerate(walkers.sampled)
            ]
            with self.table.open("a", encoding="utf-8") as file:
                file.writelines(rows)
        if step % self.plan.frame_steps == 0:
            for frames, state in zip(self.frames, walkers.replicaConformation, strict=True):
                frames.report(None, state)

    def _run_block(self, walkers: Walkers, step: int, end: int, stop: Stop) -> None:
        saved, since = step, time.monotonic()
        while step < end:
            try:
                walkers.simulate()
            except InterruptedIterationError:
                if step > saved:
                    self._save(walkers, step, planned=False)
                raise StoppedError(
                    f"{self.job.label}: stopped at {self.plan.time(step):g} ps: {stop.reason}",
                    "run it again and it goes on from there",
                ) from None
            step += self.steps
            self.progress.update(step - self.plan.first_step)
            if step < end and time.monotonic() - since >= restart.MINUTES * 60:
                self._save(walkers, step, planned=False)
                saved, since = step, time.monotonic()
        self._save(walkers, end, planned=True)
        for monitor in self.monitors:
            monitor(False)

    def _save(self, walkers: Walkers, step: int, planned: bool) -> None:
        # Not through the context: it would compute neighbour lists when no other run does.
        confs = map(openmm.XmlSerializer.serialize, walkers.replicaConformation)
        self.job.save(packed(list(confs), walkers.replicaStateIndex), step, planned)

    def _final(self, walkers: Walkers) -> bytes:
        texts, context = [], walkers.simulation.context
        for conf in walkers.replicaConformation:
            context.setState(conf)
            # A sum of steps is not the product to the last bit: it depends on where the run began.
            context.setTime(self.plan.time(self.plan.first_step + self.plan.steps))
            texts.append(states.serialised(context))
        return zipped(packed(texts, walkers.replicaStateIndex))
