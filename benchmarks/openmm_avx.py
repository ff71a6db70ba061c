"""How fast OpenMM's CPU platform is in a box of water, and which kernel it chose.

    python benchmarks/openmm_avx.py
    python benchmarks/openmm_avx.py --compare old/bin/python new/bin/python --pairs 8

Needs OpenMM alone, so that it runs in any environment that has some version of it. With
``--compare`` it runs itself with each of two interpreters in turn, and prints the ratios of their
speeds with their geometric mean and its standard error. Speeds compared are steps for a second of
processor time, which other programs on the machine disturb little; wall-clock time is printed too.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import math
import os
import statistics
import subprocess
import sys
import time

CHOICE = "_Z26createCpuNonbondedForceVecRKN6OpenMM15CpuNeighborListE"


def main() -> None:
    """Measure one version, or compare two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=float, default=4.0, help="of the box (nm)")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--compare", nargs=2, metavar="PYTHON", help="two interpreters")
    parser.add_argument("--pairs", type=int, default=6, help="comparisons, in alternating order")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    args = parser.parse_args()
    if args.compare:
        compare(args)
        return
    found = measure(args.width, args.steps, args.threads)
    print(json.dumps(found) if args.json else "\n".join(f"{k}: {v}" for k, v in found.items()))


def measure(width: float, steps: int, threads: int) -> dict[str, object]:
    """Step a periodic box of TIP3P with PME."""
    import openmm
    from openmm import app, unit

    field = app.ForceField("tip3p.xml")
    modeller = app.Modeller(app.Topology(), [] * unit.nanometer)
    modeller.addSolvent(field, boxSize=openmm.Vec3(width, width, width) * unit.nanometer)
    system = field.createSystem(
        modeller.topology,
        nonbondedMethod=app.PME,
        nonbondedCutoff=0.9 * unit.nanometer,
        constraints=app.HBonds,
    )
    integrator = openmm.LangevinMiddleIntegrator(300, 1, 0.002)
    where = openmm.Platform.getPlatformByName("CPU")
    context = openmm.Context(system, integrator, where, {"Threads": str(threads)})
    context.setPositions(modeller.positions)
    openmm.LocalEnergyMinimizer.minimize(context, maxIterations=20)
    context.setVelocitiesToTemperature(300, 1)
    integrator.step(20)
    wall, spent = time.perf_counter(), time.process_time()
    integrator.step(steps)
    context.getState(energy=True)
    wall, spent = time.perf_counter() - wall, time.process_time() - spent
    return {
        "openmm": openmm.Platform.getOpenMMVersion(),
        "revision": openmm.version.git_revision,
        "atoms": system.getNumParticles(),
        "threads": threads,
        "ms_per_step": round(1000 * wall / steps, 2),
        "cpu_ms_per_step": round(1000 * spent / steps, 2),
        "kernel": kernel(),
    }


def kernel() -> str:
    """Name the class that OpenMM's own choice returns (Linux); see machine/cpu_kernel.py."""
    import openmm

    folder = os.path.join(openmm.version.openmm_library_path, "plugins")
    try:
        choose = getattr(ctypes.CDLL(os.path.join(folder, "libOpenMMCPU.so")), CHOICE)
    except (OSError, AttributeError) as error:
        return f"unknown ({error})"
    choose.restype, choose.argtypes = ctypes.c_void_p, [ctypes.c_char_p]

    def at(address: int) -> int:
        return ctypes.c_void_p.from_address(address).value

    table = at(choose(ctypes.create_string_buffer(65536)))
    return ctypes.string_at(at(at(table - 8) + 8)).decode()


def compare(args: argparse.Namespace) -> None:
    """Run this file with both interpreters in turn."""
    rest = ["--json", "--width", str(args.width)]
    rest += ["--steps", str(args.steps), "--threads", str(args.threads)]
    ratios = []
    for pair in range(args.pairs):
        found: list[dict[str, object]] = [{}, {}]
        for index in (0, 1) if pair % 2 else (1, 0):
            command = [args.compare[index], os.path.abspath(__file__), *rest]
            shown = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
            found[index] = json.loads(shown)
        ratios.append(float(found[1]["cpu_ms_per_step"]) / float(found[0]["cpu_ms_per_step"]))
        told = ", ".join(f"{f['openmm']} {f['cpu_ms_per_step']} ms ({f['kernel']})" for f in found)
        print(f"pair {pair}: {told}, ratio {ratios[-1]:.3f}", flush=True)
    logs = [math.log(ratio) for ratio in ratios]
    error = statistics.stdev(logs) / len(logs) ** 0.5 if len(logs) > 1 else math.nan
    print(
        f"the first is {math.exp(statistics.mean(logs)):.3f} (standard error {100 * error:.1f} %) "
        f"times as fast as the second ({args.pairs} pairs of {args.steps} steps, threads: "
        f"{args.threads}, {found[0]['atoms']} atoms)"
    )


if __name__ == "__main__":
    sys.exit(main())
