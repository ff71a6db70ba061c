"""Draw results/benchmarks.svg from the tables that the benchmarks wrote; a missing one is left out.

    python benchmarks/picture.py

Ratios stand on a logarithmic axis, where twice and half are equally far from 1, with their standard
errors and the target as a bar; dry runs on two logarithmic axes, memory from zero.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import side_by_side
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator, StrMethodFormatter

from lfa1_report.style import style

BLUE, ORANGE = style.ION_COLOURS["mg"], style.ION_COLOURS["apo"]


class Row(NamedTuple):
    """A ratio to draw."""

    label: str
    ratio: float
    error: float
    target: float | None


def ratios(folder: Path) -> list[Row]:
    """Collect what was compared."""
    rows = []
    if (table := read(folder, "step_rate")) is not None:
        rows += [
            Row(f"production / bare OpenMM,\n{each.what}", each.ratio, each.error_factor, 0.98)
            for each in table.itertuples()
        ]
    if (table := read(folder, "throughput")) is not None:
        first = table.iloc[0]["arrangement"]
        rows += [
            Row(
                f"{each.arrangement} / {first}\n(replicas × threads)",
                each.ratio,
                each.error_factor,
                1.15 if each.threads_each == 1 and each.Index == len(table) - 2 else None,
            )
            for each in table.iloc[1:].itertuples()
        ]
    if (table := read(folder, "minimisation")) is not None:
        last = table.iloc[-1]
        text = "minimiser / OpenMM's default,\nto the same energy"
        rows.append(Row(text, last["ratio"], last["error_factor"], 2.0))
    if (table := read(folder, "gromacs")) is not None:
        build = table.iloc[0]["gromacs"].split()[-1]
        rows += [
            Row(f"OpenMM / GROMACS ({build}),\n{each.run}", each.ratio, each.error_factor, None)
            for each in table.itertuples()
        ]
    return rows


def read(folder: Path, name: str) -> pd.DataFrame | None:
    """Read a table, if it is there."""
    path = folder / f"{name}.csv"
    return pd.read_csv(path) if path.is_file() else None


def draw_ratios(axis: Any, rows: list[Row]) -> None:
    """Points with errors, one below the other; a bar where the target is."""
    for place, row in enumerate(reversed(rows)):
        spread = row.error if row.error > 1 else 1.0  # missing where there was one round
        low, high = row.ratio * (1 - 1 / spread), row.ratio * (spread - 1)
        axis.errorbar(row.ratio, place, xerr=[[low], [high]], fmt="o", color=BLUE, ms=5, capsize=3)
        if row.target is not None:
            axis.plot([row.target] * 2, [place - 0.35, place + 0.35], color=ORANGE, lw=2)
        text = f"{row.ratio:.2f}" if row.ratio < 10 else f"{row.ratio:.0f}"
        axis.annotate(text, (row.ratio, place), (0, 6), textcoords="offset points", ha="center")
    axis.axvline(1, color=style.INK, lw=0.8, ls=":")
    axis.set(xscale="log", xlabel="ratio of speeds (bar: target)", title="Speed, in turns")
    found = [1.0, *(r.ratio for r in rows)]
    axis.set_xlim(min(0.5, min(found) / 1.3), max(2.5, max(found) * 1.5))
    ticks = [
        t for t in (0.25, 0.5, 1, 2, 4, 8, 16, 32) if axis.get_xlim()[0] <= t <= max(found) * 2
    ]
    axis.xaxis.set_major_locator(FixedLocator(ticks))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_yticks(range(len(rows)), [row.label for row in reversed(rows)], fontsize=7.5)
    axis.set_ylim(-0.6, len(rows) - 0.3)


def draw_dag(axis: Any, table: pd.DataFrame) -> None:
    """Seconds against segments, and the limit."""
    for (study, rows), colour, mark in zip(
        table.groupby("study"), (BLUE, style.ION_COLOURS["ca"]), ("o", "s"), strict=False
    ):
        axis.plot(rows["segments"], rows["seconds"], marker=mark, color=colour, label=study)
    axis.plot([10000], [60], marker="_", ms=16, mew=2, color=ORANGE, ls="", label="target")
    axis.set(xscale="log", yscale="log", xlabel="segments planned", ylabel="seconds")
    axis.set_title("snakemake --dry-run")
    axis.set_xlim(5, 20_000)
    axis.set_ylim(1, 100)
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.legend(loc="upper left")


def draw_memory(axis: Any, table: pd.DataFrame) -> None:
    """Peak memory of each stage, with the processor time of one job beside it."""
    rows = table[table["calls"].notna()].iloc[::-1]
    axis.barh(rows["stage"], rows["peak_mib"], color=BLUE, height=0.6)
    axis.set(xlabel="peak memory (MiB)", title="Stages of the demonstration")
    for place, row in enumerate(rows.itertuples()):
        text = f" {row.median_cpu_seconds:.0f} s of CPU"
        axis.annotate(text, (row.peak_mib, place), va="center", fontsize=7.5)
    axis.set_xlim(0, 1.4 * rows["peak_mib"].max())


def main() -> None:
    """Draw what there is."""
    parser = side_by_side.parser(__doc__, "benchmarks")
    parser.set_defaults(output=side_by_side.RESULTS / "benchmarks.svg")
    parser.add_argument("--tables", type=Path, default=side_by_side.RESULTS)
    args = parser.parse_args()
    panels: list[tuple[float, Callable[[Any], None]]] = []
    if rows := ratios(args.tables):
        panels.append((1.15, lambda axis: draw_ratios(axis, rows)))
    for name, width, draw in (("dag", 0.8, draw_dag), ("stages", 1.0, draw_memory)):
        if (table := read(args.tables, name)) is not None:
            panels.append((width, lambda axis, draw=draw, table=table: draw(axis, table)))
    if not panels:
        raise SystemExit(f"no tables in {args.tables}")
    widths = [width for width, _ in panels]
    options = {"ncols": len(panels), "squeeze": False, "gridspec_kw": {"width_ratios": widths}}
    height = max(3.2, 0.42 * len(rows) + 0.8)
    with style.axes(3.7 * sum(widths), height, **options) as (figure, axes):
        for axis, (_, draw) in zip(axes[0], panels, strict=True):
            draw(axis)
            axis.grid(True, axis="both")
        made = style.draw(figure, "benchmarks", "", "Benchmarks", "", "", pd.DataFrame())
    args.output.write_text(made.svg, encoding="utf-8")
    print(f"-> {args.output}")


if __name__ == "__main__":
    main()
