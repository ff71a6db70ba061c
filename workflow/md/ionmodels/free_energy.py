"""The free energy of a leg from the energies of its windows, and what a small box leaves out."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import openmm
from numpy.typing import NDArray

from lfa1_analysis.free_energy.pulling.comparison import bennett
from lfa1_analysis.free_energy.verdicts import LEAST_OVERLAP
from lfa1_analysis.io.constants import COULOMB, GAS_CONSTANT
from lfa1_md.ionmodels.alchemy import pairs
from lfa1_md.ionmodels.solvated_ion import KELVIN, IonBox

Floats = NDArray[np.float64]

KT = GAS_CONSTANT * KELVIN
"""KJ/mol."""
LATTICE = -2.837297
"""Self-interaction of a charge in a cubic lattice with a uniform background, times the width."""
PERMITTIVITY = 78.4
"""Of water at 298 K. A model's own differs; by 20 % changes the correction by 0.2 kcal/mol."""


@dataclass(frozen=True)
class LegResult:
    """The result of MBAR for one leg.

    Attributes
    ----------
    free_energy, uncertainty : float
        KJ/mol; the uncertainty is MBAR's asymptotic one (one standard deviation), which short
        windows make too small. NaN where there is none.
    overlap : float
        Least overlap of neighbouring windows.
    weakest : int
        The first of those neighbours, counted from 0.
    problem : str
        Why there is no free energy; empty if there is one.
    """

    free_energy: float
    uncertainty: float
    overlap: float
    weakest: int
    problem: str = ""


def estimate(energies: list[Floats]) -> LegResult:
    """Estimate a leg's free energy by MBAR from uncorrelated samples.

    Parameters
    ----------
    energies : list of ndarray, each of shape (frames, windows)
        Of each window, in the order of the fractions (kJ/mol), finite.

    Raises
    ------
    ValueError
        Fewer than two windows.
    """
    if len(energies) < 2:
        raise ValueError("a leg needs two windows at least")
    # pymbar announces missing accelerators and a caveat on import; neither concerns the user.
    logging.getLogger("pymbar").setLevel(logging.ERROR)
    import pymbar

    kept = [_uncorrelated(rows, index) for index, rows in enumerate(energies)]
    overlaps = [
        bennett(one[:, i + 1] - one[:, i], other[:, i] - other[:, i + 1], KT)[1]
        for i, (one, other) in enumerate(pairwise(kept))
    ]
    weakest = int(np.argmin(overlaps))
    # In all windows together a pair overlaps less than alone, and MBAR's solvers do not come back
    # where windows are far apart.
    if overlaps[weakest] < LEAST_OVERLAP:
        return _without(overlaps[weakest], weakest)
    counts = np.array([len(rows) for rows in kept])
    reduced = np.concatenate(kept).T / KT
    reduced -= reduced.min(axis=0)  # what a frame has in common in all windows does not matter
    try:
        mbar = pymbar.MBAR(reduced, counts, initialize="BAR")
        found = mbar.compute_free_energy_differences()
        matrix = mbar.compute_overlap()["matrix"]
    except Exception as error:  # pymbar raises whatever its solvers stumble over
        return LegResult(math.nan, math.nan, overlaps[weakest], weakest, f"MBAR failed: {error}")
    neighbours = np.array([matrix[i, i + 1] for i in range(len(counts) - 1)])
    weakest = int(np.argmin(neighbours))
    if neighbours[weakest] < LEAST_OVERLAP:
        return _without(float(neighbours[weakest]), weakest)
    return LegResult(
        free_energy=float(found["Delta_f"][0, -1]) * KT,
        uncertainty=float(found["dDelta_f"][0, -1]) * KT,
        overlap=float(neighbours[weakest]),
        weakest=weakest,
    )


def _uncorrelated(rows: Floats, index: int) -> Floats:
    from pymbar import timeseries

    # What a neighbour's energy differs by is what decides between them.
    other = index + 1 if index + 1 < rows.shape[1] else index - 1
    series = rows[:, other] - rows[:, index]
    if np.ptp(series) == 0:
        return rows[:1]
    start, _, _ = timeseries.detect_equilibration(series)
    return rows[start:][list(timeseries.subsample_correlated_data(series[start:]))]


def _without(overlap: float, weakest: int) -> LegResult:
    problem = (
        f"windows {weakest} and {weakest + 1} overlap by {overlap:.3f} only, {LEAST_OVERLAP} is "
        f"needed; give more --window"
    )
    return LegResult(math.nan, math.nan, overlap, weakest, problem)


@dataclass(frozen=True)
class Tails:
    """Interaction of the ion with uniform water beyond the cutoff (kJ/mol).

    Attributes
    ----------
    dispersion : float
        Of −B/r⁶; 0 where the force field is used without.
    c4 : float
        Of −C4/r⁴, which the AMBER programs, with which 12-6-4 models were fitted, leave out.
    """

    dispersion: float
    c4: float


def beyond_cutoff(box: IonBox, width: float) -> Tails:
    """Integrate the attraction over water of uniform density beyond the cutoff.

    Parameters
    ----------
    box : IonBox
    width : float
        Of the cubic box (nm).
    """
    density = len(box.oxygens) / width**3
    cutoff = box.dynamics.cutoff
    plain = next(f for f in box.system.getForces() if isinstance(f, openmm.NonbondedForce))
    _, attraction = pairs(openmm.XmlSerializer.clone(box.system), plain)
    per_water = float(attraction.sum()) / len(box.oxygens)
    dispersion = -4 * np.pi * density * per_water / (3 * cutoff**3)
    c4 = -4 * np.pi * density * box.parameters.c4 / cutoff
    return Tails(dispersion if box.field.dispersion_correction else 0.0, c4)


def finite_size(charge: int, width: float, free_energy: float) -> float:
    """Return what to add for an infinitely wide box (kJ/mol).

    For particle-mesh Ewald with a uniform background and the charge's interaction with its own
    images in the energy, as here (Hummer, Pratt & Garcia 1996, 10.1021/jp951011v; Hünenberger &
    McCammon 1999, 10.1063/1.477873). The ion's radius is that of Born's equation for its free
    energy.

    Parameters
    ----------
    charge : int
        Elementary charges.
    width : float
        Of the cubic box (nm).
    free_energy : float
        KJ/mol.
    """
    born = 0.5 * COULOMB * charge**2 * (1 - 1 / PERMITTIVITY)
    radius = born / abs(free_energy)
    scale = 0.5 * COULOMB * charge**2 / width
    inside = (4 * np.pi / 3) * (radius / width) ** 2 - (16 * np.pi**2 / 45) * (radius / width) ** 5
    return float(scale * (-LATTICE / PERMITTIVITY + (1 - 1 / PERMITTIVITY) * inside))
