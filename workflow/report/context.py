"""What the page shows, in the order of the page, made from the results alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from lfa1_analysis.comparison.findings import MOTION_NS, about
from lfa1_analysis.comparison.study_tables import split
from lfa1_analysis.comparison.verdicts import DIFFERS, NO_EFFECT, duration, signed
from lfa1_report.free_energy_text import free_energy
from lfa1_report.history import history, provenance
from lfa1_report.methods import methods
from lfa1_report.plots_gate import event_rows
from lfa1_report.plots_interface import holding
from lfa1_report.references import Bibliography
from lfa1_report.sanity import check
from lfa1_report.separation_text import separation
from lfa1_report.sources import Results
from lfa1_report.style import label

DEMONSTRATION_NS = 100.0
"""Runs shorter than this are called a demonstration whatever the configuration says."""
_SHORT = {
    "alpha7_shift_angstrom": "Position of helix α7",
    "opening_fraction": "Opening fraction",
    "ser139og_thr206og1_angstrom": "MIDAS gap, Ser139–Thr206",
}
_SIGNS = {"differs": "≠", "equal": "≈", "unknown": "?"}


def context(found: Results, config: Mapping[str, Any], config_text: str) -> dict[str, Any]:
    """Collect everything the template needs except the figures."""
    summary = found.summary or {}
    cites = Bibliography()
    background: dict[str, Any] = {
        key: cites.cite(*names)
        for key, names in {
            "cells": ("loetscher",),
            "crystals": ("qu",),
            "isolated": ("isolated",),
            "motion": ("nunes", "leung", "kukic"),
            "affinity": ("shimaoka2001",),
        }.items()
    }
    background["crystal_complex"] = cites.cite("shimaoka2003") if found.tables.holds_ligand else ""
    text = methods(found, config, cites)
    return {
        "title": str(config.get("title") or "Mg²⁺ at the MIDAS of LFA-1"),
        "demonstration": _demonstration(found, config),
        "runs": len(found.keys),
        "total": duration(sum(found.length_ps(*key) for key in found.keys) / 1000),
        "headline": summary.get("headline", []),
        "failed": [row for row in _controls(summary) if row["outcome"] == "failed"],
        "verdicts": _verdicts(summary),
        "cannot_tell": summary.get("cannot_tell", []),
        "drifting": summary.get("drifting", []),
        "controls": _controls(summary),
        "broken": [
            row
            for row in summary.get("controls", {}).get("metal_site", [])
            if not row.get("intact")
        ],
        "site_rows": summary.get("controls", {}).get("metal_site", []),
        "visits": summary.get("controls", {}).get("visits", []),
        "gate": event_rows(found),
        "sensitivity": _sensitivity(summary),
        # With Mg²⁺ in the solvent, mg by another model and apo differ in that too.
        "solvent_differs": bool(_bulk(config) and config.get("ion_models")),
        "relevant": summary.get("relevant_sizes", []),
        "exploratory": [_shown(row) for row in summary.get("exploratory", [])],
        "free_energy": free_energy(found, config),
        "separation": separation(found.separation),
        "holding": holding(found),
        "sites": found.sites,
        "crystals": _crystals(found.crystals),
        "pairs": _pairs(found),
        "sanity": check(found, temperature(config)),
        "target": temperature(config),
        "background": background,
        "methods": text,
        "references": cites.used,
        "provenance": provenance(found),
        "history": history(found),
        "config": config_text,
        "missing": found.missing,
        "label": label,
        "duration": duration,
    }


def temperature(config: Mapping[str, Any]) -> float | None:
    """Thermostat temperature in K from a configuration whose quantities are text."""
    value = config.get("chemistry", {}).get("temperature")
    try:
        return float(str(value).split()[0])
    except (ValueError, IndexError):
        return None


def _bulk(config: Mapping[str, Any]) -> float:
    """Concentration of MgCl₂ in the solvent (mol/l)."""
    try:
        return float(str(config.get("chemistry", {}).get("bulk_mgcl2", 0)).split()[0])
    except (ValueError, IndexError):
        return 0.0


def _demonstration(found: Results, config: Mapping[str, Any]) -> dict[str, str] | None:
    longest = max(found.length_ps(*key) for key in found.keys) / 1000
    if not config.get("demonstration") and not longest < DEMONSTRATION_NS:
        return None
    return {"length": duration(longest), "ratio": about(MOTION_NS / longest) if longest else "?"}


def _verdicts(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in summary.get("primary", []):
        groups.setdefault(row["comparison"], []).append(_shown(row))
    return [
        {"comparison": name, "title": _comparison_title(name), "rows": rows}
        for name, rows in groups.items()
    ]


def _comparison_title(comparison: str) -> str:
    first, _, second = comparison.partition(" − ")
    state = split(first)[0]
    return (
        f"{state.capitalize()} state: {label(first).split(', ')[1]} compared with "
        f"{label(second).split(', ')[1]}"
    )


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    verdict = str(row.get("verdict"))
    kind = (
        "differs" if verdict == DIFFERS else "equal" if verdict.startswith(NO_EFFECT) else "unknown"
    )
    unit = str(row.get("unit"))
    low, high = row.get("ci_low"), row.get("ci_high")
    small = kind == "differs" and "smaller than" in str(row.get("reason"))
    shown = dict(row)
    shown |= {
        "kind": kind,
        "sign": _SIGNS[kind],
        "chip": "differs, but by little" if small else verdict,
        "name": _SHORT.get(str(row.get("observable")), str(row.get("observable"))),
        "number": "–" if row.get("effect") is None else signed(float(row["effect"]), unit),
        "interval": None
        if low is None or high is None
        else f"{signed(float(low), 'count')} to {signed(float(high), unit)}",
        "bar": _bar(row),
    }
    return shown


def _sensitivity(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Set out the effect by each model of Mg²⁺."""
    rows = []
    for row in summary.get("sensitivity", []):
        models = [
            _shown(model | {"observable": row["observable"], "unit": row["unit"]})
            | {"name": label(f"{row['state']}-{model['member']}").split(", ", 1)[1]}
            for model in row["models"]
        ]
        name = _SHORT.get(row["observable"], row["observable"])
        rows.append(dict(row) | {"models": models, "name": name})
    return rows


def _bar(row: Mapping[str, Any]) -> dict[str, float] | None:
    """Positions (percent of the bar) of the band that does not matter and of the interval."""
    size, low, high = row.get("relevant_size"), row.get("ci_low"), row.get("ci_high")
    if not size or low is None or high is None or row.get("effect") is None:
        return None
    reach = min(max(abs(low), abs(high), size * 1.3) * 1.1, size * 6)

    def place(value: float) -> float:
        return round(50 + 50 * max(-1.0, min(1.0, value / reach)), 1)

    return {
        "band_low": place(-size),
        "band_high": place(size),
        "low": place(low),
        "high": place(high),
        "middle": place(float(row["effect"])),
    }


def _controls(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    words = {True: ("passed", "✓"), False: ("failed", "✗"), None: ("cannot tell", "?")}
    rows = []
    for kind in ("positive", "negative"):
        for row in summary.get("controls", {}).get(kind, []):
            text, sign = words[row.get("passed")]
            rows.append(_shown(row) | {"control": kind, "outcome": text, "outcome_sign": sign})
    return rows


_CRYSTAL_TABLES = {
    "The crystals’ opening, measured with the same definitions as the runs (Å unless said).": {
        "entry": "entry",
        "state": "state",
        "mutations": "mutations",
        "alpha7_shift_angstrom": "α7 shift",
        "opening_fraction": "opening fraction",
        "rmsd_closed_angstrom": "RMSD to closed",
        "midas_alpha7_angstrom": "MIDAS–α7",
        "pocket_leu289_angstrom": "pocket–Leu289",
        "pocket_phe292_angstrom": "pocket–Phe292",
        "pocket_leu295_angstrom": "pocket–Leu295",
        "ser139og_thr206og1_angstrom": "Ser139–Thr206",
        "glu241cd_ser139og_angstrom": "Glu241–Ser139",
    },
    "The crystals’ metal sites: distances from the metal (Å).": {
        "entry": "entry",
        "state": "state",
        "metal": "metal",
        "ser139_angstrom": "Ser139",
        "ser141_angstrom": "Ser141",
        "thr206_angstrom": "Thr206",
        "asp239_angstrom": "Asp239",
        "asp137_angstrom": "Asp137",
        "water_1_angstrom": "water 1",
        "water_2_angstrom": "water 2",
        "ligand_angstrom": "ligand",
        "pattern": "pattern",
    },
}


def _crystals(table: pd.DataFrame | None) -> list[dict[str, Any]]:
    if table is None:
        return []
    shown = []
    for caption, names in _CRYSTAL_TABLES.items():
        kept = [name for name in names if name in table]
        rows = table[kept]
        if "metal" in kept:
            rows = rows[rows["metal"] != "none"]
        cells = [[_cell(value) for value in row] for row in rows.itertuples(index=False)]
        if cells:
            shown.append(
                {"caption": caption, "columns": [names[name] for name in kept], "rows": cells}
            )
    return shown


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".replace("-", "−") if math.isfinite(value) else "–"
    return str(value)


def _pairs(found: Results) -> list[dict[str, Any]]:
    rows = []
    for system, manifest in found.manifests.items():
        pair = manifest.get("pair") or {}
        differences = [str(item) for item in pair.get("differences") or []]
        followers = [
            other
            for other, theirs in found.manifests.items()
            if (theirs.get("pair") or {}).get("partner") == system
        ]
        rows.append(
            {
                "system": system,
                "partner": pair.get("partner") or ", ".join(followers) or "–",
                "differences": differences,
                "atoms": manifest.get("n_atoms"),
                "waters": manifest.get("n_waters"),
                "ions": ", ".join(f"{k} {v}" for k, v in (manifest.get("ions") or {}).items()),
                "charge": manifest.get("charge_e"),
            }
        )
    return rows
