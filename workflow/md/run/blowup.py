"""When a run blows up: stop at once, keep the last good state, and record where it began."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from openmm import app, unit

from lfa1_analysis.io.errors import PlatformError, SimulationError
from lfa1_md.files.durable import all_or_nothing, part, write_json
from lfa1_md.files.provenance import zipped
from lfa1_md.run import states
from lfa1_md.run.reporters import EnergyReporter

NAMED = 5
"""So many atoms are named."""
REPLAYED = 200
"""At most so many steps are repeated from the last good state, looking for the culprit."""
FAST = 20.0
"""nm/ps; a hydrogen of mass 1 at 310 K moves at 2.8 nm/ps on average, and one in 10¹⁵ this fast."""


class Watch:
    """Guards stepping: what no sound run does becomes a diagnosis and a `SimulationError`.

    That is a number that is not finite, a runaway temperature or a box that shrinks to nothing.
    A device that fails becomes a `PlatformError`.

    Parameters
    ----------
    simulation : openmm.app.Simulation
    energies : EnergyReporter
        Keeps the last good state.
    folder : Path
        Where ``blow-up-{n}.json`` and ``blow-up-{n}.state.xml.gz`` go.
    """

    def __init__(self, simulation: app.Simulation, energies: EnergyReporter, folder: Path) -> None:
        self.simulation, self.energies, self.folder = simulation, energies, folder

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, openmm.OpenMMException | ValueError | SimulationError):
            return
        problem = blow_up_problem(error)
        path = self._write(problem)
        raise SimulationError(
            f"the simulation blew up: {problem}; last finite at {self.energies.last_good}; "
            f"diagnosis in {path}",
            "look at what it names; lower dynamics.timestep, or lengthen the equilibration with "
            "more restraint at its start",
        ) from None

    def _write(self, problem: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        number = len(list(self.folder.glob("blow-up-*.json"))) + 1
        path = self.folder / f"blow-up-{number}.json"
        good = self.energies.good_state
        record: dict[str, Any] = {
            "what": problem,
            "step": self.simulation.currentStep,
            "last_good": self.energies.last_good,
            "thermostat_kelvin": self.energies.temperature,
            "last_rows": list(self.energies.rows),
            "broken_atoms": self._broken(),
        }
        if good is not None:
            saved = self.folder / f"blow-up-{number}.state.xml.gz"
            with all_or_nothing(saved):
                part(saved).write_bytes(zipped(openmm.XmlSerializer.serialize(good)))
            record["last_good_state"] = saved.name
            try:
                record |= examine(self.simulation, good)
            except Exception as failure:  # too little memory for a second context, say
                record["not_examined"] = str(failure)
        write_json(path, record)
        return path

    def _broken(self) -> dict[str, Any]:
        try:
            state = self.simulation.context.getState(positions=True)
            positions = state.getPositions(asNumpy=True)._value
        except Exception:  # OpenMM refuses to hand out what is not a number
            return {"count": None, "first": []}
        wrong = np.flatnonzero(~np.isfinite(positions).all(axis=1))
        atoms = list(self.simulation.topology.atoms())
        return {"count": len(wrong), "first": [named(atoms[i]) for i in wrong[:NAMED]]}


def examine(simulation: app.Simulation, good: openmm.State) -> dict[str, Any]:
    """Look at a state from which a run blew up.

    Parameters
    ----------
    simulation : openmm.app.Simulation
        The run; a copy of its system is examined on the same platform.
    good : openmm.State
        The last one with finite numbers.

    Returns
    -------
    dict
        ``energies_kj_per_mol`` by force, ``largest_forces`` (kJ/mol/nm) and ``box_nm`` of the
        state, and ``replay``: from the state on, step by step, which atom first moved faster
        than an atom can.
    """
    system = copy.deepcopy(simulation.system)
    for group, force in enumerate(system.getForces()):
        force.setForceGroup(min(group, 31))
    ours = simulation.integrator
    integrator = openmm.LangevinMiddleIntegrator(
        ours.getTemperature(), ours.getFriction(), ours.getStepSize()
    )
    integrator.setConstraintTolerance(ours.getConstraintTolerance())
    integrator.setRandomNumberSeed(ours.getRandomNumberSeed())
    platform = simulation.context.getPlatform()
    copied = {"Threads", "Precision", "DeterministicForces"} & set(platform.getPropertyNames())
    properties = {k: platform.getPropertyValue(simulation.context, k) for k in sorted(copied)}
    context = openmm.Context(system, integrator, platform, properties)
    for name, value in simulation.context.getParameters().items():
        context.setParameter(name, value)
    states.place(context, good)
    atoms = list(simulation.topology.atoms())
    forces = context.getState(forces=True).getForces(asNumpy=True)._value
    strength = np.linalg.norm(forces, axis=1)
    return {
        "energies_kj_per_mol": {
            f"{force.getName()} ({group})": _energy(context, group)
            for group, force in enumerate(system.getForces())
            if group < 32
        },
        "largest_forces": [
            {"atom": named(atoms[i]), "kj_per_mol_per_nm": round(float(strength[i]), 1)}
            for i in np.argsort(-np.nan_to_num(strength, nan=np.inf))[:NAMED]
        ],
        "box_nm": good.getPeriodicBoxVectors(asNumpy=True)._value.tolist(),
        "replay": _replay(context, atoms),
    }


def _energy(context: openmm.Context, group: int) -> float | None:
    try:
        energy = context.getState(energy=True, groups={group}).getPotentialEnergy()
    except openmm.OpenMMException:
        return None
    value = float(energy.value_in_unit(unit.kilojoule_per_mole))
    return round(value, 3) if np.isfinite(value) else None


def _replay(context: openmm.Context, atoms: list[Any]) -> dict[str, Any]:
    for step in range(1, REPLAYED + 1):
        try:
            context.getIntegrator().step(1)
            state = context.getState(velocities=True)
            speeds = np.linalg.norm(state.getVelocities(asNumpy=True)._value, axis=1)
        except Exception as error:  # OpenMM raises a bare OpenMMException here
            return {"step": step, "atoms": [], "what": str(error).split(".")[0]}
        fast = np.flatnonzero(~(speeds < FAST))
        if len(fast):
            first = fast[np.argsort(-np.nan_to_num(speeds[fast], nan=np.inf))][:NAMED]
            return {
                "step": step,
                "atoms": [named(atoms[i]) for i in first],
                "what": f"{len(fast)} atoms faster than {FAST:g} nm/ps",
            }
    return {"step": None, "atoms": [], "what": f"nothing within {REPLAYED} steps"}


def named(atom: Any) -> str:
    """Name an atom as a biologist would find it: ``A:ASP137 OD1``."""
    residue = atom.residue
    return f"{residue.chain.id}:{residue.name}{residue.id} {atom.name}"


def blow_up_problem(error: Exception) -> str:
    """Return what a run that blew up complains of.

    Parameters
    ----------
    error : Exception
        Raised while the run took steps or wrote.

    Raises
    ------
    PlatformError
        The device failed, and no number.
    Exception
        `error` itself, if it has another cause.
    """
    if isinstance(error, SimulationError):
        return error.problem
    if re.search(r"\bnan\b|infinite|too large for xtc|box size has", str(error).lower()):
        return str(error).split(".")[0]
    if not isinstance(error, openmm.OpenMMException):
        raise error
    raise PlatformError(
        f"OpenMM gave up: {error}",
        "run it again and it goes on from its last checkpoint; if it gives up there again, "
        "try another device or platform",
    ) from None
