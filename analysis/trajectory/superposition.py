"""Superposition of many frames at once (Å), by closed formulas instead of a decomposition of each.

As :mod:`lfa1_analysis.trajectory.geometry` of one. Frames come last, points of shape (n, 3, F).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.trajectory.geometry import Array

PLAIN = 1e-2
"""Of λ³; above it the formulas lose at most three digits, below it frames are decomposed."""
ATOMS = 128
"""Atoms at a time, so that what is computed stays in the cache."""
STEPS = 50
"""Of Newton's method; five are usual."""
CLOSE = 1e-2
"""Å; below it a deviation is summed up from the points, since the difference loses digits."""


class Motion:
    """The rigid motions of many frames that best lay points on a target (least squares).

    As :func:`~lfa1_analysis.trajectory.geometry.superpose`, of all frames at once: the largest λ
    by which the
    points overlap, and the rotation from it (Markley 1993, FOAM, J. Astronaut. Sci. 41, 261).

    Parameters
    ----------
    mobile : ndarray, shape (n, 3, F)
    target : ndarray, shape (n, 3)
    """

    def __init__(self, mobile: Array, target: Array) -> None:
        self.centre, self.goal = mobile.mean(axis=0), target.mean(axis=0)
        products = _products(mobile - self.centre, target - self.goal)
        overlap, cofactors, left = _overlaps(products)
        self.rotation = _rotations(products, overlap, cofactors)
        """Shape (3, 3, F)."""
        if left.any():
            self.rotation[:, :, left] = _decomposed(products[:, :, left])[0]

    def apply(self, points: NDArray[Any]) -> NDArray[Any]:
        """Move points, shape (m, 3, F), in their own precision."""
        turn = self.rotation.astype(points.dtype)
        # R (x − c) + g = R x + (g − R c)
        shift = self.goal[:, None] - np.einsum("abf,bf->af", self.rotation, self.centre)
        shift = shift.astype(points.dtype)
        moved = np.empty_like(points)
        for begin in range(0, len(points), ATOMS):
            x, y, z = np.moveaxis(points[begin : begin + ATOMS], 1, 0)
            part, row = np.empty_like(x), np.empty_like(x)
            for axis in range(3):
                np.multiply(x, turn[axis, 0], out=row)
                row += np.multiply(y, turn[axis, 1], out=part)
                row += np.multiply(z, turn[axis, 2], out=part)
                np.add(row, shift[axis], out=moved[begin : begin + ATOMS, axis])
        return moved


def rmsds(mobile: Array, *targets: Array) -> list[Array]:
    """Return :func:`~lfa1_analysis.trajectory.geometry.rmsd` of many frames, against each target.

    Parameters
    ----------
    mobile : ndarray, shape (n, 3, F)
    targets : ndarray, shape (n, 3)

    Returns
    -------
    list of ndarray, shape (F,)
    """
    n = len(mobile)
    centred = mobile - mobile.mean(axis=0)
    size = np.einsum("icf,icf->f", centred, centred)
    found = []
    for target in targets:
        goal = target - target.mean(axis=0)
        products = _products(centred, goal)
        overlap, _, left = _overlaps(products)
        if left.any():
            overlap[left] = _decomposed(products[:, :, left])[1]
        square = (size + np.sum(goal**2) - 2 * overlap) / n
        close = np.flatnonzero(~(square > CLOSE**2))
        if len(close):
            here = centred[:, :, close]
            residual = Motion(here, goal).apply(here) - goal[:, :, None]
            square[close] = np.einsum("icf,icf->f", residual, residual) / n
        found.append(np.sqrt(square))
    return found


def angles(rotations: Array) -> Array:
    """Return the angles of rotations, shape (3, 3, F) → (F,), in degrees.

    From ‖R − 1‖ = 2√2 sin(θ/2), which keeps its precision for small angles, where the trace
    loses it, and tr R = 1 + 2 cos θ for large ones.
    """
    sine = np.linalg.norm(rotations - np.eye(3)[:, :, None], axis=(0, 1)) / np.sqrt(8.0)
    cosine = np.sqrt(np.clip(1.0 + np.trace(rotations), 0.0, None)) / 2.0
    return np.asarray(np.degrees(2.0 * np.arctan2(sine, cosine)))


def _products(mobile: Array, target: Array) -> Array:
    """Return Σ target ⊗ mobile of centred points, shape (3, 3, F)."""
    n, _, frames = mobile.shape
    return np.asarray((target.T @ mobile.reshape(n, 3 * frames)).reshape(3, 3, frames))


def _overlaps(products: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return λ, the sum of the singular values (the last with the sign of the determinant).

    It is the largest root of (λ² − ‖B‖²)² − 8 λ det B − 4 ‖cof B‖², found by Newton's method from
    above, from where it always gets there.

    Returns
    -------
    overlap : ndarray, shape (F,)
    cofactors : ndarray, shape (3, 3, F)
        Of B.
    left : ndarray of bool, shape (F,)
        Frames in which another root is so near that the formulas lose digits.
    """
    a, b, c = products
    cofactors = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)])
    determinant = (a * cofactors[0]).sum(axis=0)
    norm = np.einsum("abf,abf->f", products, products)
    constant = 4 * np.einsum("abf,abf->f", cofactors, cofactors)
    overlap = np.sqrt(3 * norm)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(STEPS):
            gap = overlap**2 - norm
            value = gap**2 - 8 * overlap * determinant - constant
            slope = 4 * overlap * gap - 8 * determinant
            step = value / slope
            overlap = overlap - step
            if not (step > 1e-12 * overlap).any():
                break
    left = ~(slope > 8 * PLAIN * overlap**3)
    return overlap, cofactors, left


def _rotations(products: Array, overlap: Array, cofactors: Array) -> Array:
    """Return the best rotations, shape (3, 3, F), from λ."""
    norm = np.einsum("abf,abf->f", products, products)
    determinant = (products[0] * cofactors[0]).sum(axis=0)
    half = (overlap**2 - norm) / 2
    square = np.einsum("abf,cbf->acf", products, products)
    cubic = np.einsum("acf,cbf->abf", square, products)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(
            ((half + norm) * products + overlap * cofactors - cubic)
            / (half * overlap - determinant)
        )


def _decomposed(products: Array) -> tuple[Array, Array]:
    """Return the rotations and λ of some frames by singular values."""
    left, values, right = np.linalg.svd(np.moveaxis(products, 2, 0))
    sign = np.sign(np.linalg.det(left @ right))
    left[:, :, 2] *= sign[:, None]  # no reflection
    values[:, 2] *= sign
    return np.moveaxis(left @ right, 0, 2), values.sum(axis=1)


def _cross(one: Array, other: Array) -> Array:
    """Return cross products of vectors of shape (3, F)."""
    (a, b, c), (x, y, z) = one, other
    return np.stack([b * z - c * y, c * x - a * z, a * y - b * x])
