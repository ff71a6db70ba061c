"""The checks of the first screen: each a state, a sign and a word, from verdicts made elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from lfa1_analysis.comparison.findings import about
from lfa1_analysis.comparison.relevance import MOTION_NS
from lfa1_analysis.comparison.sensitivity import AGREE, DISAGREE
from lfa1_analysis.comparison.verdicts import duration
from lfa1_md.study.settings import StudyConfig
from lfa1_report.sources.comparison import controls
from lfa1_report.sources.physics import check
from lfa1_report.sources.provenance import history
from lfa1_report.sources.study import Results

GOOD, FAIR, BAD, UNKNOWN = "good", "fair", "bad", "unknown"
SIGNS = {GOOD: "✓", FAIR: "!", BAD: "✗", UNKNOWN: "?"}
ENOUGH_PAIRS = 5
"""Pairs of runs from which an interval is not wide by necessity (docs/statistics.md)."""


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes
    ----------
    name : str
        What is asked.
    state : {"good", "fair", "bad", "unknown"}
    word : str
        The answer, for whoever does not see the colour.
    text : str
        Why, in one short sentence.
    link : str
        Anchor of the section that shows it.
    """

    name: str
    state: str
    word: str
    text: str
    link: str

    @property
    def sign(self) -> str:
        """Sign of the state, of its own shape."""
        return SIGNS[self.state]


def checks(found: Results, study: StudyConfig, lengths_ns: Sequence[float]) -> list[Check]:
    """Judge the five checks of the first screen, for runs of these lengths."""
    summary = found.summary or {}
    return [
        _site(summary),
        _sampling(summary, lengths_ns),
        _controls(summary),
        _models(summary),
        _physics(found, study),
    ]


def _site(summary: Mapping[str, Any]) -> Check:
    name, rows = "Metal sites intact?", summary.get("controls", {}).get("metal_site", [])
    held = sum(bool(row.get("intact")) for row in rows)
    if not rows:
        return Check(name, UNKNOWN, "not judged", "No run with a metal was judged.", "midas")
    why = f"{held} of {len(rows)} runs with a metal kept it as the crystals have it."
    if held == len(rows):
        return Check(name, GOOD, "yes", why, "midas")
    return Check(name, BAD if held == 0 else FAIR, "no" if held == 0 else "not all", why, "midas")


def _sampling(summary: Mapping[str, Any], lengths_ns: Sequence[float]) -> Check:
    """Judge the median run: one long run among short ones samples little."""
    typical = median(lengths_ns)
    long = f"{duration(typical)} {'each' if min(lengths_ns) == max(lengths_ns) else 'typically'}"
    name = "Sampling enough?"
    drifting = len(summary.get("drifting", []))
    pairs = min((int(row.get("n_pairs") or 0) for row in summary.get("primary", [])), default=0)
    moving = f" {drifting} series still {'drifts' if drifting == 1 else 'drift'}."
    if typical < MOTION_NS:
        times = about(MOTION_NS / typical) if typical > 0 else "many"
        why = f"{long}, {times} times less than the motion."
        return Check(name, BAD, "no", why + (moving if drifting else ""), "effect")
    why = f"{long}, {pairs} pairs of runs."
    if drifting or pairs < ENOUGH_PAIRS:
        return Check(name, FAIR, "in part", why + (moving if drifting else ""), "effect")
    return Check(name, GOOD, "for a first answer", why, "effect")


def _controls(summary: Mapping[str, Any]) -> Check:
    name = "Controls behave?"
    outcomes = [row["outcome"] for row in controls(summary)]
    if not outcomes:
        return Check(name, UNKNOWN, "none made", "No control could be computed.", "controls")
    passed, failed = outcomes.count("passed"), outcomes.count("failed")
    why = f"{passed} of {len(outcomes)} passed" + (f", {failed} failed." if failed else ".")
    if failed:
        return Check(name, BAD, "no", why, "controls")
    if passed == len(outcomes):
        return Check(name, GOOD, "yes", why, "controls")
    open_ = len(outcomes) - passed
    why = why[:-1] + f", {open_} cannot tell."
    return Check(name, FAIR if passed else UNKNOWN, "cannot tell yet", why, "controls")


def _models(summary: Mapping[str, Any]) -> Check:
    name, rows = "Models agree?", summary.get("sensitivity", [])
    if not rows:
        why = "One model of Mg²⁺ was run; another might answer otherwise."
        return Check(name, UNKNOWN, "not tested", why, "methods")
    agree, disagree = (_count(rows, outcome) for outcome in (AGREE, DISAGREE))
    why = f"Agree in {agree}, disagree in {disagree} of {len(rows)} comparisons."
    if disagree:
        return Check(name, BAD, "no", why, "models")
    if agree == len(rows):
        return Check(name, GOOD, "yes", why, "models")
    return Check(name, UNKNOWN, "cannot tell", why, "models")


def _count(rows: Iterable[Mapping[str, Any]], outcome: str) -> int:
    return sum(row.get("outcome") == outcome for row in rows)


def _physics(found: Results, study: StudyConfig) -> Check:
    name, rows = "Physics sound?", check(found, study.chemistry.temperature)
    if not rows:
        return Check(name, UNKNOWN, "not judged", "No energy log was found.", "sanity")
    bad = sum(row.temperature_ok is False or row.drift_ok is False for row in rows)
    open_ = (
        sum(row.temperature_ok is None or row.drift_ok is None for row in rows) if not bad else 0
    )
    blown = len(history(found)["blow_ups"])
    if bad:
        why = f"Temperature off or still drifting in {bad} of {len(rows)} runs."
        return Check(name, BAD, "no", why, "sanity")
    if blown:
        why = f"{blown} {'blow-up was' if blown == 1 else 'blow-ups were'} retried."
        return Check(name, FAIR, "in part", why, "sanity")
    if open_:
        why = f"{open_} of {len(rows)} runs are too short to judge."
        return Check(name, UNKNOWN, "cannot tell", why, "sanity")
    why = f"Temperature, density and energy as expected in all {len(rows)} runs."
    return Check(name, GOOD, "yes", why, "sanity")
