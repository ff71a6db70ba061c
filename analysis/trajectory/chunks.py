"""Read a trajectory some frames at a time into one array.

Arrays keep the frames last, shape (atoms, 3, frames): what is done to an atom in all frames is then
one operation on neighbouring numbers, and choosing atoms copies whole rows.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from MDAnalysis.lib.mdamath import triclinic_vectors
from numpy.typing import NDArray

from lfa1_analysis.io.errors import InputError, StudyError
from lfa1_analysis.trajectory.formats.damage import brief
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import image_free
from lfa1_analysis.trajectory.universe import usable_box

T = TypeVar("T")
MOST = 256
"""Frames at a time: enough that the cost of each call is shared, few enough for the cache."""
ATOMS_AT_ONCE = 400_000
"""Atoms times frames at a time, for systems whose every water is looked at: some 10 MB."""


@dataclass
class Chunk:
    """Some frames of a trajectory.

    Attributes
    ----------
    frames : ndarray of int, shape (F,)
        Numbers in the trajectory, from 0.
    times : ndarray, shape (F,)
        ps.
    xyz : ndarray, shape (n, 3, F)
        Heavy atoms of the I domain in Å.
    further : ndarray, shape (m, 3, F)
        Atoms of the surroundings in Å, at whatever image the file has them.
    boxes : ndarray, shape (F, 3, 3)
        Box vectors as rows in Å; NaN without a box.
    free : ndarray, shape (F,)
        Å; a vector up to this long is its own nearest image.
    """

    frames: NDArray[np.intp]
    times: Array
    xyz: Array
    further: Array
    boxes: Array
    free: Array = field(init=False)
    _made: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.free = image_free(self.boxes)

    @classmethod
    def of(cls, xyz: Array) -> Chunk:
        """Take one structure, shape (n, 3), without a box, as a chunk of one frame."""
        nothing = np.zeros((0, 3, 1))
        return cls(
            np.zeros(1, np.intp), np.zeros(1), xyz[:, :, None], nothing, np.full((1, 3, 3), np.nan)
        )

    def __len__(self) -> int:
        return len(self.frames)

    def rows(self, rows: NDArray[np.intp]) -> Array:
        """Return some rows of `xyz`."""
        return self.xyz[rows]

    def with_further(self, rows: slice) -> Chunk:
        """Return the same frames with some rows of `further`; what was made once is shared."""
        part = copy.copy(self)
        part.further = self.further[rows]
        return part

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return what several observables need, made by the first that asks."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]


class ReadError(Exception):
    """A frame after ``frame`` cannot be read."""

    def __init__(self, frame: int, problem: str) -> None:
        super().__init__(problem)
        self.frame = frame


def chunks(
    trajectory: Any, frames: NDArray[np.intp], heavy: NDArray[np.intp], further: NDArray[np.intp]
) -> Iterator[Chunk]:
    """Read frames in their order.

    Parameters
    ----------
    trajectory : MDAnalysis reader
    frames : ndarray of int
        Numbers of the frames.
    heavy, further : ndarray of int
        Indices of the atoms that `Chunk.xyz` and `Chunk.further` hold.

    Raises
    ------
    ReadError
        A frame cannot be read.
    """
    atoms = np.concatenate([heavy, further]).astype(np.intp)
    size = max(1, min(MOST, ATOMS_AT_ONCE // max(len(atoms), 1), len(frames)))
    last = 0
    for begin in range(0, len(frames), size):
        some = frames[begin : begin + size]
        positions, times = np.empty((len(some), len(atoms), 3), np.float32), np.empty(len(some))
        boxes = np.full((len(some), 3, 3), np.nan)
        for i, frame in enumerate(some.tolist()):
            try:
                timestep = trajectory[frame]
            except StudyError:
                raise
            except Exception as error:  # whatever a reader makes of damaged bytes
                raise ReadError(last, brief(error)) from None
            try:
                box = usable_box(timestep.dimensions)
            except InputError as error:
                raise ReadError(last, error.problem) from None
            positions[i], times[i] = timestep.positions[atoms], timestep.time
            if box is not None:
                boxes[i] = triclinic_vectors(box)
            last = frame
        xyz = np.ascontiguousarray(positions.transpose(1, 2, 0), dtype=np.float64)
        yield Chunk(some, times, xyz[: len(heavy)], xyz[len(heavy) :], boxes)
