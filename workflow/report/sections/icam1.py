"""The questions about ICAM-1: whether it stays held, and how it comes off when it is pulled."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from lfa1_analysis.comparison.verdicts import signed
from lfa1_analysis.interface.verdict import AT_MIDAS, KEPT, LOST, NEVER, ON_DOMAIN, ON_ION, RETURNED
from lfa1_md.study.settings import StudyConfig
from lfa1_report.sections.base import Section
from lfa1_report.sources.separation import SeparationResults
from lfa1_report.sources.study import Results
from lfa1_report.style.style import label, minus

_QUESTIONS = {
    ON_ION: "Glu34 on the ion",
    AT_MIDAS: "Glu34 at the MIDAS",
    ON_DOMAIN: "ICAM-1 on the I domain",
}
_PAIRS_SHOWN = 40
"""Residue pairs that the page lists for each system."""
_KINDS = {"metal": "on the metal", "polar": "hydrogen bond or salt bridge", "contact": "contact"}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_RUPTURES_SHOWN = 12
"""Pairs in the table at most; the file has all."""


def holding(found: Results, study: StudyConfig) -> Section | None:
    """Ask whether the domain holds ICAM-1 without Mg²⁺; None in a study without it."""
    if not found.tables.holds_ligand:
        return None
    return Section(
        "holding",
        "Holding ICAM-1",
        "holding",
        {"holding": _holding(found), "kept": _kept(found)},
    )


def separation(found: Results, study: StudyConfig) -> Section | None:
    """Ask how ICAM-1 comes off when it is pulled; None where it was not."""
    pulled = found.separation
    if pulled is None:
        return None
    return Section(
        "separation",
        "Pulling ICAM-1 off",
        "separation",
        {"separation": separation_numbers(pulled)},
    )


def _holding(found: Results) -> dict[str, Any]:
    """Return the numbers of the section on holding ICAM-1."""
    return {
        "effects": (found.summary or {}).get("holding", []),
        "verdicts": [
            {"system": system, "replica": n, "words": _QUESTIONS.get(str(row["question"]), "?")}
            | {str(key): value for key, value in row.items()}
            for (system, n), table in found.interface_verdicts.items()
            for row in table.to_dict("records")
        ],
        "pairs": _held_pairs(found),
        "signed": signed,
    }


def _kept(found: Results) -> list[str]:
    """Say for each system in how many runs Glu34 stayed where it was."""
    lines = []
    for system in found.systems:
        tables = [t for (name, _), t in found.interface_verdicts.items() if name == system]
        rows = pd.concat(tables) if tables else pd.DataFrame({"question": [], "outcome": []})
        asked = ON_ION if (rows["question"] == ON_ION).any() else AT_MIDAS
        outcomes = rows[rows["question"] == asked]["outcome"]
        if outcomes.empty:
            continue
        counts = {kind: int((outcomes == kind).sum()) for kind in (KEPT, RETURNED, LOST, NEVER)}
        parts = [
            f"{counts[KEPT]} of {len(outcomes)} kept it there",
            f"{counts[RETURNED]} lost and regained it" if counts[RETURNED] else "",
            f"{counts[LOST]} lost it" if counts[LOST] else "",
            f"in {counts[NEVER]} it was not there at first" if counts[NEVER] else "",
        ]
        where = "Glu34 on the ion" if asked == ON_ION else "Glu34 at the empty MIDAS"
        name = label(system)
        lines.append(f"{name[:1].upper()}{name[1:]}, {where}: {', '.join(filter(None, parts))}.")
    return lines


def _held_pairs(found: Results) -> list[dict[str, Any]]:
    """Return the pairs of the reference with their mean share over the replicas, weakest first."""
    shown = []
    for system in found.systems:
        tables = [t for (name, _), t in found.interface_pairs.items() if name == system]
        if not tables:
            continue
        table = pd.concat(tables)
        table = table[table["in_reference"].astype(str) == "True"]
        keys = ["alphal_residue", "icam1_residue", "kind"]
        share = table.groupby(keys, sort=False)["held_fraction"].agg(["mean", "min", "max"])
        rows = share.reset_index().sort_values("mean", kind="stable")
        shown.append(
            {
                "system": system,
                "rows": rows.head(_PAIRS_SHOWN).to_dict("records"),
                "runs": len(tables),
            }
            | {"more": max(len(rows) - _PAIRS_SHOWN, 0)}
        )
    return shown


def separation_numbers(found: SeparationResults) -> dict[str, Any]:
    """Return the tables on the pulls that take ICAM-1 off."""
    return {
        "rows": [_row(name, its) for name, its in found.systems.items()],
        "protocol": _protocol(found),
        "differences": [_difference(each) for each in found.record.get("differences", [])],
        "pairs": _pairs(found),
    }


def _protocol(found: SeparationResults) -> str:
    rates = [its["loading_rate_pn_per_s"] for its in found.systems.values()]
    speeds = sorted({its["speed_nm_per_ns"] for its in found.systems.values()})
    known = found.record["experiment"]
    orders = math.log10(min(rates) / known["high_pn_per_s"])
    return (
        f"The spring was lengthened by {' and '.join(f'{v:g}' for v in speeds)} nm per ns, a "
        f"loading rate of {_power(min(rates))} pN/s. Single LFA-1–ICAM-1 bonds were broken in the "
        f"laboratory at {known['low_pn_per_s']:g} to {known['high_pn_per_s']:,.0f} pN/s "
        f"({known['source']}): at least {orders:.0f} orders of magnitude more slowly."
    )


def _power(value: float) -> str:
    """Write ``1.7 × 10¹³``."""
    number, exponent = f"{value:.1e}".split("e")
    return f"{number} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def _row(name: str, its: dict[str, Any]) -> dict[str, str]:
    pulls = its["pulls"]
    held = [each for each in pulls if each["glu34_on_metal_at_start"]]
    left = [each for each in held if each["glu34_rupture_time_ns"] is not None]
    free = its["jarzynski_kj_per_mol"]
    force = its.get("rupture_force_pn") or {}
    return {
        "name": f"{label(name)} ({len(pulls)})",
        "ruptured": f"{its['ruptured']} of {len(pulls)}",
        "force": _interval(force, ".0f") if its["ruptured"] else "–",
        "work": _interval(its["work_kj_per_mol"], ".0f"),
        "lost": "–" if free["dissipated_kt"] is None else f"{free['dissipated_kt']:,.0f} kT",
        "free": f"none: {free['why']}"
        if free["why"]
        else minus(f"{free['value']:.1f} ({free['low']:.1f} to {free['high']:.1f})"),
        "glu34": f"{len(left)} of {len(held)}" if held else "not on a metal",
    }


def _difference(its: dict[str, Any]) -> str:
    work, force = its["work_kj_per_mol"], its["largest_force_pn"]
    shown = f"{label(its['first'])} less {label(its['second'])}: "
    return shown + minus(
        f"work {_interval(work, '.0f')} kJ/mol, largest force {_interval(force, '.0f')} pN."
    )


def _interval(its: dict[str, Any], form: str) -> str:
    if its.get("value") is None:
        return "–"
    value = format(its["value"], form)
    if its.get("low") is None or its.get("high") is None:
        return minus(f"{value} (no interval from {its.get('n', 0)})")
    return minus(f"{value} ({its['low']:{form}} to {its['high']:{form}})")


def _pairs(found: SeparationResults) -> list[dict[str, str]]:
    """List the closest pairs with where they parted, mean over the pulls of each system."""
    rows = []
    order = {kind: i for i, kind in enumerate(_KINDS)}
    for system in found.systems:
        table = found.pairs[found.pairs["system"] == system]
        n = len(found.systems[system]["pulls"])
        grouped = sorted(
            table.groupby(["kind", "residue", "ligand_residue"], sort=True),
            key=lambda item: (order.get(str(item[0][0]), 9), -len(item[1])),
        )
        for (kind, own, ligand), its in grouped[:_RUPTURES_SHOWN]:
            parted = its["rupture_extension_nm"].dropna()
            rows.append(
                {
                    "system": label(system),
                    "pair": f"{own}–{ligand}",
                    "kind": _KINDS.get(str(kind), str(kind)),
                    "held": f"{len(its)} of {n}",
                    "parted": f"{len(parted)} of {len(its)}",
                    "extension": f"{np.mean(parted):.2f}" if len(parted) else "–",
                }
            )
    return rows
