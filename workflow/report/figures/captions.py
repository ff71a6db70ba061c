"""Finishing a figure: its section, title and caption stand in ``data/captions.toml``."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lfa1_report.style import style

CAPTIONS: dict[str, dict[str, str]] = tomllib.loads(
    (resources.files("lfa1_report.figures") / "data" / "captions.toml").read_text("utf-8")
)


def finish(
    figure: Figure, kind: str, numbers: str, data: pd.DataFrame, member: str = "", **words: Any
) -> style.Drawing:
    """Turn a matplotlib figure into a drawing of a kind.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    kind : str
        Key of `CAPTIONS`, and the file's name.
    numbers : str
        The message of the figure in numbers, for a reader who cannot see it.
    data : pandas.DataFrame
        What it shows.
    member : str
        What tells it from others of its kind, at the end of the file's name.
    **words
        Fill in the title and the caption.
    """
    its = {key: text.format(**words) for key, text in CAPTIONS[kind].items()}
    name = f"{kind}_{member}" if member else kind
    words_ = (its["section"], its["title"], its["caption"], style.minus(numbers))
    return style.draw(figure, name, *words_, data)


def rows_of_systems(axis: Axes, names: list[str]) -> None:
    """Give each row of a figure its name, the first below, without a line at the left."""
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(-0.6, len(names) - 0.4)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)


def beside(axis: Axes, text: str, place: float, *, vertical: bool, **options: Any) -> None:
    """Write outside the axes: above a value of x if `vertical`, else to the right of one of y."""
    axis.annotate(
        text,
        (place, 1.0) if vertical else (1.0, place),
        xycoords=("data", "axes fraction") if vertical else ("axes fraction", "data"),
        xytext=(0, 3) if vertical else (4, 0),
        textcoords="offset points",
        ha="center" if vertical else "left",
        va="bottom" if vertical else "center",
        **{"fontsize": 8, **options},
    )
