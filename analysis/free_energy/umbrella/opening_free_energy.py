"""ΔG of opening and the PMF with intervals that few replicas deserve.

Every interval is estimate ± t·SE. SE is that of a jackknife which leaves out, window by window, one
unit (replica or block) after the other. The degrees of freedom of t come from how the variance is
shared among the windows (Welch–Satterthwaite): where one window of three replicas decides, they are
two. Percentiles of a bootstrap are not used: they cannot show more spread than the units have.
Units of two kinds are tried, see `resampling_units`; the wider of both intervals counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lfa1_analysis.free_energy.run_tables import Array
from lfa1_analysis.free_energy.umbrella.basins import SAMPLES_PER_BIN, Basin, Grid
from lfa1_analysis.free_energy.umbrella.mbar import Solution, solve
from lfa1_analysis.free_energy.umbrella.window_samples import Indices, Samples, resampling_units
from lfa1_analysis.statistics.estimates import Estimate, quantile

Function = Callable[[Array], Array]
"""From the logarithmic weights of the samples to the values that are wanted; the last is ΔG."""


@dataclass(frozen=True)
class PmfProfile:
    """PMF on the bins of a grid in kJ/mol, zero at its lowest; NaN where too few samples are."""

    pmf: Array
    low: Array
    high: Array


def opening_energy(log_weights: Array, x: Array, basins: tuple[Basin, Basin], kt: float) -> float:
    """−kT ln(P_open/P_closed) from weighted samples, in kJ/mol; NaN where a basin is empty."""
    p = np.exp(log_weights)
    closed, open_ = (float(p @ basin.holds(x)) for basin in basins)
    return -kt * math.log(open_ / closed) if open_ > 0 and closed > 0 else math.nan


def raw_pmf(log_weights: Array, grid: Grid) -> Array:
    """−ln of the probability per bin, in kT; infinite where no sample is."""
    with np.errstate(divide="ignore"):
        return -np.log(grid.populations(np.exp(log_weights)))


def free_energy(
    samples: Samples, solution: Solution, basins: tuple[Basin, Basin], grid: Grid, kt: float
) -> tuple[Estimate, PmfProfile]:
    """Estimate ΔG of opening (kJ/mol) and the PMF, with 95 % intervals.

    Parameters
    ----------
    samples, solution
        Decorrelated samples and their MBAR solution.
    basins : (Basin, Basin)
        Closed and open.
    grid : Grid
        Of the PMF, over the same samples.
    kt : float
        kJ/mol.

    Returns
    -------
    Estimate
        Its error is NaN where a window has a single unit.
    PmfProfile
    """

    def theta(log_weights: Array) -> Array:
        # The closed basin's population is the reference of the PMF: far less noisy than one bin.
        p = np.exp(log_weights)
        with np.errstate(divide="ignore"):
            closed = math.log(max(float(p @ basins[0].holds(samples.x)), 1e-300))
            pmf = kt * (raw_pmf(log_weights, grid) + closed)
        return np.append(pmf, opening_energy(log_weights, samples.x, basins, kt))

    value, errors, freedom = _with_errors(samples, solution, theta)
    half = _half(errors, freedom)[:-1]
    pmf = value[:-1] - np.min(value[:-1])
    pmf[grid.counts < SAMPLES_PER_BIN] = np.nan
    profile = PmfProfile(pmf, pmf - half, pmf + half)
    return Estimate(float(value[-1]), float(errors[-1]), float(freedom[-1])), profile


def jackknifed(
    samples: Samples, solution: Solution, basins: tuple[Basin, Basin], kt: float
) -> Estimate:
    """Estimate ΔG of opening (kJ/mol) alone."""

    def theta(log_weights: Array) -> Array:
        return np.array([opening_energy(log_weights, samples.x, basins, kt)])

    (value,), (error,), (freedom,) = _with_errors(samples, solution, theta)
    return Estimate(float(value), float(error), float(freedom))


def _with_errors(
    samples: Samples, solution: Solution, theta: Function
) -> tuple[Array, Array, Array]:
    """Return the values, their errors and the degrees of freedom of these.

    A few replicas may agree by chance, and then both their error and the degrees of freedom that
    come from it are too good; blocks know less of slow coordinates, but know their error better.
    The g of a short run is more often too small than too large, and then short blocks are not
    independent; long ones are fewer, and their t is larger.
    """
    value = theta(solution.log_weights)
    first, other = resampling_units(samples)
    if min(units.size for units in _by_window(samples, first)) < 2:
        return value, np.full(value.size, np.nan), np.full(value.size, np.nan)
    errors, freedom = jackknife(samples, first, solution, theta)
    others, freedoms = jackknife(samples, other, solution, theta)
    wider = _half(others, freedoms) > _half(errors, freedom)
    return value, np.where(wider, others, errors), np.where(wider, freedoms, freedom)


def _half(errors: Array, freedom: Array) -> Array:
    return np.array([quantile(each) for each in freedom]) * errors


def jackknife(
    samples: Samples, units: Indices, solution: Solution, theta: Function
) -> tuple[Array, Array]:
    """Compute the errors of values and their degrees of freedom by leaving out unit after unit.

    Parameters
    ----------
    samples, solution
        Decorrelated samples and their MBAR solution.
    units : ndarray of int, shape (N,)
        Of the samples; each in one window. The others of the window then count for it, too.
    theta : callable
        From the logarithmic weights of the samples to the values.
    """
    variances, numbers = [], []
    for mine in _by_window(samples, units):
        n = mine.size
        values = []
        for unit in mine if n > 1 else ():
            weights = np.where(np.isin(units, mine), n / (n - 1), 1.0)
            weights[units == unit] = 0.0
            values.append(theta(solve(samples, weights, solution.f).log_weights))
        variances.append((n - 1) ** 2 / n * _spread(np.array(values)) ** 2 if values else np.nan)
        numbers.append(n)
    found = np.array(np.broadcast_arrays(*variances))
    known = np.nan_to_num(found)
    parts = (known**2 / np.maximum(np.array(numbers)[:, None] - 1, 1)).sum(axis=0)
    total = known.sum(axis=0)
    freedom = np.divide(total**2, parts, out=np.full(total.shape, np.nan), where=parts > 0)
    return np.sqrt(found.sum(axis=0)), freedom


def _spread(values: Array) -> Array:
    """Standard deviation over the rows that have a value; NaN where fewer than two have.

    Where one has no ΔG, the last value, that has none: a basin that is empty without a unit hangs
    on a few, and what the others say of it is too good.
    """
    there = np.isfinite(values)
    n = there.sum(axis=0)
    filled = np.where(there, values, 0.0)
    mean = filled.sum(axis=0) / np.maximum(n, 1)
    squares = (np.where(there, values - mean, 0.0) ** 2).sum(axis=0)
    spread = np.where(n > 1, np.sqrt(squares / np.maximum(n - 1, 1)), np.nan)
    if not there[:, -1].all():
        spread[-1] = np.nan
    return np.asarray(spread)


def _by_window(samples: Samples, units: Indices) -> list[Indices]:
    return [np.unique(units[samples.window == k]) for k in np.unique(samples.window)]
