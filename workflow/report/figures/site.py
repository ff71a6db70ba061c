"""Figures of the metal site: who holds the metal, and whether the site stayed as it should."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lfa1_analysis.comparison.site_control import site_frames, visitors
from lfa1_analysis.comparison.study_tables import element, split
from lfa1_analysis.metal_site.coordination import CUTOFFS
from lfa1_analysis.proteins.alphal import STATE_DONORS
from lfa1_report.sources.study import Results
from lfa1_report.style import style

_DONORS = {
    "ser139": "Ser139",
    "ser141": "Ser141",
    "thr206": "Thr206",
    "asp239": "Asp239",
    "asp137": "Asp137",
    "water_1": "water 1",
    "water_2": "water 2",
    "water_3": "water 3",
    "ligand": "ligand",
}


def site_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw donors per replica and the site over time for every system that has the table."""
    strips = []
    for system in found.systems:
        tables = {
            n: found.tables.tables[system, n]["midas"]
            for n in found.tables.replicas(system)
            if "midas" in found.tables.tables[system, n]
        }
        if not tables:
            continue
        if split(system)[1] != "apo":
            yield _donors(system, tables)
        strips.append(_strip(system, tables))
    yield from strips


def _donors(system: str, tables: dict[int, pd.DataFrame]) -> style.Drawing:
    state, ion = split(system)
    demanded = STATE_DONORS.get(state.split("_")[0], ())
    rows = []
    for n, table in tables.items():
        for key in _DONORS:
            values = table.get(f"{key}_angstrom")
            if values is None or not np.isfinite(values).any():
                continue
            low, middle, high = np.nanpercentile(values, (5, 50, 95))
            rows.append((n, key, low, middle, high))
    columns = ["replica", "donor", "p5_angstrom", "median_angstrom", "p95_angstrom"]
    data = pd.DataFrame(rows, columns=columns)
    keys = [key for key in _DONORS if key in set(data["donor"])]
    numbers = sorted(tables)
    with style.axes() as (figure, axis):
        cutoff = CUTOFFS[element(ion).capitalize()]
        axis.axhspan(0, cutoff, color=style.colour(system), alpha=0.10, lw=0)
        axis.annotate(
            "first shell",
            (0.995, cutoff),
            xycoords=("axes fraction", "data"),
            xytext=(0, -3),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=8,
        )
        for k, n in enumerate(numbers):
            part = data[data["replica"] == n]
            x = part["donor"].map(keys.index) + (k - (len(numbers) - 1) / 2) * 0.6 / len(numbers)
            tint, name = style.REPLICA_COLOURS[k % len(style.REPLICA_COLOURS)], f"_replica {n}"
            low, high = part["p5_angstrom"], part["p95_angstrom"]
            axis.vlines(x, low, high, lw=1.2, color=tint, label=name)
            axis.plot(x, part["median_angstrom"], "o", ms=3.6, color=tint, label=name)
        axis.set_xticks(
            range(len(keys)),
            [_DONORS[key] + ("*" if key in demanded else "") for key in keys],
            rotation=35,
            ha="right",
            rotation_mode="anchor",
        )
        axis.set_ylim(1.6, max(4.8, float(data["p95_angstrom"].max()) + 0.2))
        axis.set_ylabel("distance from the metal (Å)")
        axis.set_title(style.label(system))
        medians = data.groupby("donor")["median_angstrom"].median()
        said = ", ".join(f"{_DONORS[key]} {medians[key]:.2f} Å" for key in keys)
        return style.draw(
            figure,
            f"midas_donors_{system}",
            "midas",
            f"Who holds the metal: {style.label(system)}",
            "Median distance of each donor in each replica, bars from the 5th to the 95th "
            "percentile. * marks the donors that this state must have.",
            f"Medians: {said}.",
            data,
        )


def _strip(system: str, tables: dict[int, pd.DataFrame]) -> style.Drawing:
    state, ion = split(system)
    apo = ion == "apo"
    longest = max(float(table["time_ns"].iloc[-1]) for table in tables.values())
    factor, unit = style.time_axis(longest)
    rows = []
    good_colour, bad_colour = (
        ("#d5dbe1", style.ION_COLOURS["na"]) if apo else (style.colour(system), style.WARN)
    )
    with style.axes(4.6, 1.0 + 0.24 * len(tables)) as (figure, axis):
        axis.grid(False)
        for row, (n, table) in enumerate(sorted(tables.items())):
            times = table["time_ns"].to_numpy() * factor
            step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
            flags = ~visitors(table)[0] if apo else site_frames(table, ion, state)
            for value, tint in ((True, good_colour), (False, bad_colour)):
                spans = _spans(flags == value, times, step)
                height = 0.5 if value else 0.78
                axis.broken_barh(
                    spans,
                    (row - height / 2, height),
                    color=tint,
                    lw=0,
                    alpha=0.6 if value else 1,
                    label=f"_replica {n}",
                )
            rows.append(pd.DataFrame({"replica": n, "time_ns": table["time_ns"], "good": flags}))
        axis.set_yticks(range(len(tables)), [str(n) for n in sorted(tables)])
        axis.set_ylabel("replica")
        axis.set_ylim(len(tables) - 0.4, -0.6)
        axis.set_xlim(left=0)
        axis.set_xlabel(f"time ({unit})")
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        data = pd.concat(rows, ignore_index=True)
        shares = data.groupby("replica")["good"].mean()
        what = "no ion in the empty site" if apo else "site as it should be"
        axis.set_title(f"{style.label(system)}: {'ion visits' if apo else 'site intact?'}")
        return style.draw(
            figure,
            f"midas_time_{system}",
            "midas",
            f"{'Ions in the empty site' if apo else 'Does the metal site stay intact'}: "
            f"{style.label(system)}",
            "One bar per replica; thick orange where "
            + ("an ion sits in the empty site." if apo else "the site is not as it should be."),
            f"Share of frames with {what}: "
            + ", ".join(f"replica {n} {share:.0%}" for n, share in shares.items())
            + ".",
            data.astype({"good": int}),
        )


def _spans(flags: np.ndarray, times: np.ndarray, step: float) -> list[tuple[float, float]]:
    """Start and length of every stretch of True, each frame covering the step before it."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(int)))
    return [
        (float(times[a] - step), float(times[b - 1] - times[a] + step))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]
