"""Figures of the opening: on the crystals' scale, over time, and as distributions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lfa1_analysis.comparison.study_tables import split
from lfa1_report.sources.study import Results
from lfa1_report.style import style

SHIFT = "alpha7_shift_angstrom"
SHIFT_LABEL = "α7 shift (Å), closed → open"
_STATES = ("closed", "intermediate", "open")


def opening_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw every figure of the opening that the tables allow."""
    if found.replicas is not None:
        yield _road(found)
    for system in found.systems:
        runs = _runs(found, system)
        if runs:
            yield _over_time(found, system, runs)
    for state in found.states:
        drawing = _distribution(found, state)
        if drawing is not None:
            yield drawing


def crystal_shifts(found: Results) -> dict[str, list[tuple[str, float]]]:
    """Crystal state → (entry, α7 shift) of the truth table."""
    table = found.crystals
    if table is None or SHIFT not in table or "state" not in table:
        return {}
    grouped: dict[str, list[tuple[str, float]]] = {}
    for _, row in table.iterrows():
        state = next((word for word in _STATES if word in str(row["state"])), None)
        if state and np.isfinite(row[SHIFT]):
            grouped.setdefault(state, []).append((str(row["entry"]), float(row[SHIFT])))
    return grouped


def _crystal_bands(axis: Axes, found: Results, vertical: bool) -> None:
    for state, entries in crystal_shifts(found).items():
        low, high = min(v for _, v in entries), max(v for _, v in entries)
        tint = style.STATE_COLOURS[state]
        span = axis.axvspan if vertical else axis.axhspan
        line = axis.axvline if vertical else axis.axhline
        if high > low:
            span(low, high, color=tint, alpha=0.16, lw=0)
        for value in {low, high}:
            line(value, color=tint, lw=0.9, ls=(0, (4, 2)))
        middle = (low + high) / 2
        text = state
        if vertical:
            axis.annotate(
                f"{text} crystals" if high > low else f"{text} crystal",
                (middle, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
        else:
            axis.annotate(
                text,
                (1.0, middle),
                xycoords=("axes fraction", "data"),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )


def _runs(found: Results, system: str) -> dict[int, pd.DataFrame]:
    return {
        n: found.tables.tables[system, n]["opening"]
        for n in found.tables.replicas(system)
        if SHIFT in found.tables.tables[system, n].get("opening", ())
    }


def _road(found: Results) -> style.Drawing:
    table = found.replicas
    assert table is not None
    data = table[table["observable"] == SHIFT][["system", "replica", "mean", "sd"]]
    systems = found.systems
    with style.axes(5.6, 1.0 + 0.36 * len(systems)) as (figure, axis):
        axis.grid(False)
        _crystal_bands(axis, found, vertical=True)
        for row, system in enumerate(reversed(systems)):
            values = data[data["system"] == system]["mean"].to_numpy()
            marker = style.ION_MARKERS.get(split(system)[1], "o")
            axis.plot(
                values,
                np.full(len(values), row) + _jitter(len(values)),
                marker,
                color=style.colour(system),
                ms=6,
                alpha=0.8,
                mec="white",
                mew=0.5,
            )
            if len(values):
                axis.plot([values.mean()] * 2, [row - 0.3, row + 0.3], color=style.INK, lw=1.6)
        axis.set_yticks(range(len(systems)), [style.label(s) for s in reversed(systems)])
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        axis.set_ylim(-0.6, len(systems) - 0.4)
        axis.set_xlabel(SHIFT_LABEL)
        means = data.groupby("system")["mean"].mean()
        said = "; ".join(f"{style.label(s)} {means[s]:.1f} Å" for s in systems if s in means)
        return style.draw(
            figure,
            "road",
            "effect",
            "Where each run stands between closed and open",
            "Mean α7 shift of every replica on the scale of the crystals; the bar is the mean over "
            "replicas.",
            style.minus(f"System means: {said}."),
            data,
        )


def _jitter(n: int) -> np.ndarray:
    return np.linspace(-0.18, 0.18, n) if n > 1 else np.zeros(n)


def _over_time(found: Results, system: str, runs: dict[int, pd.DataFrame]) -> style.Drawing:
    longest = max(float(table["time_ns"].iloc[-1]) for table in runs.values())
    factor, unit = style.time_axis(longest)
    rows = []
    with style.axes() as (figure, axis):
        _crystal_bands(axis, found, vertical=False)
        for n, table in runs.items():
            curve = style.thin(table[["time_ns", SHIFT]], style.curve_rows(len(runs)))
            axis.plot(
                curve["time_ns"] * factor,
                curve[SHIFT],
                color=style.REPLICA_COLOURS[n % len(style.REPLICA_COLOURS)],
                lw=0.9,
                alpha=0.85,
                label=f"_replica {n}",
            )
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
        ends = ", ".join(f"replica {n} {t[SHIFT].mean():.1f} Å" for n, t in runs.items())
        return style.draw(
            figure,
            f"opening_time_{system}",
            "opening",
            f"α7 over time: {style.label(system)}",
            "Each replica against the crystals’ values.",
            style.minus(f"Means: {ends}."),
            data,
        )


def _limits(found: Results) -> tuple[float, float]:
    values = [v for entries in crystal_shifts(found).values() for _, v in entries]
    for tables in found.tables.tables.values():
        if SHIFT in tables.get("opening", ()):
            column = tables["opening"][SHIFT]
            values += [float(column.min()), float(column.max())]
    span = max(values) - min(values) or 1.0
    return min(values) - 0.05 * span, max(values) + 0.22 * span


def _distribution(found: Results, state: str) -> style.Drawing | None:
    systems = [s for s in found.systems if split(s)[0] == state]
    pooled = {s: _runs(found, s) for s in systems}
    pooled = {s: runs for s, runs in pooled.items() if runs}
    if not pooled:
        return None
    everything = np.concatenate(
        [t[SHIFT].dropna().to_numpy() for runs in pooled.values() for t in runs.values()]
    )
    low, high = float(everything.min()), float(everything.max())
    edges = np.linspace(low - 0.1, high + 0.1, 41)
    rows = []
    with style.axes() as (figure, axis):
        for system, runs in pooled.items():
            # each replica weighs the same, however many frames it has
            density = np.mean(
                [np.histogram(t[SHIFT].dropna(), edges, density=True)[0] for t in runs.values()],
                axis=0,
            )
            middle = (edges[:-1] + edges[1:]) / 2
            ion = split(system)[1]
            axis.plot(
                middle,
                density,
                color=style.colour(system),
                ls="-" if ion != "apo" else (0, (4, 1.5)),
                lw=1.6,
                label=style.ION_NAMES.get(ion, ion),
            )
            axis.fill_between(middle, density, color=style.colour(system), alpha=0.12, lw=0)
            rows.append(
                pd.DataFrame({"system": system, SHIFT: middle, "density_per_angstrom": density})
            )
        axis.set_xlabel(SHIFT_LABEL)
        axis.set_ylabel("share of time per Å")
        axis.set_ylim(bottom=0)
        axis.set_title(f"{state} state")
        axis.legend()
        return style.draw(
            figure,
            f"opening_distribution_{state}",
            "opening",
            f"How often each α7 shift occurs: {state} state",
            "Mean over replicas of each replica’s distribution.",
            style.minus(
                "; ".join(
                    f"{style.label(s)} mean {np.mean([t[SHIFT].mean() for t in r.values()]):.1f} Å"
                    for s, r in pooled.items()
                )
                + "."
            ),
            pd.concat(rows, ignore_index=True),
        )
