"""The solvated box: a rhombic dodecahedron of water and salt around a prepared protein."""

from __future__ import annotations

import random
from itertools import groupby
from typing import Any

import numpy as np
from lfa1_analysis.errors import InputError
from openmm import Vec3, app, unit

from lfa1_md.ions import ANION, CATION, REFERENCE, SITE_IONS, WATER
from lfa1_md.molecules import Model, nearest_image, rearranged
from lfa1_md.seeds import derive

PROTEIN_VOLUME = 0.73
"""Partial specific volume of proteins (ml/g), for the size of the box at the start."""
WATER_DENSITY = 0.99
"""Density of every water model (g/ml) within 1 %, for the size of the box at the start."""
DALTONS_PER_NM3 = 602.214
"""Daltons per cubic nanometre that make 1 g/ml."""
CLEARANCE = 0.8
"""No ion of the solvent starts nearer to the metal site than this (nm)."""
ION_SPACING = 0.5
"""Nor nearer to another (nm), the distance that Modeller keeps as well."""
DODECAHEDRON = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.5, np.sqrt(0.5)]])


def solvate(
    prepared: Model, forcefield: Any, solvent: str, padding: float, molar: float, seed: int
) -> Model:
    """Put a prepared protein with its metal site into a box of water and salt.

    Parameters
    ----------
    prepared : Model
        Protein, the metal of the reference kind and the waters to keep.
    forcefield : openmm.app.ForceField
    solvent : str
        Name of Modeller's water box.
    padding : float
        Least distance from the protein to the box's edge however it turns (nm): the protein's
        smallest enclosing sphere keeps twice this from its periodic images.
    molar : float
        NaCl beyond what neutralises the box (mol/l).
    seed : int
        For the ions' places.

    Returns
    -------
    Model
        Its atoms in this order: protein, waters (the prepared ones first), Na⁺, Cl⁻, and last
        the metal, so that every other atom has the same index in the box without it.

    Raises
    ------
    InputError
        The prepared structure has no metal site, more than one, or clashes with itself.
    """
    _check_site(prepared)
    width = 2 * (enclosing_radius(prepared.positions) + padding)
    filled = width * 1.035
    for _ in range(4):
        boxed = _fill(prepared, forcefield, solvent, filled, molar, seed)
        # Modeller leaves gaps around the protein and at the box's edges, 5 to 10 % of the
        # density; closing them here spares a long equilibration.
        target = width_at_density(boxed, len(prepared.positions))
        if 0 <= target - width <= 0.01 * width:
            break
        filled *= 1.004 * width / target
    dense = _shrink(boxed, target, _unmoved(prepared, boxed))
    cleared = _clear_site(dense, derive(seed, "clearance"))
    return rearranged(cleared, _ordered(cleared))


def enclosing_radius(points: np.ndarray) -> float:
    """Radius of the smallest sphere around `points` (n, 3), within 0.1 %.

    By the iteration of Bădoiu and Clarkson (2003), 10.1145/644108.644240: step towards the
    farthest point, each time less.
    """
    centre = points.mean(axis=0)
    for step in range(1, 4001):
        distances = np.linalg.norm(points - centre, axis=1)
        farthest = int(np.argmax(distances))
        centre += (points[farthest] - centre) / (step + 1)
    return float(np.linalg.norm(points - centre, axis=1).max())


def width_at_density(boxed: Model, n_prepared: int) -> float:
    """Width (nm) at which the box has about the density it will have at 1 bar."""
    masses = np.array(
        [a.element.mass.value_in_unit(unit.dalton) for a in boxed.topology.atoms() if a.element]
    )
    symbols = boxed.elements[boxed.elements != ""]
    n_water = len(boxed.waters())
    solute = boxed.solute()
    protein = sum(
        a.element.mass.value_in_unit(unit.dalton)
        for a in boxed.topology.atoms()
        if a.index in set(solute.tolist()) and a.element
    )
    del masses, symbols, n_prepared
    volume = (protein * PROTEIN_VOLUME + n_water * 18.015 / WATER_DENSITY) / DALTONS_PER_NM3
    return float((volume / np.sqrt(0.5)) ** (1 / 3))
