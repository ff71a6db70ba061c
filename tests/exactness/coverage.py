"""How often intervals hold the known answer, and how wide they are for what they cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import double_well as wells
import numpy as np
from langevin import KT, Design, write

from lfa1_analysis.free_energy.umbrella.verdict import Judged, judge
from lfa1_analysis.free_energy.umbrella.windows import read_windows

BINS = 40


@dataclass(frozen=True)
class Coverage:
    """Of repeats of one experiment: intervals that hold the answer, and their half widths.

    Attributes
    ----------
    hits : int
        Intervals that hold the known answer.
    given : int
        Intervals that there are.
    width : float
        Root-mean-square half width over the true scatter of the estimates about the answer; 1.96
        where the error is known and right, more where few units must tell it.
    bias : float
        Mean deviation over its standard error.
    """

    hits: int
    given: int
    width: float
    bias: float


def coverage(values: Sequence[float], halves: Sequence[float], truths) -> Coverage:
    """Compare intervals value ± half with the answers."""
    off, half = np.array(values) - truths, np.array(halves)
    scatter = float(np.sqrt(np.mean(off**2)))
    return Coverage(
        int(np.sum(np.abs(off) <= half)),
        off.size,
        float(np.sqrt(np.mean(half**2))) / scatter,
        float(np.mean(off) / (np.std(off, ddof=1) / np.sqrt(off.size))),
    )


def judged(folder: Path, series, design: Design, given=None, kt: float = KT) -> list[Judged]:
    """Take every repeat, shape (repeats, windows, replicas, frames), through files to a verdict."""
    found = []
    for repeat, one in enumerate(series):
        place = folder / str(repeat)
        place.mkdir(parents=True)
        (umbrella,) = read_windows(wells.write_windows(place, write(place, "mg", one, design)))
        found.append(judge(umbrella, kt, given, BINS))
    return found


def share_in_bands(found: Judged, exact, kt: float = KT) -> float:
    """Share of the PMF's bins whose band holds the exact value relative to the closed basin.

    Both curves refer to their closed basin; the zero of the one that is written is its lowest bin.
    """
    p = np.exp(found.solution.log_weights)
    closed = p @ found.basins[0].holds(found.samples.x)
    lowest = -kt * np.log(found.grid.populations(p).max() / closed)
    known = np.isfinite(found.profile.low)
    curve = exact[known] - lowest
    return float(
        np.mean((found.profile.low[known] <= curve) & (curve <= found.profile.high[known]))
    )
