"""Where the frames of a TRR file begin and end, and what their headers say of them.

A frame of a TRR file is its header (magic number 1993, ``GMX_trn_file``, the sizes of what follows
in bytes, the number of atoms, step, time and lambda) and then box, virial, pressure, positions,
velocities and forces as plain numbers of 4 or 8 bytes, big-endian (GROMACS, ``trrio.cpp``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory.formats.damage import INTACT

_HEAD = struct.Struct(">iii12s13i")
_BEGIN = (1993, 13, 12, b"GMX_trn_file")
MAGIC = struct.pack(">ii", *_BEGIN[:2])


class TrrHead(NamedTuple):
    """The header of a frame: its first and last byte, its atoms, and what is wrong."""

    begin: int
    end: int
    n_atoms: int
    problem: str


def heads(file: Path) -> Iterator[TrrHead]:
    """Read the header of every complete frame, up to where none begins or the file ends.

    Raises
    ------
    InputError
        A frame holds no positions.
    """
    size, at, frame = file.stat().st_size, 0, 0
    with file.open("rb") as stream:
        while len(data := stream.read(_HEAD.size)) == _HEAD.size:
            *begin, _, _, box, virial, pressure, _, _, x, v, f, found, _, _ = _HEAD.unpack(data)
            if tuple(begin) != _BEGIN:
                return
            width = next((w for w in (4, 8) if box == 9 * w or (x or v or f) == 3 * w * found), 0)
            tensors, atoms = {0, 9 * width}, {0, 3 * width * found}
            problem = ""
            if not width or {box, virial, pressure} - tensors or {x, v, f} - atoms:
                problem = "the sizes in its header cannot be right"
            elif not x:
                raise InputError(
                    f"{file}, frame {frame} holds no positions",
                    "keep the frames with positions (`gmx trjconv -o frames.xtc`), or " + INTACT,
                )
            end = at + _HEAD.size + 2 * width + box + virial + pressure + x + v + f
            if end > size and not problem:
                return
            yield TrrHead(at, end, found, problem)
            at, frame = end, frame + 1
            stream.seek(at)
