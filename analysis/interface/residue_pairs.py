"""Which residue pairs hold the I domain and ICAM-1 together: in which frames, and how surely."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from lfa1_analysis.interface import bonds
from lfa1_analysis.interface.closeness import Near
from lfa1_analysis.interface.pose import Key, Pose
from lfa1_analysis.observables.contacts import BROKEN, FORMED
from lfa1_analysis.statistics.hysteresis import Flags
from lfa1_analysis.statistics.inference import CONFIDENCE, inefficiency
from lfa1_analysis.trajectory.geometry import Array

COLUMNS = (
    "alphal_residue",
    "icam1_residue",
    "kind",
    "in_reference",
    "held_fraction",
    "low_fraction",
    "high_fraction",
    "n_independent",
    "n_frames",
)
KINDS = ("contact", "hydrogen_bond", "salt_bridge")
Part = tuple[int, dict[Key, Flags]]
"""A number of frames, and which of them hold each pair; pairs that no frame holds are left out."""


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
        """Return what the reference holds: kind and residue pair."""
        return {("contact", *pair) for pair in self._native} | self._bonds

    def count(
        self, frames: int, pairs: Near, xyz: tuple[Array, Array], protons: tuple[Array, Array]
    ) -> tuple[Part, tuple[Array, ...]]:
        """Note which frames hold each residue pair, and count them."""
        least = self._by_residue(frames, pairs)
        formed = {key: away <= FORMED for key, away in least.items()}
        kept = {key: away <= BROKEN for key, away in least.items() if key in self._native}
        new = {key: flags for key, flags in formed.items() if key not in self._touching}
        found = {("contact", *key): flags for key, flags in formed.items() if flags.any()}
        counts: list[Array] = []
        for kind, bonded in (
            ("hydrogen_bond", bonds.hydrogen_bonds(pairs, *self._polar, xyz, protons)),
            ("salt_bridge", bonds.salt_bridges(pairs, *self._polar)),
        ):
            near = self._by_residue(frames, bonded)
            flags = {(kind, *key): np.isfinite(away) for key, away in near.items()}
            native = {key: its for key, its in flags.items() if key in self._bonds}
            found |= flags
            counts += [_sum(flags, frames), _sum(native, frames)]
        kept_number = _sum(kept, frames)
        share = kept_number / max(len(self._native), 1)
        contacts = (_sum(formed, frames), kept_number, share, _sum(new, frames))
        return (frames, found), (*contacts, *counts)

    def _by_residue(self, frames: int, pairs: Near) -> dict[tuple[int, int], Array]:
        """Return the least distance of each pair of residues in each frame, infinite beyond."""
        one, other = self._numbers[0][pairs.first], self._numbers[1][pairs.second]
        keys, row = np.unique(np.stack([one, other]), axis=1, return_inverse=True)
        least = np.full((keys.shape[1], frames), np.inf)
        np.minimum.at(least, (row.ravel(), pairs.frame), pairs.distance)
        return {(int(a), int(b)): away for (a, b), away in zip(keys.T, least, strict=True)}


def _sum(flags: Mapping[Any, Flags], frames: int) -> Array:
    return np.asarray(sum(flags.values(), start=np.zeros(frames)))


def joined(parts: Iterable[Part]) -> dict[Key, Flags]:
    """Join consecutive stretches of frames: each pair with all frames."""
    parts = list(parts)
    keys = sorted({key for _, found in parts for key in found})
    return {
        key: np.concatenate(
            [found.get(key, np.zeros(frames, dtype=bool)) for frames, found in parts]
        )
        for key in keys
    }


def share(flags: Flags) -> tuple[float, float, float, float]:
    """Return the share of frames, its 95 % interval and the number of independent frames.

    The interval is Wilson's (1927, 10.1080/01621459.1927.10502953) with the number of frames
    divided by their statistical inefficiency. A series that never changes shows no correlation
    time and counts as one independent frame, as the means of other observables do.

    Parameters
    ----------
    flags : ndarray of bool, shape (n,), n ≥ 1
    """
    p = float(flags.mean())
    constant = bool(flags.all() or not flags.any())
    n = 1.0 if constant else max(len(flags) / inefficiency(flags.astype(float), fast=True), 1.0)
    z = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, max(middle - half, 0.0), min(middle + half, 1.0), n


def pair_table(
    found: Mapping[Key, Flags],
    native: Iterable[Key],
    frames: int,
    names: tuple[Callable[[int], str], Callable[[int], str]],
) -> pd.DataFrame:
    """Return one row for each residue pair and kind, those of the reference first.

    Parameters
    ----------
    found : mapping
        Of :func:`joined`.
    native : iterable of keys
        What the reference holds; pairs that no frame holds are listed too.
    frames : int
    names : pair of functions
        Residue number → label, for αL and for ICAM-1.
    """
    native = set(native)
    rows = []
    for key in sorted({*found, *native}, key=lambda key: (key not in native, key)):
        flags = found.get(key, np.zeros(frames, dtype=bool))
        labels = names[0](key[1]), names[1](key[2])
        rows.append((*labels, key[0], key in native, *share(flags), frames))
    return pd.DataFrame(rows, columns=list(COLUMNS))
