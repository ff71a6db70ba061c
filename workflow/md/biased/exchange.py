"""One segment of all windows of a replica with exchange among them, in one process.

As a segment of production it is killed at any moment and goes on, and its outputs are complete or
absent; while it runs, everything lies in ``segment-{k}.running/``. At a planned checkpoint the
random numbers start anew, those of the exchanges at every exchange.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory import segments as completeness
from lfa1_md.biased import exchange_files, exchange_statistics
from lfa1_md.biased.exchange_run import Run
from lfa1_md.box.system import SYSTEM, Solvated
from lfa1_md.files.provenance import as_json, sha256, sha256_of
from lfa1_md.machine.platform import require_bias
from lfa1_md.run import protocol, runs
from lfa1_md.run.commit_outputs import deliver, delivered
from lfa1_md.run.job import Job
from lfa1_md.run.progress import Progress
from lfa1_md.run.stopping import Stop
from lfa1_md.run.work import Work
from lfa1_md.study.plan import Plan, working_folder

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
            run = Run(
                solvated,
                study,
                places,
                plan,
                labels,
                platform,
                properties,
                work,
                progress,
            )
            final = run(start, stop or Stop())
        table = pd.read_csv(work.path(files["csv"]))
        kt = GAS_CONSTANT * study.chemistry.temperature
        record = {
            "system": solvated.name,
            "replica": replica,
            **exchange_files.expected(chosen, study.dynamics.timestep, segment),
            "atoms": run.slots.n_atoms,
            "seed": study.seed,
            "seeds": {
                str(block.start): runs.seeds(study.seed, labels, block.start, 0)
                for block in run.blocks
            },
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
        texts: dict[Path, str | bytes] = {
            output / files["states"]: final,
            output / files["json"]: as_json(record),
        }
        deliver(work, targets, texts)
