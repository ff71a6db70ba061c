"""Align a piece of chain with the families of α and β subunits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.proteins.integrins.align import Hit, best_local, trimmed
from lfa1_analysis.proteins.integrins.pieces import Piece
from lfa1_analysis.proteins.integrins.profile import Profile, family, profiles
from lfa1_analysis.proteins.integrins.subunits import DOMAINS, ChainKind

MIN_SCORE = 160.0
"""Half bits; shuffled chains of the same composition reach 142 (docs/integrin.md)."""
MIN_FURTHER = 60.0
"""Half bits; of what goes on in the same chain, in the same order, close to a hit."""
MAX_BETWEEN = 80
"""Residues that may lie unaligned between the two."""
MIN_PIECE = 40
"""Residues; what is left of a chain beside a hit and is shorter is not looked at."""

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
