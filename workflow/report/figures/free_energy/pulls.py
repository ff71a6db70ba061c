"""Figures of the pulls: work against the centre, and whether the coordinate followed it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lfa1_analysis.free_energy.pulling.pulls import BACKWARD, FORWARD
from lfa1_report.figures.captions import finish
from lfa1_report.sources.pulling import PullResults
from lfa1_report.style import style

_WAYS: dict[str, tuple[str, Any]] = {
    FORWARD: ("closed → open", "-"),
    BACKWARD: ("open → closed", (0, (5, 2))),
}


def pull_figures(found: PullResults | None) -> Iterator[style.Drawing]:
    """Draw both figures, or nothing without pulls."""
    if found is None or found.table.empty:
        return
    units = {str(its["unit"] or "") for its in found.systems.values()}
    unit = units.pop() if len(units) == 1 else ""
    yield _work(found, unit)
    yield _way(found, unit)


def _work(found: PullResults, unit: str) -> style.Drawing:
    with style.axes(5.2, 3.6) as (figure, axis):
        axis.axhline(0, color=style.INK, lw=0.8)
        _lines(axis, found, "work_kj_per_mol")
        axis.set_xlabel(f"{coordinate(unit)}: where the spring is")
        axis.set_ylabel("work done so far (kJ/mol)")
        axis.set_title("Work of the pulls")
        figure.legend(handles=_legend(found), loc="outside lower center", ncols=2, frameon=False)
        return finish(figure, "pull_work", _at_end(found, "work"), found.table)


def _way(found: PullResults, unit: str) -> style.Drawing:
    centre = found.table["centre"]
    ends = np.array([centre.min(), centre.max()])
    with style.axes(5.2, 3.6) as (figure, axis):
        follows = axis.plot(ends, ends, color=style.INK, lw=0.9, ls=":", label="the spring itself")
        _lines(axis, found, "cv")
        axis.set_xlabel(f"{coordinate(unit)}: where the spring is")
        axis.set_ylabel("where the domain is")
        axis.set_title("Does the domain follow?")
        figure.legend(
            handles=[*_legend(found), *follows],
            loc="outside lower center",
            ncols=2,
            frameon=False,
        )
        return finish(
            figure,
            "pull_way",
            _at_end(found, "cv"),
            found.table[["system", "replica", "direction", "centre", "cv"]],
        )


def _lines(axis: Axes, found: PullResults, column: str) -> None:
    for system in found.systems:
        tint = style.ION_COLOURS.get(system, style.INK)
        for direction, (_, line) in _WAYS.items():
            for rows in found.along(system, direction):
                drawn = pd.concat([style.thin(rows), rows.iloc[-1:]])
                axis.plot(drawn["centre"], drawn[column], color=tint, ls=line, lw=1.3)
                axis.plot(
                    rows["centre"].iloc[-1],
                    rows[column].iloc[-1],
                    color=tint,
                    marker=style.ION_MARKERS.get(system, "o"),
                    mfc=tint if direction == FORWARD else "white",
                    ms=6,
                )


def _legend(found: PullResults) -> list[Line2D]:
    return [
        Line2D(
            [],
            [],
            color=(tint := style.ION_COLOURS.get(system, style.INK)),
            ls=line,
            lw=1.3,
            marker=style.ION_MARKERS.get(system, "o"),
            mfc=tint if direction == FORWARD else "white",
            label=f"{style.ION_NAMES.get(system, system)}, {words}",
        )
        for system in found.systems
        for direction, (words, line) in _WAYS.items()
        if found.along(system, direction)
    ]


def _at_end(found: PullResults, what: str) -> str:
    """Name the mean work, or how far the coordinate came, of each system in each direction."""
    parts = []
    for system in found.systems:
        for direction, (words, _) in _WAYS.items():
            if runs := found.along(system, direction):
                name = f"{style.ION_NAMES.get(system, system)}, {words}"
                if what == "work":
                    mean = np.mean([rows["work_kj_per_mol"].iloc[-1] for rows in runs])
                    parts.append(f"{name}: {mean:.0f} kJ/mol")
                else:
                    mean = np.mean([rows["cv"].iloc[-1] for rows in runs])
                    parts.append(f"{name}: {mean:.2f} of {runs[0]['centre'].iloc[-1]:g}")
    return f"{'Mean work' if what == 'work' else 'Reached at the end'}. {'; '.join(parts)}."


def coordinate(unit: str) -> str:
    """Name the coordinate, with its unit if it is another than the opening coordinate."""
    return f"coordinate ({unit})" if unit else "opening coordinate"
