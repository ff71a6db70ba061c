"""One segment of production: killed at any moment, it goes on; its outputs are complete or absent.

While it runs, everything lies in ``segment-{k}.running/`` beside them (see `lfa1_md.run.job`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import openmm
import pandas as pd
from openmm import app

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory import segments
from lfa1_md.box.frame_atoms import FrameAtoms
from lfa1_md.box.system import SYSTEM, Solvated, degrees_of_freedom
from lfa1_md.files.provenance import as_json, read_json, sha256, sha256_of, zipped
from lfa1_md.machine.platform import require_bias
from lfa1_md.run import bias, gpu_bias, integration, outputs, restart, states
from lfa1_md.run.blowup import Watch
from lfa1_md.run.job import RunningJob
from lfa1_md.run.monitor import Monitor
from lfa1_md.run.progress import Progress, ProgressReporter
from lfa1_md.run.protocol import Protocol, production
from lfa1_md.run.reporters import EnergyReporter, TrajectoryReporter, mean_and_sd
from lfa1_md.run.stopping import Stop
from lfa1_md.study.plan import Plan, names, working_folder

if TYPE_CHECKING:
    from lfa1_md.study.settings import StudyConfig


def simulate(
    solvated: Solvated,
    start: Path,
    study: StudyConfig,
    replica: int,
    segment: int,
    platform: Any,
    properties: dict[str, str],
    output: Path,
    stop: Stop | None = None,
    protocol: Protocol | None = None,
) -> None:
    """Run a segment of production or of a biased run, or go on with it (NPT).

    Parameters
    ----------
    solvated : Solvated
        Its `system` gains a barostat, and the bias.
    start : Path
        For segment 0 the equilibrated state, otherwise the state at the end of the one before.
    study : StudyConfig
        The noise derives from its seed, the state's name, the replica, the segment and the step of
        the last planned checkpoint, so that matched systems share it and no segment
        repeats another's.
    replica, segment : int
        Counted from 0.
    platform, properties
        From `platform.select`.
    output : Path
        The replica's folder.
    stop : Stop, optional
        What may ask the run to end early.
    protocol : Protocol, optional
        By default unbiased production.

    Raises
    ------
    InputError
        `start` is not the state that this segment continues, or the outputs are there and damaged.
    ConfigError
        The segment was begun or finished with other settings.
    LockedError
        Another process runs it.
    StoppedError
        It was asked to end; its checkpoint is written.
    SiteLostError
        The metal site came apart and `gate.action` is ``stop``; its checkpoint is written.
    SimulationError
        It blew up; the last good state and a diagnosis are kept.
    PlatformError
        A GPU does not compute the opening bias as the CPU does.
    """
    protocol = protocol or production(study, solvated.state)
    drive = protocol.drive
    opening = drive if drive is not None and drive.coordinate == "opening" else None
    if opening is not None:
        require_bias(platform.getName())
    plan = Plan.of(protocol.lengths, study.dynamics.timestep, segment)
    files = names(segment)
    state = states.read(start, solvated.system.getNumParticles())
    checksum = sha256(start)
    _check_continues(start, checksum, state, plan, segment, protocol.anywhere)
    chain = ("replica", replica, *protocol.names, "segment", segment)
    labels = (solvated.state, *chain)
    job = RunningJob(
        label=" ".join(map(str, (solvated.name, *chain))),
        folder=working_folder(output, segment),
        names=(files["xtc"], files["csv"]),
        settings=protocol.settings,
        started_from=checksum,
        machine=integration.machine(platform, properties),
        system=str(solvated.manifest["files"][SYSTEM]),
        retries=study.dynamics.blow_up_retries,
    )
    blocks = restart.blocks(plan.first_step, plan.steps, plan.checkpoint_steps)
    with job:
        if outputs.complete(job, output / files["json"], lambda r: segments.problems(r, output)):
            return
        trajectory, table = job.path(files["xtc"]), job.path(files["csv"])
        system, chemistry, dynamics = solvated.system, study.chemistry, study.dynamics
        atoms = FrameAtoms.of(solvated.model, solvated.manifest.get("sites"))
        free, masses = degrees_of_freedom(system), integration.masses(system)
        system.addForce(integration.barostat(chemistry, dynamics, chemistry.temperature, 1))
        driver: bias.BiasDriver | None = None
        if drive is not None:
            rows = plan.steps // plan.energy_steps
            driver = bias.driver(
                solvated.model, drive, plan.first_step, plan.energy_steps, rows, solvated.name
            )
            for force in driver.forces:
                system.addForce(force)
        engine = integration.Engine(solvated, platform, properties)
        monitor = Monitor(solvated, trajectory, study.gate.action, job, biased=drive is not None)
        length = protocol.lengths.segment / 1000
        with Progress(job.label, plan.steps, nanoseconds=length) as progress:

            def begin(
                block: restart.Block,
                step: int,
                state: openmm.State,
                attempt: int,
                new_velocities: bool,
            ) -> tuple[app.Simulation, Watch]:
                seeds = integration.seeds(study.seed, labels, step, attempt, new_velocities)
                if not engine.started or new_velocities:
                    progress.start_at(step - plan.first_step)
                temperature = chemistry.temperature
                simulation = engine.start(
                    state, seeds, temperature, dynamics.friction, plan.timestep
                )
                simulation.currentStep = step
                simulation.context.setTime(plan.time(step))
                if driver is not None:
                    driver.place(simulation.context, step)
                energies = EnergyReporter(
                    table,
                    plan.energy_steps,
                    plan.timestep,
                    free,
                    masses,
                    temperature,
                    state,
                    driver=driver,
                )
                # Energies first: they notice a blow-up, and no frame of it is written.
                simulation.reporters = [
                    energies,
                    TrajectoryReporter(trajectory, solvated.model, atoms, plan),
                    ProgressReporter(progress, plan.first_step),
                ]
                return simulation, Watch(simulation, energies, job.folder)

            if opening is not None:
                gpu_bias.require(system, state, opening.constant, platform, properties)
            simulation = restart.run(job, blocks, state, begin, stop or Stop(), plan.time, monitor)
            progress.update(plan.steps)
        # A sum of steps is not the product to the last bit: it depends on where the run began.
        simulation.context.setTime(plan.time(plan.first_step + plan.steps))
        final = zipped(states.serialised(simulation.context))
        record = {
            "system": solvated.name,
            "replica": replica,
            "segment": segment,
            **protocol.record,
            **plan.record(),
            "atoms": atoms.n_atoms,
            "seed": study.seed,
            "seeds": {
                str(b.start): integration.seeds(study.seed, labels, b.start, 0) for b in blocks
            },
            **job.record(length),
            "files": {files["xtc"]: sha256(trajectory), files["csv"]: sha256(table)},
            "started_from": {"file": start.name, "sha256": checksum},
        }
        if found := segments.problems(record, job.folder):
            raise InputError(
                f"{job.folder}: the segment is not complete: {'; '.join(found)}",
                f"delete {job.folder} and run the segment again",
            )
        content = pd.read_csv(table)
        for kind in ("temperature_kelvin", "density_g_per_ml"):
            record[kind] = mean_and_sd(content[kind])
        record["site_events"] = monitor.record()
        record["files"][files["state"]] = sha256_of(final)
        outputs.commit(
            job,
            {files[kind]: output / files[kind] for kind in ("xtc", "csv")},
            {output / files["state"]: final, output / files["json"]: as_json(record)},
        )


def _check_continues(
    start: Path, checksum: str, state: Any, plan: Plan, segment: int, anywhere: bool
) -> None:
    """Refuse a state that is not the end of the segment before."""
    if state.getStepCount() != plan.first_step and not (anywhere and segment == 0):
        before = f"the end of segment {segment - 1}" if segment else "the end of the equilibration"
        raise InputError(
            f"{start}: is at step {state.getStepCount()}; segment {segment} continues from step "
            f"{plan.first_step}",
            f"give the state at {before}, made with the same production.segment and "
            f"dynamics.timestep",
        )
    if segment == 0:
        return
    record = start.parent / names(segment - 1)["json"]
    if start.name == names(segment - 1)["state"] and record.is_file():
        expected = read_json(record).get("files", {}).get(start.name)
        if expected != checksum:
            raise InputError(
                f"{start}: differs from what {record.name} describes",
                f"delete segment {segment - 1}'s files and run it again",
            )
