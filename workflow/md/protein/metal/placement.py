"""Placing a metal and its waters by geometry: an octahedron among the donors, clear of the rest.

Three protein oxygens fix the ion up to a mirror image; the octahedron's right angles and the room
that the other atoms leave decide between the two. Waters take the free corners. All positions
are in Å.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from lfa1_analysis.io.errors import MetalSiteError
from lfa1_analysis.metal_site.shells import SHELLS

Points = NDArray[np.float64]

BOND = SHELLS["mg"].usual
"""Å; Mg–O in proteins and in water."""
SHELL = SHELLS["mg"].wanted
"""Ligands of an octahedron."""
_EDGE = BOND * np.sqrt(2.0)
_SECOND_SHELL = 3.3
"""Å; oxygens that are not donors stay out of the first shell."""
_WATER_POLAR = 2.6
"""Å; the shortest hydrogen bond that a water's oxygen makes."""
_WATER_CARBON = 3.1
_METAL_CARBON = 2.8
BACKBONE_MISFIT = 1.0
"""Å; root-mean-square deviation of the MIDAS backbone from the crystal's beyond which the place of
its ion is not taken over. Closed crystals and models are within 0.5 Å of 1CQP, open ones within
0.6 Å of 1MQ8."""
DONOR_REACH = 3.3
"""Å; a donor farther from the place than this is turned away from the ion."""
_TOLERANCE = 1.5
"""Å; a corner of the shell that comes out worse than this cannot be filled."""


def place_metal(donors: Points, oxygens: Points, carbons: Points) -> list[Points]:
    """Return the positions from which the donors look like corners of an octahedron.

    Parameters
    ----------
    donors : ndarray, shape (n, 3)
        Oxygens that hold the metal.
    oxygens : ndarray, shape (m, 3)
        Other oxygens and nitrogens nearby, which must stay in the second shell.
    carbons : ndarray, shape (k, 3)
        Other heavy atoms nearby.

    Returns
    -------
    list of ndarray, shape (3,)
        Local minima, best first, of the squared deviations from 2.1 Å, from right angles and from
        the distances that keep other atoms away, from start points on a sphere around the donors.
        Three donors leave two of them, mirror images; where the waters fit decides.

    Raises
    ------
    MetalSiteError
        No position is within 0.6 Å of 2.1 Å for every donor.
    """

    def deviations(x: Points) -> Points:
        vectors = donors - x
        distances = np.linalg.norm(vectors, axis=1)
        units = vectors / distances[:, None]
        cosines = np.array([units[i] @ units[j] for i in range(len(units)) for j in range(i)])
        return np.concatenate(
            [
                (distances - BOND) / 0.1,
                cosines * (1 + cosines) / 0.3,  # right angles and straight ones
                _too_near(x, oxygens, _SECOND_SHELL) / 0.3,
                _too_near(x, carbons, _METAL_CARBON) / 0.3,
            ]
        )

    fits = [least_squares(deviations, start) for start in donors.mean(axis=0) + 1.5 * sphere(40)]
    found: list[Points] = []
    for fit in sorted(fits, key=lambda fit: fit.cost):
        far = np.abs(np.linalg.norm(donors - fit.x, axis=1) - BOND).max() > 0.6
        if not far and all(np.linalg.norm(fit.x - known) > 0.3 for known in found):
            found.append(np.asarray(fit.x))
    if not found:
        best = min(fits, key=lambda fit: fit.cost).x
        raise MetalSiteError(
            "no position for the metal: the donors would be "
            + ", ".join(f"{d:.2f}" for d in np.linalg.norm(donors - best, axis=1))
            + " Å away",
            "the MIDAS of this structure does not have its state's shape; check `state:`",
        )
    return found


def place_site(
    donors: Points, oxygens: Points, carbons: Points, waters: int
) -> tuple[float, Points, Points]:
    """Return misfit, metal and water oxygens: the mirror image in which the waters have room.

    Parameters
    ----------
    donors, oxygens, carbons : ndarray
        As for :func:`place_metal`.
    waters : int
        How many complete the shell.

    Raises
    ------
    MetalSiteError
        No position for the metal, or none that leaves room for its waters.
    """
    best: tuple[float, Points, Points] | None = None
    failure: MetalSiteError | None = None
    for metal in place_metal(donors, oxygens, carbons):
        try:
            placed = place_waters(metal, donors, waters, oxygens, carbons)
        except MetalSiteError as error:
            failure = failure or error
            continue
        deviations = _deviations(metal, placed, donors, oxygens, carbons)
        cost = float(deviations @ deviations)
        if best is None or cost < best[0] - 1e-6:
            best = cost, metal, placed
    if best is None:
        assert failure is not None
        raise failure
    return best


def place_waters(metal: Points, held: Points, count: int, polar: Points, carbons: Points) -> Points:
    """Return oxygen positions that complete the metal's octahedron.

    Parameters
    ----------
    metal : ndarray, shape (3,)
        The metal.
    held : ndarray, shape (n, 3)
        Ligands that it has.
    count : int
        Waters to add.
    polar, carbons : ndarray, shape (m, 3)
        Oxygens and nitrogens, and other heavy atoms, that the waters must not run into.

    Returns
    -------
    ndarray, shape (count, 3)
        At 2.1 Å from the metal, as far from the other ligands as an octahedron allows, at
        hydrogen-bonding distance or more from other atoms.

    Raises
    ------
    MetalSiteError
        There is no room for a water.
    """
    if not count:
        return np.empty((0, 3))
    placed = np.empty((0, 3))
    for _ in range(count):
        ligands = np.concatenate([held, placed])
        corners = metal + BOND * sphere(200)
        crowding = [_deviations(metal, c[None], ligands, polar, carbons) for c in corners]
        best = min(
            range(len(corners)),
            key=lambda i: (round(float(crowding[i] @ crowding[i]), 6), tuple(corners[i].round(3))),
        )
        placed = np.concatenate([placed, corners[best][None]])

    def deviations(flat: Points) -> Points:
        return _deviations(metal, flat.reshape(-1, 3), held, polar, carbons)

    placed = np.asarray(least_squares(deviations, placed.ravel()).x).reshape(-1, 3)
    crowd = np.concatenate([held, placed])
    for water in placed:
        others = np.linalg.norm(crowd - water, axis=1)
        near = np.sort(others)[1] if len(others) > 1 else np.inf
        if abs(np.linalg.norm(water - metal) - BOND) > 0.4 or near < _EDGE - _TOLERANCE:
            raise MetalSiteError(
                f"no room for {count} waters on the metal",
                "side chains fill the site; check the MIDAS residues and `state:`",
            )
    return placed


def _deviations(
    metal: Points, waters: Points, held: Points, polar: Points, carbons: Points
) -> Points:
    """Return how far waters are from their places, each in its own tolerance."""
    parts: list[Points] = []
    for i, water in enumerate(waters):
        ligands = np.concatenate([held, np.delete(waters, i, axis=0)])
        parts += [
            np.array([(np.linalg.norm(water - metal) - BOND) / 0.05]),
            _too_near(water, ligands, _EDGE) / 0.25,
            _too_near(water, polar, _WATER_POLAR) / 0.2,
            _too_near(water, carbons, _WATER_CARBON) / 0.3,
        ]
    return np.concatenate(parts)


def _too_near(point: Points, others: Points, least: float) -> Points:
    if not len(others):
        return np.zeros(0)
    return np.maximum(0.0, least - np.linalg.norm(others - point, axis=1))


def sphere(n: int) -> Points:
    """Return `n` directions spread evenly over a sphere (Fibonacci lattice)."""
    i = np.arange(n) + 0.5
    polar, around = np.arccos(1 - 2 * i / n), np.pi * (1 + 5**0.5) * i
    return np.stack(
        [np.cos(around) * np.sin(polar), np.sin(around) * np.sin(polar), np.cos(polar)], axis=1
    )
