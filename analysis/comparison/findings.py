"""What the comparison amounts to: headline, controls passed or not, and what it cannot tell."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from lfa1_analysis.comparison.effects import Effect
from lfa1_analysis.comparison.relevance import BY_NAME, MOTION_NS
from lfa1_analysis.comparison.site_control import SiteControl, Visit
from lfa1_analysis.comparison.study_tables import StudyTables, split
from lfa1_analysis.comparison.transitions import LEAVES, PROCESSES, REACHES, Passages, passages
from lfa1_analysis.comparison.verdicts import (
    CANNOT_TELL,
    DIFFERS,
    NO_EFFECT,
    SITE,
    STAYED,
    duration,
)

FEW = 10
"""Passages in one direction below which a rate is known no better than by a factor of two."""
_UNHELD = (
    "How well ICAM-1 binds. The ligand's glutamate sits on the Mg²⁺ itself, so binding can "
    "need the ion even if the ion moves nothing.",
)
_HELD = (
    "How well ICAM-1 binds. A complex this tight does not come apart within nanoseconds: that "
    "it stays is no affinity, and its staying without the ion is none either. The runs without "
    "Mg²⁺ begin in the pose that the ion made.",
)


def controls(
    effects: list[Effect], sites: list[SiteControl], ions: list[Visit]
) -> dict[str, list[dict[str, Any]]]:
    """Group the controls by kind; ``passed`` is true, false or null (cannot tell)."""
    grouped: dict[str, list[dict[str, Any]]] = {"positive": [], "negative": [], "sham": []}
    for effect in effects:
        if effect.kind != "control":
            continue
        passed: bool | None
        if not math.isfinite(effect.ci_low):
            passed = None
        elif effect.control == "positive":
            # Open minus closed: the MIDAS gap narrows, everything else grows.
            upward = effect.observable != "ser139og_thr206og1_angstrom"
            if effect.verdict == DIFFERS:
                passed = (effect.effect > 0) == upward
            else:
                passed = False if effect.verdict.startswith(NO_EFFECT) else None
        else:
            passed = effect.verdict != DIFFERS
        grouped[effect.control].append(asdict(effect) | {"passed": passed})
    grouped["metal_site"] = [asdict(site) | {"passed": site.intact} for site in sites]
    grouped["visits"] = [asdict(visit) for visit in ions]
    return grouped


def headline(effects: list[Effect]) -> list[str]:
    """Answer in one sentence for each comparison."""
    primary = [e for e in effects if e.kind == "effect" and e.tier == "primary"]
    if not primary:
        return [
            "No pair of systems with and without metal is there to compare: this study has no "
            "answer about Mg²⁺."
        ]
    return [
        _answer([e for e in primary if e.comparison == comparison])
        for comparison in dict.fromkeys(effect.comparison for effect in primary)
    ]


def warnings(
    study: StudyTables, sites: list[SiteControl], checked: dict[str, list[dict[str, Any]]]
) -> list[str]:
    """Say what weakens the answer: damaged sites, failed controls, missing replicas."""
    lines = []
    broken = [site for site in sites if not site.intact]
    if broken:
        lines.append(
            f"In {len(broken)} of {len(sites)} runs with a metal the site did not stay "
            f"as the crystals have it ("
            + ", ".join(f"{site.system} replica {site.replica}" for site in broken)
            + "). Conclusions that rest on these runs are about a damaged site."
        )
    for kind, meaning in (
        ("positive", "open and closed runs were found equal, so the measurements are blind"),
        ("negative", "two halves of the same runs differ, so the intervals are too narrow"),
        (
            "sham",
            "two ions exchanged far from the protein made a difference, and systems without metal "
            "have such an exchange, too: what tells them from Mg²⁺ may be of it",
        ),
    ):
        if any(row["passed"] is False for row in checked[kind]):
            lines.append(f"The {kind} control failed: {meaning}.")
    if study.missing:
        lines.append(f"The study is incomplete: {'; '.join(study.missing)}.")
    return lines


def _answer(rows: list[Effect]) -> str:
    state, first, second = rows[0].state, *rows[0].comparison.split(" − ")
    ions = f"{SITE[split(first)[1]]} compared with {SITE[split(second)[1]]}"
    differs = [e for e in rows if e.verdict == DIFFERS and "smaller than" not in e.reason]
    slight = [e for e in rows if e.verdict == DIFFERS and "smaller than" in e.reason]
    equal = [e for e in rows if e.verdict.startswith(NO_EFFECT)]
    stayed = [e for e in rows if e.verdict == STAYED]
    unknown = [e for e in rows if e.verdict == CANNOT_TELL]
    parts = [
        text.format(_list(group))
        for text, group in (
            ("a difference in {}", differs),
            ("a difference, smaller than what matters, in {}", slight),
            ("no effect of a size that matters on {}", equal),
            ("both stayed where they started in {}, with no passage to judge by", stayed),
            ("no answer about {}" if len(unknown) < len(rows) else "no answer", unknown),
        )
        if group
    ]
    head = f"{state.capitalize()} state, {ions}"
    return f"{head}: {'; '.join(parts)} ({duration(rows[0].span_ns)} per run)."


def _list(rows: list[Effect]) -> str:
    names = [BY_NAME[row.observable].subject.split(" (")[0] for row in rows]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def transitions(study: StudyTables) -> list[dict[str, Any]]:
    """Record the passages of every system between the states of the crystals."""
    rows = []
    for system in study.systems:
        for process in PROCESSES:
            seen = passages(study, process, _runs(study, system))
            if seen.runs:
                low, high = seen.share
                rows.append(
                    {"system": system, "motion": process.name, "from": process.low}
                    | {"to": process.high}
                    | asdict(seen)
                    | {"shortest_mean_ns_if_none": None if seen.number else seen.shortest_ns}
                    | {"share_of_to_low": low, "share_of_to_high": high}
                )
    return rows


def _runs(study: StudyTables, system: str) -> list[tuple[str, int]]:
    return [(system, n) for n in study.replicas(system)]


def _seen(system: str, both: list[Passages]) -> str:
    """Say what the runs of a system show of the way from closed to open."""
    runs, known = both[0].runs, min(seen.watched_ns for seen in both)
    if not runs or not known:
        return ""
    many = f"{runs} runs" if runs > 1 else "1 run"
    there, back = (max(getattr(seen, way) for seen in both) for way in ("there", "back"))
    if there or back:
        return (
            f"{system}: {there} passages towards open and {back} towards closed in {many}, "
            f"{duration(known)} in all. So few events say that it can happen in the model, not "
            "how often."
            if min(there, back) < FEW
            else ""
        )
    return (
        f"{system}: no passage from one state to another in {many}, {duration(known)} in all. One "
        f"that takes {duration(both[0].shortest_ns)} or longer on average could have been missed "
        "(95 %)."
    )


def limits(study: StudyTables, effects: list[Effect]) -> list[str]:
    """List what this study cannot tell, in plain sentences."""
    spans = [study.span_ns(system, n) for system, n in study.tables]
    known = [span for span in spans if math.isfinite(span)]
    lines = []
    if known:
        longest = max(known)
        times = MOTION_NS / longest
        lines.append(
            f"How often, or whether, the domain opens by itself. α7 moves within microseconds to "
            f"milliseconds; the longest run here lasts {duration(longest)}"
            + (
                f", {about(times)} times shorter than one microsecond. Runs this short show "
                f"whether a state is stable at first, and no more."
                if times > 1
                else ". Even so, single events are no rate."
            )
        )
    for system in study.systems:
        line = _seen(
            system, [passages(study, its, _runs(study, system)) for its in (LEAVES, REACHES)]
        )
        lines += [line] if line else []
    primary = [e for e in effects if e.kind == "effect" and e.tier == "primary"]
    pairs = min((e.n_pairs for e in primary), default=0)
    if pairs == 1:
        lines.append(
            "How sure any difference is: there is only one pair of runs, and one pair has no "
            "spread to judge a difference by. No interval can be given."
        )
    elif 0 < pairs < 5:
        lines.append(
            f"Small effects: with {pairs} pairs of runs the intervals are wide by necessity; "
            f"5 to 8 pairs narrow them most for the effort."
        )
    held = study.holds_ligand
    lines += [
        "What happens in a cell. That CD8⁺ T cells need Mg²⁺ for active LFA-1 was found in whole "
        "cells; this is one isolated domain "
        + ("(with its ligand in some runs), " if held else "without its ligand, ")
        + "without the β2 chain and its metal sites, and without force. Agreement would not prove "
        "the cellular result, and disagreement would not refute it.",
        *(_HELD if held else _UNHELD),
        "Whether another force field or ion model would say the same: all of this is one model.",
    ]
    return lines


def about(factor: float) -> str:
    """Round a factor to two digits for a sentence: ``250,000``."""
    if factor < 10:
        return f"{factor:.1f}"
    digits = math.floor(math.log10(factor))
    return f"{round(factor, -digits + 1):,.0f}"
