"""From an interval to one of four verdicts, and to a sentence that an immunologist can read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lfa1_analysis.comparison.relevance import MINIMUM_TIME_NS, MOTION_END_NS, MOTION_NS, Observable
from lfa1_analysis.comparison.study_tables import MG_MODELS
from lfa1_analysis.comparison.transitions import WATCHED, Passages, Watched
from lfa1_analysis.proteins.ion_names import MG_SHAM
from lfa1_analysis.statistics.inference import CONFIDENCE, Interval

DIFFERS = "differs"
CANNOT_TELL = "cannot tell"
NO_EFFECT = "no effect beyond"
STAYED = "both stayed where they started"
"""The same within the states in which the runs began; of other states nothing was seen."""

SITE = {
    "mg": "Mg²⁺ at the MIDAS",
    "ca": "Ca²⁺ at the MIDAS",
    "mn": "Mn²⁺ at the MIDAS",
    "na": "Na⁺ at the MIDAS",
    "apo": "an empty MIDAS",
    **{f"mg_{slug}": f"Mg²⁺ ({name}) at the MIDAS" for slug, name in MG_MODELS.items()},
    MG_SHAM: "Mg²⁺ at the MIDAS and two of the solvent's ions exchanged",
}
"""Ion part of a system's name in words."""


@dataclass(frozen=True)
class Comparison:
    """One comparison: its observable, the difference that was found, and the words for it.

    Attributes
    ----------
    name : str
        Both sides, such as ``closed-mg − closed-apo``.
    kind : str
        ``effect``, or which control it is.
    state : str
    observable : Observable
    interval : Interval
        The effect with its 95 % interval.
    span_ns : float
        Shortest simulated time among the replicas compared (ns).
    context : str
        Where the comparison was made, for example ``In the closed state``.
    first, second : str
        What is compared, for example ``with Mg²⁺ at the MIDAS`` and ``with an empty MIDAS``.
    runs : str
        What was counted, for example ``8 pairs of runs``.
    motions : tuple of Watched
        Passages between the states that lie behind the observable. None for a control, which asks
        whether the measurement tells runs apart, and not what holds at equilibrium.
    """

    name: str
    kind: str
    state: str
    observable: Observable
    interval: Interval
    span_ns: float
    context: str
    first: str
    second: str
    runs: str
    motions: tuple[Watched, ...] = ()

    @property
    def relevant(self) -> str:
        """Smallest size that would matter, in words."""
        return amount(self.observable.relevant, self.observable.unit)


def judge(its: Comparison, p_holm: float = math.nan) -> tuple[str, str]:
    """Return the verdict on a comparison, and one clause that says why.

    Parameters
    ----------
    its : Comparison
    p_holm : float
        p-value after Holm's correction; for primary observables it decides about "differs".

    Returns
    -------
    verdict : str
        "differs": the interval excludes 0 (and, for a primary observable, still does so after the
        correction for the number of primary comparisons). "no effect beyond X": the whole
        interval lies inside ±X, X being the relevant size named beforehand, each replica is at
        least ``MINIMUM_TIME_NS`` long, and passages there and back were seen with both, often
        enough to know how the states are shared. "both stayed where they started": the same, but
        no run passed at all. "cannot tell": everything else.
    reason : str
    """
    interval, size, motions = its.interval, its.observable.relevant, its.motions
    if not math.isfinite(interval.low):
        return CANNOT_TELL, interval.method.removeprefix("none: ") or "no interval"
    largest = max(abs(interval.low), abs(interval.high))
    if interval.low > 0 or interval.high < 0:
        excludes = "the interval excludes 0"
        if p_holm >= 1 - CONFIDENCE:
            return CANNOT_TELL, f"{excludes}, but not after the correction for several comparisons"
        if largest < size:
            excludes += f", but all of it is smaller than the {its.relevant} that would matter"
        return DIFFERS, excludes
    if not math.isfinite(size):
        return CANNOT_TELL, "no size that would matter was named beforehand"
    if largest >= size:
        return CANNOT_TELL, f"the interval reaches beyond ±{its.relevant}"
    if not its.span_ns >= MINIMUM_TIME_NS:
        return CANNOT_TELL, (
            f"the runs are too short ({duration(its.span_ns)}; a claim of no effect needs at least "
            f"{duration(MINIMUM_TIME_NS)} each): they have hardly left their common start"
        )
    if not all(motion.known for motion in motions):
        return CANNOT_TELL, (
            "runs did not resemble any state of the crystals, so that passages between these "
            "cannot be counted"
        )
    inside = f"the interval lies inside ±{its.relevant}"
    if motions and all(motion.still for motion in motions):
        return STAYED, f"{inside}, but no run passed from one state to another"
    if not all(motion.sampled for motion in motions):
        return CANNOT_TELL, (
            "there were too few passages to know how the states are shared at equilibrium"
        )
    return f"{NO_EFFECT} {its.relevant}", inside


def sentence(its: Comparison, verdict: str, reason: str) -> str:
    """Say a verdict in a sentence or a few, in plain words, with the numbers."""
    interval, observable, motions = its.interval, its.observable, its.motions
    unit, first, second = observable.unit, its.first, its.second
    inside = f"{its.runs} of {duration(its.span_ns)} each"
    if math.isfinite(interval.low):
        low = signed(interval.low, "count")
        inside = f"95 % interval {low} to {signed(interval.high, unit)}; {inside}"
    by = signed(interval.estimate, unit)
    start = f"{its.context}, {observable.subject}"
    if verdict == DIFFERS:
        direction = observable.more if interval.estimate > 0 else observable.less
        text = f"{start} is {direction}, {first} than {second}: {by} ({inside})."
        if "smaller than" in reason:
            text += f" All of this is smaller than the {its.relevant} that would matter."
        if not its.span_ns >= MINIMUM_TIME_NS:
            text += " This is about the first moments after the start, not about equilibrium."
        elif not all(motion.sampled for motion in motions):
            text += f" {_passed(motions, first, second)} It is what runs of this length show, not "
            text += "what holds at equilibrium."
        return text
    if verdict == STAYED:
        return (
            f"{start} stays where it started {first} and {second}, and there it is the same to "
            f"within {its.relevant}: {by} ({inside}). {_unseen(motions)}"
        )
    if verdict.startswith(NO_EFFECT):
        return (
            f"{start} is the same {first} and {second}, to within {its.relevant}: {by} ({inside})."
        )
    text = (
        f"{its.context}, this study cannot tell whether {observable.subject} is the same {first} "
        f"and {second}: {by} ({inside}); {reason}."
    )
    if math.isfinite(interval.smallest_detectable):
        seen = amount(interval.smallest_detectable, unit)
        text += f" Only an effect of {seen} or more would probably have been seen."
    if its.span_ns >= MINIMUM_TIME_NS and not all(motion.sampled for motion in motions):
        text += f" {_passed(motions, first, second)}"
    return text


def _unseen(motions: Sequence[Watched]) -> str:
    """Say what no passage leaves possible, and how long one would have to watch."""
    watched = min(p.watched_ns for motion in motions for p in (motion.first, motion.second))
    return (
        f"No run passed from one state to another, in {duration(watched)} of either (all runs "
        f"together): a passage that takes {duration(watched / WATCHED)} or longer on average could "
        "have been missed (95 %), with the ion or without, so nothing is said about the shares of "
        "the states. To see one passage, either would have to be watched for three times what it "
        f"takes on average, {duration(WATCHED * MOTION_NS)} to {duration(WATCHED * MOTION_END_NS)} "
        f"if that is {duration(MOTION_NS)} to {duration(MOTION_END_NS)}, and several times as long "
        "to call them equal."
    )


def _passed(motions: Sequence[Watched], first: str, second: str) -> str:
    """Count the passages of the motions that are not sampled."""
    if all(motion.still for motion in motions):
        return "No run passed from one state of the crystals to another."
    told: dict[tuple[int, ...], str] = {}
    for motion in motions:
        one, two = motion.first, motion.second
        if motion.known and not motion.sampled:
            # Where the way to open has no stop, both of its halves count the same passages.
            told.setdefault(
                (one.there, one.back, two.there, two.back),
                f"from {motion.process.low} to {motion.process.high} {_times(one)} {first}, and "
                f"{_times(two)} {second}",
            )
    return f"Runs passed {'; '.join(told.values())}." if told else "Passages cannot be counted."


def _times(seen: Passages) -> str:
    return f"{seen.there} and back {seen.back} times in {duration(seen.watched_ns)}"


def amount(value: float, unit: str) -> str:
    """``2.5 Å``; a fraction and a count carry no unit; rounded to two significant digits."""
    return _with_unit(_number(abs(value)), unit)


def signed(value: float, unit: str) -> str:
    """``+1.3 Å``, ``−0.2 Å``."""
    text = _number(abs(value))
    sign = "" if not text.strip("0.") else "−" if value < 0 else "+"
    return _with_unit(sign + text, unit)


def duration(nanoseconds: float) -> str:
    """Write a time in its most readable unit: ``4 ps``, ``500 ns``, ``1.5 µs``."""
    if not math.isfinite(nanoseconds):
        return "unknown length"
    for factor, unit in ((1e-6, "ms"), (1e-3, "µs"), (1.0, "ns"), (1e3, "ps"), (1e6, "fs")):
        if nanoseconds * factor >= 0.9995 or unit == "fs":
            return f"{nanoseconds * factor:.3g} {unit}"
    raise AssertionError("unreachable")


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "?"
    if value >= 10:
        return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
    if 5e-5 <= value < 0.01:  # fractions: two decimals would say that it is nothing
        return f"{value:.4f}".rstrip("0")
    return f"{value:.2f}" if value < 1 else f"{value:.2g}" if value >= 9.95 else f"{value:.1f}"


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit not in ("fraction", "count") else text
