"""What a small periodic box and a cutoff leave out of a hydration free energy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openmm

from lfa1_analysis.io.constants import COULOMB
from lfa1_md.ionmodels.ion_alchemy import pairs
from lfa1_md.ionmodels.ion_box import IonBox

LATTICE = -2.837297
"""Self-interaction of a charge in a cubic lattice with a uniform background, times the width."""
PERMITTIVITY = 78.4
"""Of water at 298 K. A model's own differs; by 20 % changes the correction by 0.2 kcal/mol."""


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
