"""Where the frames of an XTC file begin and end, read from their headers alone.

A frame is 52 bytes of magic number, atoms, step, time and box, then the number of atoms again;
then up to nine atoms as plain floats, more as 32 bytes of compression parameters and the number of
compressed bytes (8 bytes wide with magic number 2023), padded to a multiple of four. All numbers
are big-endian (XDR, RFC 4506).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

MAGIC = (1995, 2023)
_HEAD = 56
_PLAIN_ATOMS = 9


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
    >>> from lfa1_analysis.xtc import whole_frames
    >>> frames, end = whole_frames(examples.trajectory())
    >>> frames, end == examples.trajectory().stat().st_size
    (6, True)
    """
    ends = frame_ends(path, start)
    return len(ends) - 1, ends[-1]


def frame_ends(path: str | Path, start: int = 0) -> list[int]:
    """Find where the complete frames of an XTC file begin and end.

    Parameters
    ----------
    path : path
    start : int
        Byte at which to begin: 0 or the end of a frame.

    Returns
    -------
    list of int
        `start`, then the byte at which each complete frame ends.
    """
    size, ends = Path(path).stat().st_size, [start]
    with Path(path).open("rb") as stream:
        stream.seek(start)
        while (length := _length(stream)) is not None and ends[-1] + length <= size:
            ends.append(ends[-1] + length)
            stream.seek(ends[-1])
    return ends


def _length(stream: BinaryIO) -> int | None:
    """Return the bytes of the frame that begins here, or None if none does."""
    head = stream.read(_HEAD)
    if len(head) < _HEAD:
        return None
    magic, n_atoms = struct.unpack(">ii", head[:8])
    if magic not in MAGIC or n_atoms < 0 or struct.unpack(">i", head[52:])[0] != n_atoms:
        return None
    if n_atoms <= _PLAIN_ATOMS:
        return _HEAD + 12 * n_atoms
    kind = ">q" if magic == MAGIC[1] else ">i"
    width = struct.calcsize(kind)
    rest = stream.read(32 + width)
    if len(rest) < 32 + width:
        return None
    compressed = int(struct.unpack(kind, rest[32:])[0])
    return None if compressed < 0 else _HEAD + len(rest) + -(-compressed // 4) * 4
