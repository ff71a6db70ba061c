"""The question what it costs the domain to open, in words for people who do not compute it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from lfa1_analysis.comparison.verdicts import duration
from lfa1_analysis.free_energy.linkage import affinity
from lfa1_analysis.free_energy.verdicts import CONVERGED, NOT_CONVERGED, UNTESTED, worst
from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_md.study.settings import StudyConfig
from lfa1_report.sections.base import Section
from lfa1_report.sections.pulls import pulls
from lfa1_report.sources.free_energy import FreeEnergyResults
from lfa1_report.sources.study import Results
from lfa1_report.style.style import ION_NAMES, minus

SHORT_NS = 1.0
"""Windows shorter than this are called a demonstration whatever the configuration says."""
_LOOKS = {CONVERGED: ("passed", "✓"), UNTESTED: ("cannot", "?"), NOT_CONVERGED: ("failed", "✗")}
"""Class and sign of a verdict."""
UNFOLDED = 6
"""Reasons that are shown at once; the others are folded away."""


def free_energy(found: Results, study: StudyConfig) -> Section | None:
    """Ask what opening costs: windows, pulls, dose–response; None where nothing was sampled."""
    if found.free_energy is None:
        return None
    shown = numbers(found.free_energy, study)
    alerts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    if shown["demonstration"]:
        alerts = (
            (
                "Far too short: a demonstration.",
                (
                    f"The longest run of a window covers {shown['demonstration']}; an estimate "
                    "needs nanoseconds to microseconds in every window. What follows shows that "
                    "each step works, and says nothing about LFA-1.",
                ),
            ),
        )
    return Section(
        "free-energy",
        "Free energy",
        "free-energy",
        {"free_energy": shown},
        alerts,
    )


def numbers(energy: FreeEnergyResults, study: StudyConfig) -> dict[str, Any]:
    """Return what the section shows of the free energy in cards and tables."""
    linkage = energy.linkage
    return {
        "demonstration": _demonstration(energy, study),
        "cards": [_card(energy, system) for system in energy.systems],
        "ddgs": [
            {"title": title} | _difference(energy, other)
            for other, title in (("apo", "with Mg²⁺ minus without"), ("ca", "Mg²⁺ minus Ca²⁺"))
            if energy.record and f"ddg_mg_minus_{other}" in energy.record
        ],
        "linkage": linkage
        and {
            "verdict": [_sentence(line) for line in linkage.verdict],
            "assumptions": [_sentence(line) for line in linkage.assumptions],
            "occupant": [_sentence(line) for line in linkage.occupant],
        },
        "experiment": [_sentence(line) for line in _experiment(energy)],
        "withheld": energy.withheld,
        "pulls": pulls(energy.pulls),
    }


def _demonstration(energy: FreeEnergyResults, study: StudyConfig) -> str | None:
    """Length of the longest window where it is far too short, else None."""
    table = energy.tables.get("windows_report.csv")
    longest = math.nan if table is None else float(table["length_ns"].max())
    if not study.demonstration and not longest < SHORT_NS:
        return None
    return duration(longest) if math.isfinite(longest) else "an unrecorded time"


def _card(energy: FreeEnergyResults, system: str) -> dict[str, Any]:
    its = energy.systems[system]
    kind, sign = _LOOKS[its["verdict"]]
    reasons = [_sentence(reason) for reason in its["reasons"]]
    shown = {
        "name": ION_NAMES.get(system, system),
        "chip": its["verdict"],
        "kind": kind,
        "sign": sign,
        "windows": its.get("windows", "?"),
        "runs": its.get("runs", "?"),
        "number": None,
        "interval": None,
        "said": "",
        "reasons": reasons[:UNFOLDED],
        "more": reasons[UNFOLDED:],
        "notes": [_sentence(note) for note in its["notes"]],
    }
    if its["verdict"] != NOT_CONVERGED:
        shown |= _numbers(its) | {"said": _populations(its, _kt(energy))}
    return shown


def _experiment(energy: FreeEnergyResults) -> list[str]:
    """What experiment says of the metal and both states, also where nothing was converged."""
    if energy.linkage is not None:
        return energy.linkage.experiment
    kelvin = _kelvin(energy)
    return affinity.sentences(kelvin) if kelvin is not None else []


def _difference(energy: FreeEnergyResults, other: str) -> dict[str, Any]:
    its = (energy.record or {})[f"ddg_mg_minus_{other}"]
    reason = str(its.get("reason") or "")
    # A difference of what is not converged is none, whatever the file says.
    if its.get("value_kj_per_mol") is None or not {"mg", other} <= set(energy.shown):
        return {"number": None, "interval": None, "said": _sentence(reason or "not converged")}
    low, high = its["low"], its["high"]
    verdict = worst(energy.systems[name]["verdict"] for name in ("mg", other))
    kind, sign = _LOOKS[verdict]
    if low <= 0 <= high:
        what = "effect of Mg²⁺ on" if other == "apo" else "difference between Mg²⁺ and Ca²⁺ in"
        said = f"The interval includes zero: no {what} opening is resolved. That is not the same "
        said += "as none; the interval says what remains possible."
    else:
        than = "" if other == "apo" else " than Ca²⁺"
        said = f"Mg²⁺ makes opening {'easier' if high < 0 else 'harder'}{than} in this model."
    return (
        _numbers(its)
        | {"said": f"{said} {_sentence(reason)}".strip()}
        | {"chip": verdict, "kind": kind, "sign": sign}
    )


def _numbers(its: Mapping[str, Any]) -> dict[str, str]:
    value, low, high = (float(its[key]) for key in ("value_kj_per_mol", "low", "high"))
    return {
        "number": minus(f"{value:+.1f} kJ/mol"),
        "interval": minus(f"{low:+.1f} to {high:+.1f} kJ/mol"),
    }


def _kelvin(energy: FreeEnergyResults) -> float | None:
    kelvin = (energy.record or {}).get("settings", {}).get("temperature_kelvin")
    return kelvin if isinstance(kelvin, int | float) and kelvin > 0 else None


def _kt(energy: FreeEnergyResults) -> float | None:
    kelvin = _kelvin(energy)
    return None if kelvin is None else GAS_CONSTANT * kelvin


def _populations(its: Mapping[str, Any], kt: float | None) -> str:
    """Say what a free energy means for how many domains are open."""
    if kt is None:
        return ""
    best, few, many = (
        math.exp(-float(its[key]) / kt) for key in ("value_kj_per_mol", "high", "low")
    )
    if best <= 1:
        return f"About one open for {_count(1 / best, 1 / many, 1 / few)} closed."
    return f"About one closed for {_count(best, few, many)} open."


def _count(best: float, low: float, high: float) -> str:
    shown = [f"{n:,.0f}" if 10 <= n < 1e6 else f"{n:.2g}" for n in (best, low, high)]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"


def _sentence(text: object) -> str:
    """Write a record's line as a sentence; of files the name, wherever they lay."""
    said = re.sub(r"(?:/|\b)[^\s:;,]*/([^/\s]+\.csv\b)", r"\1", str(text).strip())
    return f"{said[0].upper()}{said[1:]}{'' if said.endswith('.') else '.'}" if said else ""
