"""Physical sanity of the production runs: temperature, density and energy with expected error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.statistics.inference import summarise
from lfa1_report.sources.study import Results

TOLERANCE = 3.0
"""Standard errors by which a mean may differ from what it should be."""
DRIFT_TOLERANCE = 4.0
"""The same for the difference of two halves, whose standard errors rest on half the data."""
SLACK_KELVIN = 1.0
"""Kelvin within which a temperature passes whatever its standard error: the finite time step
shifts the kinetic temperature by a fraction of a kelvin."""


@dataclass(frozen=True)
class RunPhysics:
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
def check(found: Results, target_kelvin: float | None) -> list[RunPhysics]:
    """Judge every replica that has an energy log.

    Parameters
    ----------
    target_kelvin : float or None
        Temperature of the thermostat; None leaves the temperatures unjudged.

    Notes
    -----
    Computed once for the page, which asks three times. The canonical spread of the instantaneous
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
            RunPhysics(
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
