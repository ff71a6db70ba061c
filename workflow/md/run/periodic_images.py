"""How near a molecule comes to its own periodic image."""

from __future__ import annotations

from itertools import product

import numpy as np
from MDAnalysis.lib.distances import capped_distance
from numpy.typing import NDArray


def nearest_image(
    xyz: NDArray[np.float32], vectors: NDArray[np.float64], farthest: float = 30.0
) -> float:
    """Return the least distance between a molecule and its periodic images.

    Parameters
    ----------
    xyz : ndarray, shape (n, 3)
        A whole molecule or complex, Å; Cα atoms suffice to see whether it is near.
    vectors : ndarray, shape (3, 3)
        Box vectors as rows, Å.
    farthest : float
        Å; beyond it infinity is returned.
    """
    best = np.inf
    # Of two opposite images one is enough: the distances are the same.
    for shift in product((0, 1, -1), repeat=3):
        if shift <= (0, 0, 0):
            continue
        moved = (xyz + np.asarray(shift, dtype=float) @ vectors).astype(np.float32)
        low, high = moved.min(axis=0) - farthest, moved.max(axis=0) + farthest
        if (xyz.max(axis=0) < low).any() or (xyz.min(axis=0) > high).any():
            continue
        _, distances = capped_distance(xyz, moved, farthest, return_distances=True)
        if len(distances):
            best = min(best, float(distances.min()))
    return best
