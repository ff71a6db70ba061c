"""Find the α and β chains of integrins in any molecule, whatever the file calls or counts them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from MDAnalysis import Universe
from numpy.typing import NDArray

from lfa1_analysis.io.errors import InputWarning
from lfa1_analysis.proteins.integrins.pieces import Piece, pieces
from lfa1_analysis.proteins.integrins.profile import closest
from lfa1_analysis.proteins.integrins.search import (
    MIN_PIECE,
    MIN_SCORE_I,
    as_member,
    by_member,
    by_profile,
)
from lfa1_analysis.proteins.integrins.subunits import I_DOMAIN, ChainKind
from lfa1_analysis.proteins.species import one_letter
from lfa1_analysis.trajectory.geometry import Array

MIN_TOLD = 20
"""Residues; an end bonded to a subunit that aligns with nothing and is shorter is not told of."""
RELATED, SAME = 0.45, 0.9
"""Identity from which a chain is numbered through its nearest relative, and is taken for it."""


@dataclass(frozen=True)
class Subunit:
    """An α or β chain as it was found.

    Attributes
    ----------
    kind : {"alpha", "beta"}
    chain : str
        Chain or segment of the file.
    score : float
        Of the alignment, half bits.
    name : str
        The member of the family alignment it agrees with best, ``αL``.
    identity : float
        Fraction of the residues that are that member's.
    residues : ndarray of int, shape (n,)
        Its residues in the universe (``resindex``), in their order, from the first to the last
        aligned one; those without a column between them too.
    numbers : ndarray of int, shape (n,)
        Mature number of αL or β2 that each stands for; 0 for none.
    own : ndarray of int, shape (n,)
        Mature number in the chain itself where it is a member (90 % identical); 0 for not known.
    joined : ndarray of bool, shape (n,)
        Whether it is bonded to the next.
    """

    kind: ChainKind
    chain: str
    score: float
    name: str
    identity: float
    residues: NDArray[np.intp]
    numbers: NDArray[np.intp]
    own: NDArray[np.intp]
    joined: NDArray[np.bool_]


def find_subunits(
    universe: Universe, alphas: Array, box: NDArray[np.float32] | None
) -> list[Subunit]:
    """Find every α and β chain.

    Parameters
    ----------
    universe : MDAnalysis.Universe
    alphas : ndarray, shape (n_residues, 3)
        Cα positions in Å; NaN for a residue without one.
    box : ndarray, shape (6,), or None

    Returns
    -------
    list of Subunit
        In the order of the file.
    """
    found: list[Subunit] = []
    for piece in pieces(universe, alphas, box):
        todo = [piece]
        while todo:
            part = todo.pop()
            if len(part.codes) < MIN_PIECE:
                continue
            hit = _hit(part)
            if hit is None:
                continue
            unit, begin, end = hit
            found.append(unit)
            todo += [part.part(0, begin), part.part(end, len(part.codes))]
    return sorted(found, key=lambda unit: int(unit.residues[0]))


def ca_positions(universe: Universe) -> Array:
    """Return the Cα position of each residue in Å, shape (n_residues, 3), NaN for none."""
    atoms = universe.atoms
    xyz = np.full((len(universe.residues), 3), np.nan)
    named = np.flatnonzero(atoms.names == "CA")
    unique, inverse = np.unique(atoms.resnames[named].astype(str), return_inverse=True)
    amino = np.array([bool(one_letter(name)) for name in unique.tolist()], dtype=bool)
    chosen = named[amino[inverse]][::-1] if len(named) else named  # the first conformer wins
    xyz[atoms.resindices[chosen]] = atoms.positions[chosen]
    return xyz


def tell_bare_ends(
    universe: Universe, found: list[Subunit], alphas: Array, box: NDArray[np.float32] | None
) -> None:
    """Warn of what goes on from a subunit without a break and aligned with nothing."""
    taken = {int(i) for unit in found for i in unit.residues}
    for piece in pieces(universe, alphas, box):
        free = np.array([int(i) not in taken for i in piece.residues])
        edges = np.flatnonzero((free[1:] != free[:-1]) | ~piece.joined[:-1]) + 1
        for at in np.split(np.arange(len(free)), edges):
            before = at[0] > 0 and piece.joined[at[0] - 1] and not free[at[0] - 1]
            behind = at[-1] + 1 < len(free) and piece.joined[at[-1]] and not free[at[-1] + 1]
            if not free[at[0]] or len(at) < MIN_TOLD or not (before or behind):
                continue
            first, last = universe.residues[piece.residues[at[[0, -1]]]].resids
            warnings.warn(
                f"chain {piece.chain or '(unnamed)'}: residues {first} to {last} are bonded to a "
                "subunit, but align with no domain known here, and are counted in none",
                InputWarning,
                stacklevel=3,
            )


def _hit(part: Piece) -> tuple[Subunit, int, int] | None:
    """Return the best subunit in a piece, and where it begins and ends."""
    best = by_profile(part) or by_member(part)
    if best is None:
        return None
    kind, score, aligned, places = best
    first, last = I_DOMAIN
    outside = np.count_nonzero((aligned < first) | (aligned > last))
    if kind == "alpha" and outside < MIN_PIECE and score < MIN_SCORE_I:
        return None
    begin, end = int(places[0]), int(places[-1]) + 1
    numbers = np.zeros(end - begin, dtype=np.intp)
    numbers[places - begin] = aligned
    name, identity = closest(kind, aligned, [part.codes[i] for i in places.tolist()])
    own = np.zeros_like(numbers)
    if identity >= RELATED:
        here = part.part(begin, end)
        numbers, own = as_member(kind, name, here, numbers)
    if identity < SAME:
        own = np.zeros_like(own)
    unit = Subunit(
        kind=kind,
        chain=part.chain,
        score=score,
        name=name,
        identity=identity,
        residues=part.residues[begin:end],
        numbers=numbers,
        own=own,
        joined=part.joined[begin:end],
    )
    return unit, begin, end
