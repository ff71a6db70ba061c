"""Whether the windows fluctuate as their force constants say.

Between two windows the logarithm of the ratio of their densities is the difference of their biases
plus a constant, whatever the free energy looks like underneath: the PMF cancels. So samples alone
tell how strong the biases were (Shirts 2013, doi:10.1021/ct300688p, does the same for temperature
and pressure). A spring that is entered twice too large makes its windows twice too broad, and
moves ΔG by kJ/mol without any other sign.

The likelihood of each sample's window, of which MBAR's equations are the maximum in the free
energies, is looked at along one more number: a factor on the biases of one window, or of all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from lfa1_analysis.free_energy.run_tables import Array
from lfa1_analysis.free_energy.umbrella.mbar import Solution, log_shares, solve
from lfa1_analysis.free_energy.umbrella.window_checks import ALARM, PREDICTION_FREEDOM
from lfa1_analysis.free_energy.umbrella.window_samples import Samples
from lfa1_analysis.free_energy.umbrella.windows import Window

RELEVANT_FACTOR = 1.25
"""A factor of 1.25 on all springs moved ΔG by 1.4 kJ/mol in the double well of the tests, one of 2
by 5.7 kJ/mol; less is within the usual interval."""
LARGEST_FACTOR = 32.0
"""Between this and its inverse the best factor is looked for."""
LEAST_INFORMATION = 4.0
"""Inverse variance of a factor; below this it is not even known to a half."""
_KEY = "force_constant_kj_per_mol_per_unit2"


@dataclass(frozen=True)
class Spring:
    """Windows whose fluctuations do not fit their force constant.

    Attributes
    ----------
    windows : list of Window
        One, or all.
    factor : float
        The force constant that acted ÷ the one of the table.
    reason : str
    """

    windows: list[Window]
    factor: float
    reason: str


def wrong_springs(samples: Samples, solution: Solution) -> list[Spring]:
    """Find windows that fluctuate more or less than their force constant allows.

    The worst window is taken out and the rest looked at again; where a factor on all windows
    explains more than one on any single window, all are named at once.

    Parameters
    ----------
    samples, solution
        Decorrelated samples and their MBAR solution.
    """
    found: list[Spring] = []
    weights, solved = np.ones(samples.x.size), solution
    while np.unique(samples.window[weights > 0]).size > 1:
        windows = [int(k) for k in np.unique(samples.window[weights > 0])]
        everything = np.isin(np.arange(len(samples.windows)), windows)
        # With two left, a factor on one and a factor on both are hardly told apart.
        single = [np.arange(everything.size) == k for k in windows] if len(windows) > 2 else []
        tried = [everything, *single]
        surprise = [_surprise(samples, weights, solved, which) for which in tried]
        worst = int(np.argmax(surprise))
        limit = float(stats.t.isf(ALARM / 2 / len(tried), PREDICTION_FREEDOM))
        if not surprise[worst] > limit:
            break
        which = tried[worst]
        factor = _best(samples, weights, solved, which)
        if max(factor, 1 / factor) < RELEVANT_FACTOR:
            break
        named = [samples.windows[k] for k in np.flatnonzero(which)]
        found.append(Spring(named, factor, _reason(named, factor)))
        if worst == 0:
            break
        weights = np.where(which[samples.window], 0.0, weights)
        solved = solve(samples, weights, solution.f)
    return found


def _surprise(
    samples: Samples, weights: Array, solved: Solution, which: NDArray[np.bool_]
) -> float:
    """Score of the factor at 1, in its standard errors (Rao's score test).

    The free energies of the windows are fitted as well, and what they explain is taken off.
    """
    used = weights > 0
    there = np.isfinite(solved.f)
    biases = (samples.energies + samples.least[:, None])[used][:, there] * which[there]
    shares = np.exp(_log_shares(samples, solved, used, there))
    own = np.cumsum(there)[samples.window[used]] - 1
    mean = np.sum(shares * biases, axis=1)
    score = float(np.sum(mean - biases[np.arange(own.size), own]))
    centred = shares * (biases - mean[:, None])
    variance = float(np.sum(centred * (biases - mean[:, None])))
    mixed = centred.sum(axis=0)
    curvature = np.diag(shares.sum(axis=0)) - shares.T @ shares
    variance -= float(mixed @ np.linalg.pinv(curvature, hermitian=True) @ mixed)
    # Windows that hardly overlap tell nothing of their springs, whatever the score.
    return abs(score) / math.sqrt(variance) if variance > LEAST_INFORMATION else 0.0


def _best(samples: Samples, weights: Array, solved: Solution, which: NDArray[np.bool_]) -> float:
    """Most likely factor on the biases of some windows."""
    used, there = weights > 0, np.isfinite(solved.f)
    own = np.cumsum(there)[samples.window[used]] - 1

    def unlikely(log_factor: float) -> float:
        scaled = _scaled(samples, np.where(which, math.exp(log_factor), 1.0))
        shares = _log_shares(scaled, solve(scaled, weights, solved.f), used, there)
        return -float(np.sum(shares[np.arange(own.size), own]))

    end = math.log(LARGEST_FACTOR)
    found = optimize.minimize_scalar(
        unlikely, bounds=(-end, end), method="bounded", options={"xatol": 0.01}
    )
    return math.exp(float(found.x))


def _scaled(samples: Samples, factors: Array) -> Samples:
    energies = (samples.energies + samples.least[:, None]) * factors
    least = energies.min(axis=1)
    return replace(samples, energies=energies - least[:, None], least=least)


def _log_shares(
    samples: Samples, solved: Solution, used: NDArray[np.bool_], there: NDArray[np.bool_]
) -> Array:
    counts = np.bincount(samples.window[used], minlength=there.size)[there]
    return log_shares(counts, solved.f[there], samples.energies[used][:, there])[0]


def _reason(windows: list[Window], factor: float) -> str:
    if len(windows) == 1:
        (window,) = windows
        return (
            f"window {window.label}: it fluctuates as if its force constant had been "
            f"{factor * window.force_constant:.3g} and not {window.force_constant:.3g} "
            f"({factor:.2g} times as large): correct {_KEY} or the centre, or look for a slow "
            "coordinate besides the CV"
        )
    first, last = windows[0], windows[-1]
    return (
        f"windows {first.label} to {last.label}: all fluctuate as if their force constants had "
        f"been {factor:.2g} times what the table says: correct {_KEY} (the bias is "
        "k/2 (cv − centre)², with k/2) or the temperature"
    )
