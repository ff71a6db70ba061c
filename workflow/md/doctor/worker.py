"""What `lfa1 doctor` does in processes of their own: a library may crash, hang or fill a GPU there.

    python -m lfa1_md.doctor.worker forces PLATFORM SYSTEM_DIR STATE OUTPUT.npz
    python -m lfa1_md.doctor.worker speed PLATFORM SYSTEM_DIR STATE CONFIG SECONDS DEVICE

`speed` prints a line of JSON when it is ready, begins when it reads a line, and prints one line
for each slice and one with what it measured besides.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from openmm import unit

from lfa1_md.box import system
from lfa1_md.box.frame_atoms import FrameAtoms
from lfa1_md.doctor import cell as doctor_cell
from lfa1_md.doctor.probe import choose, say, serve
from lfa1_md.files.provenance import zipped
from lfa1_md.run import runs, states
from lfa1_md.run.reporters import EnergyReporter, TrajectoryReporter
from lfa1_md.study import configfile
from lfa1_md.study.plan import Plan

SLICES = 10
"""Into which a measurement is cut, to see how much the speed varies."""
KIBIBYTE = 1024


def forces(name: str, folder: str, start: str, output: str) -> dict[str, Any]:
    """Save energy (kJ/mol) and forces (kJ/mol/nm) of a state; tell whether in its own box."""
    solvated = system.load(folder)
    given = states.read(start, len(solvated.model.positions))
    box, positions = doctor_cell.chosen(solvated.system, given)
    solvated.system.setDefaultPeriodicBoxVectors(*box)
    same_mesh(solvated.system)
    chosen, properties = choose(name)
    context = openmm.Context(solvated.system, openmm.VerletIntegrator(0.001), chosen, properties)
    context.setPositions(positions)
    state = context.getState(energy=True, forces=True)
    values = state.getForces(asNumpy=True).value_in_unit(unit.kilojoule_per_mole / unit.nanometer)
    np.savez(output, forces=values, energy=state.getPotentialEnergy()._value)
    return {"own_box": bool((box == given.getPeriodicBoxVectors(asNumpy=True)._value).all())}


def same_mesh(of: openmm.System) -> None:
    """Fix the mesh of PME to one that every platform takes as it is.

    Left to themselves platforms round it differently for their Fourier transforms, and the error
    of a coarser mesh (`ewaldErrorTolerance`) hides that of the arithmetic.
    """
    context = openmm.Context(
        of, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference")
    )
    for force in of.getForces():
        if isinstance(force, openmm.NonbondedForce):
            alpha, *mesh = force.getPMEParametersInContext(context)
            force.setPMEParameters(alpha, *(_smooth(number) for number in mesh))


def _smooth(number: int) -> int:
    """Find the next number that has no prime factors but 2, 3 and 5."""
    rest = number
    for prime in (2, 3, 5):
        while rest and rest % prime == 0:
            rest //= prime
    return number if rest <= 1 else _smooth(number + 1)


def speed(
    name: str, folder: str, start: str, config: str, seconds: str, device: str = ""
) -> dict[str, Any]:
    """Step as production does, without writing; then write one of each to see how much it is."""
    study, solvated = configfile.load(config), system.load(folder)
    chemistry, dynamics = study.chemistry, study.dynamics
    solvated.system.addForce(runs.barostat(chemistry, dynamics, chemistry.temperature, 1))
    engine = runs.Engine(solvated, *choose(name, device))
    simulation = engine.start(
        states.read(start, len(solvated.model.positions)),
        {"integrator": 1, "barostat": 1, "velocities": 1},
        chemistry.temperature,
        dynamics.friction,
        dynamics.timestep,
    )
    # Whole intervals of the barostat cost the same; the first one also pays for starting.
    interval = dynamics.barostat_interval
    for _ in range(2):
        taken = _timed(simulation, interval)
    steps = interval * max(1, round(float(seconds) / SLICES / taken))
    say({"ready": True})
    if not sys.stdin.readline():
        return {}
    spent = 0.0
    while spent < float(seconds):
        taken = _timed(simulation, steps)
        spent += taken
        say({"steps": steps, "seconds": taken})
    states.potential_energy(simulation.context, "after the measurement of speed")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE
    return {"memory": memory, "sizes": _sizes(solvated, simulation, chemistry.temperature)}


def _timed(simulation: Any, steps: int) -> float:
    started = time.perf_counter()
    simulation.step(steps)
    simulation.context.getState(energy=True)  # a GPU is still at work when `step` returns
    return time.perf_counter() - started


def _sizes(solvated: system.Solvated, simulation: Any, temperature: float) -> dict[str, int]:
    """Measure bytes of a frame, a row of energies, a state and a checkpoint."""
    atoms = solvated.system
    with tempfile.TemporaryDirectory() as folder:
        state = simulation.context.getState(positions=True, velocities=True, energy=True)
        frames, rows = Path(folder) / "frame.xtc", Path(folder) / "rows.csv"
        chosen = FrameAtoms.of(solvated.model, solvated.manifest.get("sites"))
        plan = Plan(0, 1, 1, 1, 1, 4.0)
        TrajectoryReporter(frames, solvated.model, chosen, plan).report(simulation, state)
        free = system.degrees_of_freedom(atoms)
        masses = runs.masses(atoms)
        log = EnergyReporter(rows, 1, 4.0, free, masses, temperature, state)
        empty = rows.stat().st_size
        log.report(simulation, state)
        return {
            "frame": frames.stat().st_size,
            "row": rows.stat().st_size - empty,
            "state": len(zipped(states.serialised(simulation.context))),
            "checkpoint": len(simulation.context.createCheckpoint()),
        }


if __name__ == "__main__":
    serve({"forces": forces, "speed": speed}, sys.argv[1:])
