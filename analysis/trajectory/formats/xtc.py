"""Where the frames of an XTC file begin and end, and what their headers say of them.

A frame is 52 bytes of magic number, atoms, step, time and box, then the number of atoms again;
then up to nine atoms as plain floats, more as 32 bytes of compression parameters and the number of
compressed bytes (8 bytes wide with magic number 2023), padded to a multiple of four. All numbers
are big-endian (XDR, RFC 4506).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

MAGIC = (1995, 2023)
_HEAD = 56
_PLAIN_ATOMS = 9
_PACKING = struct.Struct(">f3i3ii")
_SMALL = range(9, 73)
"""Places in the table of step sizes of the packing, ``magicints`` of ``xdrfile.c``, that are not
0."""


class Head(NamedTuple):
    """The header of one complete frame; of frames of plain numbers only the first three.

    Attributes
    ----------
    begin, end : int
        Bytes at which the frame begins and ends.
    n_atoms : int
    precision : float
        Steps per nm that coordinates are rounded to.
    low, high : tuple of int
        Least and largest x, y and z, in those steps.
    small : int
        Index that the first step between neighbouring atoms is packed with.
    packed : int
        Compressed bytes.
    """

    begin: int
    end: int
    n_atoms: int
    precision: float = 0.0
    low: tuple[int, ...] = ()
    high: tuple[int, ...] = ()
    small: int = 0
    packed: int = 0

    @property
    def problem(self) -> str:
        """Return what in the header of a packed frame no program writes; empty if nothing."""
        if not self.low:  # plain numbers
            return ""
        room = 4 * (int(3 * self.n_atoms * 1.2) - 3)  # what xdrfile.c keeps for the packed bytes
        if not 0 < self.packed <= room:
            return f"it says that {self.n_atoms} atoms are packed into {self.packed} bytes"
        if not (math.isfinite(self.precision) and self.precision > 0):
            return f"it says that its precision is {self.precision:g}"
        if self.small not in _SMALL or any(a > b for a, b in zip(self.low, self.high, strict=True)):
            return "the parameters of its packing cannot be right"
        return ""


def whole_frames(path: str | Path, start: int = 0) -> tuple[int, int]:
    """Count the complete frames of an XTC file.

    Parameters
    ----------
    path : path
    start : int
        Byte at which to begin: 0 or the end of a frame.

    Returns
    -------
    frames : int
        Complete frames from `start` on.
    end : int
        Byte at which the last of them ends; less than the file's size if the file is cut short
        inside a frame or holds something else there.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.trajectory.formats.xtc import whole_frames
    >>> frames, end = whole_frames(examples.trajectory())
    >>> frames, end == examples.trajectory().stat().st_size
    (6, True)
    """
    ends = frame_ends(path, start)
    return len(ends) - 1, ends[-1]


def frame_ends(path: str | Path, start: int = 0) -> list[int]:
    """Return `start` and the bytes at which the complete frames from there on end."""
    return [start, *(head.end for head in heads(path, start))]


def heads(path: str | Path, start: int = 0) -> Iterator[Head]:
    """Read the header of every complete frame from a byte on that begins one.

    It ends where no frame begins, or the file ends.
    """
    size = Path(path).stat().st_size
    with Path(path).open("rb") as stream:
        stream.seek(start)
        while (head := _head(stream, start)) is not None and head.end <= size:
            yield head
            start = head.end
            stream.seek(start)


def _head(stream: BinaryIO, begin: int) -> Head | None:
    """Return the header of the frame that begins here, or None if none does."""
    head = stream.read(_HEAD)
    if len(head) < _HEAD:
        return None
    magic, n_atoms = struct.unpack(">ii", head[:8])
    if magic not in MAGIC or n_atoms < 0 or struct.unpack(">i", head[52:])[0] != n_atoms:
        return None
    if n_atoms <= _PLAIN_ATOMS:
        return Head(begin, begin + _HEAD + 12 * n_atoms, n_atoms)
    kind = ">q" if magic == MAGIC[1] else ">i"
    length = _PACKING.size + struct.calcsize(kind)
    rest = stream.read(length)
    if len(rest) < length:
        return None
    precision, *bounds, small = _PACKING.unpack(rest[: _PACKING.size])
    packed = int(struct.unpack(kind, rest[_PACKING.size :])[0])
    if packed < 0:
        return None
    end = begin + _HEAD + length + -(-packed // 4) * 4
    low, high = tuple(bounds[:3]), tuple(bounds[3:])
    return Head(begin, end, n_atoms, precision, low, high, small, packed)
