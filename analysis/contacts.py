"""Residue contacts that a frame has lost or won against a reference frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lfa1_analysis.geometry import Array

FORMED, BROKEN = 4.5, 6.0
"""Å between the nearest heavy atoms; a contact that hovers between the two changes nothing."""
SEPARATION = 4
"""Residues this near in sequence always touch and are left out: |i − j| < 4."""


class Contacts:
    """Contacts of a chain, compared with those of a reference.

    Two residues with |i − j| ≥ 4 are in contact when their nearest heavy atoms are within 4.5 Å.
    A contact of the reference is *lost* when that distance has grown beyond 6 Å; a contact is *won*
    when it is within 4.5 Å now and was beyond 6 Å in the reference. The gap between the two
    distances keeps thermal rattling at the threshold from being counted.

    Parameters
    ----------
    numbers : ndarray of int, shape (n,)
        Residue number of each heavy atom.
    xyz : ndarray, shape (n, 3)
        Reference positions in Å.
    """

    def __init__(self, numbers: NDArray[np.int_], xyz: Array) -> None:
        self._numbers = numbers
        self._size = int(numbers.max()) + 1
        self._formed = self._pairs(xyz, FORMED)
        self._near = self._pairs(xyz, BROKEN)

    @property
    def number(self) -> int:
        """Contacts of the reference."""
        return len(self._formed)

    def compare(self, xyz: Array) -> tuple[int, int]:
        """Return how many contacts are lost and how many are won.

        Parameters
        ----------
        xyz : ndarray, shape (n, 3)
            Positions of the same atoms in Å; only distances matter, no superposition is needed.
        """
        lost = np.setdiff1d(self._formed, self._pairs(xyz, BROKEN), assume_unique=True)
        won = np.setdiff1d(self._pairs(xyz, FORMED), self._near, assume_unique=True)
        return len(lost), len(won)

    def _pairs(self, xyz: Array, cutoff: float) -> NDArray[np.intp]:
        """Return the residue pairs within a distance, each as one whole number."""
        pairs = cKDTree(xyz).query_pairs(cutoff, output_type="ndarray")
        first, second = np.sort(self._numbers[pairs], axis=1).T
        apart = second - first >= SEPARATION
        return np.unique(first[apart] * self._size + second[apart])
