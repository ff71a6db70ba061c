"""Number a chain through the member of the family alignment that it resembles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.proteins.integrins.align import best_local, trimmed
from lfa1_analysis.proteins.integrins.pieces import Piece
from lfa1_analysis.proteins.integrins.profile import family, profiles
from lfa1_analysis.proteins.integrins.search import MIN_FURTHER, MIN_PIECE
from lfa1_analysis.proteins.integrins.subunits import I_DOMAIN, ChainKind

MIN_SCORE_I = 200.0
"""Of a chain that is an αI domain alone, a fold that many other proteins have."""


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
