"""ΔG of opening and the PMF with intervals that few replicas deserve.

Every interval is estimate ± t·SE. SE is the spread of a bootstrap that draws, in each window, one
unit (replica or block) fewer than there are and weights it up (Rao & Wu, J. Am. Stat. Assoc. 1988,
83, 231): drawing as many as there are would make the variance too small by (n − 1)/n, a third for
three replicas. The degrees of freedom of t come from how the variance is shared among the windows
(Welch–Satterthwaite, with a jackknife): where one window of three replicas decides, they are two.
Percentiles of the bootstrap are not used: they cannot show more spread than the units have. Where
replicas are resampled, blocks are too, and where blocks are, longer ones; the wider of both
intervals counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lfa1_analysis.free_energy.run_tables import Array
from lfa1_analysis.free_energy.umbrella.basins import SAMPLES_PER_BIN, Basin, Grid
from lfa1_analysis.free_energy.umbrella.mbar import Solution, solve
from lfa1_analysis.free_energy.umbrella.window_samples import (
    COARSE_BLOCKS,
    Indices,
    Samples,
    blocks,
    resampling_units,
)
from lfa1_analysis.statistics.estimates import Estimate, quantile

RESAMPLES = 200
"""Standard errors are then known to 5 %."""
FEWEST_UNITS = 2


@dataclass(frozen=True)
class Profile:
    """PMF on the bins of a grid in kJ/mol, zero at its lowest; NaN where too few samples are."""

    middles: Array
    pmf: Array
    low: Array
    high: Array
    counts: Indices


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
    samples: Samples,
    solution: Solution,
    basins: tuple[Basin, Basin],
    grid: Grid,
    kt: float,
    random: np.random.Generator,
) -> tuple[Estimate, Profile, str]:
    """Estimate ΔG of opening and the PMF, with 95 % intervals.

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
    random : numpy.random.Generator

    Returns
    -------
    Estimate
        ΔG in kJ/mol; error NaN where a window has a single unit.
    Profile
    kind : {"replicas", "blocks"}
        What was resampled.
    """

    def theta(log_weights: Array) -> Array:
        # The closed basin's population is the reference of the PMF: far less noisy than one bin.
        p = np.exp(log_weights)
        with np.errstate(divide="ignore"):
            closed = math.log(max(float(p @ basins[0].holds(samples.x)), 1e-300))
            pmf = kt * (raw_pmf(log_weights, grid) + closed)
        return np.append(pmf, opening_energy(log_weights, samples.x, basins, kt))

    units, kind = resampling_units(samples)
    value = theta(solution.log_weights)
    if fewest_units(samples, units) < FEWEST_UNITS:
        errors = dof = np.full(value.size, np.nan)
    else:
        drawn = np.array(
            [
                theta(solve(samples, weights, solution.f).log_weights)
                for weights in (_draw(samples, units, random) for _ in range(RESAMPLES))
            ]
        )
        drawn[~np.isfinite(drawn)] = np.nan
        with np.errstate(invalid="ignore"):
            errors = _known(_spread(drawn), drawn)
        dof = _degrees(*_jackknife(samples, units, solution, theta))
        errors, dof = _wider(
            errors, dof, *_jackknife(samples, _other(samples, kind), solution, theta)
        )
    half = _half(errors, dof)
    pmf = value[:-1] - np.min(value[:-1])
    pmf[grid.counts < SAMPLES_PER_BIN] = np.nan
    profile = Profile(grid.middles, pmf, pmf - half[:-1], pmf + half[:-1], grid.counts)
    return Estimate(float(value[-1]), float(errors[-1]), float(dof[-1])), profile, kind


def jackknifed(
    samples: Samples, solution: Solution, basins: tuple[Basin, Basin], kt: float
) -> Estimate:
    """ΔG in kJ/mol with a delete-one jackknife error: quicker than the bootstrap."""

    def theta(log_weights: Array) -> Array:
        return np.array([opening_energy(log_weights, samples.x, basins, kt)])

    value = float(theta(solution.log_weights)[0])
    units, kind = resampling_units(samples)
    if fewest_units(samples, units) < FEWEST_UNITS:
        return Estimate(value, math.nan, math.nan)
    variances, numbers = _jackknife(samples, units, solution, theta)
    errors, dof = _wider(
        np.sqrt(variances.sum(axis=0)),
        _degrees(variances, numbers),
        *_jackknife(samples, _other(samples, kind), solution, theta),
    )
    return Estimate(value, float(errors[0]), float(dof[0]))


def fewest_units(samples: Samples, units: Indices) -> int:
    """Return the number of units of the window that has fewest."""
    pairs = np.unique(np.stack([samples.window, units], axis=1), axis=0)
    numbers = np.bincount(pairs[:, 0], minlength=len(samples.windows))
    return int(numbers[samples.counts() > 0].min())


def _other(samples: Samples, kind: str) -> Indices:
    return blocks(samples) if kind == "replicas" else blocks(samples, COARSE_BLOCKS)


def _half(errors: Array, dof: Array) -> Array:
    return np.array([quantile(d) for d in dof]) * errors


def _wider(errors: Array, dof: Array, variances: Array, numbers: Indices) -> tuple[Array, Array]:
    """Take the error from other units where it gives the wider interval.

    A few replicas may agree by chance, and then both their error and the degrees of freedom that
    come from it are too good; blocks know less of slow coordinates, but know their error better.
    The g of a short run is more often too small than too large, and then short blocks are not
    independent; long ones are fewer, and their t is larger.
    """
    other, freedom = np.sqrt(variances.sum(axis=0)), _degrees(variances, numbers)
    wider = _half(other, freedom) > _half(errors, dof)
    return np.where(wider, other, errors), np.where(wider, freedom, dof)


def _draw(samples: Samples, units: Indices, random: np.random.Generator) -> Array:
    """Weights of one resample: in each window n − 1 of its n units, weighted by n/(n − 1)."""
    weights = np.zeros(int(units.max()) + 1)
    for mine in _by_window(samples, units):
        chosen = random.choice(mine, mine.size - 1)
        np.add.at(weights, chosen, mine.size / (mine.size - 1))
    return weights[units]


def _jackknife(
    samples: Samples, units: Indices, solution: Solution, theta: Callable[[Array], Array]
) -> tuple[Array, Indices]:
    """Variance of each value that comes from each window, shape (K, values), and its units."""
    variances, numbers = [], []
    for mine in _by_window(samples, units):
        values = []
        for unit in mine:
            weights = np.where(np.isin(units, mine), mine.size / (mine.size - 1), 1.0)
            weights[units == unit] = 0.0
            values.append(theta(solve(samples, weights, solution.f).log_weights))
        stack = np.array(values)
        stack[~np.isfinite(stack)] = np.nan
        n = mine.size
        variances.append((n - 1) ** 2 / n * _known(_spread(stack), stack) ** 2)
        numbers.append(n)
    return np.array(variances), np.array(numbers)


def _spread(values: Array) -> Array:
    """Standard deviation over the rows that have a value; NaN where fewer than two have."""
    there = np.isfinite(values)
    n = there.sum(axis=0)
    filled = np.where(there, values, 0.0)
    mean = filled.sum(axis=0) / np.maximum(n, 1)
    squares = (np.where(there, values - mean, 0.0) ** 2).sum(axis=0)
    return np.where(n > 1, np.sqrt(squares / np.maximum(n - 1, 1)), np.nan)


def _known(spread: Array, values: Array) -> Array:
    """Take the spread of ΔG, the last value, away where a resample had no ΔG.

    A basin that is empty in some resamples hangs on a few units; what the others say of it is too
    good.
    """
    if not np.isfinite(values[:, -1]).all():
        spread[-1] = np.nan
    return spread


def _degrees(variances: Array, numbers: Indices) -> Array:
    variances = np.nan_to_num(variances)
    parts = (variances**2 / (numbers[:, None] - 1)).sum(axis=0)
    total = variances.sum(axis=0)
    return np.divide(total**2, parts, out=np.full(total.shape, np.nan), where=parts > 0)


def _by_window(samples: Samples, units: Indices) -> list[Indices]:
    windows = np.unique(samples.window)
    return [np.unique(units[samples.window == k]) for k in windows]
