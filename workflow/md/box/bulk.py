"""MgCl₂ of the solvent: which waters of a box become its ions.

The ions are placed once, in the box that all systems of a state are made from: every member has
them at the same places, whatever its site holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
from openmm import app

from lfa1_analysis.io.errors import InputError
from lfa1_md.box.molecules import Model, nearest_image
from lfa1_md.study.ions import ANION, ANION_ELEMENT, CATION, REFERENCE, WATER, kind_of

WATER_MOLARITY = 55.4
"""Of pure water (mol/l): 998.2 g/l at 20 °C and 18.015 g/mol. OpenMM's Modeller counts NaCl with
the same number, so that both concentrations mean the same."""
SITE_DISTANCE = 1.2
"""No Mg²⁺ of the solvent starts nearer to the metal site than this (nm): two second shells of
0.42 nm fit between, so that an ion that is seen at the site has come there by itself."""
PROTEIN_DISTANCE = 0.6
"""Nor nearer to a heavy atom of the protein (nm). Contacts through one water are at 0.4 to 0.45 nm:
which of them form is for the run to show."""
MAGNESIUM_SPACING = 0.7
"""Nor nearer to each other (nm): two first shells of 0.21 nm and a hydrogen bond of 0.28 nm."""
CHLORIDE_SITE_DISTANCE = 0.8
"""No Cl⁻ starts nearer to the metal site (nm), as those of the NaCl."""
ION_SPACING = 0.5
"""No ion starts nearer to one of another kind (nm), and no Cl⁻ nearer to the protein: a Cl⁻ in the
first shell of a Mg²⁺ (0.24 nm) would not leave it in any run."""

Names = tuple[str, app.Element]


def count(molar: float, n_waters: int) -> int:
    """Return how many Mg²⁺ so many waters hold at a concentration (mol/l), rounded."""
    return math.floor(molar * n_waters / WATER_MOLARITY + 0.5)


def concentration(n_ions: int, n_waters: int) -> float:
    """Return the concentration (mol/l) of ions in a box of this many waters."""
    return n_ions * WATER_MOLARITY / n_waters


def choose(boxed: Model, molar: float, seed: int) -> dict[app.Residue, Names]:
    """Choose the waters that become Mg²⁺ and Cl⁻.

    Parameters
    ----------
    boxed : Model
        A box with its metal at the site, water and NaCl.
    molar : float
        Of MgCl₂ (mol/l).
    seed : int
        For the places.

    Returns
    -------
    dict
        Waters with the name and the element of the ion that each becomes; two Cl⁻ to a Mg²⁺.

    Raises
    ------
    InputError
        The concentration is less than one ion in this box, or the ions find no room.
    """
    if not molar:
        return {}
    waters = [r for r in boxed.topology.residues() if r.name == WATER]
    wanted = count(molar, len(waters))
    if not wanted:
        least = _least(len(waters))
        raise InputError(
            f"chemistry.bulk_mgcl2: {molar:g} M is not one Mg²⁺ in this box of "
            f"{len(waters)} waters",
            f"raise it to {least:g} M or more, or raise chemistry.padding for a larger box",
        )
    kind, metal = kind_of(REFERENCE), boxed.metal()
    assert kind is not None and metal is not None  # `check_site` has seen to it
    site, box = boxed.positions[[metal]], boxed.box
    protein = boxed.positions[boxed.heavy_solute()]
    salt = boxed.positions[boxed.atoms_of(CATION, ANION)]
    places = {r: boxed.positions[next(r.atoms()).index] for r in waters}
    generator = np.random.default_rng(seed)
    chosen: dict[app.Residue, Names] = {}

    def at(names: Names) -> np.ndarray:
        return np.array([places[r] for r, n in chosen.items() if n == names]).reshape(-1, 3)

    def pick(names: Names, number: int, apart: Callable[[], Iterable[Apart]]) -> None:
        # What was too near to something stays so: each water is looked at once.
        for i in generator.permutation(len(waters)):
            if number == 0:
                return
            place = places[waters[i]]
            if waters[i] not in chosen and all(_away(place, *rule, box) for rule in apart()):
                chosen[waters[i]] = names
                number -= 1
        if number:
            raise InputError(
                f"chemistry.bulk_mgcl2: no room for {wanted} Mg²⁺ and {2 * wanted} Cl⁻ away from "
                f"the protein, the metal site and each other in this box of {len(waters)} waters",
                "raise chemistry.padding or lower chemistry.bulk_mgcl2",
            )

    magnesium, chloride = (kind.residue, kind.element), (ANION, ANION_ELEMENT)
    pick(
        magnesium,
        wanted,
        lambda: (
            (site, SITE_DISTANCE),
            (at(magnesium), MAGNESIUM_SPACING),
            (salt, ION_SPACING),
            (protein, PROTEIN_DISTANCE),
        ),
    )
    pick(
        chloride,
        2 * wanted,
        lambda: (
            (site, CHLORIDE_SITE_DISTANCE),
            (at(magnesium), ION_SPACING),
            (at(chloride), ION_SPACING),
            (salt, ION_SPACING),
            (protein, ION_SPACING),
        ),
    )
    return chosen


Apart = tuple[np.ndarray, float]
"""Places (nm) and the least distance (nm) from them."""


def _away(place: np.ndarray, others: np.ndarray, least: float, box: np.ndarray) -> bool:
    if not len(others):
        return True
    distances = np.linalg.norm(nearest_image(others - place, box), axis=1)
    return bool(distances.min() >= least)


def _least(n_waters: int) -> float:
    """Return the least concentration (mol/l) that rounds to one ion, to 3 digits, rounded up."""
    exact = 0.5 * WATER_MOLARITY / n_waters
    digit = 10.0 ** (math.floor(math.log10(exact)) - 2)
    return float(f"{math.ceil(exact / digit) * digit:.3g}")
