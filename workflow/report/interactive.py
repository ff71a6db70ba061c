"""Turns a drawn matplotlib figure into one for Plotly, so that each figure is drawn in code once.

What the house style draws is understood: lines, markers, error bars, filled areas and strips,
bands and lines across, labels, ticks, legends, a colour bar. Ink, grid and paper are left as names
(``@ink``, ``@grid``, ``@paper``) that the page replaces by the colours of its light or dark look.
A label ``replica 3`` or ``_replica 3`` makes what it labels hideable as that replica.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FixedFormatter, FuncFormatter, NullFormatter

from lfa1_report.palette import GRID, INK

PIXELS_PER_INCH = 100
_REPLICA = re.compile(r"^_?replica (\d+)$")
_DASHES = {"--": "dash", ":": "dot", "-.": "dashdot"}
_MARKERS = {
    "o": "circle",
    "s": "square",
    "^": "triangle-up",
    "v": "triangle-down",
    "<": "triangle-left",
    ">": "triangle-right",
    "D": "diamond",
    "P": "cross",
    "*": "star",
    "X": "x",
    "h": "hexagon",
    "|": "line-ns",
    "_": "line-ew",
}
_HATCHES = {"/": "/", "\\": "\\", "x": "x", "-": "-", "|": "|", "+": "+", ".": "."}


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
            yield common | _line(artist)
        elif any(in_data):
            layout["shapes"].append(_across(artist, in_data[0], end))
    elif isinstance(artist, LineCollection):
        yield common | _segments(artist)
    elif isinstance(artist, PathCollection):
        yield common | _points(artist)
    elif isinstance(artist, Collection):
        for trace in _areas(artist):
            yield common | trace
    elif isinstance(artist, Rectangle) and artist is not axis.patch:
        layout["shapes"].append(_band(axis, artist, end))
    elif isinstance(artist, Text) and artist.get_text() and artist in axis.texts:
        layout["annotations"].append(_words(axis, artist, end))


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


def _line(line: Line2D) -> dict[str, Any]:
    x, y = (np.asarray(part, dtype=float) for part in line.get_data(orig=False))
    drawn = line.get_linestyle() not in ("None", "none", "", " ")
    marker = line.get_marker()
    marked = marker not in ("None", "none", "", " ", None)
    modes = [word for word, there in (("lines", drawn), ("markers", marked)) if there]
    trace: dict[str, Any] = {"type": "scatter", "x": _numbers(x), "y": _numbers(y)}
    trace |= {"mode": "+".join(modes) or "none", "opacity": _alpha(line)}
    if drawn:
        trace["line"] = _pen(line)
    if marked:
        face, edge = line.get_markerfacecolor(), line.get_markeredgecolor()
        hollow = str(face) == "none"
        symbol = _MARKERS.get(marker, "line-ns") if isinstance(marker, str) else "line-ns"
        trace["marker"] = {
            "symbol": symbol + ("-open" if hollow else ""),
            "size": float(line.get_markersize()) * 1.35,
            "color": _colour(edge if hollow else face),
            "line": {"color": _colour(edge), "width": float(line.get_markeredgewidth())},
        }
    return trace


def _pen(line: Line2D) -> dict[str, Any]:
    return {
        "color": _colour(line.get_color()),
        "width": float(line.get_linewidth()) * 1.3,
        "dash": _DASHES.get(str(line.get_linestyle()), "solid"),
    }


def _across(line: Line2D, x_in_data: bool, end: str) -> dict[str, Any]:
    """Return a line from edge to edge of the axes (axvline, axhline)."""
    x, y = (np.asarray(part, dtype=float) for part in line.get_data(orig=False))
    return {
        "type": "line",
        "xref": f"x{end}" if x_in_data else f"x{end} domain",
        "yref": f"y{end} domain" if x_in_data else f"y{end}",
        **{"x0": float(x[0]), "x1": float(x[-1]), "y0": float(y[0]), "y1": float(y[-1])},
        "line": _pen(line),
        "opacity": _alpha(line),
        "layer": "below",
    }


def _band(axis: Axes, patch: Rectangle, end: str) -> dict[str, Any]:
    """Return a filled band or bar (axvspan, axhspan, bar)."""
    x_in_data, y_in_data = patch.get_transform().contains_branch_seperately(axis.transData)
    left, low = patch.get_xy()
    return {
        "type": "rect",
        "xref": f"x{end}" if x_in_data else f"x{end} domain",
        "yref": f"y{end}" if y_in_data else f"y{end} domain",
        **{"x0": float(left), "x1": float(left + patch.get_width())},
        **{"y0": float(low), "y1": float(low + patch.get_height())},
        "fillcolor": _colour(patch.get_facecolor()),
        "opacity": float(to_rgba(patch.get_facecolor())[3]),
        "line": {"width": 0},
        "layer": "below",
    }


def _segments(collection: LineCollection) -> dict[str, Any]:
    # What holds a NaN comes without points.
    whole = [part for part in map(np.asarray, collection.get_segments()) if part.ndim == 2]
    parts = [np.vstack([part, [np.nan, np.nan]]) for part in whole if len(part)]
    points = np.vstack(parts) if parts else np.empty((0, 2))
    colours = collection.get_colors()
    return {
        "type": "scatter",
        "mode": "lines",
        "x": _numbers(points[:, 0]),
        "y": _numbers(points[:, 1]),
        "line": {
            "color": _colour(colours[0]) if len(colours) else "@ink",
            "width": float(np.atleast_1d(collection.get_linewidth())[0]) * 1.3,
        },
        "opacity": _alpha(collection),
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _points(collection: PathCollection) -> dict[str, Any]:
    points = np.asarray(collection.get_offsets(), dtype=float)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": _numbers(points[:, 0]),
        "y": _numbers(points[:, 1]),
        "marker": {
            "color": [_colour(colour) for colour in np.atleast_2d(collection.get_facecolor())],
            "size": [float(np.sqrt(size)) * 1.35 for size in collection.get_sizes()],
        },
        "opacity": _alpha(collection),
    }


def _areas(collection: Collection) -> Iterator[dict[str, Any]]:
    """Yield filled areas, one trace for each colour."""
    faces = np.atleast_2d(collection.get_facecolor())
    if not len(faces):
        return
    grouped: dict[tuple[float, ...], list[np.ndarray]] = defaultdict(list)
    for number, path in enumerate(collection.get_paths()):
        points = np.asarray(path.vertices, dtype=float)
        grouped[tuple(faces[number % len(faces)])] += [points, np.full((1, 2), np.nan)]
    hatch = collection.get_hatch()
    for face, parts in grouped.items():
        points = np.vstack(parts[:-1]) if parts else np.empty((0, 2))
        red, green, blue = (round(255 * part) for part in face[:3])
        trace: dict[str, Any] = {
            "type": "scatter",
            "mode": "lines",
            "fill": "toself",
            "x": _numbers(points[:, 0]),
            "y": _numbers(points[:, 1]),
            "line": {"width": 0},
            "fillcolor": f"rgba({red},{green},{blue},{face[3]:.2f})",
            "hoveron": "fills",
        }
        if (named := _colour(face)).startswith("@"):
            trace |= {"fillcolor": named, "opacity": float(face[3])}
        if hatch:
            shape = _HATCHES.get(hatch[0], "/")
            trace["fillpattern"] = {
                "shape": shape,
                "fgcolor": "@ink",
                "size": 6,
                "bgcolor": trace["fillcolor"],
            }
        yield trace


def _words(axis: Axes, text: Text, end: str) -> dict[str, Any]:
    shift = (0.0, 0.0)
    if isinstance(text, Annotation):
        coords = text.xycoords
        kinds = coords if isinstance(coords, tuple) else (coords, coords)
        in_data: Sequence[bool] = [kind == "data" for kind in kinds]
        (x, y), shift = text.xy, text.get_position()
    else:
        in_data = text.get_transform().contains_branch_seperately(axis.transData)
        x, y = text.get_position()
    across = {"left": "left", "right": "right"}.get(text.get_horizontalalignment(), "center")
    upright = text.get_verticalalignment()
    return {
        "xref": f"x{end}" if in_data[0] else f"x{end} domain",
        "yref": f"y{end}" if in_data[1] else f"y{end} domain",
        **{"x": float(x), "y": float(y)},
        **{"xshift": float(shift[0]) * 1.3, "yshift": float(shift[1]) * 1.3},
        "xanchor": across,
        "yanchor": {"top": "top", "bottom": "bottom", "baseline": "bottom"}.get(upright, "middle"),
        "text": _lines(text.get_text()),
        "showarrow": False,
        "font": {"size": float(text.get_fontsize()) * 1.3, "color": _colour(text.get_color())},
    }


def _heading(title: str, end: str) -> dict[str, Any]:
    """Return the title of one of several axes; of a single one the caption says it."""
    return {
        **{"xref": f"x{end} domain", "yref": f"y{end} domain", "x": 0.5, "y": 1},
        **{"xanchor": "center", "yanchor": "bottom", "showarrow": False},
        "text": _lines(title),
        "font": {"size": 13, "color": "@ink"},
    }


def _axis(axis: Axes, which: str, count: int, end: str) -> dict[str, Any]:
    mine = axis.xaxis if which == "x" else axis.yaxis
    limits = axis.get_xlim() if which == "x" else axis.get_ylim()
    log = mine.get_scale() == "log"
    found: dict[str, Any] = {
        "title": {"text": _lines(mine.get_label_text())},
        "range": [float(np.log10(edge)) if log else float(edge) for edge in limits],
        "type": "log" if log else "linear",
        "showgrid": which == "y" and bool(mine.get_gridlines()[:1] and _gridded(axis)),
        "zeroline": False,
        "automargin": True,
        "anchor": f"{'y' if which == 'x' else 'x'}{end}",
    }
    formatter = mine.get_major_formatter()
    if isinstance(formatter, NullFormatter):
        found["showticklabels"] = False
    elif isinstance(formatter, FixedFormatter | FuncFormatter):
        places = mine.get_majorticklocs()
        texts = [_lines(each.get_text()) for each in mine.get_majorticklabels()]
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
            shown = _line(handle)
            entry |= {key: shown[key] for key in ("mode", "line", "marker") if key in shown}
        else:
            face = getattr(handle, "get_facecolor", lambda: INK)()
            marker = {"symbol": "square", "size": 11, "color": _colour(face)}
            entry |= {"mode": "markers", "marker": marker}
        yield entry


def _alpha(artist: Artist) -> float:
    alpha = artist.get_alpha()
    return 1.0 if alpha is None else float(alpha)


def _colour(colour: Any) -> str:
    if isinstance(colour, str) and colour == "none":
        return "rgba(0,0,0,0)"
    if not isinstance(colour, str):
        red, green, blue = (float(part) for part in np.ravel(colour)[:3])
        colour = (red, green, blue)
    shade = to_hex(to_rgb(colour))
    return {INK: "@ink", GRID: "@grid", "#ffffff": "@paper"}.get(shade, shade)


def _lines(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")


def _numbers(values: np.ndarray) -> dict[str, str]:
    raw = np.ascontiguousarray(values, dtype="<f4").tobytes()
    return {"dtype": "f4", "bdata": base64.b64encode(raw).decode("ascii")}
