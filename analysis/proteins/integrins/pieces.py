"""The amino acids of any molecule in pieces of chain that a file holds in one go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from MDAnalysis import Universe
from numpy.typing import NDArray

from lfa1_analysis.proteins.species import CAPS, one_letter
from lfa1_analysis.trajectory.geometry import Array, nearest_images

BOND = 4.5
"""Å; Cα atoms of bonded residues are at most 3.9 Å apart."""


@dataclass(frozen=True)
class Piece:
    """A stretch of amino acids that the file holds in one go.

    Attributes
    ----------
    chain : str
    residues : ndarray of int, shape (n,)
        ``resindex`` of each.
    codes : list of str
        One-letter codes.
    joined : ndarray of bool, shape (n,)
        Whether each is bonded to the next, by the distance of their Cα atoms.
    """

    chain: str
    residues: NDArray[np.intp]
    codes: list[str]
    joined: NDArray[np.bool_]

    def part(self, begin: int, end: int) -> Piece:
        """Return the piece from `begin` to before `end`."""
        cut = slice(begin, end)
        return Piece(self.chain, self.residues[cut], self.codes[cut], self.joined[cut])


def pieces(universe: Universe, alphas: Array, box: NDArray[np.float32] | None) -> list[Piece]:
    """Split the amino acids where the chain's name changes, numbers fall back, or a cap lies.

    A file without names that numbers on and on is one piece, which may hold several chains.
    """
    residues = universe.residues
    unique, inverse = np.unique(residues.resnames.astype(str), return_inverse=True)
    letters = np.array([one_letter(name) for name in unique.tolist()], dtype=object)[inverse]
    cap = np.array([name.upper() in CAPS for name in unique.tolist()])[inverse]
    chosen = np.flatnonzero([bool(code) for code in letters])
    if not len(chosen):
        return []
    atoms = universe.atoms
    first = np.searchsorted(atoms.resindices, chosen)
    named = hasattr(atoms, "chainIDs") and any(atoms.chainIDs[first])
    labels = (atoms.chainIDs[first] if named else residues.segids[chosen]).astype(str)
    resids, caps = residues.resids[chosen], np.cumsum(cap)[chosen]
    steps = np.diff(alphas[chosen], axis=0)
    if box is not None and len(steps):
        steps = np.where(np.isfinite(steps), nearest_images(np.nan_to_num(steps), box), np.nan)
    # A residue without Cα breaks nothing that its number does not.
    apart = np.linalg.norm(steps, axis=1)
    near = np.where(np.isfinite(apart), apart <= BOND, np.diff(resids) == 1)
    joined = np.append(near, False)
    new = (labels[1:] != labels[:-1]) | (np.diff(caps) > 0) | ((np.diff(resids) < 0) & ~near)
    return [
        Piece(
            str(labels[part[0]]).strip(),
            chosen[part],
            [str(code) for code in letters[chosen[part]]],
            joined[part],
        )
        for part in np.split(np.arange(len(chosen)), np.flatnonzero(new) + 1)
    ]
