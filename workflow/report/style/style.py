"""How every figure looks, and how it is written: SVG with its data beside it.

Colours are Okabe and Ito's, told apart with every kind of colour vision (Okabe & Ito 2008, "Color
Universal Design"); the metal is also told by line style and marker, never by colour alone.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FuncFormatter

from lfa1_analysis.comparison.study_tables import MG_MODELS, split
from lfa1_analysis.proteins.ion_names import MG_SHAM

INK = "#22303c"
GRID = "#d5dbe1"
_REPLICA = re.compile(r"_?replica (\d+)$")

ION_COLOURS = {
    "mg": "#0072b2",
    "apo": "#d55e00",
    "ca": "#009e73",
    "mn": "#cc79a7",
    "na": "#e69f00",
    MG_SHAM: "#7f9db9",
}
ION_NAMES = {
    "mg": "Mg²⁺",
    "apo": "no metal",
    "ca": "Ca²⁺",
    "mn": "Mn²⁺",
    "na": "Na⁺",
    MG_SHAM: "Mg²⁺, sham",
    **{f"mg_{slug}": f"Mg²⁺ ({name})" for slug, name in MG_MODELS.items()},
}
_MODEL_COLOURS = (
    "#56b4e9",
    "#004c6d",
    "#7a5195",
    "#2f4b7c",
    "#00876c",
    "#8c8c8c",
    "#b15928",
    "#6a3d9a",
)
ION_COLOURS |= {
    f"mg_{slug}": colour for slug, colour in zip(MG_MODELS, cycle(_MODEL_COLOURS), strict=False)
}
ION_MARKERS = {"mg": "o", "apo": "s", "ca": "^", "mn": "D", "na": "v", MG_SHAM: "p"}
ION_MARKERS |= {
    f"mg_{slug}": shape for slug, shape in zip(MG_MODELS, cycle("P*Xh<>"), strict=False)
}
STATE_COLOURS = {"closed": "#56b4e9", "intermediate": "#e69f00", "open": "#009e73"}
REPLICA_COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#8c8c8c",
    INK,
)
WARN = "#d55e00"

RC: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.1,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}


@dataclass(frozen=True)
class Drawing:
    """A finished figure.

    Attributes
    ----------
    name : str
        File name without suffix.
    section : str
        Where the page puts it.
    title, caption : str
        Heading, and how to read it.
    numbers : str
        Its message in numbers, for a reader who cannot see it.
    svg : str
        The picture.
    data : pandas.DataFrame
        What it shows.
    axes : str
        JSON: where each pair of axes lies in the picture and which values its edges have, for the
        reading at the pointer.
    """

    name: str
    section: str
    title: str
    caption: str
    numbers: str
    svg: str
    data: pd.DataFrame
    axes: str

    def files(self) -> dict[str, str]:
        """Return ``{name}.svg`` and ``{name}.csv`` with their content."""
        return {
            f"{self.name}.svg": self.svg,
            f"{self.name}.csv": self.data.to_csv(index=False),
        }

    def entry(self) -> dict[str, str]:
        """Return the entry for the index."""
        return {
            "name": self.name,
            "section": self.section,
            "title": self.title,
            "caption": self.caption,
            "alt": f"{self.caption} {self.numbers}".strip(),
        }


@contextmanager
def axes(width: float = 4.6, height: float = 2.9, **kwargs: Any) -> Iterator[tuple[Figure, Axes]]:
    """One pair of axes in the house style, sizes in inches; closed afterwards."""
    with plt.rc_context(RC):
        figure, axis = plt.subplots(figsize=(width, height), layout="constrained", **kwargs)
        try:
            yield figure, axis
        finally:
            plt.close(figure)


def draw(
    figure: Figure,
    name: str,
    section: str,
    title: str,
    caption: str,
    numbers: str,
    data: pd.DataFrame,
) -> Drawing:
    """Turn a matplotlib figure into a `Drawing` whose bytes depend on its content alone.

    An artist that is labelled ``replica 3`` or ``_replica 3`` can be hidden on the page as that
    replica.
    """
    # Of the axes' own artists only: the samples in a legend stand for more than one replica.
    artists = [artist for axis in figure.axes for artist in axis.get_children()]
    for number, artist in enumerate(artists):
        if match := _REPLICA.match(str(artist.get_label())):
            artist.set_gid(f"replica-{match[1]}-{number}")
    stream = io.StringIO()
    with plt.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Title": title})
    frames = [_frame(figure, axis) for axis in figure.axes if not hasattr(axis, "_colorbar")]
    return Drawing(
        name, section, title, caption, numbers, stream.getvalue(), data, json.dumps(frames)
    )


def _frame(figure: Figure, axis: Axes) -> dict[str, Any]:
    """Return where drawn axes lie, in points from the upper left, and the values of their ends."""
    width, height = figure.get_size_inches() * 72
    place = axis.get_position()
    found: dict[str, Any] = {}
    for key, each, size, ends in (
        ("x", axis.xaxis, width, (place.x0, place.x1)),
        ("y", axis.yaxis, height, (1 - place.y0, 1 - place.y1)),
    ):
        found[key] = {
            "points": [round(float(end) * size, 1) for end in ends],
            # Where ticks are names, a number says nothing.
            "values": None
            if isinstance(each.get_major_formatter(), FixedFormatter | FuncFormatter)
            else [float(value) for value in each.get_view_interval()],
            "log": each.get_scale() == "log",
            "name": each.get_label_text(),
        }
    return found


def colour(system: str) -> str:
    """Colour of a system's ion."""
    return ION_COLOURS.get(split(system)[1], INK)


@contextmanager
def empty_site(name: str) -> Iterator[None]:
    """Call systems without the ion that is titrated ``{name} empty`` instead of ``no metal``.

    An integrin keeps the metals of its other sites.
    """
    before = ION_NAMES["apo"]
    ION_NAMES["apo"] = f"{name} empty"
    try:
        yield
    finally:
        ION_NAMES["apo"] = before


def label(system: str) -> str:
    """``closed-mg`` → ``closed, Mg²⁺``."""
    state, ion = split(system)
    return f"{state}, {ION_NAMES.get(ion, ion)}"


def minus(text: str) -> str:
    """Write the signs of the numbers in a text as minus, not as hyphens."""
    return re.sub(r"(?<!\w)-(?=\d)", "−", text)


def line(system: str) -> dict[str, Any]:
    """Return colour and style of a system's curves: dashed without metal."""
    return {"color": colour(system), "ls": (0, (4, 1.5)) if split(system)[1] == "apo" else "-"}


def replica_colour(number: int) -> str:
    """Return the colour of a replica's curve."""
    return REPLICA_COLOURS[number % len(REPLICA_COLOURS)]


def spread(count: int, half: float) -> np.ndarray:
    """Return offsets within ± `half` that keep so many points of one row apart."""
    return np.linspace(-half, half, count) if count > 1 else np.zeros(count)


def time_axis(longest_ns: float) -> tuple[float, str]:
    """Factor from ns and unit in which a time axis of this length reads best."""
    if longest_ns >= 1000:
        return 1e-3, "µs"
    return (1.0, "ns") if longest_ns >= 1 else (1e3, "ps")


def curve_rows(runs: int) -> int:
    """Most points of each curve where so many share a figure: at least 60, 12,000 in all."""
    return min(300, max(60, 12_000 // max(runs, 1)))


def thin(table: pd.DataFrame, rows: int = 300) -> pd.DataFrame:
    """Average consecutive frames so that a curve has at most `rows` points."""
    size = -(-len(table) // rows)
    if size <= 1:
        return table
    numbers = table.select_dtypes("number")
    return numbers.groupby(numbers.index // size).mean()
