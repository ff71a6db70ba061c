"""Forward and backward pulls of one system: what their work says of a free energy, and what not.

ΔF is here the free energy of the state with the bias at the upper end minus that with the bias at
the lower end; it holds the energy of the bias and is not ΔG of opening.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from lfa1_analysis.free_energy.pulling.pulls import BACKWARD, FORWARD, PullWork
from lfa1_analysis.free_energy.run_tables import Array
from lfa1_analysis.free_energy.verdicts import LEAST_OVERLAP
from lfa1_analysis.statistics.estimates import Estimate
from lfa1_analysis.statistics.inference import Interval, difference_interval, mean_interval

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


@dataclass
class PullComparison:
    """Pulls of one system, compared.

    Attributes
    ----------
    pulls : list of PullWork
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
    overlap : float
        Of the distributions of W_F and −W_B; 0.5 where they are the same, for equal numbers.
    bar : Estimate or None
    notes : list of str
        What is missing, and what must be known to read the numbers.

    Examples
    --------
    >>> from lfa1_analysis import examples, read_pulls
    >>> from lfa1_analysis.free_energy.pulling.comparison import compare_pulls
    >>> from lfa1_analysis.free_energy.pulling.pulls import pull_work
    >>> pulls = [pull_work(pull) for pull in read_pulls(examples.pulls())["apo"]]
    >>> found = compare_pulls(pulls, kt=2.577)
    >>> round(found.forward.estimate), round(found.backward.estimate)
    (257, 246)
    """

    pulls: list[PullWork]
    forward: Interval
    backward: Interval
    dissipated: Interval
    low: float
    high: float
    low_95: float
    high_95: float
    separation: float
    overlap: float = math.nan
    bar: Estimate | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def area(self) -> float:
        """Area between the ways forward and back (square of the coordinate's unit)."""
        first = self.pulls[0].pull
        return self.separation * abs(first.last_centre - first.first_centre)


def compare_pulls(pulls: Sequence[PullWork], kt: float) -> PullComparison:
    """Compare the pulls of one system.

    Parameters
    ----------
    pulls : sequence of PullWork
        Between the same ends.
    kt : float
        KJ/mol.

    Examples
    --------
    >>> from lfa1_analysis import examples, read_pulls
    >>> from lfa1_analysis.free_energy.pulling.comparison import compare_pulls
    >>> from lfa1_analysis.free_energy.pulling.pulls import pull_work
    >>> from lfa1_analysis.io.constants import GAS_CONSTANT
    >>> pulls = [pull_work(pull) for pull in read_pulls(examples.pulls())["mg"]]
    >>> found = compare_pulls(pulls, GAS_CONSTANT * 310.0)
    >>> round(found.low), round(found.high), found.bar
    (-238, 243, None)
    """
    forth, back = (
        np.array([each.total for each in pulls if each.pull.direction == direction])
        for direction in (FORWARD, BACKWARD)
    )
    ahead, behind = mean_interval(forth), mean_interval(back)
    ways = [_mean_way(pulls, direction) for direction in (FORWARD, BACKWARD)]
    found = PullComparison(
        list(pulls),
        ahead,
        behind,
        difference_interval(forth / 2, -back / 2),
        low=-behind.estimate,
        high=ahead.estimate,
        low_95=-behind.high,
        high_95=ahead.high,
        separation=ways[1] - ways[0],
    )
    found.notes += _second_law(forth, back, kt)
    hindered = _hindered(found, forth, back, kt)
    found.notes += hindered
    if not hindered:
        found.bar, found.overlap = bennett(forth, back, kt)
        if found.overlap < LEAST_OVERLAP:
            found.bar = None
            found.notes.append(
                f"no estimate from the distributions of work: those forward and back share too "
                f"little (overlap {found.overlap:.2g}, at least {LEAST_OVERLAP:g} is needed); pull "
                "more slowly"
            )
    found.notes += _dissipation(found, kt)
    return found


def _mean_way(pulls: Sequence[PullWork], direction: str) -> float:
    """Coordinate averaged over the way of the centre, and over replicas; NaN without any."""
    means = [
        float((each.cv[:-1] * np.diff(each.centre)).sum() / (each.centre[-1] - each.centre[0]))
        for each in pulls
        if each.pull.direction == direction
    ]
    return float(np.mean(means)) if means else math.nan


def _broken(forth: Array, back: Array, kt: float) -> bool:
    """Tell whether work breaks the second law by more than chance.

    exp(−(W_F + W_B)/kT) is 1 on average (Jarzynski), so Markov's inequality bounds the chance of
    a mean sum below zero, whatever the distributions and however few the pulls.
    """
    fewer = min(len(forth), len(back))
    return bool(fewer and forth.mean() + back.mean() < kt * math.log(VIOLATION) / fewer)


def _second_law(forth: Array, back: Array, kt: float) -> list[str]:
    if not (len(forth) and len(back)) or (total := float(forth.mean() + back.mean())) >= 0:
        return []
    if _broken(forth, back, kt):
        return [
            f"⟨W_F⟩ + ⟨W_B⟩ = {total:.1f} kJ/mol is below zero by more than chance: the second law "
            "forbids that, so the pulls were not equilibrated at the start, or a sign is wrong; "
            "nothing follows from them"
        ]
    return [
        f"⟨W_F⟩ + ⟨W_B⟩ = {total:.1f} kJ/mol is below zero, which few pulls may be by chance: "
        "the bracket is empty as measured"
    ]


def _hindered(found: PullComparison, forth: Array, back: Array, kt: float) -> list[str]:
    """Say why no estimate is made from the distributions of work."""
    for direction, its in ((FORWARD, forth), (BACKWARD, back)):
        if not len(its):
            return [f"there is no pull {direction}: nothing to compare with, and half a bracket"]
    none = "no estimate from the distributions of work"
    if _broken(forth, back, kt):
        return [f"{none}: they break the second law"]
    if min(len(forth), len(back)) < LEAST_PULLS:
        return [
            f"{none}: {LEAST_PULLS} pulls in each direction are needed, there are {len(forth)} "
            f"forward and {len(back)} backward"
        ]
    speeds = np.array([each.speed for each in found.pulls])
    if not np.ptp(speeds) <= SAME_SPEED * speeds.min():
        return [
            f"{none}: the pulls have different speeds ({speeds.min():.3g} to {speeds.max():.3g} "
            "per ns)"
        ]
    return []


def _dissipation(found: PullComparison, kt: float) -> list[str]:
    lost = found.dissipated.estimate / kt
    if found.bar is None and lost > 1:
        return [
            f"{lost:.1f} kT more work than a reversible pull would need (mean of there and back): "
            "far from reversible, it says no more of ΔF than the bracket"
        ]
    return []
