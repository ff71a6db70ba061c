"""The long unbiased runs of alanine dipeptide that its umbrella windows are compared with.

    python benchmarks/alanine_unbiased.py [--runs 8] [--length 2.5] [--output FILE]

Writes how many frames of each run lie in each bin of the coordinate; the runs are independent, so
their spread is the error. 2.5 ns take about a minute on one core.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

_TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(_TESTS / "exactness"))

import alanine  # noqa: E402

EDGES = np.round(np.arange(-0.4, 1.501, 0.02), 2)
STEPS_PER_FRAME = 50
EQUILIBRATION = 100
"""Frames, 15 ps."""


def crossings(cv):
    """Count the changes of side, from below 0.2 to above 0.8 or back."""
    sides = np.select([cv < 0.2, cv > 0.8], [-1, 1], 0)
    return int(np.sum(np.diff(sides[sides != 0]) != 0))


def main() -> None:
    """Run, count and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--length", type=float, default=2.5, help="ns of each run")
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).with_name("alanine_unbiased.csv")
    )
    args = parser.parse_args()
    molecule = alanine.dipeptide()
    frames = round(args.length * 1000 / (STEPS_PER_FRAME * alanine.TIMESTEP))
    table = {"low": EDGES[:-1], "high": EDGES[1:]}
    for run in range(args.runs):
        cv = alanine.simulate(
            molecule, float(run % 2), 0.0, frames + EQUILIBRATION, STEPS_PER_FRAME, 1000 + run
        )[EQUILIBRATION:]
        table[f"run_{run}"], _ = np.histogram(cv, EDGES)
        print(f"run {run}: {crossings(cv)} crossings, {np.mean(cv > 0.5):.3f} open", flush=True)
    pd.DataFrame(table).to_csv(args.output, index=False)


if __name__ == "__main__":
    main()
