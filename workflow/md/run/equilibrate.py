"""Equilibration of one replica: the configuration's stages, one after the other."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openmm
import pandas as pd
from openmm import app

from lfa1_md.box.system import SYSTEM, Solvated, degrees_of_freedom
from lfa1_md.files.provenance import as_json, changed, sha256, sha256_of, zipped
from lfa1_md.run import integration, outputs, restart, states
from lfa1_md.run.blowup import Watch
from lfa1_md.run.job import RunningJob
from lfa1_md.run.progress import Progress, ProgressReporter
from lfa1_md.run.reporters import EnergyReporter, mean_and_sd
from lfa1_md.run.stopping import Stop

if TYPE_CHECKING:
    from lfa1_md.study.sections import Chemistry, Dynamics, Stage
    from lfa1_md.study.settings import StudyConfig

STATE, TABLE, RECORD = "state.xml.gz", "equilibration.csv", "equilibration.json"
WORKING = "equilibration.running"
"""Folder of a running equilibration, beside its outputs."""
ROWS = 50
"""At most this many rows of energies for each stage."""
LEAST_INTERVAL = 25
"""Steps between rows at least: a row costs about as much as a step."""
HEATING_FRICTION = 10.0
"""Friction while atoms are restrained (1/ps), unless the configuration's is higher. A minimised
system takes half of its first kinetic energy up as potential energy; at 1/ps the thermostat needs
picoseconds to replace it."""


def equilibrate(
    solvated: Solvated,
    start: Path,
    study: StudyConfig,
    replica: int,
    platform: Any,
    properties: dict[str, str],
    output: Path,
    stop: Stop | None = None,
) -> None:
    """Run the stages, or go on with them, and write the state that production starts from.

    All stages share one context: the restraint's constant, the temperature, the time step and
    the barostat's interval change between them. The protein's heavy atoms are restrained to where
    they are at `start`. Each stage ends in a planned checkpoint; while the job runs, everything
    lies in ``equilibration.running/``.

    Parameters
    ----------
    solvated : Solvated
        Its `system` gains a restraint and, if a stage is NPT, a barostat.
    start : Path
        The minimised state.
    study : StudyConfig
        Velocities and noise derive from its seed, the state's name and the replica: the members of
        a family of matched systems share them.
    replica : int
    platform, properties
        From `platform.select`.
    output : Path
        The replica's folder.
    stop : Stop, optional
        What may ask the run to end early.

    Raises
    ------
    ConfigError, InputError
        It was begun with other settings or from another state.
    LockedError
        Another process runs it.
    StoppedError
        It was asked to end; its checkpoint is written.
    SimulationError
        It blew up; the last good state and a diagnosis are kept.
    """
    stages = study.equilibration
    state = states.read(start, solvated.system.getNumParticles())
    ends = list(accumulate(stage.steps for stage in stages))
    plan = [
        restart.Block(end - stage.steps, end, number)
        for number, (stage, end) in enumerate(zip(stages, ends, strict=True))
    ]
    nanoseconds = sum(stage.duration for stage in stages) / 1000
    labels = (solvated.state, "replica", replica, "equilibration")
    system, chemistry, dynamics = solvated.system, study.chemistry, study.dynamics
    job = RunningJob(
        label=f"{solvated.name} replica {replica} equilibration",
        folder=output / WORKING,
        names=(TABLE,),
        settings=study.settings("equilibrate", solvated.state),
        started_from=sha256(start),
        machine=integration.machine(platform, properties),
        system=str(solvated.manifest["files"][SYSTEM]),
        retries=dynamics.blow_up_retries,
    )
    with job:
        if outputs.complete(job, output / RECORD, lambda record: changed(record, output)):
            return
        free, masses = degrees_of_freedom(system), integration.masses(system)
        if any(stage.restraint > 0 for stage in stages):
            atoms, points = solvated.model.restrained(), state.getPositions(asNumpy=True)._value
            system.addForce(integration.position_restraints(atoms, points, stages[0].restraint))
        barostat: openmm.MonteCarloBarostat | None = None
        if any(stage.ensemble == "NPT" for stage in stages):
            barostat = integration.barostat(chemistry, dynamics, chemistry.temperature, 1)
            system.addForce(barostat)
        engine = integration.Engine(solvated, platform, properties)
        with Progress(job.label, ends[-1], nanoseconds=nanoseconds) as progress:

            def begin(
                block: restart.Block,
                step: int,
                state: openmm.State,
                attempt: int,
                new_velocities: bool,
            ) -> tuple[app.Simulation, Watch]:
                stage = stages[block.stage]
                temperature = _temperature(stage, chemistry)
                if barostat is not None:
                    pressing = stage.ensemble == "NPT"
                    barostat.setFrequency(dynamics.barostat_interval if pressing else 0)
                    barostat.setDefaultTemperature(temperature)
                velocities = new_velocities or step == 0
                seeds = integration.seeds(study.seed, labels, step, attempt, velocities)
                if not engine.started or new_velocities:
                    progress.start_at(step)
                simulation = engine.start(
                    state, seeds, temperature, _friction(stage, dynamics), stage.timestep
                )
                context = simulation.context
                if integration.RESTRAINT in context.getParameters():
                    context.setParameter(integration.RESTRAINT, stage.restraint)
                simulation.currentStep = step - block.start
                context.setTime((step - block.start) * stage.timestep / 1000)
                energies = EnergyReporter(
                    job.path(TABLE),
                    max(LEAST_INTERVAL, stage.steps // ROWS),
                    stage.timestep,
                    free,
                    masses,
                    temperature,
                    state,
                    stage.name,
                )
                simulation.reporters = [energies, ProgressReporter(progress, -block.start)]
                return simulation, Watch(simulation, energies, job.folder)

            def time_of(step: int) -> float:
                """Return the time of a step since the equilibration began (ps)."""
                done = [min(max(step - block.start, 0), block.end - block.start) for block in plan]
                return sum(
                    steps * stage.timestep / 1000 for steps, stage in zip(done, stages, strict=True)
                )

            simulation = restart.run(job, plan, state, begin, stop or Stop(), time_of)
            progress.update(ends[-1])
        states.potential_energy(simulation.context, f"at the end of {job.label}")
        simulation.context.setTime(0)  # production counts from here
        simulation.currentStep = 0
        final = zipped(states.serialised(simulation.context))
        table = pd.read_csv(job.path(TABLE))
        record = {
            "system": solvated.name,
            "replica": replica,
            "stages": [_summary(stage, table) for stage in stages],
            "seed": study.seed,
            "seeds": {
                stage.name: integration.seeds(study.seed, labels, block.start, 0, block.start == 0)
                for stage, block in zip(stages, plan, strict=True)
            },
            **job.record(nanoseconds),
            "started_from": {"file": start.name, "sha256": job.started_from},
            "files": {STATE: sha256_of(final), TABLE: sha256(job.path(TABLE))},
        }
        outputs.commit(
            job,
            {TABLE: output / TABLE},
            {output / STATE: final, output / RECORD: as_json(record)},
        )


def _summary(stage: Stage, table: pd.DataFrame) -> dict[str, Any]:
    """Return what a stage was and how it went."""
    rows = table[table["stage"] == stage.name]
    return {
        **stage.model_dump(mode="json"),
        "steps": stage.steps,
        "temperature_kelvin": mean_and_sd(rows["temperature_kelvin"]),
        "density_g_per_ml": mean_and_sd(rows["density_g_per_ml"]),
    }


def _temperature(stage: Stage, chemistry: Chemistry) -> float:
    return chemistry.temperature if stage.temperature is None else stage.temperature


def _friction(stage: Stage, dynamics: Dynamics) -> float:
    if stage.friction is not None:
        return stage.friction
    return max(HEATING_FRICTION, dynamics.friction) if stage.restraint > 0 else dynamics.friction
