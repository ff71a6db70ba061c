"""Turns a drawn matplotlib figure into one for Plotly, so that each figure is drawn in code once.

What the house style draws is understood: lines, markers, error bars, filled areas and strips,
bands and lines across, labels, ticks, legends, a colour bar. Ink, grid and paper are left as names
(``@ink``, ``@grid``, ``@paper``) that the page replaces by the colours of its light or dark look.
A label ``replica 3`` or ``_replica 3`` makes what it labels hideable as that replica.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter, NullFormatter

from lfa1_report.style.artists import (
    areas,
    band,
    colour_of,
    html_lines,
    line_across,
    line_trace,
    points,
    segments,
    words,
)
from lfa1_report.style.palette import INK

PIXELS_PER_INCH = 100
_REPLICA = re.compile(r"^_?replica (\d+)$")


def to_plotly(figure: Figure) -> dict[str, Any]:
    """Return ``data`` and ``layout`` of a figure that has been drawn (saved) before.

    Notes
    -----
    Number arrays are base64 of little-endian 32-bit floats, as Plotly.js reads them.
    """
    axes = [axis for axis in figure.axes if not hasattr(axis, "_colorbar")]
    layout: dict[str, Any] = {
        "height": round(figure.get_figheight() * PIXELS_PER_INCH),
        "shapes": [],
        "annotations": [],
        "showlegend": False,
    }
    data: list[dict[str, Any]] = []
    for number, axis in enumerate(axes, start=1):
        end = "" if number == 1 else str(number)
        names = _container_labels(axis)
        for artist in sorted(axis.get_children(), key=lambda each: each.get_zorder()):
            label = names.get(id(artist), str(artist.get_label()))
            data += _traces(axis, artist, label, end, layout)
        if len(axes) > 1 and (title := axis.get_title() or axis.get_title("left")):
            layout["annotations"].append(_heading(title, end))
        layout[f"xaxis{end}"] = _axis(axis, "x", len(axes), end)
        layout[f"yaxis{end}"] = _axis(axis, "y", len(axes), end)
    data += _colour_bars(figure)
    legends = [*figure.legends, *(legend for a in axes if (legend := a.get_legend()))]
    for legend in legends:
        layout["showlegend"] = True
        data += _legend_only(legend, data)
    return {"data": data, "layout": layout}


def _traces(
    axis: Axes, artist: Artist, label: str, end: str, layout: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the traces of one artist; what spans the axes goes into `layout`."""
    common = {"xaxis": f"x{end}", "yaxis": f"y{end}"} | _identity(label)
    if isinstance(artist, Line2D):
        in_data = artist.get_transform().contains_branch_seperately(axis.transData)
        if all(in_data):
            yield common | line_trace(artist)
        elif any(in_data):
            layout["shapes"].append(line_across(artist, in_data[0], end))
    elif isinstance(artist, LineCollection):
        yield common | segments(artist)
    elif isinstance(artist, PathCollection):
        yield common | points(artist)
    elif isinstance(artist, Collection):
        for trace in areas(artist):
            yield common | trace
    elif isinstance(artist, Rectangle) and artist is not axis.patch:
        layout["shapes"].append(band(axis, artist, end))
    elif isinstance(artist, Text) and artist.get_text() and artist in axis.texts:
        layout["annotations"].append(words(axis, artist, end))


def _identity(label: str) -> dict[str, Any]:
    replica = _REPLICA.match(label)
    if replica:
        return {
            "name": f"replica {replica[1]}",
            "meta": {"replica": int(replica[1])},
            "showlegend": False,
        }
    if label.startswith("_") or not label:
        return {"showlegend": False, "name": ""}
    return {"name": label, "legendgroup": label}


def _container_labels(axis: Axes) -> dict[int, str]:
    """Label of an error bar by the id of the line that carries its points."""
    found = {}
    for container in axis.containers:
        if isinstance(container, ErrorbarContainer) and container.lines[0] is not None:
            found[id(container.lines[0])] = str(container.get_label())
    return found


def _heading(title: str, end: str) -> dict[str, Any]:
    """Return the title of one of several axes; of a single one the caption says it."""
    return {
        **{"xref": f"x{end} domain", "yref": f"y{end} domain", "x": 0.5, "y": 1},
        **{"xanchor": "center", "yanchor": "bottom", "showarrow": False},
        "text": html_lines(title),
        "font": {"size": 13, "color": "@ink"},
    }


def _axis(axis: Axes, which: str, count: int, end: str) -> dict[str, Any]:
    mine = axis.xaxis if which == "x" else axis.yaxis
    limits = axis.get_xlim() if which == "x" else axis.get_ylim()
    log = mine.get_scale() == "log"
    found: dict[str, Any] = {
        "title": {"text": html_lines(mine.get_label_text())},
        "range": [float(np.log10(edge)) if log else float(edge) for edge in limits],
        "type": "log" if log else "linear",
        "showgrid": which == "y" and bool(mine.get_gridlines()[:1] and _gridded(axis)),
        "zeroline": False,
        "automargin": True,
        "anchor": f"{'y' if which == 'x' else 'x'}{end}",
    }
    formatter = mine.get_major_formatter()
    # Axes that share their values say them once.
    said = mine.get_tick_params().get("labelbottom" if which == "x" else "labelleft", True)
    if isinstance(formatter, NullFormatter) or not said:
        found["showticklabels"] = False
    elif isinstance(formatter, FixedFormatter | FuncFormatter):
        places = mine.get_majorticklocs()
        texts = [html_lines(each.get_text()) for each in mine.get_majorticklabels()]
        found |= {"tickmode": "array", "tickvals": [float(p) for p in places], "ticktext": texts}
    if count > 1:
        box = axis.get_position()
        ends = (box.x0, box.x1) if which == "x" else (box.y0, box.y1)
        found["domain"] = [round(float(each), 3) for each in ends]
    return found


def _gridded(axis: Axes) -> bool:
    return any(line.get_visible() for line in axis.yaxis.get_gridlines())


def _colour_bars(figure: Figure) -> Iterator[dict[str, Any]]:
    for axis in figure.axes:
        bar = getattr(axis, "_colorbar", None)
        if bar is None:
            continue
        steps = np.linspace(0, 1, 21)
        yield {
            "type": "scatter",
            "mode": "markers",
            "x": [None],
            "y": [None],
            "showlegend": False,
            "hoverinfo": "skip",
            "marker": {
                "color": [bar.vmin],
                "cmin": float(bar.vmin),
                "cmax": float(bar.vmax),
                "colorscale": [[float(s), to_hex(bar.cmap(float(s)))] for s in steps],
                "showscale": True,
                "colorbar": {
                    "title": {"text": axis.get_ylabel(), "side": "right"},
                    "thickness": 14,
                },
            },
        }


def _legend_only(legend: Legend, data: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield empty traces for what a legend explains and no trace is named after."""
    named = {trace.get("name") for trace in data if trace.get("showlegend", True)}
    for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
        name = text.get_text()
        if handle is None or name in named or re.fullmatch(r"\d+", name):
            continue
        entry: dict[str, Any] = {"type": "scatter", "x": [None], "y": [None], "name": name}
        if isinstance(handle, Line2D):
            shown = line_trace(handle)
            entry |= {key: shown[key] for key in ("mode", "line", "marker") if key in shown}
        else:
            face = getattr(handle, "get_facecolor", lambda: INK)()
            marker = {"symbol": "square", "size": 11, "color": colour_of(face)}
            entry |= {"mode": "markers", "marker": marker}
        yield entry
