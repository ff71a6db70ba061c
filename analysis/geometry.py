"""Superposition and periodic images: the few geometric operations the observables share (Å).

Functions of one frame take points of shape (n, 3); those of many, named for it below, keep the
frames last: (n, 3, F), with rotations and boxes of shape (F, 3, 3).
"""

from __future__ import annotations

import itertools
from typing import Any

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
    """Return the root-mean-square deviation after the best superposition."""
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


class Motion:
    """The rigid motions of many frames that best lay points on a target (least squares).

    As :func:`superpose`, of all frames at once (Kabsch 1976, by singular values).

    Parameters
    ----------
    mobile : ndarray, shape (n, 3, F)
    target : ndarray, shape (n, 3)
    """

    def __init__(self, mobile: Array, target: Array) -> None:
        n, _, frames = mobile.shape
        self.centre, self.goal = mobile.mean(axis=0), target.mean(axis=0)
        centred = (mobile - self.centre).reshape(n, 3 * frames)
        products = ((target - self.goal).T @ centred).reshape(3, 3, frames)
        left, _, right = np.linalg.svd(np.moveaxis(products, 2, 0))
        left[:, :, 2] *= np.linalg.det(left @ right)[:, None]  # no reflection
        self.rotation = left @ right

    def apply(self, points: NDArray[Any]) -> NDArray[Any]:
        """Move points, shape (m, 3, F), in their own precision."""
        turn = np.ascontiguousarray(np.moveaxis(self.rotation, 0, 2)).astype(points.dtype)
        goal = self.goal.astype(points.dtype)
        x, y, z = np.moveaxis(points - self.centre.astype(points.dtype), 1, 0)
        moved = np.empty_like(points)
        for axis in range(3):
            row = x * turn[axis, 0]
            row += y * turn[axis, 1]
            row += z * turn[axis, 2]
            np.add(row, goal[axis], out=moved[:, axis])
        return moved


def rmsds(mobile: Array, target: Array) -> Array:
    """Return :func:`rmsd` of many frames.

    Parameters
    ----------
    mobile : ndarray, shape (n, 3, F)
    target : ndarray, shape (n, 3)

    Returns
    -------
    ndarray, shape (F,)
    """
    residual = Motion(mobile, target).apply(mobile) - target[:, :, None]
    return np.asarray(np.sqrt(np.einsum("icf,icf->f", residual, residual) / len(target)))


def lengths(vectors: Array) -> Array:
    """Return the lengths of vectors, shape (n, 3, F) → (n, F)."""
    return np.asarray(np.sqrt(squares(vectors)))


def squares(vectors: NDArray[Any]) -> NDArray[Any]:
    """Return the squared lengths of vectors, shape (n, 3, F) → (n, F)."""
    total = vectors[:, 0] * vectors[:, 0]
    total += vectors[:, 1] * vectors[:, 1]
    total += vectors[:, 2] * vectors[:, 2]
    return np.asarray(total)


_STEPS = np.array(
    [step for step in itertools.product((-1.0, 0.0, 1.0), repeat=3) if any(step)], dtype=np.float64
)


def image_free(boxes: Array) -> Array:
    """Return up to which length a vector surely is its own nearest image, for many frames.

    Half the shortest lattice vector of a box that is reduced as GROMACS and OpenMM have it (in the
    plane of the others each vector is at most half as long as they are): 2 c_z and 1.5 b_y are less
    than any vector has that takes c or b more than once. Otherwise half the smallest distance
    between opposite faces.

    Parameters
    ----------
    boxes : ndarray, shape (F, 3, 3)
        Box vectors as rows; NaN for no box.

    Returns
    -------
    ndarray, shape (F,)
        Infinite where there is no box.
    """
    a, b, c = np.moveaxis(boxes, 1, 0)
    volume = np.abs(np.einsum("fi,fi->f", a, np.cross(b, c)))
    faces = [np.linalg.norm(np.cross(p, q), axis=1) for p, q in ((a, b), (b, c), (c, a))]
    with np.errstate(invalid="ignore", divide="ignore"):
        half = volume / np.max(faces, axis=0) / 2
    short = np.linalg.norm(np.einsum("sj,fji->sfi", _STEPS, boxes), axis=2).min(axis=0)
    short = np.minimum(short, np.minimum(2 * c[:, 2], 1.5 * b[:, 1])) / 2
    little = 1.0001
    reduced = np.triu(boxes, 1).any(axis=(1, 2)) == 0
    for first, second, axis in ((a, b, 0), (a, c, 0), (b, c, 1)):
        reduced &= 2 * np.abs(second[:, axis]) <= little * first[:, axis]
    half = np.where(reduced, short / little, half)
    return np.where(np.isfinite(half), half, np.inf)


def images(vectors: Array, boxes: Array, free: Array) -> Array:
    """Return the nearest images of vectors in many frames, as :func:`nearest_images` of one.

    Parameters
    ----------
    vectors : ndarray, shape (n, 3, F)
    boxes : ndarray, shape (F, 3, 3)
        Box vectors as rows, lower triangular; NaN for no box.
    free : ndarray, shape (F,)
        Of `image_free`.

    Returns
    -------
    ndarray, shape (n, 3, F)
        The same array where nothing had to be moved.
    """
    which, frame = np.nonzero(squares(vectors) > free**2)
    if not len(which):
        return vectors
    far, box = vectors[which, :, frame], boxes[frame]
    for axis in (2, 1, 0):
        far -= box[:, axis] * np.round(far[:, axis] / box[:, axis, axis])[:, None]
    best, shortest = far.copy(), np.einsum("ij,ij->i", far, far)
    doubtful = np.flatnonzero(shortest > free[frame] ** 2)
    far, box = far[doubtful], box[doubtful]
    for step in _STEPS:
        other = far + step @ box
        length = np.einsum("ij,ij->i", other, other)
        nearer = length < shortest[doubtful]
        best[doubtful[nearer]], shortest[doubtful[nearer]] = other[nearer], length[nearer]
    moved = vectors.copy()
    moved[which, :, frame] = best
    return moved
