"""How honest the intervals of `lfa1 pmf` are, on windows of model systems with known answers.

    python benchmarks/umbrella_coverage.py [--repeats 50] [--output FILE]

Every repeat goes through `windows.csv` files and the verdict, as a user's windows do. Counted are
the intervals that hold the known ΔG, converged or not; their width over the true scatter of the
estimates; the share of the PMF's bins inside its band; and how many of the sound repeats were
called not converged, by reason. One core, about two seconds per repeat and line.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

_TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(_TESTS / "analysis"), str(_TESTS / "exactness")]

import double_well as wells  # noqa: E402
import langevin  # noqa: E402
from coverage import coverage, judged, share_in_bands  # noqa: E402

KINDS = {
    "samples": "independent samples",
    "overlap": "overlap",
    "spring": "fluctuate",
    "replicas": "replicas settle",
    "stuck": "stuck",
    "drift": "first and the last half",
    "hysteresis": "hysteresis",
}
"""Reasons of the verdict, and words by which they are known."""


def exact_series(well, design, repeats, seed):
    """Draw windows from their densities, with a correlation time of one frame."""
    random = np.random.default_rng(seed)
    densities = [well.biased(centre, design.constant) for centre in design.centres]
    return np.array(
        [
            [
                [wells.sample(p, design.frames, 1.0, random) for _ in range(design.replicas)]
                for p in densities
            ]
            for _ in range(repeats)
        ]
    )


def row(system, well, found, started):
    """Summarise the verdicts on one system."""
    given = [j for j in found if j.estimate is not None and np.isfinite(j.estimate.half_width)]
    truths = np.array([well.opening(j.basins[0].high) for j in given])
    values = [j.estimate.value for j in given]
    line = _line(
        system, coverage(values, [j.estimate.half_width for j in given], truths), len(found)
    )
    exact = [langevin.exact_pmf(well, j.grid.edges, j.basins[0].high) for j in given]
    line["share_of_pmf_in_band"] = np.mean(
        [share_in_bands(j, e) for j, e in zip(given, exact, strict=True)]
    )
    line["not_converged"] = sum(bool(j.reasons) for j in found)
    reasons = Counter(
        kind
        for j in found
        for kind, words in KINDS.items()
        if any(words in reason for reason in j.reasons)
    )
    return line | {kind: reasons[kind] for kind in KINDS} | {"seconds": time.time() - started}


def ddg_row(wells_, found, started):
    """Summarise ΔΔG = ΔG(mg) − ΔG(apo) of two dimers."""
    pairs = [mg.estimate.minus(apo.estimate) for mg, apo in zip(*found, strict=True)]
    truth = wells_[0].opening(_MIDDLE) - wells_[1].opening(_MIDDLE)
    counted = coverage([p.value for p in pairs], [p.half_width for p in pairs], truth)
    line = _line(f"dimer, ΔΔG {truth:.1f} kJ/mol, 1 run", counted, len(pairs))
    unsound = sum(bool(a.reasons or b.reasons) for a, b in zip(*found, strict=True))
    return line | {"not_converged": unsound, "seconds": time.time() - started}


_MIDDLE = 4.0 + langevin.Dimer.shift


def _line(system, counted, repeats):
    return {
        "system": system,
        "repeats": repeats,
        "intervals": counted.given,
        "hold_the_answer": counted.hits,
        "half_width_over_scatter": counted.width,
        "bias_over_its_error": counted.bias,
    }


def main() -> None:
    """Measure every line and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1000, help="the tests use 1 to 4")
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).with_name("umbrella_coverage.csv")
    )
    args = parser.parse_args()
    well, rows = langevin.PARTICLE, []
    with tempfile.TemporaryDirectory() as home:
        for how, sample in (("exact", exact_series), ("Langevin", langevin.particles)):
            for design in (langevin.SINGLE, langevin.TRIPLE):
                started = time.time()
                name = f"particle, {how}, {design.replicas} run{'s' * (design.replicas > 1)}"
                series = sample(well, design, args.repeats, args.seed)
                rows.append(row(name, well, judged(Path(home) / name, series, design), started))
        design = langevin.SINGLE.moved(langevin.Dimer.shift)
        started, found = time.time(), []
        for n, dimer in enumerate(langevin.DIMERS):
            series = langevin.dimers(dimer, design, args.repeats, args.seed + 1 + n)
            place = Path(home) / f"dimer-{n}"
            found.append(judged(place, series, design, langevin.halves(_MIDDLE)))
        rows.append(ddg_row(langevin.DIMERS, found, started))
    table = pd.DataFrame(rows)
    table.to_csv(args.output, index=False, float_format="%.3g")
    shown = Table(*table.columns)
    for line in table.itertuples(index=False):
        shown.add_row(*(f"{v:.3g}" if isinstance(v, float) else str(v) for v in line))
    Console(width=200).print(shown)


if __name__ == "__main__":
    main()
