"""Read a trajectory some frames at a time into one array, as fast as its format allows.

Arrays keep the frames last, shape (atoms, 3, frames): what is done to an atom in all frames is then
one operation on neighbouring numbers, and choosing atoms copies whole rows.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from MDAnalysis.coordinates.chain import ChainReader
from MDAnalysis.coordinates.XTC import XTCReader
from MDAnalysis.lib.formats.libmdaxdr import XTCFile
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
        Heavy atoms of the I domain in Å; in single precision as long as nothing is done to them.
    further : ndarray, shape (m, 3, F)
        Atoms of the surroundings in Å, at whatever image the file has them.
    boxes : ndarray, shape (F, 3, 3)
        Box vectors as rows in Å; NaN without a box.
    free : ndarray, shape (F,)
        Å; a vector up to this long is its own nearest image.
    """

    frames: NDArray[np.intp]
    times: Array
    xyz: NDArray[Any]
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
        """Return some rows of `xyz` in double precision."""
        return np.take(self.xyz, rows, axis=0).astype(np.float64, copy=False)

    def single(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return some rows of `xyz` in single precision."""
        return np.take(self.xyz, rows, axis=0).astype(np.float32, copy=False)

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
        XTC files are read without the reader's own work for each frame; others through it.
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
    buffer = np.empty((size, len(atoms), 3), dtype=np.float32)
    boxes, times = np.empty((size, 3, 3), dtype=np.float32), np.empty(size)
    files = _xtc_files(trajectory) if (np.diff(frames) > 0).all() else []
    read = _direct(files, frames) if files else _by_reader(trajectory, frames)
    begin = last = 0
    while begin < len(frames):
        count = min(size, len(frames) - begin)
        for i in range(count):
            try:
                xyz, times[i], boxes[i] = next(read)
            except StudyError:
                raise
            except Exception as error:  # whatever a reader makes of damaged bytes
                raise ReadError(last, brief(error)) from None
            np.take(xyz, atoms, axis=0, out=buffer[i], mode="clip")
            last = int(frames[begin + i])
        if files:  # nm; in single precision, as MDAnalysis converts them
            buffer[:count] *= np.float32(10)
            boxes[:count] *= np.float32(10)
            boxes[:count][~_usable(boxes[:count])] = np.nan
        every = np.ascontiguousarray(buffer[:count].transpose(1, 2, 0))
        yield Chunk(
            frames[begin : begin + count],
            times[:count].copy(),
            every[: len(heavy)],
            every[len(heavy) :].astype(np.float64),
            boxes[:count].astype(np.float64),
        )
        begin += count


def _usable(boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell boxes from placeholders, as `universe.usable_box` does."""
    lengths = np.linalg.norm(boxes, axis=2)
    plain = (lengths >= 20.0).all(axis=1)
    return np.asarray(plain & (np.abs(np.linalg.det(boxes.astype(float))) > 0))


def _xtc_files(trajectory: Any) -> list[tuple[str, int]]:
    """Return files and numbers of frames if they are XTC and nothing is done to their frames."""
    readers = trajectory.readers if isinstance(trajectory, ChainReader) else [trajectory]
    if trajectory.transformations or sum(r.n_frames for r in readers) != trajectory.n_frames:
        return []
    for reader in readers:
        if type(reader) is not XTCReader or reader.transformations or not reader.convert_units:
            return []  # the type is compared: a derived reader may do more
        if reader._kwargs.get("dt") is not None or reader._sub is not None:
            return []
        if "time_offset" in reader.ts.data:
            return []
    return [(str(reader.filename), reader.n_frames) for reader in readers]


def _direct(
    files: list[tuple[str, int]], frames: NDArray[np.intp]
) -> Iterator[tuple[Any, float, Any]]:
    begin = 0
    for name, count in files:
        here = frames[(frames >= begin) & (frames < begin + count)] - begin
        begin += count
        if not len(here):
            continue
        with XTCFile(name) as file:
            xyz = np.empty((file.n_atoms, 3), dtype=np.float32)
            at = 0
            for frame in here.tolist():
                if frame != at:
                    file.seek(frame)
                read = file.read_direct_x(xyz)
                at = frame + 1
                yield xyz, read.time, read.box


def _by_reader(trajectory: Any, frames: NDArray[np.intp]) -> Iterator[tuple[Any, float, Any]]:
    nowhere = np.full((3, 3), np.nan)
    for timestep in trajectory[frames]:
        try:
            box = usable_box(timestep.dimensions)
        except InputError as error:  # which frame it is, is known where it is read
            raise ValueError(error.problem) from None
        yield timestep.positions, timestep.time, nowhere if box is None else triclinic_vectors(box)
