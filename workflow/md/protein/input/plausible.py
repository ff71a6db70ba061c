"""Coordinates that no protein has: atoms on top of each other, or torn from their residue."""

from __future__ import annotations

from itertools import pairwise

import gemmi
import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.io.errors import InputError
from lfa1_md.protein.input.residues import number_of

_PEPTIDE_BOND = 2.0
"""Å; C–N further apart than this are not bonded (1.33 Å)."""
_RESIDUE = 12.0
"""Å; no atom of a residue is this far from its Cα (Arg Nη 7.5, phosphates and glycans less)."""
_MOST_CLASH = 1.5
"""Å; heavy atoms of two molecules nearer than this overlap beyond what a minimisation repairs (a
hydrogen bond is 2.6 Å)."""
_TOUCH = 0.5
"""Å; atoms nearer than this are one atom, or placeholders (C–H, the shortest bond, is 1.1)."""


def check(chain: gemmi.Chain, name: str) -> None:
    """Check the places of a domain's heavy atoms; `name` of the file is for messages.

    Raises
    ------
    InputError
        Neighbours in the sequence are not bonded, an atom is far from its residue, or two atoms
        are at the same place.
    """
    _check_residues(chain, name)
    for before, after in pairwise(chain):
        if number_of(after) != number_of(before) + 1:
            continue
        distance = before["C"][0].pos.dist(after["N"][0].pos)
        if distance > _PEPTIDE_BOND:
            raise InputError(
                f"{name}: residues {number_of(before)} and {number_of(after)} are neighbours in "
                f"the sequence but {distance:.1f} Å apart (C–N)",
                "remove the misplaced residues from the file (then see `gaps:`)",
            )
    _check_distinct(chain, name)


def check_apart(one: gemmi.Chain, other: gemmi.Chain, name: str) -> None:
    """Check that two proteins do not lie in each other.

    Raises
    ------
    InputError
        Heavy atoms of both are at the same place.
    """
    names, xyz = _atoms(one)
    others, places = _atoms(other)
    distances = np.linalg.norm(xyz[:, None] - places[None], axis=2)
    i, j = np.unravel_index(int(np.argmin(distances)), distances.shape)
    if distances[i, j] < _MOST_CLASH:
        raise InputError(
            f"{name}: {names[i]} of the I domain and {others[j]} of its ligand are "
            f"{distances[i, j]:.1f} Å apart",
            "give a complex whose proteins do not lie in each other",
        )


def _atoms(chain: gemmi.Chain) -> tuple[list[str], NDArray[np.float64]]:
    names = [f"{r.name} {number_of(r)} {atom.name}" for r in chain for atom in r]
    return names, np.array([atom.pos.tolist() for residue in chain for atom in residue])


def _check_residues(chain: gemmi.Chain, name: str) -> None:
    for residue in chain:
        alpha = residue["CA"][0].pos
        for atom in residue:
            distance = atom.pos.dist(alpha)
            if distance > _RESIDUE:
                raise InputError(
                    f"{name}: {residue.name} {number_of(residue)}: atom {atom.name} is "
                    f"{distance:.3g} Å from its Cα",
                    "correct or remove this atom; missing side-chain atoms are rebuilt",
                )


def _check_distinct(chain: gemmi.Chain, name: str) -> None:
    labels, xyz = _atoms(chain)
    # Atoms this near to each other are so along x as well; sorted by x, few pairs remain.
    order = np.argsort(xyz[:, 0], kind="stable")
    xyz = xyz[order]
    for step in range(1, len(xyz)):
        difference = xyz[step:] - xyz[:-step]
        if (difference[:, 0] >= _TOUCH).all():
            return
        same = np.flatnonzero((difference**2).sum(axis=1) < _TOUCH**2)
        if len(same):
            first, second = sorted((order[same[0]], order[same[0] + step]))
            raise InputError(
                f"{name}: {labels[first]} and {labels[second]} are at the same place",
                "correct or remove them; missing side-chain atoms are rebuilt",
            )
