"""Equilibration of one replica: the configuration's stages, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfa1_md import restraints, runs, states
from lfa1_md.progress import Progress, ProgressReporter
from lfa1_md.provenance import all_or_nothing, as_json, part, sha256, versions
from lfa1_md.reporters import EnergyReporter, mean_and_sd
from lfa1_md.seeds import derive
from lfa1_md.system import Solvated, degrees_of_freedom

if TYPE_CHECKING:
    from openmm import app

    from lfa1_md.settings import Chemistry, Dynamics, Stage

STATE, TABLE, RECORD = "state.xml.gz", "equilibration.csv", "equilibration.json"
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
    stages: Sequence[Stage],
    chemistry: Chemistry,
    dynamics: Dynamics,
    replica: int,
    seed: int,
    platform: Any,
    properties: dict[str, str],
    output: Path,
    digest: str = "",
) -> None:
    """Run the stages and write the state that production starts from.

    All stages share one context: the restraint's constant, the temperature, the time step and
    the barostat's interval change between them. The protein's heavy atoms are restrained to where
    they are at `start`.

    Parameters
    ----------
    solvated : Solvated
        Its `system` gains a restraint and, if a stage is NPT, a barostat.
    start : Path
        The minimised state.
    stages : sequence of Stage
    chemistry, dynamics
        Of the configuration.
    replica : int
    seed : int
        Of the study. Velocities and noise derive from it, the state's name and the replica: the
        members of a matched pair share them.
    platform, properties
        From `platform.select`.
    output : Path
        The replica's folder.
    digest : str
        Of the settings, for the record.

    Raises
    ------
    SimulationError
        An energy or coordinate is not finite. Nothing is written then.
    """
    system, name = solvated.system, f"{solvated.name} replica {replica}"
    state = states.read(start, system.getNumParticles())
    seeds = {
        use: derive(seed, solvated.state, "replica", replica, "equilibration", use)
        for use in ("velocities", "integrator", "barostat")
    }
    n_free = degrees_of_freedom(system)
    first = stages[0]
    atoms = solvated.model.heavy_solute()
    points = state.getPositions(asNumpy=True)._value
    if any(stage.restraint > 0 for stage in stages):
        system.addForce(restraints.position_restraints(atoms, points, first.restraint))
    press = None
    if any(stage.ensemble == "NPT" for stage in stages):
        temperature = _temperature(first, chemistry)
        press = runs.barostat(chemistry, dynamics, temperature, seeds["barostat"])
        system.addForce(press)
    integrator = runs.integrator(
        _temperature(first, chemistry), dynamics.friction, first.timestep, seeds["integrator"]
    )
    simulation = runs.simulation(solvated, integrator, platform, properties)
    states.place(simulation.context, state)
    simulation.context.setVelocitiesToTemperature(
        _temperature(first, chemistry), seeds["velocities"]
    )
    paths = [output / each for each in (STATE, TABLE, RECORD)]
    total = sum(stage.steps for stage in stages)
    nanoseconds = sum(stage.duration for stage in stages) / 1000
    with (
        all_or_nothing(*paths),
        part(output / TABLE).open("w", encoding="utf-8") as table,
        Progress(f"{name} equilibrate", total, nanoseconds=nanoseconds) as progress,
    ):
        log = EnergyReporter(table, 1, first.timestep, n_free, runs.masses(system))
        log.header("stage,")
        records = []
        for number, stage in enumerate(stages):
            done = sum(each.steps for each in stages[:number])
            _adapt(simulation, stage, chemistry, dynamics, press)
            log.start_stage(stage.name, max(LEAST_INTERVAL, stage.steps // ROWS), stage.timestep)
            simulation.reporters = [log, ProgressReporter(progress, -done)]
            with runs.diagnosed(log):
                simulation.step(stage.steps)
            progress.update(done + stage.steps, stage.name)
            records.append(
                {
                    **stage.model_dump(mode="json"),
                    "steps": stage.steps,
                    "temperature_kelvin": mean_and_sd(log.temperatures),
                    "density_g_per_ml": mean_and_sd(log.densities),
                }
            )
        states.potential_energy(simulation.context, f"after the equilibration of {name}")
        simulation.context.setTime(0)  # production counts from here
        simulation.currentStep = 0
        states.write(output / STATE, simulation.context)
        table.flush()
        record = {
            "system": solvated.name,
            "replica": replica,
            "stages": records,
            "seeds": seeds,
            "platform": {"name": platform.getName(), "properties": properties},
            "ns_per_day": round(progress.ns_per_day, 4),
            "wall_seconds": round(progress.seconds, 2),
            "started_from": {"file": start.name, "sha256": sha256(start)},
            "files": {each: sha256(part(output / each)) for each in (STATE, TABLE)},
            "settings_digest": digest,
            "versions": versions(),
        }
        part(output / RECORD).write_text(as_json(record), encoding="utf-8")


def _temperature(stage: Stage, chemistry: Chemistry) -> float:
    return chemistry.temperature if stage.temperature is None else stage.temperature


def _friction(stage: Stage, dynamics: Dynamics) -> float:
    if stage.friction is not None:
        return stage.friction
    return max(HEATING_FRICTION, dynamics.friction) if stage.restraint > 0 else dynamics.friction


def _adapt(
    simulation: app.Simulation,
    stage: Stage,
    chemistry: Chemistry,
    dynamics: Dynamics,
    press: Any,
) -> None:
    """Set everything that a stage may change; its clock starts at zero."""
    context, temperature = simulation.context, _temperature(stage, chemistry)
    simulation.integrator.setTemperature(temperature)
    simulation.integrator.setFriction(_friction(stage, dynamics))
    simulation.integrator.setStepSize(stage.timestep / 1000)
    if restraints.CONSTANT in context.getParameters():
        context.setParameter(restraints.CONSTANT, stage.restraint)
    if press is not None:
        press.setFrequency(dynamics.barostat_interval if stage.ensemble == "NPT" else 0)
        context.setParameter(press.Temperature(), temperature)
    context.setTime(0)
    simulation.currentStep = 0
