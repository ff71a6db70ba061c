"""The amino acids of any molecule in pieces of chain that a file holds in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

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


class AminoAcids(NamedTuple):
    """The amino acids of a molecule in the order of the file, n of them."""

    residues: NDArray[np.intp]
    """``resindex`` of each."""
    codes: NDArray[Any]
    """One-letter codes."""
    chains: NDArray[np.str_]
    """Chain, or segment where the file names no chain."""
    numbers: NDArray[np.int_]
    """Residue numbers of the file."""
    parted: NDArray[np.bool_]
    """Whether the chain's name changes or a cap lies behind each but the last, shape (n − 1,)."""


def amino_acids(universe: Universe) -> AminoAcids:
    """List the amino acids and where the file itself ends a chain."""
    residues, atoms = universe.residues, universe.atoms
    unique, inverse = np.unique(residues.resnames.astype(str), return_inverse=True)
    codes = np.array([one_letter(name) for name in unique.tolist()], dtype=object)[inverse]
    cap = np.array([name.upper() in CAPS for name in unique.tolist()], dtype=bool)[inverse]
    chosen = np.flatnonzero(codes.astype(bool))
    first = np.searchsorted(atoms.resindices, chosen)
    named = hasattr(atoms, "chainIDs") and any(atoms.chainIDs[first])
    labels = (atoms.chainIDs[first] if named else residues.segids[chosen]).astype(str)
    parted = (labels[1:] != labels[:-1]) | (np.diff(np.cumsum(cap)[chosen]) > 0)
    return AminoAcids(chosen, codes[chosen], labels, residues.resids[chosen], parted)


def pieces(universe: Universe, alphas: Array, box: NDArray[np.float32] | None) -> list[Piece]:
    """Split the amino acids where the chain's name changes, numbers fall back, or a cap lies.

    A file without names that numbers on and on is one piece, which may hold several chains.
    """
    chosen, codes, labels, resids, parted = amino_acids(universe)
    if not len(chosen):
        return []
    steps = np.diff(alphas[chosen], axis=0)
    if box is not None and len(steps):
        steps = np.where(np.isfinite(steps), nearest_images(np.nan_to_num(steps), box), np.nan)
    # A residue without Cα breaks nothing that its number does not.
    apart = np.linalg.norm(steps, axis=1)
    near = np.where(np.isfinite(apart), apart <= BOND, np.diff(resids) == 1)
    joined = np.append(near, False)
    new = parted | ((np.diff(resids) < 0) & ~near)
    return [
        Piece(str(labels[part[0]]).strip(), chosen[part], codes[part].tolist(), joined[part])
        for part in np.split(np.arange(len(chosen)), np.flatnonzero(new) + 1)
    ]
