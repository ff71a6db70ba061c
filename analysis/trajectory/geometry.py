"""Superposition and periodic images: the few geometric operations the observables share (Å).

Of one frame, with points of shape (n, 3); :mod:`lfa1_analysis.trajectory.many_frames` does the
same for many.
"""

from __future__ import annotations

import numpy as np
from MDAnalysis.lib.distances import minimize_vectors
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]


def superpose(moved: Array, mobile: Array, target: Array) -> Array:
    """Move points by the rigid motion that best lays ``mobile`` on ``target``.

    Parameters
    ----------
    moved : ndarray, shape (m, 3)
        Points to move.
    mobile, target : ndarray, shape (n, 3)
        Paired points that define the motion (least squares, no reflection; Kabsch 1976,
        10.1107/S0567739476001873).

    Returns
    -------
    ndarray, shape (m, 3)
    """
    centre, goal = mobile.mean(axis=0), target.mean(axis=0)
    rotation, _ = Rotation.align_vectors(target - goal, mobile - centre)
    return np.asarray(rotation.apply(moved - centre) + goal)


def rmsd(mobile: Array, target: Array) -> float:
    """Return the root-mean-square deviation after the best superposition.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.trajectory.geometry import rmsd
    >>> points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    >>> round(rmsd(points[:, [1, 2, 0]] + 5, points), 6)
    0.0
    """
    residual = superpose(mobile, mobile, target) - target
    return float(np.sqrt((residual**2).sum(axis=1).mean()))


def principal_axis(points: Array) -> Array:
    """Return the unit vector of largest spread, pointing from the first to the last point."""
    _, _, axes = np.linalg.svd(points - points.mean(axis=0))
    direction = np.sign(axes[0] @ (points[-1] - points[0])) or 1.0
    return np.asarray(axes[0] * direction)


def nearest_images(vectors: Array, box: NDArray[np.float32] | None) -> Array:
    """Return each vector's shortest periodic image, in a triclinic box too.

    Parameters
    ----------
    vectors : ndarray, shape (n, 3)
    box : ndarray, shape (6,), or None
        Edges and angles; None leaves the vectors alone.
    """
    if box is None or not len(vectors):
        return vectors
    return np.asarray(minimize_vectors(np.ascontiguousarray(vectors, dtype=np.float64), box))


def make_whole(
    xyz: Array, alphas: NDArray[np.intp], owner: NDArray[np.intp], box: NDArray[np.float32] | None
) -> Array:
    """Join a chain that the periodic boundary has cut.

    Walks along the Cα atoms, taking each at the image nearest to the one before, then takes every
    atom at the image nearest to the Cα of its residue. Needs no bonds, and is right as long as
    neighbouring Cα atoms are less than half a box apart.

    Parameters
    ----------
    xyz : ndarray, shape (n, 3)
        Atoms of the chain.
    alphas : ndarray of int, shape (r,)
        Positions of the Cα atoms in ``xyz``, in chain order.
    owner : ndarray of int, shape (n,)
        For each atom, which of the ``r`` residues it belongs to.
    box : ndarray, shape (6,), or None

    Returns
    -------
    ndarray, shape (n, 3)
        The whole chain, at the image of its first Cα.
    """
    if box is None:
        return xyz
    raw = xyz[alphas]
    steps = nearest_images(np.diff(raw, axis=0), box)
    joined = raw[0] + np.vstack([np.zeros(3), np.cumsum(steps, axis=0)])
    return np.asarray(joined[owner] + nearest_images(xyz - raw[owner], box))
