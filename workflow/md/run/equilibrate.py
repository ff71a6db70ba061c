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
from lfa1_md.run import restart, restraints, runs, states
from lfa1_md.run.blowup import Watch
from lfa1_md.run.commit_outputs import deliver, delivered
from lfa1_md.run.job import Job
from lfa1_md.run.progress import Progress, ProgressReporter
from lfa1_md.run.reporters import EnergyReporter, mean_and_sd
from lfa1_md.run.stopping import Stop
from lfa1_md.run.work import Work

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
        a matched pair share them.
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
    job = Job(
        label=f"{solvated.name} replica {replica} equilibration",
        settings=study.settings("equilibrate", solvated.state),
        started_from=sha256(start),
        machine=runs.machine(platform, properties),
        retries=study.dynamics.blow_up_retries,
        system=str(solvated.manifest["files"][SYSTEM]),
    )
    ends = list(accumulate(stage.steps for stage in stages))
    plan = [
        restart.Block(end - stage.steps, end, number)
        for number, (stage, end) in enumerate(zip(stages, ends, strict=True))
    ]
    nanoseconds = sum(stage.duration for stage in stages) / 1000
    labels = (solvated.state, "replica", replica, "equilibration")
    with Work.open(output / WORKING, job, (TABLE,)) as work:
        if delivered(work, output / RECORD, lambda record: changed(record, output)):
            return
        with Progress(job.label, ends[-1], nanoseconds=nanoseconds) as progress:
            engine = runs.Engine(solvated, platform, properties)
            begin = _Begin(solvated, study, state, labels, engine, work, progress)
            simulation = restart.run(work, plan, state, begin, stop or Stop(), begin.time_of)
            progress.update(ends[-1])
        states.potential_energy(simulation.context, f"at the end of {job.label}")
        simulation.context.setTime(0)  # production counts from here
        simulation.currentStep = 0
        final = zipped(states.serialised(simulation.context))
        table = pd.read_csv(work.path(TABLE))
        record = {
            "system": solvated.name,
            "replica": replica,
            "stages": [_summary(stage, table) for stage in stages],
            "seed": study.seed,
            "seeds": {
                stage.name: begin.seeds(block.start, 0, block.start == 0)
                for stage, block in zip(stages, plan, strict=True)
            },
            **work.record(nanoseconds),
            "started_from": {"file": start.name, "sha256": job.started_from},
            "files": {STATE: sha256_of(final), TABLE: sha256(work.path(TABLE))},
        }
        deliver(
            work,
            {TABLE: output / TABLE},
            {output / STATE: final, output / RECORD: as_json(record)},
        )


def _summary(stage: Stage, table: pd.DataFrame) -> dict[str, Any]:
    """Say what a stage was and how it went."""
    rows = table[table["stage"] == stage.name]
    return {
        **stage.model_dump(mode="json"),
        "steps": stage.steps,
        "temperature_kelvin": mean_and_sd(rows["temperature_kelvin"]),
        "density_g_per_ml": mean_and_sd(rows["density_g_per_ml"]),
    }


class _Begin:
    """Makes the simulation ready at a step of the equilibration, counted over all stages."""

    def __init__(
        self,
        solvated: Solvated,
        study: StudyConfig,
        start: openmm.State,
        labels: tuple[str | int, ...],
        engine: runs.Engine,
        work: Work,
        progress: Progress,
    ) -> None:
        self.study, self.labels, self.engine = study, labels, engine
        self.work, self.progress = work, progress
        system, stages, chemistry = solvated.system, study.equilibration, study.chemistry
        self._free, self._masses = degrees_of_freedom(system), runs.masses(system)
        if any(stage.restraint > 0 for stage in stages):
            atoms, points = solvated.model.restrained(), start.getPositions(asNumpy=True)._value
            system.addForce(restraints.position_restraints(atoms, points, stages[0].restraint))
        self._press: openmm.MonteCarloBarostat | None = None
        if any(stage.ensemble == "NPT" for stage in stages):
            self._press = runs.barostat(chemistry, study.dynamics, chemistry.temperature, 1)
            system.addForce(self._press)

    def seeds(self, step: int, attempt: int, velocities: bool) -> dict[str, int]:
        """Derive the seeds that count from a step on."""
        found = runs.seeds(self.study.seed, self.labels, step, attempt)
        if not velocities:
            return found
        return runs.with_velocities(found, self.study.seed, self.labels, attempt)

    def time_of(self, step: int) -> float:
        """Compute the time of a step since the equilibration began (ps)."""
        time, left = 0.0, step
        for stage in self.study.equilibration:
            time += min(left, stage.steps) * stage.timestep / 1000
            left -= min(left, stage.steps)
        return time

    def __call__(
        self,
        block: restart.Block,
        step: int,
        state: openmm.State,
        attempt: int,
        new_velocities: bool,
    ) -> tuple[app.Simulation, Watch]:
        """Start the random numbers anew at `step`, from `state`, as the stage wants it."""
        stage = self.study.equilibration[block.stage]
        temperature = _temperature(stage, self.study.chemistry)
        if self._press is not None:
            pressing = stage.ensemble == "NPT"
            self._press.setFrequency(self.study.dynamics.barostat_interval if pressing else 0)
            self._press.setDefaultTemperature(temperature)
        seeds = self.seeds(step, attempt, new_velocities or step == 0)
        friction = _friction(stage, self.study.dynamics)
        if not self.engine.started or new_velocities:
            self.progress.start_at(step)
        simulation = self.engine.start(state, seeds, temperature, friction, stage.timestep)
        context = simulation.context
        if restraints.CONSTANT in context.getParameters():
            context.setParameter(restraints.CONSTANT, stage.restraint)
        simulation.currentStep = step - block.start
        context.setTime((step - block.start) * stage.timestep / 1000)
        log = EnergyReporter(
            self.work.path(TABLE),
            max(LEAST_INTERVAL, stage.steps // ROWS),
            stage.timestep,
            self._free,
            self._masses,
            temperature,
            state,
            stage.name,
        )
        simulation.reporters = [log, ProgressReporter(self.progress, -block.start)]
        return simulation, Watch(simulation, log, self.work.folder)


def _temperature(stage: Stage, chemistry: Chemistry) -> float:
    return chemistry.temperature if stage.temperature is None else stage.temperature


def _friction(stage: Stage, dynamics: Dynamics) -> float:
    if stage.friction is not None:
        return stage.friction
    return max(HEATING_FRICTION, dynamics.friction) if stage.restraint > 0 else dynamics.friction
