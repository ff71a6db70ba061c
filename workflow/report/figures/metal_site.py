"""Figures of the metal site: who holds the metal, what happened there, and when it was intact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from lfa1_analysis.comparison.site_control import site_frames, visitors
from lfa1_analysis.comparison.study_tables import element, split
from lfa1_analysis.comparison.verdicts import duration
from lfa1_analysis.metal_site.coordination import CUTOFFS
from lfa1_analysis.metal_site.rules import FAIL, NOTE
from lfa1_analysis.proteins.alphal import STATE_DONORS
from lfa1_report.figures.captions import finish
from lfa1_report.sources.study import Results
from lfa1_report.style import style

SHOWN = 200
"""Most events that the page lists; all of them are in the tables beside the trajectories."""
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
# Drawn in this order, the later over the earlier. Told apart by lightness and hatching too, which
# takes the colour of the edge, which itself is not drawn.
_EDGE: dict[str, Any] = {"edgecolor": style.INK, "linewidth": 0.0}
_LOOKS: dict[str, dict[str, Any]] = {
    "intact": {"facecolor": "#9fc8e4", **_EDGE},
    "changed": {"facecolor": "#e69f00", "hatch": "/////", **_EDGE},
    "lost": {"facecolor": style.INK, **_EDGE},
    "ion moved in": {"facecolor": "#f0c3dd", "hatch": "xxxxx", **_EDGE},
}


def gate_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw the strips of every system whose replicas have events and a ``midas`` table."""
    for system in found.systems:
        tables = {
            n: (table["time_ns"], found.events[system, n])
            for n, table in _tables(found, system).items()
            if (system, n) in found.events
        }
        if tables:
            yield _events(system, tables)


def site_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw the donors of every system with a metal, and when the site was as it should be."""
    systems = {system: tables for system in found.systems if (tables := _tables(found, system))}
    for system, tables in systems.items():
        if split(system)[1] != "apo":
            yield _donors(system, tables)
    for system, tables in systems.items():
        yield _intact(system, tables)


def _tables(found: Results, system: str) -> dict[int, pd.DataFrame]:
    every = {n: found.tables.tables[system, n] for n in found.tables.replicas(system)}
    return {n: tables["midas"] for n, tables in every.items() if "midas" in tables}


def _strips(
    axis: Axes, data: pd.DataFrame, looks: Mapping[str, Mapping[str, Any]], replicas: list[int]
) -> None:
    """Draw ``site`` from ``start_ns`` to ``end_ns`` of each ``replica`` as one strip of bars."""
    factor, unit = style.time_axis(float(data["end_ns"].max()))
    axis.grid(False)
    for kind, look in looks.items():
        height = look.get("height", 0.76)
        drawn = {key: value for key, value in look.items() if key != "height"}
        for n, part in data[data["site"] == kind].groupby("replica"):
            left, right = part["start_ns"] * factor, part["end_ns"] * factor
            bars = list(zip(left, right - left, strict=True))
            row = replicas.index(int(str(n)))
            axis.broken_barh(bars, (row - height / 2, height), **drawn, label=f"_replica {n}")
    step = max(1, -(-len(replicas) // 25))
    axis.set_yticks(range(0, len(replicas), step), [str(n) for n in replicas[::step]])
    axis.set_ylim(len(replicas) - 0.4, -0.6)
    axis.set_xlim(left=0)
    axis.set_ylabel("replica")
    axis.set_xlabel(f"time ({unit})")
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)


def _events(system: str, tables: Mapping[int, tuple[pd.Series, pd.DataFrame]]) -> style.Drawing:
    apo = split(system)[1] == "apo"
    looks = _LOOKS | ({"intact": {"facecolor": style.GRID, **_EDGE}} if apo else {})
    names = {key: "empty" if apo and key == "intact" else key for key in _LOOKS}
    data = pd.concat([spans(n, *pair) for n, pair in tables.items()], ignore_index=True)
    with style.axes(4.6, 1.15 + 0.16 * len(tables)) as (figure, axis):
        _strips(axis, data, looks, list(tables))
        axis.set_title(f"{style.label(system)}: the site over time")
        there = [key for key in _LOOKS if key in set(data["site"])]
        handles = [Patch(label=names[key], **looks[key]) for key in there]
        figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
        data = data.assign(site=data["site"].map(names))
        legend = (
            "Cross-hatched: an ion sits in the empty site."
            if apo
            else "Hatched: changed, the metal still there; solid: the metal left; cross-hatched: "
            "another ion in or beside the site."
        )
        numbers = _first_times(data, list(tables))
        name = style.label(system)
        return finish(figure, "midas_gate", numbers, data, system, system=name, legend=legend)


def spans(replica: int, times: pd.Series, events: pd.DataFrame) -> pd.DataFrame:
    """Return what one strip shows.

    Parameters
    ----------
    replica : int
    times : pandas.Series
        Of the replica's frames, ns; each frame covers the interval before it.
    events : pandas.DataFrame
        Of :func:`lfa1_analysis.metal_site.gate.events`.

    Returns
    -------
    pandas.DataFrame
        ``replica``, ``site``, ``start_ns``, ``end_ns``. The whole time is given as ``intact``
        first; what the other spans cover is not.
    """
    ordered = times.to_numpy(dtype=float)
    step = float(np.median(np.diff(ordered))) if len(ordered) > 1 else 0.0
    rows = [("intact", ordered[0] - step, ordered[-1])]
    for event in events.itertuples():
        kind = {"ion_moved_in": "ion moved in", "metal_left": "lost"}.get(str(event.event))
        if kind is None and event.severity != NOTE:
            kind = "changed"
        if kind is not None:
            rows.append((kind, float(str(event.start_ns)) - step, float(str(event.end_ns))))
    table = pd.DataFrame(rows, columns=["site", "start_ns", "end_ns"]).drop_duplicates()
    table.insert(0, "replica", replica)
    return table


def _first_times(data: pd.DataFrame, replicas: list[int]) -> str:
    parts = []
    for kind, rows in data[~data["site"].isin(["intact", "empty"])].groupby("site", sort=False):
        times = rows.groupby("replica")["start_ns"].min()
        first = ", ".join(f"replica {n} from {duration(max(t, 0.0))}" for n, t in times.items())
        parts.append(f"{str(kind).capitalize()}: {first}.")
    return " ".join(parts) or f"Nothing happened in {len(replicas)} replicas."


def event_rows(found: Results) -> dict[str, Any]:
    """Return the events for the page: ``rows``, ``more``, ``alarms`` and ``unknown``.

    ``more`` counts the rows beyond `SHOWN`; ``unknown`` the runs whose waters have no identity.
    """
    rows: list[dict[str, Any]] = []
    unknown = 0
    for (system, n), table in found.events.items():
        unknown += bool((table["event"] == "water_exchange_unknown").any())
        for record in table[table["event"] != "water_exchange_unknown"].to_dict("records"):
            rows.append({"system": system, "replica": n} | {str(k): v for k, v in record.items()})
    alarms = sum(row["severity"] != NOTE for row in rows)
    # What does not fit is the least grave.
    grave = sorted(rows, key=lambda row: (row["severity"] == NOTE, row["severity"] != FAIL))
    listed = {id(row) for row in grave[:SHOWN]}
    shown = [row for row in rows if id(row) in listed]
    return {"rows": shown, "more": len(rows) - len(shown), "alarms": alarms, "unknown": unknown}


def _donors(system: str, tables: dict[int, pd.DataFrame]) -> style.Drawing:
    state, ion = split(system)
    demanded = STATE_DONORS.get(state.split("_")[0], ())
    rows = []
    for n, table in tables.items():
        for key in _DONORS:
            values = table.get(f"{key}_angstrom")
            if values is not None and np.isfinite(values).any():
                rows.append((n, key, *np.nanpercentile(values, (5, 50, 95))))
    columns = ["replica", "donor", "p5_angstrom", "median_angstrom", "p95_angstrom"]
    data = pd.DataFrame(rows, columns=columns)
    keys = [key for key in _DONORS if key in set(data["donor"])]
    cutoff = CUTOFFS[element(ion).capitalize()]
    with style.axes() as (figure, axis):
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
        for k, n in enumerate(sorted(tables)):
            part = data[data["replica"] == n]
            x = part["donor"].map(keys.index) + (k - (len(tables) - 1) / 2) * 0.6 / len(tables)
            look: dict[str, Any] = {"color": style.replica_colour(k), "label": f"_replica {n}"}
            axis.vlines(x, part["p5_angstrom"], part["p95_angstrom"], lw=1.2, **look)
            axis.plot(x, part["median_angstrom"], "o", ms=3.6, **look)
        names = [_DONORS[key] + "*" * (key in demanded) for key in keys]
        axis.set_xticks(range(len(keys)), names, rotation=35, ha="right", rotation_mode="anchor")
        axis.set_ylim(1.6, max(4.8, float(data["p95_angstrom"].max()) + 0.2))
        axis.set_ylabel("distance from the metal (Å)")
        axis.set_title(style.label(system))
        medians = data.groupby("donor")["median_angstrom"].median()
        numbers = ", ".join(f"{_DONORS[key]} {medians[key]:.2f} Å" for key in keys)
        name = style.label(system)
        return finish(figure, "midas_donors", f"Medians: {numbers}.", data, system, system=name)


def _intact(system: str, tables: dict[int, pd.DataFrame]) -> style.Drawing:
    state, ion = split(system)
    apo = ion == "apo"
    frames, strips = [], []
    for n, table in sorted(tables.items()):
        flags = ~visitors(table)[0] if apo else site_frames(table, ion, state)
        frames.append(pd.DataFrame({"replica": n, "time_ns": table["time_ns"], "good": flags}))
        times = table["time_ns"].to_numpy()
        step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
        # Each frame covers the step before it; equal ones that follow each other are one bar.
        run = (frames[-1]["good"] != frames[-1]["good"].shift()).cumsum()
        for _, part in frames[-1].groupby(run):
            kind = "good" if part["good"].iloc[0] else "bad"
            start, end = part["time_ns"].iloc[0] - step, part["time_ns"].iloc[-1]
            strips.append((n, kind, start, end))
    good, bad = ("#d5dbe1", style.ION_COLOURS["na"]) if apo else (style.colour(system), style.WARN)
    looks = {
        "good": {"color": good, "lw": 0, "alpha": 0.6, "height": 0.5},
        "bad": {"color": bad, "lw": 0, "height": 0.78},
    }
    data = pd.concat(frames, ignore_index=True)
    shares = data.groupby("replica")["good"].mean()
    what = "no ion in the empty site" if apo else "site as it should be"
    parts = ", ".join(f"replica {n} {share:.0%}" for n, share in shares.items())
    with style.axes(4.6, 1.0 + 0.24 * len(tables)) as (figure, axis):
        spans_ = pd.DataFrame(strips, columns=["replica", "site", "start_ns", "end_ns"])
        _strips(axis, spans_, looks, sorted(tables))
        axis.set_title(f"{style.label(system)}: {'ion visits' if apo else 'site intact?'}")
        return finish(
            figure,
            "midas_time",
            f"Share of frames with {what}: {parts}.",
            data.astype({"good": int}),
            system,
            system=style.label(system),
            question="Ions in the empty site" if apo else "Does the metal site stay intact",
            bad="an ion sits in the empty site" if apo else "the site is not as it should be",
        )
