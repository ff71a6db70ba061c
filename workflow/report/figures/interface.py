"""How ICAM-1 is held: Glu34's distance, contacts and buried area over time, by ion and replica."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd

from lfa1_analysis.comparison.study_tables import INTERFACE, split
from lfa1_analysis.comparison.verdicts import signed
from lfa1_analysis.interface.verdict import AT_MIDAS, KEPT, LOST, NEVER, ON_DOMAIN, ON_ION, RETURNED
from lfa1_report.sources.study import Results
from lfa1_report.style import style

SECTION = "holding"
_ROWS = {
    "glu34_midas_angstrom": "Glu34–MIDAS (Å)",
    "contacts_kept_fraction": "contacts kept",
    "buried_area_angstrom2": "buried area (Å²)",
}
_CRYSTAL = {"glu34_midas_angstrom": 2.23, "contacts_kept_fraction": 1.0}
"""Of 1MQ8; the area depends on which residues a model has."""
QUESTIONS = {
    ON_ION: "Glu34 on the ion",
    AT_MIDAS: "Glu34 at the MIDAS",
    ON_DOMAIN: "ICAM-1 on the I domain",
}
_MORE = 40
"""Residue pairs that the page lists for each system."""


def interface_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw one figure for each state that holds ICAM-1."""
    for state in found.states:
        tables = {
            system: {
                n: found.tables.tables[system, n][INTERFACE]
                for n in found.tables.replicas(system)
                if INTERFACE in found.tables.tables[system, n]
            }
            for system in found.systems
            if split(system)[0] == state
        }
        tables = {system: runs for system, runs in tables.items() if runs}
        if tables:
            yield _over_time(state, tables)


def _over_time(state: str, tables: dict[str, dict[int, pd.DataFrame]]) -> style.Drawing:
    longest = max(float(t["time_ns"].iloc[-1]) for runs in tables.values() for t in runs.values())
    factor, unit = style.time_axis(longest)
    data = []
    with plt.rc_context(style.RC):
        figure, grid = plt.subplots(
            len(_ROWS),
            len(tables),
            figsize=(max(4.6, 2.6 * len(tables)), 6.0),
            layout="constrained",
            sharex=True,
            sharey="row",
            squeeze=False,
        )
        for place, (system, runs) in enumerate(tables.items()):
            grid[0, place].set_title(style.ION_NAMES.get(split(system)[1], system))
            for n, table in runs.items():
                known = ["time_ns", *(name for name in _ROWS if name in table)]
                thin = style.thin(table[known])
                data.append(thin.assign(system=system, replica=n)[["system", "replica", *known]])
                for row, name in enumerate(_ROWS):
                    if name in thin:
                        grid[row, place].plot(
                            thin["time_ns"] * factor,
                            thin[name],
                            color=style.REPLICA_COLOURS[n % len(style.REPLICA_COLOURS)],
                            lw=0.9,
                            label=f"_replica {n}",
                        )
            grid[-1, place].set_xlabel(f"time ({unit})")
        for row, (name, words) in enumerate(_ROWS.items()):
            grid[row, 0].set_ylabel(words)
            grid[row, 0].set_ylim(bottom=0)
            for axis in grid[row]:
                if name in _CRYSTAL:
                    axis.axhline(_CRYSTAL[name], color=style.INK, lw=0.8, ls=":")
        joined = pd.concat(data, ignore_index=True)
        drawing = style.draw(
            figure,
            f"interface_{state}",
            SECTION,
            f"How ICAM-1 is held over time: {state}",
            "One column per ion, one colour per replica. From above: distance of ICAM-1’s Glu34 "
            "from where the metal lies in the crystal, share of the starting contacts that are "
            "kept, and area hidden from water. Dotted: the crystal 1MQ8.",
            _said(tables),
            joined,
        )
        plt.close(figure)
    return drawing


def _said(tables: dict[str, dict[int, pd.DataFrame]]) -> str:
    parts = []
    for system, runs in tables.items():
        mean = pd.concat(list(runs.values()))[list(_ROWS)].mean()
        parts.append(
            f"{style.label(system)}: on average {mean.iloc[0]:.1f} Å, {mean.iloc[1]:.0%} of the "
            f"contacts, {mean.iloc[2]:.0f} Å²."
        )
    return " ".join(parts)


def holding(found: Results) -> dict[str, Any] | None:
    """Return what the page says of holding ICAM-1, or None in a study that does not hold it."""
    if not found.tables.holds_ligand:
        return None
    summary = found.summary or {}
    return {
        "said": _plain(found),
        "effects": [row for row in summary.get("holding", [])],
        "verdicts": [
            {"system": system, "replica": n, "words": QUESTIONS.get(str(row["question"]), "?")}
            | {str(key): value for key, value in row.items()}
            for (system, n), table in found.interface_verdicts.items()
            for row in table.to_dict("records")
        ],
        "pairs": _pairs(found),
        "signed": signed,
    }


def _plain(found: Results) -> list[str]:
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
        said = [
            f"{counts[KEPT]} of {len(outcomes)} kept it there",
            f"{counts[RETURNED]} lost and regained it" if counts[RETURNED] else "",
            f"{counts[LOST]} lost it" if counts[LOST] else "",
            f"in {counts[NEVER]} it was not there at first" if counts[NEVER] else "",
        ]
        where = "Glu34 on the ion" if asked == ON_ION else "Glu34 at the empty MIDAS"
        name = style.label(system)
        lines.append(f"{name[:1].upper()}{name[1:]}, {where}: {', '.join(filter(None, said))}.")
    return lines


def _pairs(found: Results) -> list[dict[str, Any]]:
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
            {"system": system, "rows": rows.head(_MORE).to_dict("records"), "runs": len(tables)}
            | {"more": max(len(rows) - _MORE, 0)}
        )
    return shown
