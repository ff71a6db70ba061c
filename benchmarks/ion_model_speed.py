"""What another model of the metal costs in speed: two systems of one box, stepped in turns.

    python benchmarks/ion_model_speed.py results/systems/closed-mg results/systems/closed-mg_1264

Prints the ratio of speeds of each pair of blocks, one CPU thread each (or CUDA), and their
geometric mean with its standard error.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import openmm
from openmm import unit

from lfa1_md.box import system
from lfa1_md.machine import platform
from lfa1_md.run import integration, states


def main() -> None:
    """Step both systems in alternation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("systems", type=Path, nargs=2, help="the usual one, then the other")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--steps", type=int, default=40, help="in a block")
    parser.add_argument("--platform", choices=("CPU", "CUDA"), default="CPU")
    args = parser.parse_args()
    where, properties = platform.select(args.platform, 1 if args.platform == "CPU" else None)
    contexts = [_ready(folder, where, properties) for folder in args.systems]
    ratios = []
    for pair in range(args.pairs):
        taken = [0.0, 0.0]
        for index in (0, 1) if pair % 2 else (1, 0):
            started = time.perf_counter()
            contexts[index].getIntegrator().step(args.steps)
            contexts[index].getState(energy=True)
            taken[index] = time.perf_counter() - started
        ratios.append(taken[0] / taken[1])
        print(f"pair {pair}: {ratios[-1]:.3f}", flush=True)
    logs = np.log(ratios)
    mean, error = np.exp(logs.mean()), logs.std(ddof=1) / np.sqrt(len(logs))
    print(f"{args.systems[1].name} runs at {mean:.3f} ± {error:.3f} of the speed of", end=" ")
    print(f"{args.systems[0].name} ({args.pairs} pairs of {args.steps} steps, {args.platform})")


def _ready(folder: Path, where: object, properties: dict[str, str]) -> openmm.Context:
    solvated = system.load(folder)
    solvated.system.addForce(openmm.MonteCarloBarostat(1 * unit.bar, 310 * unit.kelvin, 25))
    made = integration.integrator(310.0, 1.0, 4.0, 1)
    context = openmm.Context(solvated.system, made, where, properties)
    states.place(context, states.read(folder / system.MINIMISED, len(solvated.model.positions)))
    context.setVelocitiesToTemperature(310 * unit.kelvin, 1)
    made.step(20)
    return context


if __name__ == "__main__":
    main()
