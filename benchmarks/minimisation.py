"""Minimisation against OpenMM's `LocalEnergyMinimizer`: the time to the same energy, in turns.

    python benchmarks/minimisation.py [--rounds 1] [--threads 2]

OpenMM's default call (tolerance 10 kJ/mol/nm, no limit) minimises the box as `lfa1 build` wrote
it. Ours (FIRE, see `lfa1_md.run.minimise`) starts from the same atoms and stops as soon as it is at
OpenMM's final energy; constraints hold on both sides when the energy is taken. Neither has
restraints.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import openmm
import side_by_side

from lfa1_md.box import system
from lfa1_md.machine import platform
from lfa1_md.run import minimise

CHUNK = minimise.CHUNK
LIMIT = 20_000


def context(home: Path, integrator: openmm.Integrator, where: Any, properties: Any) -> Any:
    """Put the box as it was built into a context."""
    solvated = system.load(home)
    made = openmm.Context(solvated.system, integrator, where, properties)
    made.setPositions(solvated.model.positions)
    made.setVelocities([openmm.Vec3(0, 0, 0)] * len(solvated.model.positions))
    return made


def energy(of: Any) -> float:
    """Potential energy (kJ/mol)."""
    return float(of.getState(energy=True).getPotentialEnergy()._value)


class Limit(openmm.MinimizationReporter):  # type: ignore[misc]
    """Ends a minimisation after so many iterations; 0 for none."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.done = most, 0

    def report(self, iteration: int, x: Any, grad: Any, args: Any) -> bool:
        """Count an iteration."""
        self.done += 1
        return 0 < self.most <= self.done


def openmm_default(home: Path, where: Any, properties: Any, most: int) -> tuple[float, float]:
    """Return seconds and the energy reached by OpenMM's own minimiser."""
    integrator = openmm.VerletIntegrator(0.001)
    integrator.setConstraintTolerance(1e-6)
    its = context(home, integrator, where, properties)
    started = time.perf_counter()
    if most:
        openmm.LocalEnergyMinimizer.minimize(its, 10, 0, Limit(most))
    else:
        openmm.LocalEnergyMinimizer.minimize(its)
    return time.perf_counter() - started, energy(its)


def ours(home: Path, where: Any, properties: Any, target: float) -> tuple[float, float, int]:
    """Return seconds, energy and iterations of FIRE until it is at the target."""
    integrator = minimise.fire()
    its = context(home, integrator, where, properties)
    started = time.perf_counter()
    done, reached = 0, float("inf")
    while reached > target and done < LIMIT:
        integrator.step(CHUNK)
        done += CHUNK
        reached = energy(its)
    return time.perf_counter() - started, reached, done


def main() -> None:
    """Minimise in turns."""
    parser = side_by_side.parser(__doc__, "minimisation")
    side_by_side.add_system(parser)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=side_by_side.cores())
    parser.add_argument("--platform", choices=("CPU", "CUDA"), default="CPU")
    parser.add_argument("--iterations", type=int, default=0, help="for OpenMM; to try this out")
    args = parser.parse_args()
    home = args.study / "systems" / args.system
    where, properties = platform.select(args.platform, args.threads)
    theirs: list[tuple[float, float]] = []
    mine: list[tuple[float, float, int]] = []
    for _ in range(args.rounds):
        theirs.append(openmm_default(home, where, properties, args.iterations))
        print(f"OpenMM {theirs[-1][0]:.1f} s, {theirs[-1][1]:.0f} kJ/mol", flush=True)
        mine.append(ours(home, where, properties, theirs[-1][1]))
        print(f"FIRE {mine[-1][0]:.1f} s, {mine[-1][1]:.0f} kJ/mol", flush=True)
    ratio = side_by_side.Ratio.of([a[0] for a in theirs], [b[0] for b in mine])
    rows: list[dict[str, Any]] = [
        {"minimiser": name, "seconds": sum(r[0] for r in found) / args.rounds}
        | {"energy_kj_per_mol": found[-1][1]}
        | {"ratio": ratio.mean if found is mine else 1.0}
        | {"error_factor": ratio.error if found is mine else 1.0, "rounds": args.rounds}
        for name, found in (("LocalEnergyMinimizer", theirs), ("FIRE, to the same energy", mine))
    ]
    missed = any(m[1] > t[1] for m, t in zip(mine, theirs, strict=True))
    title = "Minimisation: speed against OpenMM's default"
    side_by_side.write(rows, args.output, title + (" (energy NOT reached)" if missed else ""))


if __name__ == "__main__":
    main()
