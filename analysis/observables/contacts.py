"""Residue contacts that frames have lost or won against a reference frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lfa1_analysis.observables.neighbours import Neighbours
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import squares

FORMED, BROKEN = 4.5, 6.0
"""Å between the nearest heavy atoms; a contact that hovers between the two changes nothing."""
SEPARATION = 4
"""Residues this near in sequence always touch and are left out: |i − j| < 4."""
NUMBERS = 32_768
"""Distances at a time, so that what is computed stays in the cache."""
WITNESSES = 6
"""Pairs of atoms of a contact that are looked at in all frames before others are in some."""

Points = NDArray[Any]
"""Positions in single or double precision."""
Rows = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]
"""First atoms, second atoms, and the residue pair of each as one whole number."""


class Contacts:
    """Contacts of a chain, compared with those of a reference.

    Two residues with |i − j| ≥ 4 are in contact when their nearest heavy atoms are within 4.5 Å.
    A contact of the reference is *lost* when that distance has grown beyond 6 Å; a contact is *won*
    when it is within 4.5 Å now and was beyond 6 Å in the reference. The gap between the two
    distances keeps thermal rattling at the threshold from being counted.

    Few of the million pairs of atoms can decide that: no pair comes nearer than the distance of two
    places less the farthest that each of the two atoms is from its place (see
    :class:`~lfa1_analysis.observables.neighbours.Neighbours`). The others are never looked at, so
    the answer is exact.

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
        self._formed = np.unique(self._pairs(xyz, FORMED)[2])
        self._bonds = self._all_pairs(self._formed)
        near = np.zeros((self._size, self._size), dtype=bool)
        near.ravel()[self._pairs(xyz, BROKEN)[2]] = True
        apart = numbers[None, :] - numbers[:, None] >= SEPARATION
        far = apart & ~near[self._residues[:, None], self._residues[None, :]]
        self._near = Neighbours(far | far.T, FORMED)

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
        self._near.follow(fitted)
        return self._lost(xyz, self._near.places, self._near.strays), self._won(xyz)

    def _lost(self, xyz: Points, places: Array, strays: Array) -> NDArray[np.intp]:
        if not len(self._formed):
            return np.zeros(xyz.shape[2], dtype=np.intp)
        first, second, pair = self._bonds
        apart, starts = _apart(places, first, second), _starts(pair)
        # Of most contacts the atoms whose places are nearest show that they are still there.
        least = np.minimum.reduceat(apart, starts)
        sizes = np.diff([*starts, len(pair)])
        nearest = np.flatnonzero(apart == np.repeat(least, sizes))
        nearest = nearest[_starts(pair[nearest])]
        lost = squares(_gaps(xyz, first[nearest], second[nearest])) > BROKEN**2
        # Of the others the next nearest, then, where those have parted too, all that can be near.
        asked = np.repeat(lost.any(axis=1), sizes)
        rows = np.flatnonzero(asked & (apart - strays[first] - strays[second] <= BROKEN))
        rows = rows[np.lexsort((apart[rows], pair[rows]))]
        begin = _starts(pair[rows])
        rank = np.arange(len(rows)) - np.repeat(begin, np.diff([*begin, len(rows)]))
        which = np.searchsorted(pair[starts], pair[rows])
        some = rank < WITNESSES
        near = squares(_gaps(xyz, first[rows[some]], second[rows[some]])) <= BROKEN**2
        if some.any():
            heads = _starts(which[some])
            lost[which[some][heads]] &= ~np.logical_or.reduceat(near, heads, axis=0)
        rows, which = rows[~some], which[~some]
        row, frame = np.nonzero(lost[which])
        gap = xyz[first[rows[row]], :, frame] - xyz[second[rows[row]], :, frame]
        held = np.einsum("ij,ij->i", gap, gap) <= BROKEN**2
        lost[which[row[held]], frame[held]] = False
        return np.asarray(lost.sum(axis=0))

    def _won(self, xyz: Points) -> NDArray[np.intp]:
        won = np.zeros(xyz.shape[2], dtype=np.intp)
        for few, first, second in self._near.near():
            rows = first, second, self._key(first, second)
            won[few] = self._within(xyz[:, :, few], rows, FORMED)
        return won

    def _pairs(self, xyz: Array, cutoff: float) -> Rows:
        """Return the pairs of atoms within a distance, of residues that count."""
        pairs = np.sort(cKDTree(xyz).query_pairs(cutoff, output_type="ndarray"), axis=1)
        first, second = pairs[np.abs(np.diff(self._numbers[pairs])[:, 0]) >= SEPARATION].T
        return first, second, self._key(first, second)

    def _key(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the pair of residues that pairs of atoms belong to, as one number."""
        one, two = self._residues[first], self._residues[second]
        return np.asarray(np.minimum(one, two) * self._size + np.maximum(one, two))

    def _all_pairs(self, residues: NDArray[np.intp]) -> Rows:
        """Return every pair of atoms of some pairs of residues."""
        atoms = [np.flatnonzero(self._residues == i) for i in range(self._size)]
        none = np.zeros(0, dtype=np.intp)
        first, second, pair = [none], [none], [none]
        for key in residues.tolist():
            one, two = atoms[key // self._size], atoms[key % self._size]
            first.append(np.repeat(one, len(two)))
            second.append(np.tile(two, len(one)))
            pair.append(np.full(len(one) * len(two), key))
        return np.concatenate(first), np.concatenate(second), np.concatenate(pair)

    def _within(self, xyz: Points, rows: Rows, cutoff: float) -> NDArray[np.intp]:
        """Return, for each frame, how many pairs of residues have atoms within a distance."""
        first, second, pair = rows
        frames = xyz.shape[2]
        xyz = np.ascontiguousarray(xyz)
        pairs, which = np.unique(pair, return_inverse=True)
        found = np.zeros((len(pairs), frames), dtype=bool)
        rows_at_once = max(NUMBERS // frames, 1)
        for begin in range(0, len(pair), rows_at_once):
            part = slice(begin, begin + rows_at_once)
            near = squares(_gaps(xyz, first[part], second[part])) <= cutoff**2
            row, frame = np.divmod(np.flatnonzero(near), frames)
            found[which[part][row], frame] = True
        return np.asarray(found.sum(axis=0))


def _apart(xyz: Array, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    total = np.zeros(len(first), dtype=xyz.dtype)
    for axis in np.ascontiguousarray(xyz.T):
        gap = np.take(axis, first)
        gap -= np.take(axis, second)
        total += gap * gap
    return np.asarray(np.sqrt(total))


def _gaps(xyz: Points, first: NDArray[np.intp], second: NDArray[np.intp]) -> Points:
    gaps = np.take(xyz, first, axis=0)  # four times as fast as an index
    gaps -= np.take(xyz, second, axis=0)
    return gaps


def _starts(pair: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return where each pair of residues begins among sorted rows."""
    return np.flatnonzero(np.diff(pair, prepend=-1))
