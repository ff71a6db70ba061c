"""Forward and backward pulls of one system: what their work says of a free energy, and what not.

ΔF is here the free energy of the state with the bias at the upper end minus that with the bias at
the lower end; it holds the energy of the bias and is not ΔG of opening.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from lfa1_analysis.free_energy.pulling.pulls import BACKWARD, FORWARD, SteeredPull
from lfa1_analysis.free_energy.run_tables import Array
from lfa1_analysis.free_energy.verdicts import LEAST_OVERLAP
from lfa1_analysis.statistics.estimates import Estimate
from lfa1_analysis.statistics.inference import difference_interval, mean_interval

LEAST_PULLS = 5
"""In each direction, for an estimate from the distributions of work."""
SAME_SPEED = 0.05
"""Relative; the relation of Crooks holds for one protocol and its reverse."""
VIOLATION = 0.01
"""Chance at which work that breaks the second law counts as more than chance."""


def bennett(forward: Array, backward: Array, kt: float) -> tuple[Estimate, float]:
    """Estimate ΔF from work in both directions, and how much their distributions overlap.

    Parameters
    ----------
    forward, backward : ndarray, shape (n,) and (m,)
        Work (kJ/mol), each at least two.
    kt : float
        KJ/mol.

    Returns
    -------
    Estimate
        ΔF (kJ/mol), with one degree of freedom fewer than there are pulls in
        the direction that has fewer: the error itself is estimated from these few.
    float
        Smaller off-diagonal element of the overlap matrix, as for neighbouring windows.

    Notes
    -----
    Bennett 1976, doi:10.1016/0021-9991(76)90078-4, for work: Crooks 1999,
    doi:10.1103/PhysRevE.60.2721, and Shirts, Bair, Hooker & Pande 2003,
    doi:10.1103/PhysRevLett.91.140601. pymbar's `bar` does not converge, and its `bar_overlap`
    fails, where there is little or no overlap, as between fast pulls; a test compares with both
    where there is.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.free_energy.pulling.comparison import bennett
    >>> found, overlap = bennett(np.array([6.1, 5.0, 7.2]), np.array([-3.9, -4.6, -5.5]), kt=2.577)
    >>> round(found.value, 2), round(found.standard_error, 2), round(overlap, 2)
    (5.38, 0.36, 0.48)
    """
    n, m = len(forward), len(backward)
    works = np.append(forward, -backward) / kt
    shift = math.log(n / m)

    def chances(value: float) -> tuple[Array, Array]:
        # Of each work, to be of the other direction than it is.
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
    return Estimate(kt * value, kt * error, min(n, m) - 1), overlap


class PullComparison:
    """The pulls of one system, compared.

    Parameters
    ----------
    pulls : sequence of SteeredPull
        Between the same ends.
    kt : float
        KJ/mol.

    Attributes
    ----------
    pulls : list of SteeredPull
    forward, backward : Interval
        Mean work with its interval over replicas (kJ/mol).
    dissipated : Interval
        (⟨W_F⟩ + ⟨W_B⟩)/2 (kJ/mol).
    low, high : float
        −⟨W_B⟩ ≤ ΔF ≤ ⟨W_F⟩ as measured (kJ/mol); NaN without pulls of that direction.
    low_95, high_95 : float
        The same, further apart by the uncertainty of the means; NaN below two replicas.
    separation : float
        How far apart the coordinate is, backward minus forward, at the same centre, averaged over
        the way: the area of the hysteresis over its length (unit of the coordinate).
    area : float
        Area between the ways forward and back (square of the coordinate's unit).
    overlap : float
        Of the distributions of W_F and −W_B; 0.5 where they are the same, for equal numbers.
    bar : Estimate or None
    notes : list of str
        What is missing, and what must be known to read the numbers.

    Examples
    --------
    >>> from lfa1_analysis import examples, read_pulls
    >>> from lfa1_analysis.free_energy.pulling.comparison import PullComparison
    >>> found = PullComparison(read_pulls(examples.pulls())["apo"], kt=2.577)
    >>> round(found.forward.estimate), round(found.backward.estimate)
    (257, 246)
    >>> round(found.low), round(found.high), found.bar
    (-246, 257, None)
    """

    def __init__(self, pulls: Sequence[SteeredPull], kt: float) -> None:
        self.pulls, self._kt = list(pulls), kt
        self._forth, self._back = (
            np.array([each.total for each in pulls if each.direction == direction])
            for direction in (FORWARD, BACKWARD)
        )
        self.forward, self.backward = mean_interval(self._forth), mean_interval(self._back)
        self.dissipated = difference_interval(self._forth / 2, -self._back / 2)
        self.low, self.low_95 = -self.backward.estimate, -self.backward.high
        self.high, self.high_95 = self.forward.estimate, self.forward.high
        self.separation = self._mean_way(BACKWARD) - self._mean_way(FORWARD)
        self.area = self.separation * (self.pulls[0].ends[1] - self.pulls[0].ends[0])
        self.overlap = math.nan
        self.bar: Estimate | None = None
        hindered = self._hindered()
        self.notes = self._second_law() + hindered
        if not hindered:
            self._estimate()
        lost = self.dissipated.estimate / kt
        if self.bar is None and lost > 1:
            self.notes.append(
                f"{lost:.1f} kT more work than a reversible pull would need (mean of there and "
                "back): far from reversible, it says no more of ΔF than the bracket"
            )

    def _mean_way(self, direction: str) -> float:
        """Return the coordinate averaged over the way of the centre, and over replicas."""
        means = [
            float((each.cv[:-1] * np.diff(each.centre)).sum() / (each.centre[-1] - each.centre[0]))
            for each in self.pulls
            if each.direction == direction
        ]
        return float(np.mean(means)) if means else math.nan

    def _broken(self) -> bool:
        """Tell whether work breaks the second law by more than chance.

        exp(−(W_F + W_B)/kT) is 1 on average (Jarzynski), so Markov's inequality bounds the chance
        of a mean sum below zero, whatever the distributions and however few the pulls.
        """
        fewer = min(len(self._forth), len(self._back))
        total = 2 * self.dissipated.estimate
        return bool(fewer and total < self._kt * math.log(VIOLATION) / fewer)

    def _second_law(self) -> list[str]:
        total = 2 * self.dissipated.estimate
        if not total < 0:
            return []
        start = f"⟨W_F⟩ + ⟨W_B⟩ = {total:.1f} kJ/mol is below zero"
        if self._broken():
            return [
                f"{start} by more than chance: the second law forbids that, so the pulls were not "
                "equilibrated at the start, or a sign is wrong; nothing follows from them"
            ]
        return [f"{start}, which few pulls may be by chance: the bracket is empty as measured"]

    def _hindered(self) -> list[str]:
        """Say why no estimate is made from the distributions of work."""
        forth, back = len(self._forth), len(self._back)
        for direction, number in ((FORWARD, forth), (BACKWARD, back)):
            if not number:
                return [
                    f"there is no pull {direction}: nothing to compare with, and half a bracket"
                ]
        none = "no estimate from the distributions of work"
        if self._broken():
            return [f"{none}: they break the second law"]
        if min(forth, back) < LEAST_PULLS:
            return [
                f"{none}: {LEAST_PULLS} pulls in each direction are needed, there are {forth} "
                f"forward and {back} backward"
            ]
        speeds = np.array([each.speed for each in self.pulls])
        if not np.ptp(speeds) <= SAME_SPEED * speeds.min():
            return [
                f"{none}: the pulls have different speeds ({speeds.min():.3g} to "
                f"{speeds.max():.3g} per ns)"
            ]
        return []

    def _estimate(self) -> None:
        bar, self.overlap = bennett(self._forth, self._back, self._kt)
        if self.overlap >= LEAST_OVERLAP:
            self.bar = bar
        else:
            self.notes.append(
                f"no estimate from the distributions of work: those forward and back share too "
                f"little (overlap {self.overlap:.2g}, at least {LEAST_OVERLAP:g} is needed); pull "
                "more slowly"
            )
