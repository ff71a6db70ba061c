"""Local alignment of a chain with a profile: affine gaps that are cheap where the chain is broken.

Smith & Waterman 1981 (10.1016/0022-2836(81)90087-5) with the affine gaps of Gotoh 1982
(10.1016/0022-2836(82)90398-9). Residues that a crystal does not show leave a gap in the chain's
sequence and in its coordinates at the same place; such a gap costs next to nothing, whatever its
length, so that a missing module does not shift what follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.trajectory.geometry import Array

OPEN, EXTEND = 11.0, 1.0
"""Cost of a gap's first and of each residue, in BLOSUM62's half bits (the usual choice with it)."""
BREAK_OPEN, BREAK_EXTEND = 2.0, 0.02
"""The same where the chain is broken."""


@dataclass(frozen=True)
class Hit:
    """The best local alignment.

    Attributes
    ----------
    score : float
        Half bits.
    columns, residues : ndarray of int, shape (n,)
        Aligned pairs: columns of the profile and positions in the chain, both rising.
    """

    score: float
    columns: NDArray[np.intp]
    residues: NDArray[np.intp]


def best_local(scores: Array, broken: NDArray[np.bool_], ease: Array | None = None) -> Hit:
    """Align a chain with a profile.

    Parameters
    ----------
    scores : ndarray, shape (n, L)
        Score of each residue of the chain in each column, half bits.
    broken : ndarray of bool, shape (n,)
        Whether the chain is broken behind each residue.
    ease : ndarray, shape (L,), optional
        Factor on the cost of opening a gap at a column, 1 where nothing is known.

    Returns
    -------
    Hit
        With no pairs if nothing scores above 0.
    """
    n, width = scores.shape
    opening = OPEN * (np.ones(width) if ease is None else ease)
    place = np.arange(width, dtype=float)
    choice = np.zeros((n, width), dtype=np.int8)  # 0 start, 1 pair, 2 columns skipped, 3 inserted
    source = np.zeros((n, width), dtype=np.int32)
    longer = np.zeros((n, width), dtype=bool)
    above, inserted = np.zeros(width), np.full(width, -np.inf)
    best, end = 0.0, (-1, -1)
    for i in range(n):
        pair = scores[i].copy()
        pair[1:] += above[:-1]
        fresh, further = above - opening, inserted - EXTEND
        longer[i] = further > fresh
        inserted = np.maximum(fresh, further)
        value = np.maximum(np.maximum(pair, inserted), 0.0)
        cost = BREAK_OPEN if broken[i] else opening
        step = BREAK_EXTEND if broken[i] else EXTEND
        reach = value - cost + step * place
        running = np.maximum.accumulate(reach)
        origin = np.maximum.accumulate(np.where(reach == running, np.arange(width), 0))
        skipped = np.full(width, -np.inf)
        skipped[1:] = running[:-1] - step * (place[1:] - 1)
        source[i, 1:] = origin[:-1]
        row = choice[i]
        row[value > 0] = 3
        row[(value > 0) & (pair >= inserted)] = 1
        over = skipped > value
        row[over] = 2
        above = np.where(over, skipped, value)
        top = int(np.argmax(above))
        if above[top] > best:
            best, end = float(above[top]), (i, top)
    return Hit(best, *_trace(choice, source, longer, end))


def trimmed(hit: Hit, scores: Array, broken: NDArray[np.bool_], least: float) -> Hit:
    """Cut off the ends beyond a break of the chain that score too little of their own.

    Such an end may be another chain that a file without chain names goes on with.

    Parameters
    ----------
    hit : Hit
        Of `scores`, shape (n, L).
    broken : ndarray of bool, shape (n,)
        Whether the chain is broken behind each residue.
    least : float
        Half bits that an end must score, or one for each residue.
    """
    worth = scores[hit.residues, hit.columns]
    inserted = np.diff(hit.residues) - 1
    worth[1:] -= np.where(inserted > 0, OPEN + EXTEND * (inserted - 1), 0.0)
    before = np.concatenate([[0], np.cumsum(broken)])
    parts = np.split(np.arange(len(worth)), np.flatnonzero(np.diff(before[hit.residues]) > 0) + 1)

    def poor(part: NDArray[np.intp]) -> bool:
        return bool(worth[part].sum() < min(least, max(len(part), 20)))

    while len(parts) > 1 and poor(parts[0]):
        parts.pop(0)
    while len(parts) > 1 and poor(parts[-1]):
        parts.pop()
    kept = np.concatenate(parts)
    return Hit(hit.score, hit.columns[kept], hit.residues[kept])


def _trace(
    choice: NDArray[np.int8],
    source: NDArray[np.int32],
    longer: NDArray[np.bool_],
    end: tuple[int, int],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Follow the best path back from its end."""
    i, j = end
    columns, residues = [], []
    while i >= 0 and j >= 0 and choice[i, j]:
        if choice[i, j] == 1:
            columns.append(j)
            residues.append(i)
            i, j = i - 1, j - 1
        elif choice[i, j] == 2:
            j = int(source[i, j])
        else:
            while longer[i, j]:
                i -= 1
            i -= 1
    return np.array(columns[::-1], dtype=np.intp), np.array(residues[::-1], dtype=np.intp)
