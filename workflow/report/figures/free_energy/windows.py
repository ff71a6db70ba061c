"""Figures that tell whether umbrella windows suffice: overlap, and the estimate over time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.collections import PolyCollection
from matplotlib.colors import Colormap

from lfa1_report.figures.captions import finish
from lfa1_report.style import style

SHOWN = 0.005
"""Overlaps below it stay white: of hundreds of windows only the neighbours are drawn."""
_NUMBERED = 12
"""Up to so many windows each cell has its number."""
_DIRECTIONS = {
    "forward": ("from the start on", "#0072b2", "o", "-"),
    "backward": ("from the end back", "#d55e00", "s", (0, (5, 2))),
}


def overlap_figures(
    data: pd.DataFrame, system: str, least_wanted: float | None
) -> Iterator[style.Drawing]:
    """Draw the overlap matrix of one system.

    Parameters
    ----------
    data : pandas.DataFrame
        Rows of ``overlap.csv``.
    system : str
    least_wanted : float or None
        Neighbours must overlap at least as much.
    """
    if data.empty:
        return
    name = style.ION_NAMES.get(system, system)
    labels = list(dict.fromkeys(data["window"]))
    place = {label: i for i, label in enumerate(labels)}
    rows, columns = data["window"].map(place), data["other"].map(place)
    cells = data[(data["overlap"] >= SHOWN) & columns.notna()]
    corners = [
        [(j - 0.5, i - 0.5), (j + 0.5, i - 0.5), (j + 0.5, i + 0.5), (j - 0.5, i + 0.5)]
        for i, j in zip(rows[cells.index], columns[cells.index], strict=True)
    ]
    neighbours = data[data["neighbours"]]
    worst = neighbours.sort_values("overlap").iloc[0] if len(neighbours) else None
    with style.axes(4.8, 4.1) as (figure, axis):
        axis.grid(False)
        values = cells["overlap"].to_numpy(dtype=float)
        shades = PolyCollection(corners, array=values, cmap=_shades(), edgecolors="none")
        shades.set_clim(0, 1)
        axis.add_collection(shades)
        if len(labels) <= _NUMBERED:
            for i, j, value in zip(rows[cells.index], columns[cells.index], values, strict=True):
                ink = "white" if value > 0.55 else "black"
                text = f"{value:.2f}".removeprefix("0")
                axis.text(j, i, text, ha="center", va="center", fontsize=7, color=ink)
        if worst is not None:
            at = [place[worst["window"]], place[worst["other"]]]
            for x, y in (at, at[::-1]):
                axis.plot(x, y, "s", mfc="none", mec=style.WARN, mew=1.8, ms=_side(len(labels)))
        step = max(1, -(-len(labels) // 14))
        ticks = range(0, len(labels), step)
        axis.set_xticks(ticks, labels[::step], rotation=90 if len(labels) > 8 else 0)
        axis.set_yticks(ticks, labels[::step])
        axis.set_xlim(-0.5, len(labels) - 0.5)
        axis.set_ylim(len(labels) - 0.5, -0.5)
        axis.set_aspect("equal")
        axis.set_xlabel("window")
        axis.set_ylabel("window")
        axis.set_title(f"{name}: overlap of the windows")
        figure.colorbar(shades, ax=axis, label="overlap", shrink=0.85)
        yield finish(
            figure,
            "free_energy_overlap",
            _worst(worst, least_wanted),
            data,
            system,
            ion=name,
        )


def _shades() -> Colormap:
    """Few enough shades that the colour bar is drawn as shapes: pictures are no vector graphics."""
    return colormaps["cividis_r"].resampled(20)


def _side(windows: int) -> float:
    """Size of a frame, in points, about that of a cell."""
    return max(4.0, 200.0 / windows)


def _worst(worst: pd.Series | None, least_wanted: float | None) -> str:
    if worst is None:
        return ""
    wanted = f" (at least {least_wanted:g} is wanted)" if least_wanted is not None else ""
    return (
        f"Least overlap of neighbours: {worst['overlap']:.3f}, windows {worst['window']} and "
        f"{worst['other']}{wanted}."
    )


def convergence_figures(data: pd.DataFrame, system: str) -> Iterator[style.Drawing]:
    """Draw how the estimate from a part of the data differs from that of all.

    Differences alone: they can be shown where no free energy may be.
    """
    value, error = "difference_from_all_kj_per_mol", "expected_error_kj_per_mol"
    data = data.dropna(subset=[value]).sort_values(["direction", "fraction"], ascending=False)
    if data.empty:
        return
    name = style.ION_NAMES.get(system, system)
    band = data.drop_duplicates("fraction").sort_values("fraction").dropna(subset=[error])
    with style.axes(4.8, 3.2) as (figure, axis):
        percent = band["fraction"] * 100
        for times, alpha in ((2, 0.14), (1, 0.2)):
            axis.fill_between(
                percent,
                -times * band[error],
                times * band[error],
                color=style.INK,
                alpha=alpha,
                lw=0,
                label=f"± {times} expected errors",
            )
        axis.axhline(0, color=style.INK, lw=0.8)
        for direction, (label, tint, marker, line) in _DIRECTIONS.items():
            part = data[data["direction"] == direction]
            axis.plot(
                part["fraction"] * 100,
                part[value],
                color=tint,
                marker=marker,
                mfc=tint if direction == "forward" else "none",
                ls=line,
                ms=5,
                label=label,
            )
        axis.set_xlim(0, 103)
        axis.set_xlabel("part of every run that is used (%)")
        axis.set_ylabel("difference from all (kJ/mol)")
        axis.set_title(f"{name}: does the estimate settle?")
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
        yield finish(
            figure,
            "free_energy_convergence",
            _settled(data, value, error),
            data,
            system,
            ion=name,
        )


def _settled(data: pd.DataFrame, value: str, error: str) -> str:
    half = data[np.isclose(data["fraction"], 0.5)]
    parts = [
        f"{row.direction} half of the data: {getattr(row, value):+.1f} kJ/mol "
        f"(expected error {getattr(row, error):.1f})"
        for row in half.itertuples()
    ]
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""
