"""Residue contacts that frames have lost or won against a reference frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import squares

FORMED, BROKEN = 4.5, 6.0
"""Å between the nearest heavy atoms; a contact that hovers between the two changes nothing."""
SEPARATION = 4
"""Residues this near in sequence always touch and are left out: |i − j| < 4."""
NUMBERS = 262_144
"""Distances at a time, which bounds the memory for frames in which everything is near."""
FEW = 16
"""Frames for which the pairs of atoms that matter are picked."""
SLACK = 1e-2
"""Å; more than single precision rounds off."""

Points = NDArray[Any]
"""Positions in single or double precision."""
Rows = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]
"""First atoms, second atoms, and the number of the residue pair of each, in rising order."""


class Contacts:
    """Contacts of a chain, compared with those of a reference.

    Two residues with |i − j| ≥ 4 are in contact when their nearest heavy atoms are within 4.5 Å.
    A contact of the reference is *lost* when that distance has grown beyond 6 Å; a contact is *won*
    when it is within 4.5 Å now and was beyond 6 Å in the reference. The gap between the two
    distances keeps thermal rattling at the threshold from being counted.

    Few of the million pairs of atoms can decide that: no pair comes nearer than the distance of
    the mean places of its atoms in some frames less the farthest that each strays from its place
    there. The others are never looked at, so the answer is exact.

    Parameters
    ----------
    numbers : ndarray of int, shape (n,)
        Residue number of each heavy atom.
    xyz : ndarray, shape (n, 3)
        Reference positions in Å.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.observables.contacts import Contacts
    >>> universe = examples.universe()
    >>> heavy = universe.select_atoms("protein and not name H*")
    >>> contacts = Contacts(heavy.resids, heavy.positions.astype(float))
    >>> last = universe.trajectory[-1]
    >>> now = heavy.positions[:, :, None]
    >>> lost, won = contacts.compare(now, now)
    >>> contacts.number, int(lost[0]), int(won[0])
    (430, 0, 0)
    """

    def __init__(self, numbers: NDArray[np.int_], xyz: Array) -> None:
        self._numbers = numbers
        residues, self._residues = np.unique(numbers, return_inverse=True)
        self._size = len(residues)
        self._formed = self._near(xyz, FORMED)
        first, second = np.triu_indices(len(numbers), 1)
        key = self._key(first, second)
        bonds = np.flatnonzero(np.isin(key, self._formed))
        bonds = bonds[np.argsort(key[bonds], kind="stable")]
        self._bonds = first[bonds], second[bonds], np.searchsorted(self._formed, key[bonds])
        near = np.zeros((self._size, self._size), dtype=bool)
        near.ravel()[self._near(xyz, BROKEN)] = True
        apart = numbers[None, :] - numbers[:, None] >= SEPARATION
        self._far = apart & ~near[self._residues[:, None], self._residues[None, :]]

    @property
    def number(self) -> int:
        """Contacts of the reference."""
        return len(self._formed)

    def compare(self, xyz: Points, fitted: Points) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return how many contacts are lost and how many are won in each frame.

        Parameters
        ----------
        xyz : ndarray, shape (n, 3, F)
            Positions of the same atoms in Å.
        fitted : ndarray, shape (n, 3, F)
            The same after any superposition, by which to find the pairs that matter; the better
            it is, the fewer they are.

        Returns
        -------
        lost, won : ndarray of int, shape (F,)
        """
        places = fitted.mean(axis=2, dtype=np.float64)
        away = np.sqrt(squares(fitted - places.astype(fitted.dtype)[:, :, None])) + SLACK
        strays = np.maximum.reduceat(away, np.arange(0, xyz.shape[2], FEW), axis=1)
        return self._lost(xyz, places, strays.max(axis=1)), self._won(xyz, places, strays)

    def _lost(self, xyz: Points, places: Array, strays: Array) -> NDArray[np.intp]:
        first, second, pair = self._bonds
        apart = np.linalg.norm(places[first] - places[second], axis=1)
        # Of most contacts the atoms whose places are nearest show that they are still there.
        order = np.lexsort((apart, pair))
        nearest = order[np.flatnonzero(np.diff(pair[order], prepend=-1))]
        there = squares(xyz[first[nearest]] - xyz[second[nearest]]) <= BROKEN**2
        parted: NDArray[np.bool_] = np.any(~there, axis=1, keepdims=True)[:, 0]
        doubtful = parted[pair] & (apart - strays[first] - strays[second] <= BROKEN)
        rows = first[doubtful], second[doubtful], pair[doubtful]
        there |= _within(xyz, rows, BROKEN, len(there))
        return np.asarray((~there).sum(axis=0))

    def _won(self, xyz: Points, places: Array, strays: Array) -> NDArray[np.intp]:
        apart, most = cdist(places, places), strays.max(axis=1)
        first, second = np.nonzero(self._far & (apart - most[:, None] - most <= FORMED))
        key = self._key(first, second)
        order = np.argsort(key, kind="stable")
        first, second, key = first[order], second[order], key[order]
        apart = apart[first, second]
        won = np.zeros(xyz.shape[2], dtype=np.intp)
        for block, stray in enumerate(np.ascontiguousarray(strays.T)):
            can = apart - stray[first] - stray[second] <= FORMED
            pairs, pair = np.unique(key[can], return_inverse=True)
            frames = slice(block * FEW, (block + 1) * FEW)
            rows = first[can], second[can], pair
            won[frames] = _within(xyz[:, :, frames], rows, FORMED, len(pairs)).sum(axis=0)
        return won

    def _near(self, xyz: Array, cutoff: float) -> NDArray[np.intp]:
        """Return the pairs of residues that count and have atoms within a distance, as numbers."""
        pairs = cKDTree(xyz).query_pairs(cutoff, output_type="ndarray")
        counts = np.abs(np.diff(self._numbers[pairs])[:, 0]) >= SEPARATION
        return np.unique(self._key(*pairs[counts].T))

    def _key(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the pair of residues that pairs of atoms belong to, as one number."""
        one, two = self._residues[first], self._residues[second]
        return np.asarray(np.minimum(one, two) * self._size + np.maximum(one, two))


def _within(xyz: Points, rows: Rows, cutoff: float, number: int) -> NDArray[np.bool_]:
    """Tell in which frames each pair of residues has atoms within a distance, (number, F)."""
    first, second, pair = rows
    found = np.zeros((number, xyz.shape[2]), dtype=bool)
    step = max(NUMBERS // xyz.shape[2], 1)
    for begin in range(0, len(pair), step):
        part = slice(begin, begin + step)
        near = squares(np.take(xyz, first[part], axis=0) - np.take(xyz, second[part], axis=0))
        starts = np.flatnonzero(np.diff(pair[part], prepend=-1))
        found[pair[part][starts]] |= np.logical_or.reduceat(near <= cutoff**2, starts, axis=0)
    return found
