"""Find the α and β chains of integrins in any molecule, whatever the file calls or counts them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from MDAnalysis import Universe
from numpy.typing import NDArray

from lfa1_analysis.errors import InputWarning
from lfa1_analysis.geometry import Array, nearest_images
from lfa1_analysis.integrin.align import Hit, best_local, trimmed
from lfa1_analysis.integrin.profile import Profile, closest, family, profiles
from lfa1_analysis.integrin.subunits import DOMAINS, I_DOMAIN, ChainKind
from lfa1_analysis.species import CAPS, one_letter

MIN_SCORE = 160.0
"""Half bits; shuffled chains of the same composition reach 142 (docs/integrin.md)."""
MIN_FURTHER = 60.0
"""Half bits; of what goes on in the same chain, in the same order, close to a hit."""
MAX_BETWEEN = 80
"""Residues that may lie unaligned between the two."""
MIN_SCORE_I = 200.0
"""Of a chain that is an αI domain alone, a fold that many other proteins have."""
MIN_PIECE = 40
"""Residues; what is left of a chain beside a hit and is shorter is not looked at."""
MIN_TOLD = 20
"""Residues; an end bonded to a subunit that aligns with nothing and is shorter is not told of."""
RELATED, SAME = 0.45, 0.9
"""Identity from which a chain is numbered through its nearest relative, and is taken for it."""
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
    best = _by_profile(part) or _by_member(part)
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
        numbers, own = _as_member(kind, name, here, numbers)
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


Found = tuple[ChainKind, float, NDArray[np.intp], NDArray[np.intp]]
"""Kind, score, numbers of αL or β2 and the positions in the piece that stand for them."""


def _by_profile(part: Piece) -> Found | None:
    found: Found | None = None
    for profile in profiles():
        scores = profile.scores(part.codes)
        hit = best_local(scores, ~part.joined, profile.ease)
        if hit.score >= max(MIN_SCORE, found[1] if found else 0.0):
            hit = _extended(part, profile, trimmed(hit, scores, ~part.joined, MIN_FURTHER))
            found = (profile.kind, hit.score, profile.numbers[hit.columns], hit.residues)
    return found


def _by_member(part: Piece) -> Found | None:
    """Find what is too little for a profile, such as the light chain of a cleaved α subunit."""
    found: Found | None = None
    for kind in DOMAINS:
        for member in family(kind):
            scores = member.scores(part.codes)
            hit = best_local(scores, ~part.joined)
            if hit.score >= max(MIN_SCORE, found[1] if found else 0.0):
                hit = trimmed(hit, scores, ~part.joined, MIN_FURTHER)
                numbers = np.array(member.columns, dtype=np.intp)[hit.columns]
                some = numbers > 0
                if some.sum() >= MIN_PIECE // 2:
                    found = (kind, hit.score, numbers[some], hit.residues[some])
    return found


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
            between = at - 1 - more.residues[-1:] if before else more.residues[:1]
            if more.score < MIN_FURTHER or between[0] > MAX_BETWEEN:
                break
            score += more.score
            pair = (more.columns + first_column, more.residues + first_row)
            columns = np.concatenate([pair[0], columns] if before else [columns, pair[0]])
            residues = np.concatenate([pair[1], residues] if before else [residues, pair[1]])
    return Hit(score, columns, residues)


def _as_member(
    kind: ChainKind, name: str, piece: Piece, numbers: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Number a chain through the member of the family that it resembles.

    A close relative shows where insertions lie better than the mean of the family does.

    Returns
    -------
    numbers, own : ndarray of int, shape (n,)
        Of αL or β2, and of the member itself; 0 for none.
    """
    (member,) = [one for one in family(kind) if one.name == name]
    scores = member.scores(piece.codes)
    hit = trimmed(best_local(scores, ~piece.joined), scores, ~piece.joined, MIN_FURTHER)
    own = np.zeros_like(numbers)
    if len(hit.residues) < MIN_PIECE:
        return numbers, own
    own[hit.residues] = hit.columns + member.first
    begin, end = int(hit.residues[0]), int(hit.residues[-1]) + 1
    better = numbers.copy()
    better[begin:end] = 0
    better[hit.residues] = np.array(member.columns)[hit.columns]
    if kind == "alpha" and not set(member.columns) & set(range(*I_DOMAIN)):
        better = _with_i_domain(better, numbers, piece)
    known = better[begin:end][better[begin:end] > 0]
    if len(known):
        better[:begin][better[:begin] >= known.min()] = 0
        better[end:][better[end:] <= known.max()] = 0
    return better, own


def _with_i_domain(
    better: NDArray[np.intp], numbers: NDArray[np.intp], piece: Piece
) -> NDArray[np.intp]:
    """Keep the I domain that the profile has found and the nearest relative does not have.

    It lies between the residues that the relative numbers before and behind it.
    """
    first, last = I_DOMAIN
    begin = int(np.flatnonzero((better > 0) & (better < first)).max(initial=-1)) + 1
    end = int(np.flatnonzero(better > last).min(initial=len(better)))
    # Anything inserted there lines up with the I domain somehow; this must align like one.
    own = slice(first - 1, last)
    profile, insert = profiles()[0], piece.part(begin, end)
    scores = profile.scores(insert.codes)[:, own]
    if best_local(scores, ~insert.joined, profile.ease[own]).score < MIN_SCORE_I:
        return better
    kept = better.copy()
    there = numbers[begin:end]
    kept[begin:end] = np.where((there >= first) & (there <= last), there, 0)
    return kept


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
