"""The formulae of the big motions, for many frames at once. Distances are in Å."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from lfa1_analysis.integrin.definitions import Definition
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import lengths
from lfa1_analysis.trajectory.superposition import Motion, angles


class Measure:
    """The formulae, for some frames of one integrin.

    Parameters
    ----------
    parts : dict of str to ndarray, shape (n, 3, F)
        Cα atoms in Å.
    start : the same, of the frame that turns are counted from
    defined : Definition
    """

    def __init__(
        self, parts: dict[str, Array], start: dict[str, Array], defined: Definition
    ) -> None:
        self.parts, self.start, self.defined = parts, start, defined

    def column(self, name: str) -> Array:
        """Return one of `COLUMNS`, shape (F,)."""
        formulae: dict[str, Callable[[], Array]] = {
            "hybrid_swing_degree": self._swing,
            "hybrid_turn_degree": lambda: self._turn(("core",), ("hybrid",)),
            "headpiece_opening_angstrom": lambda: self._apart("propeller", "hybrid"),
            "genu_angle_degree": self._bend,
            "leg_turn_degree": lambda: self._turn(("thigh",), ("calf_1", "calf_2")),
            "propeller_calf2_angstrom": lambda: self._apart("propeller", "calf_2"),
            "leg_separation_angstrom": lambda: self._apart("calf_2", "beta_tail"),
            "midas_height_angstrom": lambda: self._height("beta_i_midas"),
            "alpha_i_midas_height_angstrom": lambda: self._height("alpha_i_midas"),
            "radius_of_gyration_angstrom": self._gyration,
            "longest_extent_angstrom": self._extent,
        }
        return formulae[name]()

    def _middle(self, name: str) -> Array:
        return np.asarray(self.parts[name].mean(axis=0))

    def _apart(self, first: str, second: str) -> Array:
        return np.asarray(np.linalg.norm(self._middle(first) - self._middle(second), axis=0))

    def _swing(self) -> Array:
        core = Motion(self.parts["core"], self.defined.goals["core"])
        hybrid = Motion(self.parts["hybrid_core"], self.defined.goals["hybrid_core"])
        return rotation_angle(core.rotation, hybrid.rotation)

    def _turn(self, fixed: tuple[str, ...], moving: tuple[str, ...]) -> Array:
        turns = [
            Motion(
                np.concatenate([self.parts[name] for name in names]),
                np.concatenate([self.start[name] for name in names])[:, :, 0],
            ).rotation
            for names in (fixed, moving)
        ]
        return rotation_angle(*turns)

    def _bend(self) -> Array:
        knee = self._middle("genu")
        up, down = self._middle("propeller") - knee, self._middle("calf_2") - knee
        across = np.linalg.norm(np.cross(up, down, axis=0), axis=0)
        return np.asarray(np.degrees(np.arctan2(across, np.sum(up * down, axis=0))))

    def _height(self, midas: str) -> Array:
        axis = self._middle("calf_1") - self._middle("calf_2")
        axis /= np.linalg.norm(axis, axis=0)
        ends = (self._middle("alpha_end") + self._middle("beta_end")) / 2
        return np.asarray(np.sum((self._middle(midas) - ends) * axis, axis=0))

    def _all(self) -> Array:
        return np.concatenate(
            [self.parts[name] for name in ("all_alpha", "all_beta") if name in self.parts]
        )

    def _gyration(self) -> Array:
        every = self._all()
        away = lengths(every - every.mean(axis=0))
        return np.asarray(np.sqrt(np.mean(away**2, axis=0)))

    def _extent(self) -> Array:
        return np.array([longest(frame) for frame in np.moveaxis(self._all(), 2, 0)])


def rotation_angle(first: Array, second: Array) -> Array:
    """Return the angle between rotations in degrees, shapes (3, 3, F) → (F,)."""
    return angles(np.einsum("abf,cbf->acf", first, second))


def longest(points: Array) -> float:
    """Return the largest distance between two points, which are corners of the convex hull."""
    with suppress(QhullError):  # all in a plane, or too few
        points = points[ConvexHull(points).vertices]
    return float(pdist(points).max(initial=0.0))
