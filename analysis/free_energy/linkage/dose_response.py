"""Fraction open against [Mg²⁺], with the uncertainty of free energies and binding constants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lfa1_analysis.free_energy.linkage.constants import Constant
from lfa1_analysis.free_energy.linkage.inputs import FreeEnergies
from lfa1_analysis.free_energy.linkage.two_states import TwoStates, Values
from lfa1_analysis.io.constants import GAS_CONSTANT

GRID = np.concatenate(([0.0], np.logspace(-6, -1, 101)))
"""[Mg²⁺] of the curve (mol/l): 0, then 1 µM to 100 mM, twenty per decade."""
LEVELS = {"low": 0.5, "normal": 1.0, "high": 2.0}
"""Multiples of the normal serum level that are compared."""


@dataclass(frozen=True)
class Conditions:
    """The conditions that a dose–response is computed at.

    Attributes
    ----------
    temperature : float
        K; that of the simulations which gave the free energies.
    calcium, magnesium : float
        Free Ca²⁺, and the free Mg²⁺ that counts as normal (mol/l).
    draws, seed : int
        Of the Monte Carlo propagation.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.dose_response import Conditions
    >>> Conditions(temperature=298.15).temperature
    298.15
    """

    temperature: float = 310.0
    calcium: float = 1.2e-3
    magnesium: float = 0.55e-3
    draws: int = 10_000
    seed: int = 2022


@dataclass(frozen=True)
class Band:
    """A result: at the best values of all inputs, and median and central 95 % of the draws.

    Examples
    --------
    >>> from lfa1_analysis import link
    >>> from lfa1_analysis.free_energy.linkage.inputs import from_text
    >>> band = link(from_text("12 +- 0.2 kJ/mol", "9 +- 0.2 kJ/mol", None)).found.levels["normal"]
    >>> f"{band.best:.3f} ({band.low:.3f} to {band.high:.3f})"
    '0.012 (0.010 to 0.018)'
    """

    best: float
    median: float
    low: float
    high: float


@dataclass(frozen=True)
class DoseResponse:
    """The dose–response that follows from two free energies of opening and two binding constants.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per [Mg²⁺] of `GRID`.
    levels : dict of Band
        Fraction open at the serum levels of `LEVELS`.
    changes : dict of Band
        Fraction open at ``low`` and ``high`` minus that at ``normal``, draw by draw.
    k_mg_closed, k_mg_open : Band
        Dissociation constants of the states (mol/l).
    resolved : bool
        Whether the 95 % interval of ΔΔG excludes 0.
    flat : float or None
        Where the effect is not resolved: the one fraction open that agrees best with both free
        energies. None also where Ca²⁺ is known to act, since Mg²⁺ then displaces it.

    Examples
    --------
    >>> from lfa1_analysis import link
    >>> from lfa1_analysis.free_energy.linkage.inputs import from_text
    >>> found = link(from_text("12 +- 0.2 kJ/mol", "9 +- 0.2 kJ/mol", None)).found
    >>> list(found.levels), found.table["fraction_open"].is_monotonic_increasing
    (['low', 'normal', 'high'], True)
    """

    table: pd.DataFrame
    levels: dict[str, Band]
    changes: dict[str, Band]
    k_mg_closed: Band
    k_mg_open: Band
    resolved: bool
    flat: float | None


def dose_response(
    energies: FreeEnergies, k_mg: Constant, k_ca: Constant, conditions: Conditions
) -> DoseResponse:
    """Compute the curve at the best values, and its band by Monte Carlo.

    Free energies are drawn from normal distributions, or Student's t where their errors have
    degrees of freedom; constants from log-normal ones; all independently of each other. The same
    seed gives the same draws.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.constants import constant
    >>> from lfa1_analysis.free_energy.linkage.dose_response import Conditions, dose_response
    >>> from lfa1_analysis.free_energy.linkage.inputs import from_text
    >>> energies = from_text("12 +- 0.2 kJ/mol", "9 +- 0.2 kJ/mol", None)
    >>> found = dose_response(energies, constant("Mg"), constant("Ca"), Conditions())
    >>> found.resolved, round(found.levels["normal"].best, 3)
    (True, 0.012)
    """
    best = _states(energies, k_mg, k_ca, conditions.temperature, np.zeros((1, 5)))
    random = np.random.default_rng(conditions.seed)
    shifts = random.standard_normal((conditions.draws, 5))
    for i, found in enumerate((energies.apo, energies.mg, energies.ca)):
        if found is not None and (freedom := found.degrees_of_freedom) is not None:
            shifts[:, i] /= np.sqrt(random.chisquare(freedom, conditions.draws) / freedom)
    drawn = _states(energies, k_mg, k_ca, conditions.temperature, shifts)
    ca = conditions.calcium
    serum = conditions.magnesium * np.array(list(LEVELS.values()))
    at_best, at_drawn = best.fraction_open(serum, ca), drawn.fraction_open(serum, ca)
    normal = list(LEVELS).index("normal")
    low, high = energies.difference.interval
    resolved = not low <= 0 <= high
    acting = energies.ca is not None and ca > 0
    return DoseResponse(
        table=_table(energies, best, drawn, ca),
        levels={name: band(at_best[0, i], at_drawn[:, i]) for i, name in enumerate(LEVELS)},
        changes={
            name: band(at_best[0, i] - at_best[0, normal], at_drawn[:, i] - at_drawn[:, normal])
            for i, name in enumerate(LEVELS)
            if i != normal
        },
        k_mg_closed=band(best.k_mg_closed[0], drawn.k_mg_closed),
        k_mg_open=band(best.k_mg_open[0], drawn.k_mg_open),
        resolved=resolved,
        flat=None if resolved or acting else _common(energies, conditions.temperature),
    )


def _common(energies: FreeEnergies, temperature: float) -> float:
    """Fraction open if Mg²⁺ did nothing: from the mean of both ΔG weighted by precision.

    Where the normal interval of ΔΔG includes 0, this mean lies in those of both ΔG, so that the
    flat line stays in the band; either ΔG alone may lie outside the other's interval.
    """
    apo, mg = energies.apo, energies.mg
    variances = apo.standard_error**2, mg.standard_error**2
    total = sum(variances)
    share = variances[0] / total if total > 0 else 0.0  # of mg in the mean
    value = apo.value + share * (mg.value - apo.value)
    return float(1 / (1 + np.exp(value / (GAS_CONSTANT * temperature))))


def _states(
    energies: FreeEnergies, k_mg: Constant, k_ca: Constant, temperature: float, shifts: Values
) -> TwoStates:
    """Parameters displaced by `shifts` standard deviations, shape (n, 5): apo, mg, ca, both K."""
    rt = GAS_CONSTANT * temperature
    apo, mg = (
        found.value + found.standard_error * shifts[:, i]
        for i, found in enumerate((energies.apo, energies.mg))
    )
    ca = apo
    if energies.ca is not None:
        ca = energies.ca.value + energies.ca.standard_error * shifts[:, 2]
    return TwoStates(
        apo=apo / rt,
        mg=(mg - apo) / rt,
        ca=(ca - apo) / rt,
        k_mg=k_mg.molar * k_mg.factor ** shifts[:, 3],
        k_ca=k_ca.molar * k_ca.factor ** shifts[:, 4],
    )


def _table(energies: FreeEnergies, best: TwoStates, drawn: TwoStates, ca: float) -> pd.DataFrame:
    mg_bound, ca_bound = best.occupancies(GRID, ca)
    low, median, high = np.percentile(drawn.fraction_open(GRID, ca), [2.5, 50, 97.5], axis=0)
    return pd.DataFrame(
        {
            "mg_molar": GRID,
            "fraction_open": best.fraction_open(GRID, ca)[0],
            "median": median,
            "low": low,
            "high": high,
            "occupancy_mg": mg_bound[0],
            "occupancy_ca": ca_bound[0],
            "free_energies": energies.verdict,
        }
    )


def band(best: float, drawn: Values) -> Band:
    """Summarise the draws of a result by their median and their central 95 %."""
    low, median, high = np.percentile(drawn, [2.5, 50, 97.5])
    return Band(float(best), float(median), float(low), float(high))
