"""Align a piece of chain with the families of α and β subunits, and number it through them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.proteins.integrins.align import Hit, best_local, trimmed
from lfa1_analysis.proteins.integrins.pieces import Piece
from lfa1_analysis.proteins.integrins.profile import Profile, family, profiles
from lfa1_analysis.proteins.integrins.subunits import DOMAINS, I_DOMAIN, ChainKind

MIN_SCORE = 160.0
"""Half bits; shuffled chains of the same composition reach 142 (docs/integrin.md)."""
MIN_FURTHER = 60.0
"""Half bits; of what goes on in the same chain, in the same order, close to a hit."""
MAX_BETWEEN = 80
"""Residues that may lie unaligned between the two."""
MIN_PIECE = 40
"""Residues; what is left of a chain beside a hit and is shorter is not looked at."""
MIN_SCORE_I = 200.0
"""Half bits; of a chain that is an αI domain alone, a fold that many other proteins have."""

Found = tuple[ChainKind, float, NDArray[np.intp], NDArray[np.intp]]
"""Kind, score, numbers of αL or β2 and the positions in the piece that stand for them."""


def by_profile(part: Piece) -> Found | None:
    """Find the profile that aligns best, if one does."""
    found: Found | None = None
    for profile in profiles():
        scores = profile.scores(part.codes)
        hit = best_local(scores, ~part.joined, profile.ease)
        if hit.score >= max(MIN_SCORE, found[1] if found else 0.0):
            hit = _extended(part, profile, trimmed(hit, scores, ~part.joined, MIN_FURTHER))
            found = (profile.kind, hit.score, profile.numbers[hit.columns], hit.residues)
    return found


def by_member(part: Piece) -> Found | None:
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


def as_member(
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
