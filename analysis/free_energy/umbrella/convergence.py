"""Whether the estimate stays the same with more time, at either end of time, from either seed.

All numbers here are differences between estimates, so that they can be shown where no free
energy may be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lfa1_analysis.free_energy.umbrella.basins import Basin
from lfa1_analysis.free_energy.umbrella.mbar import Solution, solve
from lfa1_analysis.free_energy.umbrella.opening_free_energy import jackknifed, opening_energy
from lfa1_analysis.free_energy.umbrella.window_checks import neighbours
from lfa1_analysis.free_energy.umbrella.window_samples import Samples
from lfa1_analysis.free_energy.verdicts import LEAST_OVERLAP
from lfa1_analysis.statistics.estimates import Estimate

FRACTIONS = tuple(round(0.1 * i, 1) for i in range(1, 11))
CERTAIN = 0.99
"""Confidence at which two halves of the data, or two seeds, count as different."""
VAGUE_KT = 3.0
"""kT; seeds that could differ by more without being found different (at `CERTAIN`) test nothing."""
RELEVANT_KT = 0.5
"""kT; smaller differences between two estimates do not speak against convergence."""


STEP_COLUMNS = [
    "direction",
    "fraction",
    "difference_from_all_kj_per_mol",
    "expected_error_kj_per_mol",
]


@dataclass(frozen=True)
class Hysteresis:
    """Estimate of the runs seeded closed minus that of those seeded open, or why there is none.

    Attributes
    ----------
    estimate : Estimate or None
    note : str
    both : bool
        Every window has runs of both seeds, so that they ought to be compared.
    tested : bool
        A difference that matters would have been seen.
    """

    estimate: Estimate | None
    note: str
    both: bool = False
    tested: bool = False


def time_series(
    samples: Samples, solution: Solution, basins: tuple[Basin, Basin], whole: Estimate, kt: float
) -> pd.DataFrame:
    """Estimate ΔG from the first and from the last x % of every run, as `STEP_COLUMNS`.

    The difference is that from the estimate of all data, the expected error what independent
    samples would let it differ: SE √(1/fraction − 1).
    """
    rows = []
    for direction, place in (("forward", samples.place), ("backward", 1 - samples.place)):
        for fraction in FRACTIONS:
            value = _partial(samples, solution, basins, place <= fraction, kt)
            error = whole.standard_error * math.sqrt(max(0.0, 1 / fraction - 1))
            rows.append((direction, fraction, value - whole.value, error))
    return pd.DataFrame(rows, columns=STEP_COLUMNS)


def halves_differ(
    samples: Samples, solution: Solution, basins: tuple[Basin, Basin], whole: Estimate, kt: float
) -> str:
    """Say so when the first half of the runs and the last disagree; otherwise nothing."""
    first = _partial(samples, solution, basins, samples.place <= 0.5, kt)
    second = _partial(samples, solution, basins, samples.place > 0.5, kt)
    shift = second - first
    if not math.isfinite(shift):
        return (
            "one half of the runs alone gives no ΔG: a window or a basin is empty in it; run all "
            "windows at least as long again"
        )
    # Each half has twice the variance of the whole, their difference four times.
    if abs(shift) > max(RELEVANT_KT * kt, 2 * whole.half_width_at(CERTAIN)):
        return (
            f"the first and the last half of the runs differ by {abs(shift):.2g} kJ/mol, more "
            "than their error: ΔG still drifts; run all windows at least as long again"
        )
    return ""


def hysteresis(
    samples: Samples, basins: tuple[Basin, Basin], solution: Solution, kt: float
) -> Hysteresis:
    """Compare the runs that were seeded from the closed end with those from the open end."""
    found: list[Estimate] = []
    for seed in ("closed", "open"):
        runs = [i for i, run in enumerate(samples.runs) if run.seeded_from == seed]
        part = samples.subset(np.isin(samples.run, runs))
        there = part.counts() > 0
        if not there.all():
            lacking = [w.label for w, has in zip(samples.windows, there, strict=True) if not has]
            named = ", ".join(lacking[:5]) + (" …" if len(lacking) > 5 else "")
            return Hysteresis(
                None, f"not tested: no run seeded from the {seed} end in window {named}"
            )
        solved = solve(part, np.ones(part.x.size), solution.f)
        if any(p.overlap < LEAST_OVERLAP for p in neighbours(part.windows, solved.overlap)):
            note = f"not tested: the runs seeded {seed} alone overlap too little"
            return Hysteresis(None, note, both=True)
        found.append(jackknifed(part, solved, basins, kt))
    if not all(math.isfinite(e.value) and math.isfinite(e.standard_error) for e in found):
        return Hysteresis(None, "not tested: too few samples of either seed", both=True)
    both = found[0].minus(found[1])
    certain = both.half_width_at(CERTAIN)
    if certain > VAGUE_KT * kt:
        note = f"hardly tested: the seeds are compared to ± {certain:.2g} kJ/mol only"
        return Hysteresis(both, note, both=True)
    return Hysteresis(both, "", both=True, tested=True)


def hysteresis_reason(found: Hysteresis, kt: float) -> str:
    """Say so when the seeds give different answers; otherwise nothing."""
    if found.estimate is None:
        return f"hysteresis {found.note}; run both longer" if found.both else ""
    low, high = found.estimate.interval
    certain = found.estimate.half_width_at(CERTAIN)
    if abs(found.estimate.value) > max(RELEVANT_KT * kt, certain):
        return (
            f"hysteresis: windows seeded closed and open differ by {found.estimate.value:.2g} "
            f"({low:.2g} to {high:.2g}) kJ/mol; run both longer until they agree"
        )
    return ""


def _partial(
    samples: Samples,
    solution: Solution,
    basins: tuple[Basin, Basin],
    kept: NDArray[np.bool_],
    kt: float,
) -> float:
    if not samples.subset(kept).counts().all():
        return math.nan
    solved = solve(samples, kept.astype(float), solution.f)
    return opening_energy(solved.log_weights, samples.x, basins, kt)
