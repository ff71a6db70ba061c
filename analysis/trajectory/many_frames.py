"""Lengths and periodic images of vectors in many frames at once (Å).

As :mod:`lfa1_analysis.trajectory.geometry` of one. Frames come last, points of shape (n, 3, F), so
that what
is done to a point in all frames is one operation on neighbouring numbers; boxes are (F, 3, 3).
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.trajectory.geometry import Array


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
    half_steps = _STEPS[: len(_STEPS) // 2]  # the others are the same backwards
    steps = half_steps @ boxes.transpose(1, 2, 0).reshape(3, -1)
    short = np.sqrt(squares(steps.reshape(len(steps), 3, -1)).min(axis=0))
    short = np.minimum(short, np.minimum(2 * c[:, 2], 1.5 * b[:, 1])) / 2
    little = 1.0001
    reduced = np.triu(boxes, 1).any(axis=(1, 2)) == 0
    for first, second, axis in ((a, b, 0), (a, c, 0), (b, c, 1)):
        reduced &= 2 * np.abs(second[:, axis]) <= little * first[:, axis]
    half = np.where(reduced, short / little, half)
    return np.where(np.isfinite(half), half, np.inf)


def images(vectors: Array, boxes: Array, free: Array) -> Array:
    """Return the nearest images of vectors in many frames, as one by one.

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
