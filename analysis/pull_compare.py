"""Forward and backward pulls of one system: what their work says of a free energy, and what not.

ΔF is here the free energy of the state with the bias at the upper end minus that with the bias at
the lower end; it holds the energy of the bias and is not ΔG of opening.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats
from scipy.special import expit

from lfa1_analysis.inference import CONFIDENCE, Interval, difference_interval, mean_interval
from lfa1_analysis.pull_input import BACKWARD, FORWARD, Array
from lfa1_analysis.pull_work import Worked
from lfa1_analysis.window_checks import LEAST_OVERLAP

LEAST_PULLS = 5
"""In each direction, for an estimate from the distributions of work."""
SAME_SPEED = 0.05
"""Relative; the relation of Crooks holds for one protocol and its reverse."""
VIOLATION = 0.01
"""Chance at which work that breaks the second law counts as more than chance."""


@dataclass(frozen=True)
class Bar:
    """Bennett's estimate of ΔF, its standard error and 95 % interval (kJ/mol)."""

    value: float
    error: float
    low: float
    high: float


@dataclass
class Compared:
    """Pulls of one system, compared.

    Attributes
    ----------
    pulls : list of Worked
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
    bar : Bar or None
    notes : list of str
        What is missing, and what must be known to read the numbers.
    """

    pulls: list[Worked]
    forward: Interval
    backward: Interval
    dissipated: Interval
    low: float
    high: float
    low_95: float
    high_95: float
    separation: float
    overlap: float = math.nan
    bar: Bar | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def area(self) -> float:
        """Area between the ways forward and back (square of the coordinate's unit)."""
        first = self.pulls[0].pull
        return self.separation * abs(first.last_centre - first.first_centre)


def compare_pulls(pulls: Sequence[Worked], kt: float) -> Compared:
    """Compare the pulls of one system.

    Parameters
    ----------
    pulls : sequence of Worked
        Between the same ends.
    kt : float
        KJ/mol.
    """
    forth, back = (
        np.array([each.total for each in pulls if each.pull.direction == direction])
        for direction in (FORWARD, BACKWARD)
    )
    ahead, behind = mean_interval(forth), mean_interval(back)
    twice = difference_interval(forth, -back)
    ways = [_mean_way(pulls, direction) for direction in (FORWARD, BACKWARD)]
    found = Compared(
        list(pulls),
        ahead,
        behind,
        _half(twice),
        low=-behind.estimate,
        high=ahead.estimate,
        low_95=-behind.high,
        high_95=ahead.high,
        separation=ways[1] - ways[0],
    )
    found.notes += _doubts(found, forth, back, kt)
    if not found.notes:
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
    doi:10.1103/PhysRevLett.91.140601. The overlap is not pymbar's `bar_overlap`, which fails
    where there is none.
    """
    logging.getLogger("pymbar").setLevel(logging.ERROR)
    from pymbar.other_estimators import bar

    # Where nothing overlaps the error is 0/0; the overlap tells.
    with np.errstate(all="ignore"):
        guess = float(forward.mean() - backward.mean()) / 2 / kt
        result = bar(forward / kt, backward / kt, guess, method="self-consistent-iteration")
    value, error = (float(result[key]) for key in ("Delta_f", "dDelta_f"))
    n, m = len(forward), len(backward)
    # Chance that a work belongs to the pulls forward, were all of them mixed.
    chance = expit(math.log(n / m) + np.append(forward, -backward) / kt - value)
    overlap = float((chance * (1 - chance)).sum()) / max(n, m)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, min(n, m) - 1)) * error
    return Bar(*(kt * each for each in (value, error, value - half, value + half))), overlap


def _mean_way(pulls: Sequence[Worked], direction: str) -> float:
    """Coordinate averaged over the way of the centre, and over replicas; NaN without any."""
    means = [
        float((each.cv[:-1] * np.diff(each.centre)).sum() / (each.centre[-1] - each.centre[0]))
        for each in pulls
        if each.pull.direction == direction
    ]
    return float(np.mean(means)) if means else math.nan


def _half(of: Interval) -> Interval:
    halved = (of.estimate / 2, of.low / 2, of.high / 2)
    return Interval(*halved, of.method, of.n, of.p_value, of.smallest_detectable / 2)


def _doubts(found: Compared, forth: Array, back: Array, kt: float) -> list[str]:
    """What speaks against an estimate before any is made."""
    for direction, its in ((FORWARD, forth), (BACKWARD, back)):
        if not len(its):
            return [f"there is no pull {direction}: nothing to compare with, and half a bracket"]
    said = []
    fewer, total = min(len(forth), len(back)), float(forth.mean() + back.mean())
    # exp(−(W_F + W_B)/kT) is 1 on average (Jarzynski), so Markov's inequality bounds the chance
    # of a sum below zero, whatever the distributions and however few the pulls.
    if total < kt * math.log(VIOLATION) / fewer:
        said.append(
            f"⟨W_F⟩ + ⟨W_B⟩ = {total:.1f} kJ/mol is below zero by more than chance: the second law "
            "forbids that, so the pulls were not equilibrated at the start, or a sign is wrong; "
            "nothing follows from them"
        )
    elif total < 0:
        said.append(
            f"⟨W_F⟩ + ⟨W_B⟩ = {total:.1f} kJ/mol is below zero, which few pulls may be by chance: "
            "the bracket is empty as measured"
        )
    speeds = np.array([each.speed for each in found.pulls])
    if fewer < LEAST_PULLS:
        said.append(
            f"no estimate from the distributions of work: {LEAST_PULLS} pulls in each direction "
            f"are needed, there are {len(forth)} forward and {len(back)} backward"
        )
    elif not np.ptp(speeds) <= SAME_SPEED * speeds.min():
        said.append(
            f"no estimate from the distributions of work: the pulls have different speeds "
            f"({speeds.min():.3g} to {speeds.max():.3g} per ns)"
        )
    return said


def _dissipation(found: Compared, kt: float) -> list[str]:
    lost = found.dissipated.estimate / kt
    if found.bar is None and lost > 1:
        return [
            f"{lost:.1f} kT of the work were lost on the way: the pull is far from reversible, and "
            "says no more of ΔF than the bracket"
        ]
    return []
