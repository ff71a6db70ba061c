"""What checkpoints cost: a segment with planned checkpoints against one without, in turns.

    python benchmarks/checkpoints.py results/ [--pairs 5] [--blocks 5]

Takes the first equilibrated system of a results folder. Prints the ratio of wall-clock times of
each pair of runs, one CPU thread each, and their geometric mean with its standard error.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

from lfa1_md.box import system
from lfa1_md.machine import platform
from lfa1_md.run.segment import simulate
from lfa1_md.study.configfile import check


def main() -> None:
    """Run pairs of segments in alternation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--blocks", type=int, default=5, help="planned checkpoints in a segment")
    parser.add_argument("--frames", type=int, default=15, help="frames of a segment")
    args = parser.parse_args()
    content = yaml.safe_load((args.results / "config.yaml").read_text(encoding="utf-8"))
    interval = check(content, "config.yaml").production.frame_interval
    start = sorted(args.results.glob("equilibrated/*/replica-*/state.xml.gz"))[0]
    home = args.results / "systems" / start.parents[1].name
    compute = platform.select("CPU", 1)

    def run(blocks: int) -> float:
        length = f"{interval * args.frames:g} ps"
        every = f"{interval * args.frames / blocks:g} ps"
        content["production"] |= {
            "duration": length,
            "segment": length,
            "checkpoint_interval": every,
        }
        study = check(content, "the benchmark's configuration")
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            simulate(system.load(home), start, study, 0, 0, *compute, Path(folder))
            return time.perf_counter() - started

    logs = []
    for pair in range(args.pairs):
        order = (1, args.blocks) if pair % 2 else (args.blocks, 1)
        seconds = {blocks: run(blocks) for blocks in order}
        logs.append(np.log(seconds[args.blocks] / seconds[1]))
        print(
            f"{args.blocks} checkpoints {seconds[args.blocks]:.1f} s, 1 checkpoint "
            f"{seconds[1]:.1f} s, ratio {np.exp(logs[-1]):.3f}",
            flush=True,
        )
    error = np.std(logs, ddof=1) / len(logs) ** 0.5 if len(logs) > 1 else float("nan")
    print(f"ratio {np.exp(np.mean(logs)):.3f} (× or ÷ {np.exp(error):.3f}) from {len(logs)} pairs")


if __name__ == "__main__":
    main()
