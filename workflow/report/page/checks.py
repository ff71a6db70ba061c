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
from lfa1_report.sources.history import history
from lfa1_report.sources.physics import check, thermostat
from lfa1_report.sources.study import Results
from lfa1_report.wording.effects import controls

GOOD, FAIR, BAD, UNKNOWN = "good", "fair", "bad", "unknown"
SIGNS = {GOOD: "✓", FAIR: "!", BAD: "✗", UNKNOWN: "?"}
ENOUGH_PAIRS = 5
"""Pairs of runs from which an interval is not wide by necessity (docs/statistics.md)."""


@dataclass(frozen=True)
class Light:
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


def lights(found: Results, config: Mapping[str, Any], lengths_ns: Sequence[float]) -> list[Light]:
    """Judge the checks that the first screen shows, always the same five.

    Parameters
    ----------
    found : Results
    config : mapping
        The settings with all defaults filled in.
    lengths_ns : sequence of float
        Of the runs.
    """
    summary = found.summary or {}
    return [
        _site(summary),
        _sampling(summary, lengths_ns),
        _controls(summary),
        _models(summary),
        _physics(found, config),
    ]


def _site(summary: Mapping[str, Any]) -> Light:
    name, rows = "Metal sites intact?", summary.get("controls", {}).get("metal_site", [])
    held = sum(bool(row.get("intact")) for row in rows)
    if not rows:
        return Light(name, UNKNOWN, "not judged", "No run with a metal was judged.", "midas")
    said = f"{held} of {len(rows)} runs with a metal kept it as the crystals have it."
    if held == len(rows):
        return Light(name, GOOD, "yes", said, "midas")
    return Light(name, BAD if held == 0 else FAIR, "no" if held == 0 else "not all", said, "midas")


def _sampling(summary: Mapping[str, Any], lengths_ns: Sequence[float]) -> Light:
    """Judge the median run: one long run among short ones samples little."""
    typical = median(lengths_ns)
    long = f"{duration(typical)} {'each' if min(lengths_ns) == max(lengths_ns) else 'typically'}"
    name = "Sampling enough?"
    drifting = len(summary.get("drifting", []))
    pairs = min((int(row.get("n_pairs") or 0) for row in summary.get("primary", [])), default=0)
    moving = f" {drifting} series still {'drifts' if drifting == 1 else 'drift'}."
    if typical < MOTION_NS:
        times = about(MOTION_NS / typical) if typical > 0 else "many"
        said = f"{long}, {times} times less than the motion."
        return Light(name, BAD, "no", said + (moving if drifting else ""), "effect")
    said = f"{long}, {pairs} pairs of runs."
    if drifting or pairs < ENOUGH_PAIRS:
        return Light(name, FAIR, "in part", said + (moving if drifting else ""), "effect")
    return Light(name, GOOD, "for a first answer", said, "effect")


def _controls(summary: Mapping[str, Any]) -> Light:
    name = "Controls behave?"
    outcomes = [row["outcome"] for row in controls(summary)]
    if not outcomes:
        return Light(name, UNKNOWN, "none made", "No control could be computed.", "controls")
    passed, failed = outcomes.count("passed"), outcomes.count("failed")
    said = f"{passed} of {len(outcomes)} passed" + (f", {failed} failed." if failed else ".")
    if failed:
        return Light(name, BAD, "no", said, "controls")
    if passed == len(outcomes):
        return Light(name, GOOD, "yes", said, "controls")
    open_ = len(outcomes) - passed
    said = said[:-1] + f", {open_} cannot tell."
    return Light(name, FAIR if passed else UNKNOWN, "cannot tell yet", said, "controls")


def _models(summary: Mapping[str, Any]) -> Light:
    name, rows = "Models agree?", summary.get("sensitivity", [])
    if not rows:
        said = "One model of Mg²⁺ was run; another might answer otherwise."
        return Light(name, UNKNOWN, "not tested", said, "methods")
    agree, disagree = (_count(rows, outcome) for outcome in (AGREE, DISAGREE))
    said = f"Agree in {agree}, disagree in {disagree} of {len(rows)} comparisons."
    if disagree:
        return Light(name, BAD, "no", said, "models")
    if agree == len(rows):
        return Light(name, GOOD, "yes", said, "models")
    return Light(name, UNKNOWN, "cannot tell", said, "models")


def _count(rows: Iterable[Mapping[str, Any]], outcome: str) -> int:
    return sum(row.get("outcome") == outcome for row in rows)


def _physics(found: Results, config: Mapping[str, Any]) -> Light:
    name, rows = "Physics sound?", check(found, thermostat(config))
    if not rows:
        return Light(name, UNKNOWN, "not judged", "No energy log was found.", "sanity")
    bad = sum(row.temperature_ok is False or row.drift_ok is False for row in rows)
    open_ = (
        sum(row.temperature_ok is None or row.drift_ok is None for row in rows) if not bad else 0
    )
    blown = len(history(found)["blow_ups"])
    if bad:
        said = f"Temperature off or still drifting in {bad} of {len(rows)} runs."
        return Light(name, BAD, "no", said, "sanity")
    if blown:
        said = f"{blown} {'blow-up was' if blown == 1 else 'blow-ups were'} retried."
        return Light(name, FAIR, "in part", said, "sanity")
    if open_:
        said = f"{open_} of {len(rows)} runs are too short to judge."
        return Light(name, UNKNOWN, "cannot tell", said, "sanity")
    said = f"Temperature, density and energy as expected in all {len(rows)} runs."
    return Light(name, GOOD, "yes", said, "sanity")
