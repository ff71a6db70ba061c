"""The first screen: the question, the answer in two sentences, how long, and the checks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lfa1_analysis.comparison.findings import about
from lfa1_analysis.comparison.relevance import MOTION_END_NS, MOTION_NS
from lfa1_analysis.comparison.verdicts import duration
from lfa1_md.study.settings import StudyConfig
from lfa1_report.page.checks import checks
from lfa1_report.sources import proteins
from lfa1_report.sources.comparison import shown
from lfa1_report.sources.study import Results
from lfa1_report.style.style import label

QUESTION = "Does Mg²⁺ at the MIDAS change the shape of LFA‑1’s ligand-binding domain?"
INTEGRIN_QUESTION = "Does the ion at the {} of the integrin change the shape of its αI domain?"
INTEGRIN_NOTE = (
    "These observables are of the αI domain; they do not describe the integrin’s big motions, "
    "which are in analysis/*/*/integrin*.csv and summed up under “How did the integrin move?”."
)
_SCALE_NS = (1e-3, 1e7)
"""Ends of the bar of durations: 1 ps and 10 ms."""
_FIRST = "alpha7_shift_angstrom"


def summary(
    found: Results, study: StudyConfig, demonstration: Mapping[str, str] | None
) -> dict[str, Any]:
    """Collect what a reader sees first.

    Parameters
    ----------
    found : Results
    study : StudyConfig
    demonstration : mapping or None
        ``length`` of the runs and ``ratio`` of the motion's time to it, where nothing can be
        concluded from them.

    Returns
    -------
    dict
        ``question``; ``answer``, two sentences; ``reach``, the bar of durations; ``checks``.
    """
    lengths = [found.length_ps(*key) / 1000 for key in found.keys]
    integrin = bool(proteins.integrins(found, study))
    asked = INTEGRIN_QUESTION.format(proteins.titrated(found, study)) if integrin else QUESTION
    return {
        "question": asked,
        "answer": [*_answer(found, demonstration), *([INTEGRIN_NOTE] if integrin else [])],
        "reach": _reach(max(lengths)),
        "checks": checks(found, study, lengths),
    }


def _answer(found: Results, demonstration: Mapping[str, str] | None) -> list[str]:
    primary = [shown(row) for row in (found.summary or {}).get("primary", [])]
    if not primary:
        lines = (found.summary or {}).get("headline") or [
            "There is no comparison to report: the tables of lfa1 compare were not found."
        ]
        return [str(line) for line in lines[:2]]
    # What the study is about: α7, starting closed.
    order = sorted(
        primary, key=lambda row: (row["observable"] != _FIRST, row.get("state") != "closed")
    )
    measured = _measured(order[0])
    if demonstration:
        return [
            f"Nothing is concluded about LFA-1: a run covers {demonstration['length']}, and "
            f"the motion takes at least {demonstration['ratio']} times longer.",
            f"That every step works is all that the numbers show. {measured}",
        ]
    return [measured, _others(primary)]


def _measured(row: Mapping[str, Any]) -> str:
    """Say one comparison in one sentence, with its interval."""
    what = row["name"][0].lower() + row["name"][1:]
    first, second = (label(name).split(", ")[-1] for name in row["comparison"].split(" − "))
    interval = (
        f"95 % interval {row['interval']}" if row["interval"] else "one pair of runs: no interval"
    )
    outcome = {
        "differs": "it differs",
        "equal": f"{row['verdict']}",
        "stayed": "both stayed where they started, which says nothing of other states",
        "unknown": "whether they differ cannot be told",
    }[row["kind"]]
    return (
        f"In the {row['state']} state, {what}, {first} minus {second}: {row['number']} "
        f"({interval}); {outcome}."
    )


def _others(primary: list[dict[str, Any]]) -> str:
    counts = {
        kind: sum(row["kind"] == kind for row in primary)
        for kind in ("differs", "equal", "stayed", "unknown")
    }
    stayed = counts["stayed"]
    still = f"{stayed} {'sees' if stayed == 1 else 'see'} both stay where they started, "
    total = len(primary)
    return (
        f"Of all {total} comparisons named beforehand, with the ion and without, "
        f"{counts['differs']} {'differs' if counts['differs'] == 1 else 'differ'}, "
        f"{counts['equal']} {'shows' if counts['equal'] == 1 else 'show'} no effect of a size that "
        f"matters, {still if stayed else ''}and {counts['unknown']} cannot be told."
        if total > 1
        else "It is the only comparison that was named beforehand."
    )


def _reach(longest_ns: float) -> dict[str, Any]:
    """Place the longest run and the motion on a bar of logarithms, in percent."""
    low, high = (math.log10(end) for end in _SCALE_NS)

    def place(ns: float) -> float:
        at = (math.log10(max(ns, _SCALE_NS[0])) - low) / (high - low)
        return round(100 * min(max(at, 0.01), 1.0), 1)

    ratio = MOTION_NS / longest_ns if longest_ns > 0 else math.inf
    longer = about(ratio) if 1 < ratio < math.inf else None
    text = f"The longest run lasts {duration(longest_ns)}; the motion takes microseconds to "
    text += "milliseconds" + (f", at least {longer} times longer." if longer else ".")
    ticks = ((1e-3, "1 ps"), (1.0, "1 ns"), (1e3, "1 µs"), (1e6, "1 ms"))
    return {
        "text": text,
        "length": duration(longest_ns),
        "ratio": longer,
        "run": place(longest_ns),
        "low": place(MOTION_NS),
        "high": place(MOTION_END_NS),
        "ticks": [{"at": place(ns), "name": name} for ns, name in ticks],
    }
