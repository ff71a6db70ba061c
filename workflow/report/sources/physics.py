"""Physical sanity of the production runs: temperature, density and energy with expected error."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.statistics.inference import summarise
from lfa1_report.sources.study import Results
from lfa1_report.style import style

TOLERANCE = 3.0
"""Standard errors by which a mean may differ from what it should be."""
DRIFT_TOLERANCE = 4.0
"""The same for the difference of two halves, whose standard errors rest on half the data."""
SLACK_KELVIN = 1.0
"""Kelvin within which a temperature passes whatever its standard error: the finite time step
shifts the kinetic temperature by a fraction of a kelvin."""


def thermostat(config: Mapping[str, Any]) -> float | None:
    """Thermostat temperature in K from a configuration whose quantities are text."""
    value = config.get("chemistry", {}).get("temperature")
    try:
        return float(str(value).split()[0])
    except (ValueError, IndexError):
        return None


@dataclass(frozen=True)
class Sanity:
    """One replica's thermodynamic averages; ``sem`` is the expected error of the mean."""

    system: str
    replica: int
    temperature: float
    temperature_sem: float
    temperature_sd: float
    temperature_sd_expected: float
    density: float
    density_sem: float
    density_drift: float
    density_drift_error: float
    energy_drift: float
    energy_drift_error: float
    temperature_ok: bool | None
    drift_ok: bool | None


@lru_cache(maxsize=1)
def check(found: Results, target_kelvin: float | None) -> list[Sanity]:
    """Judge every replica that has an energy log.

    Parameters
    ----------
    target_kelvin : float or None
        Temperature of the thermostat; None leaves the temperatures unjudged.

    Notes
    -----
    Reckoned once for the page, which asks three times. The canonical spread of the instantaneous
    temperature is T·√(2/N), N being the degrees of freedom, which the log itself gives as
    2·E_kin/(R·T). The drift of density and potential energy is the difference between the means of
    the second and the first half.
    """
    rows = []
    for (system, n), log in found.energies.items():
        temperature = summarise(log["temperature_kelvin"])
        density = summarise(log["density_g_per_ml"])
        kinetic = float(log["kinetic_energy_kj_per_mol"].mean())
        freedom = 2 * kinetic / (GAS_CONSTANT * temperature.mean)
        drifts = [_drift(log["density_g_per_ml"]), _drift(log["potential_energy_kj_per_mol"])]
        judged = [drift for drift in drifts if math.isfinite(drift[1])]
        near: bool | None = None
        if target_kelvin is not None and math.isfinite(temperature.sem):
            allowed = max(TOLERANCE * temperature.sem, SLACK_KELVIN)
            near = abs(temperature.mean - target_kelvin) <= allowed
        rows.append(
            Sanity(
                system,
                n,
                temperature.mean,
                temperature.sem,
                temperature.sd,
                temperature.mean * math.sqrt(2 / freedom) if freedom > 0 else math.nan,
                density.mean,
                density.sem,
                *drifts[0],
                *drifts[1],
                near,
                all(abs(d) <= DRIFT_TOLERANCE * error for d, error in judged) if judged else None,
            )
        )
    return rows


def _drift(series: pd.Series) -> tuple[float, float]:
    """Mean of the second half minus that of the first, and the standard error of this."""
    first, second = (summarise(half) for half in np.array_split(series.to_numpy(dtype=float), 2))
    return second.mean - first.mean, math.hypot(first.sem, second.sem)


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
            x = place + (np.linspace(-0.25, 0.25, len(part)) if len(part) > 1 else np.zeros(1))
            error = 2 * part[f"{column}_sem"].fillna(0)
            axis.errorbar(
                x, part[column], yerr=error, fmt="o", ms=3.5, lw=1, color=style.colour(system)
            )
        axis.set_xticks(range(len(systems)), [style.label(s).replace(", ", "\n") for s in systems])
        axis.ticklabel_format(axis="y", useOffset=False)
        axis.set_ylabel(axis_label)
        axis.set_title(title + (f" (thermostat {target:g} K dashed)" if target else ""))
        means = data.groupby("system", sort=False)[column].mean()
        said = ", ".join(f"{style.label(str(s))} {v:.5g}" for s, v in means.items())
        return style.draw(
            figure,
            f"sanity_{column}",
            "sanity",
            f"{title} of the production runs",
            f"Mean {axis_label} of every replica with two standard errors.",
            f"{said}.",
            data[["system", "replica", column, f"{column}_sem"]],
        )


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
            ion = style.ION_NAMES.get(system.rpartition("-")[2], system)
            drawn[ion] = style.colour(system)
            rows.append(curve.assign(system=system, replica=n))
        axis.set_xlabel(f"time ({unit})")
        axis.set_ylabel("change from the mean (MJ/mol)")
        axis.set_title("Potential energy")
        handles = [Line2D([], [], color=tint, label=ion) for ion, tint in drawn.items()]
        axis.legend(handles=handles, ncols=3)
        return style.draw(
            figure,
            "sanity_energy",
            "sanity",
            "Potential energy of the production runs",
            "Every replica around its own mean, smoothed; a trend would mean that equilibration "
            "was not over.",
            f"{len(found.energies)} runs.",
            pd.concat(rows, ignore_index=True),
        )
