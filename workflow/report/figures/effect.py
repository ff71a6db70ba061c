"""Figures of effects, controls and models of Mg²⁺: one interval for each row, on one scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from lfa1_analysis.comparison.relevance import BY_NAME
from lfa1_analysis.comparison.study_tables import split
from lfa1_report.figures.captions import finish, rows_of_systems
from lfa1_report.sources.comparison import controls, sensitivity, shown
from lfa1_report.sources.study import Results
from lfa1_report.style import style

REACH = 6.0
"""Multiples of the relevant size that the axis shows; longer intervals run to its edge."""
_SHORT = {
    "alpha7_shift_angstrom": "α7 shift",
    "opening_fraction": "opening fraction",
    "ser139og_thr206og1_angstrom": "Ser139–Thr206",
    "glu241cd_ser139og_angstrom": "Glu241–Ser139",
    "midas_alpha7_angstrom": "MIDAS–α7",
    "rmsd_closed_angstrom": "RMSD to closed",
    "rmsd_open_angstrom": "RMSD to open",
    "pocket_leu289_angstrom": "pocket–Leu289",
    "pocket_phe292_angstrom": "pocket–Phe292",
    "pocket_leu295_angstrom": "pocket–Leu295",
}
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
_INTERVAL = ["effect", "ci_low", "ci_high"]


def effect_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw one forest plot per comparison."""
    table = found.effects
    if table is None or table.empty:
        return
    table = table[(table["kind"] == "effect") & np.isfinite(table["relevant_size"])]
    table = table[np.isfinite(table["effect"])]
    for comparison, rows in table.groupby("comparison", sort=False):
        first, second = str(comparison).split(" − ")
        state, ion = split(first)
        names = rows["observable"].astype(str)
        data = rows.assign(
            row=names.map(lambda name: _SHORT.get(name, name)),
            outcome=[shown(row)["kind"] for row in rows.to_dict("records")],
        ).reset_index(drop=True)
        verdicts = [
            f"{BY_NAME[row['observable']].subject}: {row['verdict']}"
            for row in rows.to_dict("records")
            if row["tier"] == "primary" and row["observable"] in BY_NAME
        ]
        yield _forest(
            data,
            _KINDS,
            "effect",
            f"{'; '.join(verdicts)}.",
            f"{first}_{second}",
            state=state,
            first=style.ION_NAMES.get(ion, ion),
            second=style.ION_NAMES.get(split(second)[1], second),
        )


def control_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw the controls, and the models of Mg²⁺ where there are several."""
    summary = found.summary or {}
    sizes = {row["observable"]: row.get("relevant_size") for row in summary.get("primary", [])}
    of_controls = [
        row | {"row": f"{row['control']}: {compared}, {row['name']}"}
        for row in controls(summary)
        if (compared := str(row["comparison"]).replace(" − ", " minus "))
    ]
    of_models = [
        model
        | {"row": f"{row['state']}, {row['name']}: {model['name']}", "outcome": model["kind"]}
        | {"relevant_size": sizes.get(row["observable"])}
        for row in sensitivity(summary)
        for model in row["models"]
    ]
    for kind, looks, rows in (
        ("controls", _OUTCOMES, of_controls),
        ("models", _KINDS, of_models),
    ):
        if rows:
            columns = ["row", "outcome", "unit", "relevant_size", *_INTERVAL]
            data = pd.DataFrame(rows).reindex(columns=columns)
            counts = data["outcome"].map({key: look[2] for key, look in looks.items()})
            numbers = [f"{name}: {count}" for name, count in counts.value_counts().items()]
            yield _forest(data, looks, kind, f"{', '.join(numbers)}.")


def _forest(
    data: pd.DataFrame,
    looks: Mapping[str, tuple[str, str, str]],
    kind: str,
    numbers: str,
    member: str = "",
    **words: Any,
) -> style.Drawing:
    """Draw ``row``, ``outcome`` and interval of each line, divided by its relevant size."""
    intervals = data[[*_INTERVAL, "relevant_size"]].astype(float)
    scaled = intervals[_INTERVAL].div(intervals["relevant_size"], axis=0)
    reach = min(REACH, max(1.3, 1.1 * float(np.nanmax(np.abs(scaled.to_numpy()), initial=0.0))))
    scaled = scaled.clip(-reach, reach)
    height = np.arange(len(data))[::-1]
    with style.axes(7.2, 1.3 + 0.22 * len(data)) as (figure, axis):
        axis.grid(False)
        axis.axvspan(-1, 1, color=style.ION_COLOURS["ca"], alpha=0.13, lw=0)
        axis.axvline(0, color=style.INK, lw=0.8)
        for outcome, (marker, tint, name) in looks.items():
            mine = (data["outcome"] == outcome).to_numpy()
            if mine.any():
                lows, highs = scaled["ci_low"][mine], scaled["ci_high"][mine]
                axis.hlines(height[mine], lows, highs, color=tint, lw=1.6)
                effects = scaled["effect"][mine]
                axis.plot(effects, height[mine], marker, color=tint, ms=5.5, label=name)
        rows_of_systems(axis, data["row"].tolist()[::-1])
        if "tier" in data:
            for label, tier in zip(axis.get_yticklabels(), data["tier"][::-1], strict=True):
                label.set_fontweight("bold" if tier == "primary" else "normal")
        axis.set_xlim(-1.05 * reach, 1.05 * reach)
        axis.set_xlabel("difference ÷ size that would matter")
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        if kind == "effect":
            data = data[["comparison", "observable", "unit", "n_pairs", *_INTERVAL]].assign(
                relevant_size=data["relevant_size"], verdict=data["verdict"], tier=data["tier"]
            )
        return finish(figure, kind, numbers, data, member, **words)
