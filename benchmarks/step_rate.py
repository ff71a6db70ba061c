"""Our production against a bare OpenMM script: the same system, platform and threads, in turns.

    python benchmarks/step_rate.py [--blocks 4] [--threads 2] [--platform CUDA]
    python benchmarks/step_rate.py --frame-steps 12500 --checkpoint-steps 500000 --blocks 1

A segment runs as `lfa1 simulate` runs it: energies, frames, checkpoints, the monitor of the metal
site. About once a second, where it looks up from stepping, its clock stops and a bare context
(`integrator.step`, no reporter) takes as many steps. Start-up and the first block are left out; a
block ends in a planned checkpoint, so every ratio holds whole intervals.

The real study's intervals (the second command) take an hour on a CPU, so the default puts events
closer together, which can only lower the ratio. What remains at the real ones is computed from
the stretches without an event and from what each event cost; a checkpoint every ten minutes of
wall-clock time included.
"""

from __future__ import annotations

import argparse
import copy
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openmm
import side_by_side
import yaml

from lfa1_analysis.io.constants import SECONDS_PER_DAY
from lfa1_md.box import system
from lfa1_md.machine import platform
from lfa1_md.run import integration, restart, segment, states
from lfa1_md.study.configfile import check, load
from lfa1_md.study.plan import Plan

COMPUTED = "computed for config/production.yaml"


@dataclass
class Stretch:
    """Steps that both sides took one after the other; production's includes what followed them."""

    first: int
    steps: int
    bare: float
    ours: float = 0.0


@dataclass
class Clock:
    """Gives the bare context its turns and adds up both sides' seconds."""

    bare: openmm.Context
    stretches: list[Stretch] = field(default_factory=list)
    _since: float = 0.0

    def turn(self, first: int, steps: int) -> None:
        """Stop production's clock, let the other step, and go on."""
        if self.stretches:
            self.stretches[-1].ours = time.perf_counter() - self._since
        started = time.perf_counter()
        self.bare.getIntegrator().step(steps)
        self.stretches.append(Stretch(first, steps, time.perf_counter() - started))
        self._since = time.perf_counter()


def paced(clock: Clock) -> type[restart.Pace]:
    """Make the `Pace` of a segment that gives turns."""

    class Paced(restart.Pace):
        def measure(self, simulation: Any, steps: int) -> None:
            clock.turn(simulation.currentStep, steps)
            super().measure(simulation, steps)

    return Paced


def bare(study: Any, home: Path, start: Path, where: Any, threads: dict[str, str]) -> Any:
    """Make what a script of a dozen lines would: system, integrator, barostat, context."""
    solvated = system.load(home)
    chemistry, dynamics = study.chemistry, study.dynamics
    solvated.system.addForce(integration.barostat(chemistry, dynamics, chemistry.temperature, 1))
    made = integration.integrator(chemistry.temperature, dynamics.friction, dynamics.timestep, 1)
    context = openmm.Context(solvated.system, made, where, threads)
    states.place(context, states.read(start, len(solvated.model.positions)))
    made.step(50)
    return context


def main() -> None:
    """Run the segment, with turns, and compare."""
    parser = side_by_side.parser(__doc__, "step_rate")
    side_by_side.add_system(parser)
    parser.add_argument("--blocks", type=int, default=4, help="measured, after the first")
    parser.add_argument("--frame-steps", type=int, default=300, help="between frames and rows")
    parser.add_argument("--checkpoint-steps", type=int, default=600, help="of a block")
    parser.add_argument("--threads", type=int, default=side_by_side.cores())
    parser.add_argument("--platform", choices=("CPU", "CUDA"), default="CPU")
    args = parser.parse_args()

    content = yaml.safe_load((args.study / "config.yaml").read_text(encoding="utf-8"))
    real = load(side_by_side.ROOT / "config/production.yaml")
    plan = Plan.of(real.production, real.dynamics.timestep, 0)
    fs = real.dynamics.timestep
    content["dynamics"] = real.dynamics.model_dump(mode="json")
    # The end of the segment, which does more than a checkpoint, lies in a short block of its own.
    length = args.checkpoint_steps * (args.blocks + 1) + args.frame_steps
    content["production"] |= {
        "duration": f"{length * fs / 1000:.6f} ps",
        "segment": f"{length * fs / 1000:.6f} ps",
        "frame_interval": f"{args.frame_steps * fs / 1000:.6f} ps",
        "energy_interval": f"{args.frame_steps * fs / 1000:.6f} ps",
        "checkpoint_interval": f"{args.checkpoint_steps * fs / 1000:.6f} ps",
    }
    content["analysis"] = {"discard": "0 ps"}
    study = check(copy.deepcopy(content), "the benchmark's configuration")
    home = args.study / "systems" / args.system
    start = args.study / "equilibrated" / args.system / "replica-0" / "state.xml.gz"
    where, properties = platform.select(args.platform, args.threads)
    plain = {k: v for k, v in properties.items() if k != "DeterministicForces"}
    clock = Clock(bare(study, home, start, where, plain))
    restart.Pace = paced(clock)  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as folder:
        solvated = system.load(home)
        segment.simulate(solvated, start, study, 0, 0, where, properties, Path(folder))
    rows = report(clock.stretches, args, plan, fs)
    side_by_side.write(rows, args.output, "Production against bare OpenMM", args.platform)


def report(
    stretches: list[Stretch], args: argparse.Namespace, plan: Plan, fs: float
) -> list[dict[str, Any]]:
    """Compare per block, between events, and at the real study's intervals."""
    block = args.checkpoint_steps
    blocks = [
        [s for s in stretches if s.first // block == number] for number in range(1, args.blocks + 1)
    ]
    sums = [(sum(s.bare for s in b), sum(s.ours for s in b)) for b in blocks]
    whole = side_by_side.Ratio.of(*zip(*sums, strict=True))
    flat = [s for b in blocks for s in b]
    ends = {id(b[-1]) for b in blocks}
    frames = [s for s in flat if s.first % args.frame_steps + s.steps >= args.frame_steps]
    quiet = [s for s in flat if s not in frames and s.steps > 4]
    halves = [quiet[i::4] for i in range(4)]
    stepping = side_by_side.Ratio.of(
        [sum(s.bare for s in h) for h in halves], [sum(s.ours for s in h) for h in halves]
    )
    each = sum(s.bare for s in quiet) / sum(s.steps for s in quiet)
    # What a stretch took beyond its bare twin is the event's; stretches are a second or so.
    frame = max(float(np.median([s.ours - s.bare for s in frames if id(s) not in ends])), 0)
    checkpoint = max(
        float(np.median([s.ours - s.bare for s in frames if id(s) in ends])) - frame, 0
    )
    day = SECONDS_PER_DAY / each * fs * 1e-6
    spent = plan.steps * each / stepping.mean
    events = plan.steps / plan.frame_steps * frame
    events += (plan.steps / plan.checkpoint_steps + spent / 60 / restart.MINUTES) * checkpoint
    real = plan.steps * each / (spent + events)
    names = ("what", "ratio", "error_factor", "frame_steps", "checkpoint_steps", "threads")
    lines = [
        ("measured", *whole, args.frame_steps, block),
        ("measured, stretches without an event", *stepping, 0, 0),
        (COMPUTED, real, stepping.error, plan.frame_steps, plan.checkpoint_steps),
    ]
    about = {"bare_ns_per_day": day, "frame_seconds": frame, "checkpoint_seconds": checkpoint}
    return [dict(zip(names, (*line, args.threads), strict=True)) | about for line in lines]


if __name__ == "__main__":
    main()
