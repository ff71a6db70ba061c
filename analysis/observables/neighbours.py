"""Pairs of atoms that may come near each other, kept from some frames to the next."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import squares

SLACK = 1e-2
"""Å; more than single precision rounds off."""
SPARE, SPARE_PART = 0.3, 0.25
"""Å, and of the distance: by how much more than now an atom may stray before it is looked at
again."""
STRIPE = 32
"""Rows of a product of matrices at a time, too few for the library to start threads for them."""
ATOMS = 128
"""Atoms at a time, so that what is computed stays in the cache."""
FEW = 16
"""Frames for which the pairs that matter are picked."""


class Neighbours:
    """Which pairs of atoms may be within a distance in some frames: all that are, and few others.

    Every atom has a place and a radius that it has not left. Two atoms can be within the distance
    only if their places are within it plus both radii; those pairs are listed. The list stays
    valid, whatever the frames, as long as no atom leaves its radius; one that does, or whose radius
    has become needlessly wide, gets a new place and radius, and its pairs are listed anew.

    Parameters
    ----------
    allowed : ndarray of bool, shape (n, n)
        The pairs that matter; both triangles alike.
    distance : float
        Å.

    Attributes
    ----------
    places : ndarray, shape (n, 3)
        Å.
    strays : ndarray, shape (n,)
        How far each atom is from its place in the frames last given, at most, in Å.
    """

    def __init__(self, allowed: NDArray[np.bool_], distance: float) -> None:
        self._allowed, self._distance = allowed, distance
        size = len(allowed)
        self.places, self.strays = np.zeros((size, 3)), np.zeros(size)
        self._radii = np.full(size, -1.0)
        self._first = self._second = np.zeros(0, dtype=np.intp)
        self._gaps = np.zeros(0, dtype=np.float32)

    def follow(self, fitted: NDArray[Any]) -> None:
        """Take some frames, positions of shape (n, 3, F) in Å after any superposition."""
        self._blocks = self._stray(fitted, slice(None))
        self.strays = self._blocks.max(axis=1)
        left = ~(self.strays <= self._radii)
        left |= self._radii > 2 * (_wider(self.strays))
        again = np.flatnonzero(left)
        if not len(again):
            return
        self.places[again] = fitted[again].mean(axis=2)
        self._blocks[again] = self._stray(fitted[again], again)
        self.strays[again] = self._blocks[again].max(axis=1)
        self._radii[again] = _wider(self.strays[again])
        self._list(again, left)

    def near(self) -> list[tuple[slice, NDArray[np.intp], NDArray[np.intp]]]:
        """Return the pairs that may be within the distance, for a few frames at a time."""
        most = np.take(self.strays, self._first) + np.take(self.strays, self._second)
        can = np.flatnonzero(most >= self._gaps)
        first, second, gaps = self._first[can], self._second[can], self._gaps[can]
        found = []
        for block, strays in enumerate(np.ascontiguousarray(self._blocks.T)):
            rows = np.flatnonzero(np.take(strays, first) + np.take(strays, second) >= gaps)
            frames = slice(block * FEW, (block + 1) * FEW)
            found.append((frames, first[rows], second[rows]))
        return found

    def _stray(self, fitted: NDArray[Any], atoms: slice | NDArray[np.intp]) -> Array:
        """Return how far atoms are from their places, the most of a few frames each, (n, F/few)."""
        places = self.places[atoms].astype(fitted.dtype)[:, :, None]
        starts = np.arange(0, fitted.shape[2], FEW)
        most = np.empty((len(fitted), len(starts)))
        for begin in range(0, len(fitted), ATOMS):
            part = slice(begin, begin + ATOMS)
            apart = squares(fitted[part] - places[part])
            most[part] = np.maximum.reduceat(apart, starts, axis=1)
        return np.asarray(np.sqrt(most) + SLACK)

    def _list(self, again: NDArray[np.intp], changed: NDArray[np.bool_]) -> None:
        """Find the pairs of some atoms anew.

        d² ≤ (r₁ + r₂ + distance)² of these with all, as one product of matrices.
        """
        centred, reach = self.places - self.places.mean(axis=0), self._radii + self._distance / 2
        square = ((centred**2).sum(axis=1) - reach**2)[:, None]
        ones = np.ones_like(square)
        left = np.hstack([centred, reach[:, None], square, ones]).astype(np.float32)
        right = np.hstack([-2 * centred, -2 * reach[:, None], ones, square]).astype(np.float32)
        keep = ~(changed[self._first] | changed[self._second])
        first, second = [self._first[keep]], [self._second[keep]]
        for begin in range(0, len(again), STRIPE):
            rows = again[begin : begin + STRIPE]
            near = left[rows] @ right.T <= 0
            near &= self._allowed[rows]
            one, two = np.divmod(np.flatnonzero(near), near.shape[1])
            one = rows[one]
            once = (one < two) | ~changed[two]  # of two atoms that are both looked at again
            first.append(one[once])
            second.append(two[once])
        self._first, self._second = np.concatenate(first), np.concatenate(second)
        apart = self.places[self._first] - self.places[self._second]
        self._gaps = (np.linalg.norm(apart, axis=1) - self._distance - SLACK).astype(np.float32)


def _wider(strays: Array) -> Array:
    return strays * (1 + SPARE_PART) + SPARE
