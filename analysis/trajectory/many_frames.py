"""Lengths and periodic images of vectors in many frames at once (Å).

As :mod:`lfa1_analysis.trajectory.geometry` of one. Frames come last, points of shape (n, 3, F);
boxes are (F, 3, 3).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from MDAnalysis.lib.mdamath import triclinic_box
from numpy.typing import NDArray

from lfa1_analysis.trajectory.geometry import Array, nearest_images


def lengths(vectors: Array) -> Array:
    """Return the lengths of vectors, shape (n, 3, F) → (n, F)."""
    return np.asarray(np.sqrt(squares(vectors)))


def squares(vectors: NDArray[Any]) -> NDArray[Any]:
    """Return the squared lengths of vectors, shape (n, 3, F) → (n, F)."""
    total = vectors[:, 0] * vectors[:, 0]
    total += vectors[:, 1] * vectors[:, 1]
    total += vectors[:, 2] * vectors[:, 2]
    return np.asarray(total)


def image_free(boxes: Array) -> Array:
    """Return up to which length a vector surely is its own nearest image, for many frames.

    That is half the smallest distance between opposite faces of the box.

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
    half = volume / np.max(faces, axis=0) / 2
    return np.where(np.isnan(half), np.inf, half)


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
    far = squares(vectors) > free**2
    if not far.any():
        return vectors
    moved = vectors.copy()
    for i in np.flatnonzero(far.any(axis=0)):
        rows = np.flatnonzero(far[:, i])
        moved[rows, :, i] = nearest_images(vectors[rows, :, i], triclinic_box(*boxes[i]))
    return moved
