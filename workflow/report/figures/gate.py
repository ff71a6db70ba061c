"""The metal site over time: one strip per replica, and its events as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from lfa1_analysis.comparison.study_tables import split
from lfa1_analysis.comparison.verdicts import duration
from lfa1_analysis.metal_site.rules import FAIL, NOTE
from lfa1_report.sources.study import Results
from lfa1_report.style import style

ROW_INCHES = 0.16
SHOWN = 200
"""Most events that the page lists; all of them are in the tables beside the trajectories."""

# Drawn in this order, the later over the earlier. Told apart by lightness and hatching too.
_LOOKS: dict[str, dict[str, Any]] = {
    "intact": {"facecolor": "#9fc8e4"},
    "changed": {"facecolor": "#e69f00", "hatch": "/////"},
    "lost": {"facecolor": style.INK},
    "ion moved in": {"facecolor": "#f0c3dd", "hatch": "xxxxx"},
}


def gate_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw the strips of every system whose replicas have events and a ``midas`` table."""
    for system in found.systems:
        tables = {
            n: (found.tables.tables[system, n]["midas"]["time_ns"], found.events[system, n])
            for n in found.tables.replicas(system)
            if (system, n) in found.events and "midas" in found.tables.tables[system, n]
        }
        if tables:
            yield _strips(system, tables)


def _strips(system: str, tables: Mapping[int, tuple[pd.Series, pd.DataFrame]]) -> style.Drawing:
    apo = split(system)[1] == "apo"
    looks = _LOOKS | ({"intact": {"facecolor": style.GRID}} if apo else {})
    names = {key: "empty" if apo and key == "intact" else key for key in _LOOKS}
    factor, unit = style.time_axis(max(float(times.iloc[-1]) for times, _ in tables.values()))
    data = pd.concat([spans(n, *pair) for n, pair in tables.items()], ignore_index=True)
    rows = {n: row for row, n in enumerate(tables)}
    with style.axes(4.6, 1.15 + ROW_INCHES * len(tables)) as (figure, axis):
        axis.grid(False)
        for key, look in looks.items():
            for n, part in data[data["site"] == key].groupby("replica"):
                _bars(axis, part, rows[int(str(n))], factor, look | {"label": f"_replica {n}"})
        step = max(1, -(-len(rows) // 25))
        axis.set_yticks(range(0, len(rows), step), [str(n) for n in list(rows)[::step]])
        axis.set_ylim(len(rows) - 0.4, -0.6)
        axis.set_xlim(left=0)
        axis.set_ylabel("replica")
        axis.set_xlabel(f"time ({unit})")
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        axis.set_title(f"{style.label(system)}: the site over time")
        there = [key for key in _LOOKS if key in set(data["site"])]
        handles = [Patch(label=names[key], **_edges(looks[key])) for key in there]
        figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
        data = data.assign(site=data["site"].map(names))
        return style.draw(
            figure,
            f"midas_gate_{system}",
            "midas",
            f"What happened at the metal site: {style.label(system)}",
            (
                "One strip per replica. Cross-hatched: an ion sits in the empty site."
                if apo
                else "One strip per replica. Hatched: changed, the metal still there; solid: the "
                "metal left; cross-hatched: another ion in or beside the site."
            )
            + " Fluctuations that do not last are not shown.",
            _said(data, list(tables)),
            data,
        )


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


def _edges(look: Mapping[str, Any]) -> dict[str, Any]:
    """Hatches take the colour of the edge, which itself is not drawn."""
    return {**look, "edgecolor": style.INK, "linewidth": 0.0}


def _bars(axis: Axes, part: pd.DataFrame, row: int, factor: float, look: Mapping[str, Any]) -> None:
    left = part["start_ns"].to_numpy() * factor
    width = (part["end_ns"] - part["start_ns"]).to_numpy() * factor
    bars = list(zip(left.tolist(), width.tolist(), strict=True))
    axis.broken_barh(bars, (row - 0.38, 0.76), **_edges(look))


def _said(data: pd.DataFrame, replicas: list[int]) -> str:
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
    kept = {id(row) for row in grave[:SHOWN]}
    shown = [row for row in rows if id(row) in kept]
    return {"rows": shown, "more": len(rows) - len(shown), "alarms": alarms, "unknown": unknown}
