"""How ICAM-1 is held: Glu34's distance, contacts and buried area over time, by ion and replica."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import pandas as pd

from lfa1_analysis.comparison.study_tables import INTERFACE, split
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
