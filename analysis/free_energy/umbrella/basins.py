"""The PMF on a grid, and where its closed basin ends and its open one begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.free_energy.run_tables import Array
from lfa1_analysis.io.errors import ConfigError

Integers = NDArray[np.intp]

SMALLEST_BARRIER = 1.0
"""kT; what rises less above the shallower minimum is noise of the histogram, or no barrier."""
SMOOTHED = 5
"""Bins over which the PMF is averaged to find the barrier; the PMF written is as it is."""
OUTLIERS = 0.001
"""Share of samples at either end that the grid need not reach."""
SAMPLES_PER_BIN = 10
"""Fewer give neither a value nor an error worth drawing."""


@dataclass(frozen=True)
class Basin:
    """Where a state lies on the CV; the ends may be infinite."""

    low: float
    high: float

    def holds(self, x: Array) -> Array:
        """Return 1 for the values inside and 0 for the others."""
        return ((x >= self.low) & (x < self.high)).astype(float)


@dataclass(frozen=True)
class Grid:
    """Bins of equal width.

    Attributes
    ----------
    edges : ndarray, shape (B + 1,)
        In the unit of the CV.
    counts : ndarray of int, shape (B,)
        Samples, of all windows.
    bin : ndarray of int, shape (N,)
        Bin of each sample; B for those outside.
    """

    edges: Array
    counts: Integers
    bin: Integers

    @property
    def middles(self) -> Array:
        """Middle of each bin."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    def populations(self, probabilities: Array) -> Array:
        """Sum the probabilities of the samples in each bin."""
        bins = len(self.counts)
        summed = np.bincount(self.bin, probabilities, minlength=bins + 1)[:bins]
        return np.asarray(summed, dtype=float)


def make_grid(x: Array, bins: int) -> Grid:
    """Lay a grid over the samples."""
    low, high = np.quantile(x, (OUTLIERS, 1 - OUTLIERS))
    if not high > low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    found = np.searchsorted(edges, x, side="right") - 1
    found[(found < 0) | (found >= bins)] = bins
    return Grid(edges, np.bincount(found, minlength=bins + 1)[:bins], found)


def find_basins(grid: Grid, pmf: Array) -> tuple[Basin, Basin] | str:
    """Part the CV at the highest point between the two deepest-cut minima.

    Parameters
    ----------
    grid : Grid
    pmf : ndarray, shape (B,)
        In kT.

    Returns
    -------
    (Basin, Basin) or str
        Closed (at the smaller CV) and open; or why there are not two.

    Notes
    -----
    Of every pair of minima with a maximum between them, the pair counts whose maximum rises most
    above the shallower one. Ripples of a noisy curve rise little, wherever they are.
    """
    usable = np.flatnonzero((grid.counts >= SAMPLES_PER_BIN) & np.isfinite(pmf))
    if usable.size < 3:
        return "fewer than three bins of the PMF hold enough samples"
    # Averaged over neighbouring bins, or the barrier is wherever a bin happens to be empty.
    p = np.where(np.isfinite(pmf), np.exp(-(pmf - pmf[usable].min())), 0.0)
    smooth = np.convolve(np.pad(p, SMOOTHED // 2, mode="edge"), np.ones(SMOOTHED), "valid")
    with np.errstate(divide="ignore"):  # infinite where no bin around holds anything
        curve = -np.log(smooth)
    curve = curve[usable]
    # Lowest value to the left of and to the right of each point.
    left = np.minimum.accumulate(curve)
    right = np.minimum.accumulate(curve[::-1])[::-1]
    height = curve - np.maximum(left, right)
    top = int(np.argmax(height))
    if height[top] < SMALLEST_BARRIER:
        return (
            f"the PMF has no barrier of {SMALLEST_BARRIER:g} kT between two minima; give the "
            "basins with --closed and --open"
        )
    barrier = float(grid.middles[usable[top]])
    return Basin(-np.inf, barrier), Basin(barrier, np.inf)


def parse_basin(option: str, text: str) -> Basin:
    """Read a range of the CV, such as ``"-1:3.5"``; an end left empty is infinite."""
    low, colon, high = text.partition(":")
    try:
        basin = Basin(float(low.strip() or "-inf"), float(high.strip() or "inf"))
    except ValueError:
        basin = Basin(0.0, 0.0)
    if not colon or not basin.low < basin.high:
        raise ConfigError(
            f"{option}: {text!r} is no range of the CV", f"write for example {option} -1:3.5"
        )
    return basin


def given_basins(closed: str | None, open_: str | None) -> tuple[Basin, Basin] | None:
    """Read ``--closed`` and ``--open``; both or neither.

    Raises
    ------
    ConfigError
        One is missing, is no range, or they share a stretch.
    """
    if closed is None and open_ is None:
        return None
    if closed is None or open_ is None:
        raise ConfigError("only one of --closed and --open is given", "give both or neither")
    basins = parse_basin("--closed", closed), parse_basin("--open", open_)
    if max(basin.low for basin in basins) < min(basin.high for basin in basins):
        raise ConfigError(f"--closed {closed} and --open {open_} overlap", "part them")
    return basins
