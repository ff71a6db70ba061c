"""One segment of production: a few files that are complete or not there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfa1_analysis.errors import InputError
from lfa1_md import runs, states
from lfa1_md.progress import Progress, ProgressReporter
from lfa1_md.provenance import all_or_nothing, as_json, part, read_json, sha256, versions
from lfa1_md.reporters import (
    EnergyReporter,
    TrajectoryReporter,
    attoseconds,
    mean_and_sd,
    picoseconds,
)
from lfa1_md.seeds import derive
from lfa1_md.system import Solvated, degrees_of_freedom
from lfa1_md.trajectory import Slots

if TYPE_CHECKING:
    from lfa1_md.settings import Chemistry, Dynamics, Production


@dataclass(frozen=True)
class Plan:
    """A segment in whole numbers of steps.

    Attributes
    ----------
    first_step : int
        Step of the replica's production at which it begins.
    steps, frame_steps, energy_steps : int
        Its length, and the steps between frames and between rows of energies.
    timestep : float
        Fs.
    """

    first_step: int
    steps: int
    frame_steps: int
    energy_steps: int
    timestep: float

    @classmethod
    def of(cls, production: Production, timestep: float, segment: int) -> Plan:
        """Plan segment number `segment`, counted from 0."""
        step = attoseconds(timestep)

        def count(duration: float) -> int:  # the settings have made sure that it is whole
            return round(duration * 1_000_000) // step

        steps = count(production.segment)
        return cls(
            segment * steps,
            steps,
            count(production.frame_interval),
            count(production.energy_interval),
            timestep,
        )

    def time(self, step: int) -> float:
        """Compute the time of a step (ps)."""
        return float(picoseconds(step, attoseconds(self.timestep)))


def names(segment: int) -> dict[str, str]:
    """Name the files of a segment by kind: xtc, csv, state, json."""
    stem = f"segment-{segment}"
    return {
        "xtc": f"{stem}.xtc",
        "csv": f"{stem}.csv",
        "state": f"{stem}.state.xml.gz",
        "json": f"{stem}.json",
    }


def simulate(
    solvated: Solvated,
    start: Path,
    production: Production,
    chemistry: Chemistry,
    dynamics: Dynamics,
    replica: int,
    segment: int,
    seed: int,
    platform: Any,
    properties: dict[str, str],
    output: Path,
    digest: str = "",
) -> None:
    """Run a segment of production at constant temperature and pressure.

    Parameters
    ----------
    solvated : Solvated
        Its `system` gains a barostat.
    start : Path
        For segment 0 the equilibrated state, otherwise the state at the end of the one before.
    production, chemistry, dynamics
        Of the configuration.
    replica, segment : int
        Counted from 0.
    seed : int
        Of the study. The noise derives from it, the state's name, the replica and the segment, so
        that the members of a matched pair share it and no segment repeats another's.
    platform, properties
        From `platform.select`.
    output : Path
        The replica's folder.
    digest : str
        Of the settings, for the record.

    Raises
    ------
    InputError
        `start` is not the state that this segment continues.
    SimulationError
        An energy or coordinate is not finite. Nothing is written then.
    """
    system = solvated.system
    plan = Plan.of(production, dynamics.timestep, segment)
    state = states.read(start, system.getNumParticles())
    checksum = sha256(start)
    _check_continues(start, checksum, state, plan, segment)
    seeds = {
        use: derive(seed, solvated.state, "replica", replica, "segment", segment, use)
        for use in ("integrator", "barostat")
    }
    n_free = degrees_of_freedom(system)
    system.addForce(runs.barostat(chemistry, dynamics, chemistry.temperature, seeds["barostat"]))
    integrator = runs.integrator(
        chemistry.temperature, dynamics.friction, plan.timestep, seeds["integrator"]
    )
    simulation = runs.simulation(solvated, integrator, platform, properties)
    states.place(simulation.context, state)
    simulation.currentStep = plan.first_step
    simulation.context.setTime(plan.time(plan.first_step))

    slots = Slots.of(solvated.model)
    files = names(segment)
    paths = {kind: output / name for kind, name in files.items()}
    label = f"{solvated.name} replica {replica} segment {segment}"
    with (
        all_or_nothing(*paths.values()),
        part(paths["csv"]).open("w", encoding="utf-8") as table,
        Progress(label, plan.steps, nanoseconds=production.segment / 1000) as progress,
    ):
        log = EnergyReporter(table, plan.energy_steps, plan.timestep, n_free, runs.masses(system))
        log.header()
        frames = TrajectoryReporter(
            part(paths["xtc"]),
            solvated.model,
            slots,
            plan.frame_steps,
            plan.timestep,
            plan.first_step,
        )
        # Energies first: they notice a blow-up, and no frame of it is written.
        simulation.reporters = [log, frames, ProgressReporter(progress, plan.first_step)]
        with runs.diagnosed(log):
            simulation.step(plan.steps)
        progress.update(plan.steps)
        states.write(paths["state"], simulation.context)
        table.flush()
        last = plan.first_step + plan.steps
        record = {
            "system": solvated.name,
            "replica": replica,
            "segment": segment,
            "steps": plan.steps,
            "timestep_fs": plan.timestep,
            "frames": frames.frames,
            "first_time_ps": plan.time(plan.first_step + plan.frame_steps),
            "last_time_ps": plan.time(last - plan.steps % plan.frame_steps),
            "seed": seed,
            "seeds": seeds,
            "platform": {"name": platform.getName(), "properties": properties},
            "ns_per_day": round(progress.ns_per_day, 4),
            "wall_seconds": round(progress.seconds, 2),
            "files": {files[k]: sha256(part(paths[k])) for k in ("xtc", "csv", "state")},
            "started_from": {"file": start.name, "sha256": checksum},
            "settings_digest": digest,
            "versions": versions(),
            "temperature_kelvin": mean_and_sd(log.temperatures),
            "density_g_per_ml": mean_and_sd(log.densities),
        }
        part(paths["json"]).write_text(as_json(record), encoding="utf-8")


def _check_continues(start: Path, checksum: str, state: Any, plan: Plan, segment: int) -> None:
    """Refuse a state that is not the end of the segment before."""
    if state.getStepCount() != plan.first_step:
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
