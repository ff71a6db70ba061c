"""Figures of the physical sanity of the runs: temperature, density and energy."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.lines import Line2D

from lfa1_analysis.comparison.study_tables import split
from lfa1_report.figures.captions import finish
from lfa1_report.sources.physics import check
from lfa1_report.sources.study import Results
from lfa1_report.style import style


def sanity_figures(found: Results, target_kelvin: float | None) -> Iterator[style.Drawing]:
    """Draw mean temperature and density, and the energy over time."""
    rows = check(found, target_kelvin)
    if not rows:
        return
    data = pd.DataFrame([row.__dict__ for row in rows])
    yield _means(data, "temperature", "temperature (K)", "Temperature", target_kelvin)
    yield _means(data, "density", "density (g/ml)", "Density", None)
    yield _energy(found)


def _means(
    data: pd.DataFrame, column: str, axis_label: str, title: str, target: float | None
) -> style.Drawing:
    systems = list(dict.fromkeys(data["system"]))
    with style.axes(4.6, 2.6) as (figure, axis):
        if target is not None:
            axis.axhline(target, color=style.INK, lw=0.9, ls=(0, (4, 2)))
        for place, system in enumerate(systems):
            part = data[data["system"] == system]
            x = place + style.spread(len(part), 0.25)
            error = 2 * part[f"{column}_sem"].fillna(0)
            axis.errorbar(
                x, part[column], yerr=error, fmt="o", ms=3.5, lw=1, color=style.colour(system)
            )
        axis.set_xticks(range(len(systems)), [style.label(s).replace(", ", "\n") for s in systems])
        axis.ticklabel_format(axis="y", useOffset=False)
        axis.set_ylabel(axis_label)
        axis.set_title(title + (f" (thermostat {target:g} K dashed)" if target else ""))
        means = data.groupby("system", sort=False)[column].mean()
        numbers = ", ".join(f"{style.label(str(s))} {v:.5g}" for s, v in means.items())
        shown = data[["system", "replica", column, f"{column}_sem"]]
        return finish(figure, f"sanity_{column}", f"{numbers}.", shown)


def _energy(found: Results) -> style.Drawing:
    longest = max(float(log["time_ps"].iloc[-1]) for log in found.energies.values())
    factor, unit = style.time_axis(longest / 1000)
    rows = []
    with style.axes(4.6, 2.6) as (figure, axis):
        drawn: dict[str, str] = {}
        for (system, n), log in found.energies.items():
            curve = style.thin(log[["time_ps", "potential_energy_kj_per_mol"]], 40)
            change = curve["potential_energy_kj_per_mol"]
            change = (change - change.mean()) / 1000
            axis.plot(
                curve["time_ps"] / 1000 * factor,
                change,
                lw=0.7,
                alpha=0.7,
                color=style.colour(system),
                label=f"_replica {n}",
            )
            ion = style.ION_NAMES.get(split(system)[1], system)
            drawn[ion] = style.colour(system)
            rows.append(curve.assign(system=system, replica=n))
        axis.set_xlabel(f"time ({unit})")
        axis.set_ylabel("change from the mean (MJ/mol)")
        axis.set_title("Potential energy")
        handles = [Line2D([], [], color=tint, label=ion) for ion, tint in drawn.items()]
        axis.legend(handles=handles, ncols=3)
        data = pd.concat(rows, ignore_index=True)
        return finish(figure, "sanity_energy", f"{len(found.energies)} runs.", data)
