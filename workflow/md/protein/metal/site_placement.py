"""Giving a site its ion where the structure has none, and the waters of its first shell."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.optimize import least_squares
from scipy.spatial import cKDTree

from lfa1_analysis.io.errors import MetalSiteError
from lfa1_analysis.metal_site.shells import SHELLS
from lfa1_md.protein.input.residues import Decision
from lfa1_md.protein.metal.held import Held, Points, oxygens_of
from lfa1_md.study.construct import group

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


def place_metal(held: Held, everything: Points) -> None:
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
    held: Held, crystal: Points, everything: Points, sites: list[Held], decisions: list[Decision]
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
    i = np.arange(600) + 0.5
    polar, around = np.arccos(1 - 2 * i / 600), np.pi * (1 + 5**0.5) * i
    sphere = metal + bond * np.stack(
        [np.cos(around) * np.sin(polar), np.sin(around) * np.sin(polar), np.cos(polar)], axis=1
    )

    def nearest(points: Points) -> Points:
        if not len(points):
            return np.full(len(sphere), 9.0)
        return np.asarray(np.linalg.norm(sphere[:, None] - points[None], axis=2).min(axis=1))

    inner, outer = nearest(ligands) - _CROWDED, nearest(others) - _CLEAR
    room = np.minimum(inner, outer)
    best = int(np.argmax(room))
    return sphere[best] if room[best] > 0 else None
