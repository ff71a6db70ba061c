"""Find the α and β chains of integrins in any molecule, whatever the file calls or counts them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from MDAnalysis import Universe
from numpy.typing import NDArray

from lfa1_analysis.geometry import Array, nearest_images
from lfa1_analysis.integrin.align import Hit, best_local
from lfa1_analysis.integrin.profile import Profile, closest, family, profiles
from lfa1_analysis.integrin.subunits import I_DOMAIN, ChainKind
from lfa1_analysis.species import CAPS, one_letter

MIN_SCORE = 160.0
"""Half bits; shuffled chains of the same composition reach 142 (docs/integrin.md)."""
MIN_FURTHER = 45.0
"""Half bits; of what goes on in the same chain, in the same order, beside a hit."""
MIN_SCORE_I = 200.0
"""Of a chain that is an αI domain alone, a fold that many other proteins have."""
MIN_PIECE = 40
"""Residues; what is left of a chain beside a hit and is shorter is not looked at."""
BOND = 4.5
"""Å; Cα atoms of bonded residues are at most 3.9 Å apart."""


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


def _hit(part: Piece) -> tuple[Subunit, int, int] | None:
    """Return the best subunit in a piece, and where it begins and ends."""
    best, chosen = None, None
    for profile in profiles():
        hit = best_local(profile.scores(part.codes), ~part.joined, profile.ease)
        if hit.score >= MIN_SCORE and (best is None or hit.score > best.score):
            best, chosen = hit, profile
    if best is None or chosen is None:
        return None
    best = _extended(part, chosen, best)
    aligned = chosen.numbers[best.columns]
    first, last = I_DOMAIN
    outside = np.count_nonzero((aligned < first) | (aligned > last))
    if chosen.kind == "alpha" and outside < MIN_PIECE and best.score < MIN_SCORE_I:
        return None
    begin, end = int(best.residues[0]), int(best.residues[-1]) + 1
    numbers = np.zeros(end - begin, dtype=np.intp)
    numbers[best.residues - begin] = aligned
    codes = [part.codes[i] for i in best.residues.tolist()]
    name, identity = closest(chosen.kind, aligned, codes)
    unit = Subunit(
        kind=chosen.kind,
        chain=part.chain,
        score=best.score,
        name=name,
        identity=identity,
        residues=part.residues[begin:end],
        numbers=numbers,
        own=_own(chosen.kind, name, identity, numbers),
        joined=part.joined[begin:end],
    )
    return unit, begin, end


def _extended(part: Piece, profile: Profile, hit: Hit) -> Hit:
    """Go on aligning what lies before and behind a hit, which a poorly conserved stretch ended."""
    columns, residues, score = hit.columns, hit.residues, hit.score
    for before in (False, True):
        while True:
            at, column = (residues[0], columns[0]) if before else (residues[-1], columns[-1])
            rows = slice(0, at) if before else slice(at + 1, None)
            wide = slice(0, column) if before else slice(column + 1, None)
            first_row, first_column = (0, 0) if before else (at + 1, column + 1)
            scores = profile.scores(part.codes[rows])[:, wide] if part.codes[rows] else None
            if scores is None or min(scores.shape) < MIN_PIECE // 2:
                break
            more = best_local(scores, ~part.joined[rows], profile.ease[wide])
            if more.score < MIN_FURTHER:
                break
            score += more.score
            pair = (more.columns + first_column, more.residues + first_row)
            columns = np.concatenate([pair[0], columns] if before else [columns, pair[0]])
            residues = np.concatenate([pair[1], residues] if before else [residues, pair[1]])
    return Hit(score, columns, residues)


def _own(
    kind: ChainKind, name: str, identity: float, numbers: NDArray[np.intp]
) -> NDArray[np.intp]:
    own = np.zeros_like(numbers)
    if identity >= 0.9:
        (member,) = [one for one in family(kind) if one.name == name]
        known = numbers > 0
        own[known] = np.array(member.numbers)[numbers[known] - 1]
    return own


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
