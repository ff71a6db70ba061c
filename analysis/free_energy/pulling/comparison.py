"""Forward and backward pulls of one system: what their work says of a free energy, and what not.

ΔF is here the free energy of the state with the bias at the upper end minus that with the bias at
the lower end; it holds the energy of the bias and is not ΔG of opening.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lfa1_analysis.free_energy.overlap_limits import LEAST_OVERLAP
from lfa1_analysis.free_energy.pulling.bennett import Array, Bar, bennett
from lfa1_analysis.free_energy.pulling.pull_input import BACKWARD, FORWARD
from lfa1_analysis.free_energy.pulling.pull_work import Worked
from lfa1_analysis.statistics.inference import Interval, difference_interval, mean_interval

LEAST_PULLS = 5
"""In each direction, for an estimate from the distributions of work."""
SAME_SPEED = 0.05
"""Relative; the relation of Crooks holds for one protocol and its reverse."""
VIOLATION = 0.01
"""Chance at which work that breaks the second law counts as more than chance."""


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

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.free_energy.pulling.comparison import compare_pulls
    >>> from lfa1_analysis.free_energy.pulling.pull_input import read_pulls
    >>> from lfa1_analysis.free_energy.pulling.pull_work import worked
    >>> pulls = [worked(pull) for pull in read_pulls(examples.pulls())["apo"]]
    >>> found = compare_pulls(pulls, kt=2.577)
    >>> round(found.forward.estimate), round(found.backward.estimate)
    (257, 246)
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

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.free_energy.pulling.comparison import compare_pulls
    >>> from lfa1_analysis.free_energy.pulling.pull_input import read_pulls
    >>> from lfa1_analysis.free_energy.pulling.pull_work import worked
    >>> from lfa1_analysis.io.constants import GAS_CONSTANT
    >>> pulls = [worked(pull) for pull in read_pulls(examples.pulls())["mg"]]
    >>> found = compare_pulls(pulls, GAS_CONSTANT * 310.0)
    >>> round(found.low), round(found.high), found.bar
    (-238, 243, None)
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


def _hindered(found: Compared, forth: Array, back: Array, kt: float) -> list[str]:
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


def _dissipation(found: Compared, kt: float) -> list[str]:
    lost = found.dissipated.estimate / kt
    if found.bar is None and lost > 1:
        return [
            f"{lost:.1f} kT more work than a reversible pull would need (mean of there and back): "
            "far from reversible, it says no more of ΔF than the bracket"
        ]
    return []
