"""A metal site that is prepared, its ion where the structure has none, and its first shell."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.spatial import cKDTree

from lfa1_analysis.io.errors import MetalSiteError
from lfa1_analysis.metal_site.shells import SHELLS
from lfa1_analysis.proteins.integrins.subunits import Binder
from lfa1_md.protein.input.integrin import KeptResidue
from lfa1_md.protein.input.residues import Decision
from lfa1_md.protein.metal.placement import sphere
from lfa1_md.study.construct import group

Points = NDArray[np.float64]


@dataclass
class PlacedSite:
    """A metal site of the model.

    Attributes
    ----------
    name : str
        As in `SITES`.
    metal : str
        ``mg``, ``mn``, ``ca`` or ``none``.
    source : str
        ``entry``, ``swapped``, ``removed``, ``empty``, ``geometry``, or the crystal whose ion's
        place it was given (``4WJK``).
    xyz : ndarray, shape (3,), or None
        Where the metal is (Å).
    places : list of (KeptResidue, tuple of str, Binder)
        Its residues, the oxygens that can hold the metal, and what the family knows of them.
    demanded : list of KeptResidue
        Residues that must hold the metal.
    waters : ndarray, shape (n, 3)
        Oxygens of waters in the first shell (Å).
    """

    name: str
    metal: str
    source: str
    xyz: Points | None
    places: list[tuple[KeptResidue, tuple[str, ...], Binder]]
    demanded: list[KeptResidue] = field(default_factory=list)
    waters: Points = field(default_factory=lambda: np.empty((0, 3)))

    @property
    def outer(self) -> list[KeptResidue]:
        """Carboxylates that belong into the second shell."""
        return [place for place, _, binder in self.places if binder.outer]

    @property
    def residues(self) -> list[KeptResidue]:
        """Its residues, first and second shell."""
        return [place for place, *_ in self.places]


def position(atom: gemmi.Atom) -> Points:
    """Return the position of an atom (Å), shape (3,)."""
    return np.array(atom.pos.tolist())


def oxygens_of(place: KeptResidue, names: tuple[str, ...]) -> Points:
    """Return the positions of a residue's atoms of these names (Å), shape (n, 3)."""
    return np.array([position(a) for a in place.residue if a.name in names]).reshape(-1, 3)


def residues_near(
    held: PlacedSite, xyz: Points, reach: float, first: bool = True
) -> list[KeptResidue]:
    """Return the site's residues with an oxygen near a point."""
    return [
        place
        for place, names, binder in held.places
        if (binder.first_shell or not first)
        and not binder.outer
        and np.linalg.norm(oxygens_of(place, names) - xyz, axis=1).min() <= reach
    ]


WATER_REACH = 3.4
"""Å; waters of the entry this near to a metal are kept."""
_CLEAR = 2.6
"""Å; no water is placed nearer to another heavy atom, the shortest hydrogen bond of a water."""
_CROWDED = 2.35
"""Å; nor nearer to another ligand of the same metal (O–O of a carboxylate is 2.2 Å)."""
_FEWEST = 2
"""Residues that a placed metal must have; the rest of its shell is water."""
_MISFIT = 0.4
"""Å; how far their oxygens may be from the usual distance before the minimisation."""


def place_metal(held: PlacedSite, everything: Points) -> None:
    """Put a metal where first-shell oxygens are at the usual distance and nothing is in its way.

    Not all residues of a site hold the metal in every conformation, so that the largest set of them
    that fits is taken; water completes the shell.
    """
    shell = SHELLS[held.metal]
    first = [
        (place, oxygens_of(place, names))
        for place, names, binder in held.places
        if binder.first_shell
    ]
    start = np.array([d.mean(axis=0) for _, d in first]).mean(axis=0)
    near = everything[cKDTree(everything).query_ball_point(start, 8.0)]
    directions = np.random.default_rng(0).normal(size=(16, 3))
    starts = [start, *(start + 1.5 * d / np.linalg.norm(d) for d in directions)]
    every = [oxygens_of(place, names) for place, names, _ in held.places]
    acid = any(place.residue.name in ("ASP", "GLU") for place, _ in first)
    for size in range(len(first), _FEWEST - 1, -1):
        sets = [
            chosen
            for chosen in combinations(first, size)
            if not acid or any(place.residue.name in ("ASP", "GLU") for place, _ in chosen)
        ]
        fits = [_fit(starts, [d for _, d in s], every, near, shell.usual) for s in sets]
        best = min(range(len(fits)), key=lambda i: fits[i][0], default=-1)
        if best >= 0 and fits[best][0] <= _MISFIT:
            held.xyz, held.source = fits[best][1], "geometry"
            held.demanded = [place for place, _ in sets[best]]
            return
    raise MetalSiteError(
        f"{held.name}: no place for {shell.label}: no {_FEWEST} of its residues "
        f"({', '.join(place.label for place, _ in first)}) have room for it between them",
        f"the site is not formed in this structure: set `sites: {{{group(held.name)}: none}}`, "
        "or give a structure with the metal",
    )


def _fit(
    starts: list[Points], donors: list[Points], every: list[Points], near: Points, bond: float
) -> tuple[float, Points]:
    """Return the largest deviation (Å) of the best place for a metal, and the place.

    Where few donors leave a choice, the place nearest to the site's other residues is taken.
    """

    def parts(x: Points) -> tuple[Points, Points]:
        nearest = np.array([np.linalg.norm(d - x, axis=1).min() for d in donors]) - bond
        clash = np.maximum(0.0, bond - 0.1 - np.linalg.norm(near - x, axis=1))
        return nearest, np.sort(clash)[-12:]

    def all_parts(x: Points) -> Points:
        others = np.array([np.linalg.norm(d - x, axis=1).min() for d in every])
        return np.concatenate([*parts(x), 0.05 * np.maximum(0.0, others - bond)])

    fits = [least_squares(all_parts, s) for s in starts]
    best = min(fits, key=lambda fit: float(fit.cost)).x
    return float(max(np.abs(part).max() for part in parts(best))), np.asarray(best)


def fill_shell(
    held: PlacedSite,
    crystal: Points,
    everything: Points,
    sites: list[PlacedSite],
    decisions: list[Decision],
) -> None:
    """Keep the structure's waters on the metal and add those that are missing."""
    assert held.xyz is not None
    shell = SHELLS[held.metal]
    others = np.concatenate([s.waters for s in sites if s is not held] or [np.empty((0, 3))])
    if len(crystal):
        apart = np.linalg.norm(crystal - held.xyz, axis=1)
        near = [crystal[i] for i in np.argsort(apart) if apart[i] <= WATER_REACH]
        near = [w for w in near if not len(others) or np.linalg.norm(others - w, axis=1).min() > 1]
    else:
        near = []
    atoms = everything[np.linalg.norm(everything - held.xyz, axis=1) < 8.0]
    metals = np.array([s.xyz for s in sites if s.xyz is not None and s is not held]).reshape(-1, 3)
    ligands = int(np.count_nonzero(np.linalg.norm(atoms - held.xyz, axis=1) <= shell.cutoff))
    kept = near[: max(0, shell.most - ligands)]
    added: list[Points] = []
    while ligands + len(kept) + len(added) < shell.wanted:
        inner = np.linalg.norm(atoms - held.xyz, axis=1) <= shell.cutoff + 0.2
        placed = np.array([*kept, *added]).reshape(-1, 3)
        spot = _spot(
            held.xyz,
            shell.usual,
            np.concatenate([atoms[inner], placed]),
            np.concatenate([atoms[~inner], others, metals]),
        )
        if spot is None:
            break
        added.append(spot)
    held.waters = np.array([*kept, *added]).reshape(-1, 3)
    decisions.append(
        Decision(
            f"{held.name}: {shell.label} ({held.source}) held by "
            f"{', '.join(p.label for p in held.demanded) or 'waters alone'}, {len(kept)} waters of "
            f"the structure, {len(added)} added",
            "judged by the residues of the family's sites",
        )
    )


def _spot(metal: Points, bond: float, ligands: Points, others: Points) -> Points | None:
    """Return the roomiest place for a water's oxygen on a metal, or None."""
    places = metal + bond * sphere(600)

    def nearest(points: Points) -> Points:
        if not len(points):
            return np.full(len(places), 9.0)
        return np.asarray(np.linalg.norm(places[:, None] - points[None], axis=2).min(axis=1))

    inner, outer = nearest(ligands) - _CROWDED, nearest(others) - _CLEAR
    room = np.minimum(inner, outer)
    best = int(np.argmax(room))
    return places[best] if room[best] > 0 else None
