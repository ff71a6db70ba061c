"""Figures of ICAM-1: how it is held over time, and the force and work of pulling it off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.lines import Line2D

from lfa1_analysis.comparison.study_tables import INTERFACE, split
from lfa1_report.figures.captions import finish, rows_of_systems
from lfa1_report.sources.separation import SeparationResults
from lfa1_report.sources.study import Results
from lfa1_report.style import style

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
        tables: dict[str, dict[int, pd.DataFrame]] = {}
        for (system, n), its in found.tables.tables.items():
            if split(system)[0] == state and INTERFACE in its:
                tables.setdefault(system, {})[n] = its[INTERFACE]
        if tables:
            yield _over_time(state, {s: tables[s] for s in found.systems if s in tables})


def _over_time(state: str, tables: dict[str, dict[int, pd.DataFrame]]) -> style.Drawing:
    every = [(system, n, table) for system, runs in tables.items() for n, table in runs.items()]
    factor, unit = style.time_axis(max(float(table["time_ns"].iloc[-1]) for *_, table in every))
    columns = list(tables)
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
        for system, n, table in every:
            known = ["time_ns", *(name for name in _ROWS if name in table)]
            thin = style.thin(table[known])
            data.append(thin.assign(system=system, replica=n)[["system", "replica", *known]])
            for row, name in enumerate(_ROWS):
                if name in thin:
                    look: dict[str, Any] = {
                        "color": style.replica_colour(n),
                        "label": f"_replica {n}",
                    }
                    axis = grid[row, columns.index(system)]
                    axis.plot(thin["time_ns"] * factor, thin[name], lw=0.9, **look)
        for place, system in enumerate(tables):
            grid[0, place].set_title(style.ION_NAMES.get(split(system)[1], system))
            grid[-1, place].set_xlabel(f"time ({unit})")
        for row, (name, words) in enumerate(_ROWS.items()):
            grid[row, 0].set_ylabel(words)
            grid[row, 0].set_ylim(bottom=0)
            for axis in grid[row]:
                if name in _CRYSTAL:
                    axis.axhline(_CRYSTAL[name], color=style.INK, lw=0.8, ls=":")
        parts = []
        for system, runs in tables.items():
            mean = pd.concat(list(runs.values()))[list(_ROWS)].mean()
            parts.append(
                f"{style.label(system)}: on average {mean.iloc[0]:.1f} Å, {mean.iloc[1]:.0%} of "
                f"the contacts, {mean.iloc[2]:.0f} Å²."
            )
        joined = pd.concat(data, ignore_index=True)
        drawing = finish(figure, "interface", " ".join(parts), joined, state, state=state)
        plt.close(figure)
    return drawing


def separation_figures(found: SeparationResults | None) -> Iterator[style.Drawing]:
    """Draw force and work of steered separation, or nothing where nothing was pulled."""
    if found is None or found.profile.empty:
        return
    yield _force(found)
    yield _work(found)


def _force(found: SeparationResults) -> style.Drawing:
    with style.axes(5.2, 3.4) as (figure, axis):
        axis.axhline(0, color=style.INK, lw=0.8)
        shown: dict[str, Line2D] = {}
        for system in found.systems:
            its = found.profile[found.profile["system"] == system]
            for n, rows in its.groupby("replica", sort=True):
                drawn = style.thin(rows)
                look: dict[str, Any] = {"color": style.colour(system), "label": f"_replica {n}"}
                (line,) = axis.plot(
                    drawn["extension_nm"], drawn["smoothed_force_pn"], lw=1.2, **look
                )
                shown.setdefault(style.label(system), line)
        axis.set_xlabel("how far the spring was lengthened (nm)")
        axis.set_ylabel("force of the spring (pN)")
        axis.set_title("Force against extension")
        axis.legend(shown.values(), shown.keys())
        largest = [
            f"{style.label(name)}: "
            + ", ".join(f"{each['largest_force_pn']:.0f}" for each in its["pulls"])
            for name, its in found.systems.items()
        ]
        text = f"Largest force in pN. {'; '.join(largest)}."
        return finish(figure, "separation_force", text, found.profile)


def _work(found: SeparationResults) -> style.Drawing:
    ends = found.profile.groupby(["system", "replica"], sort=False)["work_kj_per_mol"].last()
    table = ends.reset_index()
    parts = []
    with style.axes(4.6, 2.9) as (figure, axis):
        for i, (system, rows) in enumerate(table.groupby("system", sort=False)):
            works = rows["work_kj_per_mol"].to_numpy(dtype=float)
            heights = i + style.spread(len(works), 0.12)
            axis.plot(works, heights, "o", color=style.colour(str(system)), ms=5)
            axis.plot([works.mean()] * 2, [i - 0.25, i + 0.25], color=style.INK, lw=1.4)
            parts.append(f"{style.label(str(system))}: {', '.join(f'{w:.0f}' for w in works)}")
        rows_of_systems(axis, [style.label(name) for name in table["system"].unique()])
        axis.set_xlabel("work of the pull (kJ/mol)")
        axis.set_title("Distribution of work")
        return finish(figure, "separation_work", f"Work in kJ/mol. {'; '.join(parts)}.", table)
