"""How to share a machine: replicas at once × threads each, against one replica that takes it all.

    python benchmarks/throughput.py [--rounds 4] [--seconds 15]
    python benchmarks/throughput.py --platform CUDA [--devices 1]

Every arrangement runs for some seconds in turn, each replica in a process of its own with the
study's integrator and barostat. On N cores: 1 replica × N threads (what a single run would do),
N × 1 (what the workflow does: `threads: 1`), what lies between, and one replica too many. On CUDA:
1, 2, 3, 4 replicas per device. The throughput is that of all replicas together.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import time
from typing import Any

import side_by_side
from openmm import app

from lfa1_analysis.io.constants import SECONDS_PER_DAY
from lfa1_md.box import system
from lfa1_md.machine import platform
from lfa1_md.run import integration, states
from lfa1_md.study.configfile import load

READY, LOOK = "ready", 10


class Arrangement:
    """Some replicas, each in its process, which step only when they are told to."""

    def __init__(self, args: argparse.Namespace, replicas: int, threads: int) -> None:
        self.replicas, self.threads = replicas, threads
        common = [f"--{key}={getattr(args, key)}" for key in ("study", "system", "platform")]
        common += [f"--devices={args.devices}", f"--threads={threads}"]
        self._processes = [
            subprocess.Popen(
                [sys.executable, __file__, *common, f"--replica={number}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(replicas)
        ]
        for process in self._processes:
            if self._answer(process) != READY:
                raise SystemExit("a replica did not start; see above")

    def rate(self, seconds: float) -> float:
        """Step for so long and return the steps per second of all replicas together."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(f"{seconds}\n")
            process.stdin.flush()
        return sum(float(self._answer(process)) for process in self._processes)

    def close(self) -> None:
        """Let the processes end."""
        for process in self._processes:
            with contextlib.suppress(BrokenPipeError):
                process.communicate("")

    @staticmethod
    def _answer(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()


def replica(args: argparse.Namespace) -> None:
    """Be one replica: step for as many seconds as each line of standard input says."""
    study = load(args.study / "config.yaml")
    where, properties = platform.select(args.platform, args.threads)
    if args.platform == "CUDA":
        properties = properties | {"DeviceIndex": str(args.replica % args.devices)}
    solvated = system.load(args.study / "systems" / args.system)
    chemistry, temperature = study.chemistry, study.chemistry.temperature
    solvated.system.addForce(integration.barostat(chemistry, study.dynamics, temperature, 1))
    made = integration.integrator(temperature, 1.0, study.dynamics.timestep, args.replica + 1)
    simulation = app.Simulation(solvated.model.topology, solvated.system, made, where, properties)
    start = args.study / "equilibrated" / args.system / "replica-0" / "state.xml.gz"
    states.place(simulation.context, states.read(start, len(solvated.model.positions)))
    made.step(LOOK)
    print(READY, flush=True)
    for line in sys.stdin:
        started, steps = time.perf_counter(), 0
        while (passed := time.perf_counter() - started) < float(line):
            made.step(LOOK)
            simulation.context.getState()  # waits for a GPU to finish
            steps += LOOK
        print(steps / passed, flush=True)


def arrangements(args: argparse.Namespace) -> list[tuple[int, int]]:
    """List (replicas, threads each), the one to compare with first."""
    if args.platform == "CUDA":
        return [(n * args.devices, 1) for n in (1, 2, 3, 4)]
    cores = side_by_side.cores()
    whole = [(cores // threads, threads) for threads in range(cores, 0, -1) if not cores % threads]
    return [*whole, (cores + 1, 1)]


def main() -> None:
    """Measure every arrangement in turns."""
    parser = side_by_side.parser(__doc__, "throughput")
    side_by_side.add_system(parser)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=15, help="of a turn")
    parser.add_argument("--platform", choices=("CPU", "CUDA"), default="CPU")
    parser.add_argument("--devices", type=int, default=1, help="CUDA devices to spread over")
    parser.add_argument("--replica", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.replica is not None:
        replica(args)
        return
    chosen = {f"{n} × {threads}": (n, threads) for n, threads in arrangements(args)}
    there = {name: Arrangement(args, *shape) for name, shape in chosen.items()}
    rates: dict[str, list[float]] = {name: [] for name in chosen}
    try:
        for _, name in side_by_side.turns(list(chosen), args.rounds):
            rates[name].append(there[name].rate(args.seconds))
    finally:
        for each in there.values():
            each.close()
    timestep = load(args.study / "config.yaml").dynamics.timestep
    first = rates[next(iter(chosen))]
    rows: list[dict[str, Any]] = []
    for name, (replicas, threads) in chosen.items():
        ratio = side_by_side.Ratio.of(rates[name], first)
        per_day = SECONDS_PER_DAY * timestep * 1e-6 * sum(rates[name]) / args.rounds
        rows.append(
            {"arrangement": name, "replicas": replicas, "threads_each": threads}
            | {"ratio": ratio.mean, "error_factor": ratio.error, "ns_per_day_in_all": per_day}
        )
    title = "Throughput against one replica that takes the whole machine"
    side_by_side.write(rows, args.output, title, args.platform)


if __name__ == "__main__":
    main()
