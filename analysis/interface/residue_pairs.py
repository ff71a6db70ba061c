"""Which residue pairs the I domain and ICAM-1 hold on by, frame by frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.interface import bonds
from lfa1_analysis.interface.closeness import Near
from lfa1_analysis.interface.occupancy import Held, Key
from lfa1_analysis.interface.pose import Pose
from lfa1_analysis.observables.contacts import BROKEN, FORMED
from lfa1_analysis.trajectory.geometry import Array


class ResiduePairs:
    """The pairs, beside those that the reference holds, found by the same code.

    Parameters
    ----------
    pose : Pose
        The reference.
    present : (set of int, set of int)
        Residues of the I domain and of ICAM-1.
    numbers : (ndarray of int, ndarray of int)
        Residue of each row of coordinates.
    polar : (Polar, Polar)
        What can form hydrogen bonds and salt bridges.
    """

    def __init__(
        self,
        pose: Pose,
        present: tuple[set[int], set[int]],
        numbers: tuple[NDArray[np.intp], NDArray[np.intp]],
        polar: tuple[bonds.Polar, bonds.Polar],
    ) -> None:
        self._numbers, self._polar = numbers, polar
        pairs = pose.residue_distances(BROKEN)
        self._touching = {pair for pair in pairs if pair[0] in present[0] and pair[1] in present[1]}
        self._native = {pair for pair in self._touching if pairs[pair] <= FORMED}
        self._bonds = {key for key in pose.bonds if key[1] in present[0] and key[2] in present[1]}

    @property
    def native(self) -> set[Key]:
        """What the reference holds: kind and residue pair."""
        return {("contact", *pair) for pair in self._native} | self._bonds

    def count(
        self, frames: int, pairs: Near, xyz: tuple[Array, Array], protons: tuple[Array, Array]
    ) -> tuple[Held, tuple[Array, ...]]:
        """Note which frames hold each residue pair, and count them."""
        least = self._by_residue(frames, pairs)
        formed = {key: away <= FORMED for key, away in least.items()}
        within = {key: away <= BROKEN for key, away in least.items()}
        hydrogen = self._by_residue(frames, bonds.hydrogen_bonds(pairs, *self._polar, xyz, protons))
        salt = self._by_residue(frames, bonds.salt_bridges(pairs, *self._polar))
        noted = Held(frames)
        noted.add("contact", {key: flags for key, flags in formed.items() if flags.any()})
        counts: list[Array] = []
        for kind, found in (("hydrogen_bond", hydrogen), ("salt_bridge", salt)):
            flags = {key: np.isfinite(away) for key, away in found.items()}
            noted.add(kind, flags)
            native = {key: f for key, f in flags.items() if (kind, *key) in self._bonds}
            counts += [_sum(flags, frames), _sum(native, frames)]
        kept = _sum({key: f for key, f in within.items() if key in self._native}, frames)
        new = {key: f for key, f in formed.items() if key not in self._touching}
        total = max(len(self._native), 1)
        return noted, (_sum(formed, frames), kept, kept / total, _sum(new, frames), *counts)

    def _by_residue(self, frames: int, pairs: Near) -> dict[tuple[int, int], Array]:
        """Return the least distance of each pair of residues in each frame, infinite beyond."""
        one, other = self._numbers[0][pairs.first], self._numbers[1][pairs.second]
        keys, place_of = np.unique(np.stack([one, other]), axis=1, return_inverse=True)
        least = np.full((keys.shape[1], frames), np.inf)
        np.minimum.at(least, (place_of.ravel(), pairs.frame), pairs.distance)
        return {(int(a), int(b)): row for (a, b), row in zip(keys.T, least, strict=True)}


def _sum(flags: dict[tuple[int, int], Any], frames: int) -> Array:
    return np.asarray(sum(flags.values(), start=np.zeros(frames)))
