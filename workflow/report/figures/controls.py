"""Figures of the controls and of the models of Mg²⁺: one interval for each row, on one scale."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from lfa1_report.sources.comparison import controls, sensitivity
from lfa1_report.sources.study import Results
from lfa1_report.style import style

REACH = 6.0
"""Multiples of the relevant size that the axis shows; longer intervals run to its edge."""
_OUTCOMES = {
    "passed": ("o", style.ION_COLOURS["ca"], "passed"),
    "failed": ("X", style.WARN, "failed"),
    "cannot tell": ("s", "#8c8c8c", "cannot tell"),
}
_KINDS = {
    "differs": ("X", style.WARN, "differs"),
    "equal": ("o", style.ION_COLOURS["ca"], "no effect of a size that matters"),
    "stayed": ("^", "#8c8c8c", "both stayed where they started"),
    "unknown": ("s", "#8c8c8c", "cannot tell"),
}


def control_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw the controls, and the models of Mg²⁺ where there are several."""
    summary = found.summary or {}
    rows = [
        _row(row, f"{row['control']}: {_pair(row['comparison'])}, {row['name']}", row["outcome"])
        for row in controls(summary)
    ]
    if rows:
        yield _intervals(
            rows,
            _OUTCOMES,
            "controls",
            "Every control with its interval",
            "Difference with its 95 % interval, divided by the size that would matter. Positive "
            "controls must lie away from zero, all others must include it.",
        )
    sizes = {row["observable"]: row.get("relevant_size") for row in summary.get("primary", [])}
    rows = [
        _row(
            model
            | {"relevant_size": sizes.get(row["observable"]), "observable": row["observable"]},
            f"{row['state']}, {row['name']}: {model['name']}",
            model["kind"],
        )
        for row in sensitivity(summary)
        for model in row["models"]
    ]
    if rows:
        yield _intervals(
            rows,
            _KINDS,
            "models",
            "The effect of Mg²⁺ by its model",
            "With minus without metal, with its 95 % interval, divided by the size that would "
            "matter; inside the band it is too small to matter.",
        )


def _row(row: Mapping[str, Any], name: str, outcome: str) -> dict[str, Any]:
    size = row.get("relevant_size") or math.nan
    parts = {key: row.get(key) for key in ("effect", "ci_low", "ci_high")}
    return {
        "row": name,
        "outcome": outcome,
        "unit": row.get("unit"),
        "relevant_size": size,
        **{key: math.nan if value is None else float(value) for key, value in parts.items()},
    }


def _pair(comparison: object) -> str:
    return str(comparison).replace(" − ", " minus ")


def _intervals(
    rows: list[dict[str, Any]],
    looks: Mapping[str, tuple[str, str, str]],
    section: str,
    title: str,
    caption: str,
) -> style.Drawing:
    data = pd.DataFrame(rows)
    scaled = data[["effect", "ci_low", "ci_high"]].div(data["relevant_size"], axis=0)
    clipped = scaled.clip(-REACH, REACH)
    height = np.arange(len(data))[::-1]
    with style.axes(7.2, 1.3 + 0.22 * len(data)) as (figure, axis):
        axis.grid(False)
        axis.axvspan(-1, 1, color=style.ION_COLOURS["ca"], alpha=0.13, lw=0)
        axis.axvline(0, color=style.INK, lw=0.8)
        for outcome, (marker, tint, said) in looks.items():
            mine = (data["outcome"] == outcome).to_numpy()
            if not mine.any():
                continue
            lows, highs = clipped["ci_low"][mine], clipped["ci_high"][mine]
            axis.hlines(height[mine], lows, highs, color=tint, lw=1.6)
            axis.plot(clipped["effect"][mine], height[mine], marker, color=tint, ms=5.5, label=said)
        axis.set_yticks(height, data["row"])
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        axis.set_ylim(-0.6, len(data) - 0.4)
        axis.set_xlabel("difference ÷ size that would matter")
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        counts = data["outcome"].map({key: look[2] for key, look in looks.items()}).value_counts()
        said = ", ".join(f"{name}: {count}" for name, count in counts.items())
        return style.draw(figure, section, section, title, caption, f"{said}.", data)
