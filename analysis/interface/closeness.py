"""Which atoms of two molecules are near each other, in many frames at once.

No pair comes nearer than its distance in the mean structure of the frames less the farthest that
each of the two atoms is from its place in it. Pairs that this rules out are never looked at, so
the answer is exact, and what is kept grows with the size of the interface alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import squares

NUMBERS = 1_000_000
"""Distances at a time: some 10 MB."""
SLACK = 1e-2
"""Å; more than single precision rounds off."""

Whole = NDArray[np.intp]


@dataclass(frozen=True)
class Near:
    """Pairs of atoms within a distance, frame by frame; all arrays have shape (k,).

    Attributes
    ----------
    first, second : ndarray of int
        Rows of the atoms in the two molecules.
    frame : ndarray of int
    distance : ndarray
        Å.
    """

    first: Whole
    second: Whole
    frame: Whole
    distance: Array

    def where(self, chosen: NDArray[np.bool_]) -> Near:
        """Return some of the pairs."""
        return Near(
            self.first[chosen], self.second[chosen], self.frame[chosen], self.distance[chosen]
        )


def near(one: Array, other: Array, cutoff: float) -> Near:
    """Find the pairs of two molecules.

    Parameters
    ----------
    one, other : ndarray, shape (n, 3, F) and (m, 3, F)
        Å; superposed on something, so that atoms stray little.
    cutoff : float
        Å.
    """
    means = [xyz.mean(axis=2) for xyz in (one, other)]
    spreads = [
        np.sqrt(squares(xyz - mean[:, :, None]).max(axis=1)) + SLACK
        for xyz, mean in zip((one, other), means, strict=True)
    ]
    can = cdist(means[0], means[1]) - spreads[0][:, None] - spreads[1][None, :] <= cutoff
    first, second = np.nonzero(can)
    frames = one.shape[2]
    at_once = max(NUMBERS // frames, 1)
    parts = []
    for begin in range(0, len(first), at_once):
        a, b = first[begin : begin + at_once], second[begin : begin + at_once]
        square = squares(np.take(one, a, axis=0) - np.take(other, b, axis=0))
        row, frame = np.nonzero(square <= cutoff**2)
        parts.append((a[row], b[row], frame, np.sqrt(square[row, frame])))
    if not parts:
        none = np.zeros(0, dtype=np.intp)
        return Near(none, none, none, np.zeros(0))
    return Near(*(np.concatenate(part) for part in zip(*parts, strict=True)))
