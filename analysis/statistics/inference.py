"""Statistics of a few replicas: what each run settles to, and how sure the mean over runs is.

Inside one replica successive frames are correlated, so its frames are not independent
measurements; ``summarise`` finds where the start has been forgotten and how many independent
samples are left. Across replicas *the replica is the independent unit*: every interval is built
from replica means (or from differences of paired replica means) and never from pooled frames.

Why Student's t and not the bootstrap for few replicas: resampling n values cannot show more spread
than the n values have, and for n = 2…20 the 95 % bootstrap interval of a mean covers the truth in
only 50–92 % of repeats, while Student's t covers 95 % (``docs/statistics.md`` has the measured
table, its tests measure it again). From ``BOOTSTRAP_FROM`` replicas on the bias-corrected bootstrap
(Efron 1987, doi:10.1080/01621459.1987.10478410) is as honest for symmetric data and better for
skewed data, and takes over.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from lfa1_analysis.io.table import or_null

Array = npt.NDArray[np.float64]

CONFIDENCE = 0.95
POWER = 0.80
SHORTEST_SERIES = 20
"""Frames below which neither equilibration nor correlation can be estimated."""
BOOTSTRAP_FROM = 30
"""Replicas from which on the BCa bootstrap replaces Student's t."""
RESAMPLES = 9999
SEARCH_POINTS = 40
"""Candidate starting points tried when the end of equilibration is searched."""


@dataclass(frozen=True)
class Summary:
    """One observable of one replica.

    Attributes
    ----------
    n_frames : int
        Finite values that were given.
    start : int
        Values cut from the beginning as not equilibrated.
    inefficiency : float
        Statistical inefficiency g = 1 + 2τ in frames; NaN where it cannot be estimated.
    n_independent : float
        Independent samples among the values kept; 1 where it cannot be estimated.
    mean, sd, sem : float
        Of the values kept, in the observable's unit. ``sem`` = sd/√n_independent; NaN where
        ``inefficiency`` is.
    settled : bool
        False when equilibration was still going on in the second half.
    note : str
        Why something could not be estimated, or empty.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.statistics.inference import summarise
    >>> found = summarise(np.random.default_rng(1).normal(4.5, 0.3, size=200))
    >>> found.n_frames, round(found.mean, 2), round(found.sd, 2), found.note
    (200, 4.48, 0.28, '')
    """

    n_frames: int
    start: int
    inefficiency: float
    n_independent: float
    mean: float
    sd: float
    sem: float
    settled: bool = True
    note: str = ""


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval; NaN limits where none can be given.

    Examples
    --------
    >>> from lfa1_analysis.statistics.inference import mean_interval
    >>> found = mean_interval([0.2, 0.5, 0.4, 0.1])
    >>> f"{found.estimate:.2f} ({found.low:.2f} to {found.high:.2f}), {found.n} replicas"
    '0.30 (0.01 to 0.59), 4 replicas'
    """

    estimate: float
    low: float
    high: float
    method: str
    n: int
    p_value: float
    smallest_detectable: float


def interval_record(its: Interval) -> dict[str, float | int | None]:
    """Return value, ends and number of values as a result file holds them; null for none."""
    ends = {"value": its.estimate, "low": its.low, "high": its.high}
    return {**{key: or_null(value) for key, value in ends.items()}, "n": its.n}


def summarise(series: npt.ArrayLike) -> Summary:
    """Find equilibration, inefficiency, mean and standard error of one time series.

    Parameters
    ----------
    series : array_like, shape (n_frames,)
        Evenly spaced values; NaN and infinite ones are left out.

    Notes
    -----
    The start is the one that leaves the most independent samples (Chodera 2016,
    doi:10.1021/acs.jctc.5b00784), but never beyond the middle of the series: a later start would
    rest on a tail too short to show its own correlation. Below ``SHORTEST_SERIES`` finite values
    nothing is cut and the replica counts as one independent sample without a standard error; its
    mean still enters the comparison across replicas, which does not need one.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.statistics.inference import summarise
    >>> found = summarise(np.random.default_rng(1).normal(4.5, 0.3, size=200))
    >>> round(found.mean, 2), round(found.sem, 2), found.settled
    (4.48, 0.02, True)
    """
    values = _finite(series)
    n, nan = values.size, math.nan
    if n == 0:
        return Summary(0, 0, nan, 0.0, nan, nan, nan, note="no finite value")
    sd = float(values.std(ddof=1)) if n > 1 else nan
    found = Summary(n, 0, nan, 1.0, float(values.mean()), sd, nan)
    if _constant(values):
        return replace(found, sd=0.0 if n > 1 else nan, note="never changes")
    if n < SHORTEST_SERIES:
        note = f"{n} frames, fewer than the {SHORTEST_SERIES} that an error estimate needs"
        return replace(found, note=note)
    start, settled = _equilibration(values)
    kept = values[start:]
    found = replace(found, start=start, mean=float(kept.mean()), sd=float(kept.std(ddof=1)))
    if _constant(kept):
        return replace(found, sd=0.0, note="stops changing")
    g = inefficiency(kept)
    return replace(
        found,
        inefficiency=g,
        n_independent=kept.size / g,
        sem=found.sd * math.sqrt(g / kept.size),
        settled=settled,
        note="" if settled else "still drifting in its second half",
    )


def mean_interval(values: npt.ArrayLike) -> Interval:
    """Compute the 95 % interval of a mean of independent values: replica means, or differences.

    Student's t below ``BOOTSTRAP_FROM`` values, BCa bootstrap from there on. One value, or values
    without any spread, give no interval: identical numbers from a few replicas show that the
    spread was not sampled, not that it is zero.

    Examples
    --------
    >>> from lfa1_analysis.statistics.inference import mean_interval
    >>> found = mean_interval([0.2, 0.5, 0.4, 0.1])
    >>> round(found.estimate, 2), round(found.low, 2), round(found.high, 2), found.method
    (0.3, 0.01, 0.59, 'Student t')
    """
    x = _finite(values)
    n, estimate = x.size, float(x.mean()) if x.size else math.nan
    if why := _no_interval(n, x):
        return _none(estimate, n, why)
    error = float(x.std(ddof=1)) / math.sqrt(n)
    p_value = 2 * float(stats.t.sf(abs(estimate) / error, n - 1))
    detectable = smallest_detectable(error, n - 1)
    if n < BOOTSTRAP_FROM:
        half = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * error
        low, high, method = estimate - half, estimate + half, "Student t"
    else:
        limits = stats.bootstrap(
            (x,),
            np.mean,
            confidence_level=CONFIDENCE,
            n_resamples=RESAMPLES,
            method="BCa",
            rng=np.random.default_rng(0),
        ).confidence_interval
        low, high, method = float(limits.low), float(limits.high), "BCa bootstrap"
    return Interval(estimate, low, high, method, n, p_value, detectable)


def difference_interval(first: npt.ArrayLike, second: npt.ArrayLike) -> Interval:
    """Compute the 95 % interval of mean(first) − mean(second) for unpaired replicas (Welch's t).

    Examples
    --------
    >>> from lfa1_analysis.statistics.inference import difference_interval
    >>> found = difference_interval([4.6, 4.4, 4.7], [0.2, 0.1, -0.1])
    >>> round(found.estimate, 2), round(found.low, 2), round(found.high, 2)
    (4.5, 4.15, 4.85)
    """
    a, b = _finite(first), _finite(second)
    n = min(a.size, b.size)
    estimate = float(a.mean() - b.mean()) if n else math.nan
    if why := _no_interval(n, a, b):
        return _none(estimate, n, why)
    test = stats.ttest_ind(a, b, equal_var=False)
    limits = test.confidence_interval(CONFIDENCE)
    error = math.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size)
    return Interval(
        estimate,
        float(limits.low),
        float(limits.high),
        "Welch t",
        n,
        float(test.pvalue),
        smallest_detectable(error, float(test.df)),
    )


def smallest_detectable(standard_error: float, dof: float) -> float:
    """Return the smallest true effect that a repeat of this study would find in four cases of five.

    Exactly: the effect for which the two-sided t test at 95 % confidence has 80 % power, given
    the standard error (unit of the effect) and degrees of freedom seen here. Found from the
    noncentral t distribution; about 2.8 standard errors for many replicas, 16 for two.

    Examples
    --------
    >>> from lfa1_analysis.statistics.inference import smallest_detectable
    >>> round(smallest_detectable(0.5, dof=3), 2)
    2.13
    """
    if not (standard_error > 0 and dof >= 1):
        return math.nan
    return _detectable_shift(dof) * standard_error


@cache
def _detectable_shift(dof: float) -> float:
    """Smallest detectable effect in standard errors."""
    critical = float(stats.t.ppf((1 + CONFIDENCE) / 2, dof))
    shift = optimize.brentq(
        lambda nc: float(stats.nct.sf(critical, dof, nc)) - POWER, 0.01, 2 * critical + 4
    )
    return float(shift)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values by Holm's step-down procedure; NaN stays NaN but counts as a test made.

    Controls the chance of any false "differs" in the whole family (Holm 1979, Scand. J. Stat.
    6, 65).

    Examples
    --------
    >>> from lfa1_analysis.statistics.inference import holm
    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.02])]
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, dtype=float)
    filled = np.where(np.isnan(p), 1.0, p)
    order = np.argsort(filled, kind="stable")
    stepped = np.maximum.accumulate(filled[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(value) for value in np.where(np.isnan(p), np.nan, adjusted)]


def inefficiency(series: npt.ArrayLike, fast: bool = False) -> float:
    """Return the statistical inefficiency of a series: frames per independent frame, at least 1.

    Parameters
    ----------
    series : array_like, shape (n_frames,)
        Finite values, evenly spaced, that change.
    fast : bool
        Look at fewer and fewer lags the longer they are.
    """
    # pymbar announces missing accelerators and a caveat on import; neither concerns the user.
    logging.getLogger("pymbar").setLevel(logging.ERROR)
    from pymbar import timeseries

    values = np.asarray(series, dtype=float)
    scaled = (values - values.mean()) / values.std()
    return float(timeseries.statistical_inefficiency(scaled, fast=fast))


def _no_interval(n: int, *groups: Array) -> str:
    if n == 0:
        return "no value"
    if n == 1:
        return "none: one replica has no spread"
    return "none: all replicas gave the same value" if all(map(_constant, groups)) else ""


def _none(estimate: float, n: int, method: str) -> Interval:
    return Interval(estimate, math.nan, math.nan, method, n, math.nan, math.nan)


def _finite(values: npt.ArrayLike) -> Array:
    x = np.asarray(values, dtype=float)
    return x[np.isfinite(x)]


def _constant(values: Array) -> bool:
    return float(np.ptp(values)) <= 1e-12 * max(1.0, float(np.abs(values).max()))


def _equilibration(values: Array) -> tuple[int, bool]:
    step = max(1, values.size // SEARCH_POINTS)
    best, best_independent = 0, 0.0
    for start in range(0, values.size - SHORTEST_SERIES // 2 + 1, step):
        tail = values[start:]
        if _constant(tail):
            break
        independent = tail.size / inefficiency(tail, fast=True)
        if independent > best_independent:
            best, best_independent = start, independent
    half = values.size // 2
    # A start beyond the middle can be chance; a drift also moves the mean of what is kept.
    return min(best, half), best <= half or not _moves(values[half:])


def _moves(values: Array) -> bool:
    """Whether the halves of a series differ by more than two standard errors."""
    middle = values.size // 2
    halves = values[:middle], values[middle:]
    if any(_constant(half) for half in halves):
        return True
    errors = [half.std(ddof=1) * math.sqrt(inefficiency(half) / half.size) for half in halves]
    return bool(abs(halves[1].mean() - halves[0].mean()) > 2 * math.hypot(*errors))
