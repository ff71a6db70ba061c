"""The big motions of integrins: swing-out, opening, bend, extension, separation, height, size.

Definitions, figure and the values of crystals: ``docs/integrin.md``. Distances are in Å.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from MDAnalysis import Universe
from MDAnalysis.lib.mdamath import triclinic_vectors
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from lfa1_analysis.integrin.definitions import COLUMNS, Definition, definition
from lfa1_analysis.integrin.find import MAX_STEP, Layout
from lfa1_analysis.integrin.pairs import Integrin
from lfa1_analysis.io.errors import InputWarning
from lfa1_analysis.observables.frame_series import FrameSeries
from lfa1_analysis.trajectory.chunks import Chunk
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import images, lengths
from lfa1_analysis.trajectory.superposition import Motion, angles
from lfa1_analysis.trajectory.universe import usable_box


class _Measure:
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


class Motions(FrameSeries):
    """The big motions, frame by frame, of one or several integrins.

    A measure whose domains are not there is missing, and says why in ``missing``.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Topology and trajectory.
    integrins : sequence of Integrin
        Of :func:`~lfa1_analysis.integrin.find.find_integrins`.
    first : int
        The frame that turns are counted from.

    Attributes
    ----------
    results.table : pandas.DataFrame
        ``frame``, ``time_ns``, ``integrin`` (its number) and the columns of
        :data:`~lfa1_analysis.integrin.definitions.COLUMNS`.
    missing : dict of int to dict of str to str
        Number of the integrin → column → why it is empty.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.integrin.find import find_integrins
    >>> from lfa1_analysis.integrin.motions import Motions
    >>> universe = examples.universe()
    >>> table = Motions(universe, find_integrins(universe)).run().results.table
    >>> table[["integrin", "radius_of_gyration_angstrom"]].round(1).head(2)
       integrin  radius_of_gyration_angstrom
    0         1                         15.0
    1         1                         15.0
    """

    def __init__(
        self,
        universe: Universe,
        integrins: Sequence[Integrin],
        first: int = 0,
        **kwargs: object,
    ) -> None:
        layout = Layout(universe, integrins)
        super().__init__(universe, layout.domain, **kwargs)
        self.chain.max_step = MAX_STEP
        self.integrins = tuple(integrins)
        self._definitions = [definition(one, layout, self.row) for one in integrins]
        self.missing = {
            one.number: defined.missing
            for one, defined in zip(integrins, self._definitions, strict=True)
        }
        start = Chunk.of(self.coordinates(first))
        box = usable_box(universe.trajectory[first].dimensions)
        universe.trajectory[0]
        if box is not None:
            start = replace(start, boxes=triclinic_vectors(box)[None].astype(float))
        self._start = [self._points(start, defined) for defined in self._definitions]

    def measure(self, chunk: Chunk) -> tuple[Sequence[Any] | NDArray[Any], ...]:
        """Return the values of some frames, the columns of one integrin after another."""
        values: list[Array] = []
        for defined, start in zip(self._definitions, self._start, strict=True):
            here = _Measure(self._points(chunk, defined), start, defined)
            values += [
                here.column(name) if name not in defined.missing else np.full(len(chunk), np.nan)
                for name in COLUMNS
            ]
        return tuple(values)

    def _points(self, chunk: Chunk, defined: Definition) -> dict[str, Array]:
        """Return the Cα atoms of each part, the β chain at the image that touches the α chain."""
        parts = {name: chunk.rows(rows) for name, rows in defined.rows.items()}
        if {"anchor_alpha", "anchor_beta"} <= parts.keys():
            apart = (parts["anchor_beta"].mean(axis=0) - parts["anchor_alpha"].mean(axis=0))[None]
            shift = images(apart.copy(), chunk.boxes, chunk.free) - apart
            for name in defined.of_beta:
                parts[name] = parts[name] + shift
        return parts

    def _conclude(self) -> None:
        frames, times, *values = (
            np.concatenate([np.asarray(x) for x in part])
            for part in zip(*self.results.rows, strict=True)
        )
        tables = []
        for i, integrin in enumerate(self.integrins):
            own = values[i * len(COLUMNS) : (i + 1) * len(COLUMNS)]
            about = {"frame": frames, "time_ns": times, "integrin": integrin.number}
            tables.append(pd.DataFrame(about | dict(zip(COLUMNS, own, strict=True))))
        table = pd.concat(tables)
        order = np.argsort(np.tile(np.arange(len(frames)), len(tables)), kind="stable")
        self.results.table = table.iloc[order].reset_index(drop=True)
        if (np.diff(times) <= 0).any():
            warnings.warn(
                "the times of the frames do not rise throughout: the trajectory has repeated or "
                "overlapping parts, or its files are in the wrong order",
                InputWarning,
                stacklevel=2,
            )
