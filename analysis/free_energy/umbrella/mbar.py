"""MBAR for umbrella windows, also with weighted samples, which is what resampling needs.

The free energies of the windows solve (Shirts & Chodera 2008, doi:10.1063/1.2978177)

    f_i = −ln Σ_n e^{−u_i(x_n)} / Σ_k N_k e^{f_k − u_k(x_n)}.

pymbar solves them for samples that count once, and fails or takes minutes where windows do not
overlap, which is just what has to be diagnosed; a jackknife solves them hundreds of times with a
weight on every sample. So they are solved here, by Newton's method on the convex function whose
minimum they are; ``tests/analysis/free_energy/umbrella/test_pmf.py`` compares with pymbar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from lfa1_analysis.free_energy.run_tables import Array
from lfa1_analysis.free_energy.umbrella.window_samples import Samples

TOLERANCE = 1e-5
"""kT; the free energies of the windows move by less in the last step; the next would be
its square."""
STEPS = 200
LONGEST_STEP = 3.0
"""kT; a longer Newton step is cut, as from a poor start it can overshoot."""


@dataclass(frozen=True)
class Solution:
    """Free energies of the windows and weights of the samples.

    Attributes
    ----------
    f : ndarray, shape (K,)
        In kT; NaN for windows without samples.
    log_weights : ndarray, shape (N,)
        Of each sample in the unbiased ensemble; their exponentials sum to 1.
    overlap : ndarray, shape (K, K)
        Probability that a sample of window i might as well be from window j (Klimovich, Shirts &
        Mobley 2015, doi:10.1007/s10822-015-9840-9).
    converged : bool
    """

    f: Array
    log_weights: Array
    overlap: Array
    converged: bool


def estimate(samples: Samples) -> Solution:
    """Solve for unweighted samples, without any guess."""
    return solve(samples, np.ones(samples.x.size), np.zeros(len(samples.windows)))


def solve(samples: Samples, weights: Array, start: Array) -> Solution:
    """Solve for weighted samples by Newton's method.

    Parameters
    ----------
    samples : Samples
    weights : ndarray, shape (N,)
        How often each sample counts; 0 leaves it out.
    start : ndarray, shape (K,)
        First guess of the free energies in kT.
    """
    totals = np.bincount(samples.window, weights, minlength=len(samples.windows))
    there, used = totals > 0, weights > 0
    w, n = weights[used], totals[there]
    energies = samples.energies[used][:, there]
    f = np.nan_to_num(start[there] - start[there][0])
    converged, level = False, np.inf
    step = np.zeros_like(f)
    for _ in range(STEPS):
        logs, log_norm = log_shares(n, f, energies)
        shares = np.exp(logs)
        now = float(w @ log_norm - n @ f)
        # The equations are the minimum of this convex function, which guards the steps.
        if now > level + 1e-9 * abs(level) and np.abs(step).max() > TOLERANCE:
            step /= 2
            f = f - step
            continue
        if converged:
            break
        level = now
        expected = w @ shares
        gradient = expected - n
        curvature = np.diag(expected) - shares.T @ (shares * w[:, None])
        step = np.zeros_like(f)
        if len(f) > 1:  # the first stays at 0: only differences matter
            step[1:] = -np.linalg.lstsq(curvature[1:, 1:], gradient[1:], rcond=1e-14)[0]
        step *= min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        f = f + step
        converged = bool(np.abs(step).max() < TOLERANCE)
    full = np.full(len(totals), np.nan)
    full[there] = f
    log_weights = np.full(weights.size, -np.inf)
    log_weights[used] = np.log(w) - log_norm + samples.least[used]
    log_weights -= np.log(np.exp(log_weights - log_weights.max()).sum()) + log_weights.max()
    overlap = np.full((len(totals), len(totals)), np.nan)
    overlap[np.ix_(there, there)] = shares.T @ (shares * w[:, None]) / n[:, None]
    return Solution(full, log_weights, overlap, converged)


def log_shares(counts: NDArray[Any], f: Array, energies: Array) -> tuple[Array, Array]:
    """Return the logarithm of each window's share in every sample, and that of the sum it is of.

    Parameters
    ----------
    counts, f : ndarray, shape (K,)
        Samples of each window, and its free energy (kT).
    energies : ndarray, shape (N, K)
        Bias of each sample in each window (kT).

    Returns
    -------
    ndarray, shape (N, K)
        Logarithm of the probability that each sample is from each window.
    ndarray, shape (N,)
        Logarithm of Σ_k N_k e^(f_k − u_k(x)).
    """
    logs = np.log(counts) + f - energies
    norm = logsumexp(logs, axis=1)
    return logs - norm[:, None], norm
