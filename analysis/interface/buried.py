"""The area that two molecules hide from water by touching each other.

SASA(αL) + SASA(ICAM-1) − SASA(complex), by Shrake & Rupley (1973, 10.1016/0022-2836(73)90011-9) as
mdtraj computes it: the sum over both sides, not halved.
"""

from __future__ import annotations

from collections.abc import Sequence

import mdtraj
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from lfa1_analysis.geometry import Array
from lfa1_analysis.interface.closeness import Near, mean_and_spread

PROBE = 1.4
"""Å; a water molecule."""
POINTS = 240
"""On each atom's sphere. With 960 of them the area of 1MQ8's interface in wobbling frames differs
by 0.4 % (root mean square, 5 of 1220 Å²), less than half of its own fluctuation, and takes four
times as long."""
REACH = 6.4
"""Å; two atoms farther apart than 2 · 1.8 (sulphur, the largest) + 2 · 1.4 hide nothing from each
other."""
_APART = 50.0
"""nm; by which ICAM-1 is moved away to measure both alone in the same call."""


def buried_area(
    one: Array,
    other: Array,
    elements: tuple[Sequence[str], Sequence[str]],
    pairs: Near,
) -> NDArray[np.float64]:
    """Return the buried area of many frames, Å², shape (F,).

    Atoms that no atom of the other molecule is near to are hidden by their own molecule alone, in
    the complex as without it, and cancel. So only the atoms at the interface, and those that hide
    parts of them, are looked at; the number is that of the whole molecules.

    Parameters
    ----------
    one, other : ndarray, shape (n, 3, F) and (m, 3, F)
        Å; heavy atoms, superposed on something.
    elements : pair of sequences of str
        Element symbol of each atom.
    pairs : Near
        Pairs of the two within at least `REACH`.
    """
    frames = one.shape[2]
    close = pairs.where(pairs.distance <= REACH)
    if not len(close.first):
        return np.zeros(frames)
    ends = np.unique(close.first), np.unique(close.second)
    a, b = (_with_neighbours(*pair) for pair in zip((one, other), ends, strict=True))
    seen = np.concatenate([np.searchsorted(a, ends[0]), len(a) + np.searchsorted(b, ends[1])])
    topology = mdtraj.Topology()
    residue = topology.add_residue("X", topology.add_chain())
    for symbol in [elements[0][i] for i in a] + [elements[1][i] for i in b]:
        topology.add_atom(symbol, mdtraj.element.get_by_symbol(symbol), residue)
    together = np.concatenate([one[a], other[b]]).transpose(2, 0, 1) / 10.0
    together = together - together.mean(axis=1, keepdims=True)
    apart = together.copy()
    apart[:, len(a) :, 0] += _APART
    areas = [
        mdtraj.shrake_rupley(
            mdtraj.Trajectory(xyz.astype(np.float32), topology),
            PROBE / 10,
            POINTS,
            atom_indices=seen,
        )[:, seen].sum(axis=1, dtype=np.float64)
        for xyz in (apart, together)
    ]
    return np.asarray(areas[0] - areas[1]) * 100.0


def _with_neighbours(xyz: Array, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return atoms with all that may hide a part of them in some frame."""
    mean, spread = mean_and_spread(xyz)
    can = cdist(mean[rows], mean) - spread[rows][:, None] - spread[None, :] <= REACH
    return np.flatnonzero(can.any(axis=0))
