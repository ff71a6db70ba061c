"""Figures of the opening: on the crystals' scale, over time, and as distributions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lfa1_analysis.comparison.study_tables import split
from lfa1_report.figures.captions import beside, finish, rows_of_systems
from lfa1_report.sources.study import Results
from lfa1_report.style import style

SHIFT = "alpha7_shift_angstrom"
SHIFT_LABEL = "α7 shift (Å), closed → open"
_STATES = ("closed", "intermediate", "open")


def opening_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw every figure of the opening that the tables allow."""
    if found.replicas is not None:
        yield _road(found, found.replicas)
    runs = {system: its for system in found.systems if (its := _runs(found, system))}
    for system, its in runs.items():
        yield _over_time(found, system, its)
    for state in found.states:
        of_state = {system: its for system, its in runs.items() if split(system)[0] == state}
        if of_state:
            yield _distribution(state, of_state)


def crystal_shifts(found: Results) -> dict[str, list[float]]:
    """Return crystal state → α7 shifts (Å) of the truth table."""
    grouped: dict[str, list[float]] = {}
    for row in found.crystals.to_dict("records"):
        state = next((word for word in _STATES if word in str(row["state"])), None)
        if state and np.isfinite(row[SHIFT]):
            grouped.setdefault(state, []).append(float(row[SHIFT]))
    return grouped


def _crystal_bands(axis: Axes, found: Results, *, vertical: bool) -> None:
    span = axis.axvspan if vertical else axis.axhspan
    line = axis.axvline if vertical else axis.axhline
    for state, values in crystal_shifts(found).items():
        low, high = min(values), max(values)
        tint = style.STATE_COLOURS[state]
        if high > low:
            span(low, high, color=tint, alpha=0.16, lw=0)
        for value in {low, high}:
            line(value, color=tint, lw=0.9, ls=(0, (4, 2)))
        words = f" crystal{'s' if high > low else ''}" if vertical else ""
        beside(axis, state + words, (low + high) / 2, vertical=vertical)


def _runs(found: Results, system: str) -> dict[int, pd.DataFrame]:
    return {
        n: found.tables.tables[system, n]["opening"]
        for n in found.tables.replicas(system)
        if SHIFT in found.tables.tables[system, n].get("opening", ())
    }


def _road(found: Results, table: pd.DataFrame) -> style.Drawing:
    data = table[table["observable"] == SHIFT][["system", "replica", "mean", "sd"]]
    systems = found.systems
    with style.axes(5.6, 1.0 + 0.36 * len(systems)) as (figure, axis):
        axis.grid(False)
        _crystal_bands(axis, found, vertical=True)
        for row, system in enumerate(reversed(systems)):
            values = data[data["system"] == system]["mean"].to_numpy()
            axis.plot(
                values,
                row + style.spread(len(values), 0.18),
                style.ION_MARKERS.get(split(system)[1], "o"),
                color=style.colour(system),
                ms=6,
                alpha=0.8,
                mec="white",
                mew=0.5,
            )
            if len(values):
                axis.plot([values.mean()] * 2, [row - 0.3, row + 0.3], color=style.INK, lw=1.6)
        rows_of_systems(axis, [style.label(s) for s in reversed(systems)])
        axis.set_xlabel(SHIFT_LABEL)
        means = data.groupby("system")["mean"].mean()
        parts = [f"{style.label(s)} {means[s]:.1f} Å" for s in systems if s in means]
        return finish(figure, "road", f"System means: {'; '.join(parts)}.", data)


def _over_time(found: Results, system: str, runs: dict[int, pd.DataFrame]) -> style.Drawing:
    factor, unit = style.time_axis(max(float(t["time_ns"].iloc[-1]) for t in runs.values()))
    rows = []
    with style.axes() as (figure, axis):
        _crystal_bands(axis, found, vertical=False)
        for n, table in runs.items():
            curve = style.thin(table[["time_ns", SHIFT]], style.curve_rows(len(runs)))
            look: dict[str, Any] = {"color": style.replica_colour(n), "label": f"_replica {n}"}
            axis.plot(curve["time_ns"] * factor, curve[SHIFT], lw=0.9, alpha=0.85, **look)
            rows.append(curve.assign(replica=n))
        axis.set_xlabel(f"time ({unit})")
        axis.set_ylabel("α7 shift (Å)")
        axis.set_title(style.label(system))
        axis.set_ylim(*_limits(found))
        if len(runs) <= 8:
            axis.legend(
                axis.lines[-len(runs) :],
                [str(n) for n in runs],
                title="replica",
                ncols=len(runs),
                loc="upper left",
                title_fontsize=8,
                handlelength=1.0,
                columnspacing=0.9,
                bbox_to_anchor=(0, 1.0),
            )
        data = pd.concat(rows, ignore_index=True)
        means = ", ".join(f"replica {n} {t[SHIFT].mean():.1f} Å" for n, t in runs.items())
        name = style.label(system)
        return finish(figure, "opening_time", f"Means: {means}.", data, system, system=name)


def _limits(found: Results) -> tuple[float, float]:
    values = [value for shifts in crystal_shifts(found).values() for value in shifts]
    for tables in found.tables.tables.values():
        if SHIFT in tables.get("opening", ()):
            column = tables["opening"][SHIFT]
            values += [float(column.min()), float(column.max())]
    span = max(values) - min(values) or 1.0
    return min(values) - 0.05 * span, max(values) + 0.22 * span


def _distribution(state: str, pooled: dict[str, dict[int, pd.DataFrame]]) -> style.Drawing:
    every = np.concatenate([t[SHIFT].dropna() for runs in pooled.values() for t in runs.values()])
    low, high = float(every.min()), float(every.max())
    edges = np.linspace(low - 0.1, high + 0.1, 41)
    middle = (edges[:-1] + edges[1:]) / 2
    rows = []
    with style.axes() as (figure, axis):
        for system, runs in pooled.items():
            shares = [
                np.histogram(t[SHIFT].dropna(), edges, density=True)[0] for t in runs.values()
            ]
            density = np.mean(shares, axis=0)
            ion = split(system)[1]
            name = style.ION_NAMES.get(ion, ion)
            axis.plot(middle, density, lw=1.6, label=name, **style.line(system))
            axis.fill_between(middle, density, color=style.colour(system), alpha=0.12, lw=0)
            columns = {"system": system, SHIFT: middle, "density_per_angstrom": density}
            rows.append(pd.DataFrame(columns))
        axis.set_xlabel(SHIFT_LABEL)
        axis.set_ylabel("share of time per Å")
        axis.set_ylim(bottom=0)
        axis.set_title(f"{state} state")
        axis.legend()
        means = "; ".join(
            f"{style.label(s)} mean {np.mean([t[SHIFT].mean() for t in r.values()]):.1f} Å"
            for s, r in pooled.items()
        )
        data = pd.concat(rows, ignore_index=True)
        return finish(figure, "opening_distribution", f"{means}.", data, state, state=state)
