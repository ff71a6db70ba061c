"""Bennett's acceptance ratio for the work of pulls in both directions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit

from lfa1_analysis.statistics.inference import CONFIDENCE

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bar:
    """Bennett's estimate of ΔF, its standard error and 95 % interval (kJ/mol).

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.free_energy.pulling.bennett import bennett
    >>> found, _ = bennett(np.array([6.1, 5.0, 7.2]), np.array([-3.9, -4.6, -5.5]), kt=2.577)
    >>> f"{found.value:.1f} kJ/mol ({found.low:.1f} to {found.high:.1f})"
    '5.4 kJ/mol (3.8 to 6.9)'
    """

    value: float
    error: float
    low: float
    high: float


def bennett(forward: Array, backward: Array, kt: float) -> tuple[Bar, float]:
    """Estimate ΔF from work in both directions, and how much their distributions overlap.

    Parameters
    ----------
    forward, backward : ndarray, shape (n,) and (m,)
        Work (kJ/mol), each at least two.
    kt : float
        KJ/mol.

    Returns
    -------
    Bar
        Its interval takes Student's t with one degree of freedom fewer than there are pulls in
        the direction that has fewer: the error itself is estimated from these few.
    float
        Smaller off-diagonal element of the overlap matrix, as for neighbouring windows.

    Notes
    -----
    Bennett 1976, doi:10.1016/0021-9991(76)90078-4, for work: Crooks 1999,
    doi:10.1103/PhysRevE.60.2721, and Shirts, Bair, Hooker & Pande 2003,
    doi:10.1103/PhysRevLett.91.140601. pymbar's `bar` does not
    converge, and its `bar_overlap` fails, where there is little or no overlap, as between fast
    pulls; a test compares with both where there is.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.free_energy.pulling.bennett import bennett
    >>> found, overlap = bennett(np.array([6.1, 5.0, 7.2]), np.array([-3.9, -4.6, -5.5]), kt=2.577)
    >>> round(found.value, 2), round(found.error, 2), round(overlap, 2)
    (5.38, 0.36, 0.48)
    """
    n, m = len(forward), len(backward)
    works = np.append(forward, -backward) / kt
    shift = math.log(n / m)

    def chances(value: float) -> tuple[Array, Array]:
        """Chance, of each work, to be of the other direction than it is."""
        ahead = expit(shift + works - value)
        return 1 - ahead[:n], ahead[n:]

    def balance(value: float) -> float:
        ours, theirs = chances(value)
        return float(ours.sum() - theirs.sum())

    beyond = 50 + abs(shift)
    value = float(brentq(balance, works.min() - beyond, works.max() + beyond))
    both = chances(value)
    overlap = sum(float((chance * (1 - chance)).sum()) for chance in both) / max(n, m)
    # Where nothing overlaps the error is 0/0; the overlap tells.
    with np.errstate(all="ignore"):
        error = math.sqrt(sum(float(p.var() / p.mean() ** 2) / len(p) for p in both))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, min(n, m) - 1)) * error
    return Bar(*(kt * each for each in (value, error, value - half, value + half))), overlap
