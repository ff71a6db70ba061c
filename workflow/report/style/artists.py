"""What matplotlib has drawn (lines, points, areas, bands, words) as traces and shapes of Plotly."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation, Text

from lfa1_report.style.palette import GRID, INK

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


def line_trace(line: Line2D) -> dict[str, Any]:
    """Return a line, its markers, or both."""
    x, y = (np.asarray(part, dtype=float) for part in line.get_data(orig=False))
    drawn = line.get_linestyle() not in ("None", "none", "", " ")
    marker = line.get_marker()
    marked = marker not in ("None", "none", "", " ", None)
    modes = [word for word, there in (("lines", drawn), ("markers", marked)) if there]
    trace: dict[str, Any] = {"type": "scatter", "x": numbers(x), "y": numbers(y)}
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
            "color": colour_of(edge if hollow else face),
            "line": {"color": colour_of(edge), "width": float(line.get_markeredgewidth())},
        }
    return trace


def _pen(line: Line2D) -> dict[str, Any]:
    return {
        "color": colour_of(line.get_color()),
        "width": float(line.get_linewidth()) * 1.3,
        "dash": _DASHES.get(str(line.get_linestyle()), "solid"),
    }


def line_across(line: Line2D, x_in_data: bool, end: str) -> dict[str, Any]:
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


def band(axis: Axes, patch: Rectangle, end: str) -> dict[str, Any]:
    """Return a filled band or bar (axvspan, axhspan, bar)."""
    x_in_data, y_in_data = patch.get_transform().contains_branch_seperately(axis.transData)
    left, low = patch.get_xy()
    return {
        "type": "rect",
        "xref": f"x{end}" if x_in_data else f"x{end} domain",
        "yref": f"y{end}" if y_in_data else f"y{end} domain",
        **{"x0": float(left), "x1": float(left + patch.get_width())},
        **{"y0": float(low), "y1": float(low + patch.get_height())},
        "fillcolor": colour_of(patch.get_facecolor()),
        "opacity": float(to_rgba(patch.get_facecolor())[3]),
        "line": {"width": 0},
        "layer": "below",
    }


def segments(collection: LineCollection) -> dict[str, Any]:
    """Return many short lines as one trace."""
    # What holds a NaN comes without points.
    whole = [part for part in map(np.asarray, collection.get_segments()) if part.ndim == 2]
    parts = [np.vstack([part, [np.nan, np.nan]]) for part in whole if len(part)]
    points = np.vstack(parts) if parts else np.empty((0, 2))
    colours = collection.get_colors()
    return {
        "type": "scatter",
        "mode": "lines",
        "x": numbers(points[:, 0]),
        "y": numbers(points[:, 1]),
        "line": {
            "color": colour_of(colours[0]) if len(colours) else "@ink",
            "width": float(np.atleast_1d(collection.get_linewidth())[0]) * 1.3,
        },
        "opacity": _alpha(collection),
        "hoverinfo": "skip",
        "showlegend": False,
    }


def points(collection: PathCollection) -> dict[str, Any]:
    """Return a scatter of points."""
    points = np.asarray(collection.get_offsets(), dtype=float)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": numbers(points[:, 0]),
        "y": numbers(points[:, 1]),
        "marker": {
            "color": [colour_of(colour) for colour in np.atleast_2d(collection.get_facecolor())],
            "size": [float(np.sqrt(size)) * 1.35 for size in collection.get_sizes()],
        },
        "opacity": _alpha(collection),
    }


def areas(collection: Collection) -> Iterator[dict[str, Any]]:
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
            "x": numbers(points[:, 0]),
            "y": numbers(points[:, 1]),
            "line": {"width": 0},
            "fillcolor": f"rgba({red},{green},{blue},{face[3]:.2f})",
            "hoveron": "fills",
        }
        if (named := colour_of(face)).startswith("@"):
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


def words(axis: Axes, text: Text, end: str) -> dict[str, Any]:
    """Return a text as an annotation."""
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
        "text": html_lines(text.get_text()),
        "showarrow": False,
        "font": {"size": float(text.get_fontsize()) * 1.3, "color": colour_of(text.get_color())},
    }


def _alpha(artist: Artist) -> float:
    alpha = artist.get_alpha()
    return 1.0 if alpha is None else float(alpha)


def colour_of(colour: Any) -> str:
    """Return a colour, or the name of one that depends on the page's look."""
    if isinstance(colour, str) and colour == "none":
        return "rgba(0,0,0,0)"
    if not isinstance(colour, str):
        red, green, blue = (float(part) for part in np.ravel(colour)[:3])
        colour = (red, green, blue)
    shade = to_hex(to_rgb(colour))
    return {INK: "@ink", GRID: "@grid", "#ffffff": "@paper"}.get(shade, shade)


def html_lines(text: str) -> str:
    """Return text as Plotly takes it: some HTML, with breaks of lines."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")


def numbers(values: np.ndarray) -> dict[str, str]:
    """Return numbers as base64 of little-endian 32-bit floats, as Plotly.js reads them."""
    raw = np.ascontiguousarray(values, dtype="<f4").tobytes()
    return {"dtype": "f4", "bdata": base64.b64encode(raw).decode("ascii")}
