"""What the page says of steered separation, in words and in small tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lfa1_report.sources.separation import Separation
from lfa1_report.style import style
from lfa1_report.style.style import minus

_KINDS = {"metal": "on the metal", "polar": "hydrogen bond or salt bridge", "contact": "contact"}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SHOWN = 12
"""Pairs in the table at most; the file has all."""


def separation(found: Separation | None) -> dict[str, Any] | None:
    """Collect what the page shows, or None without any."""
    if found is None:
        return None
    return {
        "rows": [_row(name, its) for name, its in found.systems.items()],
        "said": _said(found),
        "differences": [_difference(each) for each in found.record.get("differences", [])],
        "pairs": _pairs(found),
    }


def _said(found: Separation) -> str:
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
        "name": f"{style.label(name)} ({len(pulls)})",
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
    said = f"{style.label(its['first'])} less {style.label(its['second'])}: "
    return said + minus(
        f"work {_interval(work, '.0f')} kJ/mol, largest force {_interval(force, '.0f')} pN."
    )


def _interval(its: dict[str, Any], form: str) -> str:
    if its.get("value") is None:
        return "–"
    value = format(its["value"], form)
    if its.get("low") is None or its.get("high") is None:
        return minus(f"{value} (no interval from {its.get('n', 0)})")
    return minus(f"{value} ({its['low']:{form}} to {its['high']:{form}})")


def _pairs(found: Separation) -> list[dict[str, str]]:
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
        for (kind, own, ligand), its in grouped[:_SHOWN]:
            parted = its["rupture_extension_nm"].dropna()
            rows.append(
                {
                    "system": style.label(system),
                    "pair": f"{own}–{ligand}",
                    "kind": _KINDS.get(str(kind), str(kind)),
                    "held": f"{len(its)} of {n}",
                    "parted": f"{len(parted)} of {len(its)}",
                    "extension": f"{np.mean(parted):.2f}" if len(parted) else "–",
                }
            )
    return rows
