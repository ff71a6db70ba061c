"""Superposition of many frames at once (Å); frames come last, points of shape (n, 3, F)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.trajectory.geometry import Array


class Motion:
    """The rigid motions of many frames that best lay points on a target (least squares).

    As :func:`~lfa1_analysis.trajectory.geometry.superpose`, of all frames at once: the rotation
    from the singular values of Σ target ⊗ mobile, without reflection (Kabsch 1976,
    10.1107/S0567739476001873).

    Parameters
    ----------
    mobile : ndarray, shape (n, 3, F)
    target : ndarray, shape (n, 3)
    """

    def __init__(self, mobile: Array, target: Array) -> None:
        self.centre, self.goal = mobile.mean(axis=0), target.mean(axis=0)
        products = np.einsum("na,nbf->fab", target - self.goal, mobile - self.centre)
        left, _, right = np.linalg.svd(products)
        left[:, :, 2] *= np.sign(np.linalg.det(left @ right))[:, None]  # no reflection
        self.rotation = np.ascontiguousarray(np.moveaxis(left @ right, 0, 2))
        """Shape (3, 3, F)."""

    def apply(self, points: NDArray[Any]) -> NDArray[Any]:
        """Move points, shape (m, 3, F), in their own precision."""
        # R (x − c) + g = R x + (g − R c)
        shift = self.goal[:, None] - np.einsum("abf,bf->af", self.rotation, self.centre)
        turned = np.einsum("abf,nbf->naf", self.rotation.astype(points.dtype), points)
        return np.asarray(turned + shift.astype(points.dtype))


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
    residuals = [Motion(mobile, goal).apply(mobile) - goal[:, :, None] for goal in targets]
    return [np.sqrt((residual**2).sum(axis=1).mean(axis=0)) for residual in residuals]


def angles(rotations: Array) -> Array:
    """Return the angles of rotations, shape (3, 3, F) → (F,), in degrees.

    From ‖R − 1‖ = 2√2 sin(θ/2), which keeps its precision for small angles, where the trace
    loses it, and tr R = 1 + 2 cos θ for large ones.
    """
    sine = np.linalg.norm(rotations - np.eye(3)[:, :, None], axis=(0, 1)) / np.sqrt(8.0)
    cosine = np.sqrt(np.clip(1.0 + np.trace(rotations), 0.0, None)) / 2.0
    return np.asarray(np.degrees(2.0 * np.arctan2(sine, cosine)))
