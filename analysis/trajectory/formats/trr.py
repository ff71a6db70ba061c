"""Whether every frame of a TRR file is whole, and of the topology's atoms.

A frame of a TRR file is its header (magic number 1993, ``GMX_trn_file``, the sizes of what follows
in bytes, the number of atoms, step, time and lambda) and then box, virial, pressure, positions,
velocities and forces as plain numbers of 4 or 8 bytes, big-endian (GROMACS, ``trrio.cpp``).
"""

from __future__ import annotations

import struct
from pathlib import Path

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory.formats.damage import (
    INTACT,
    cut_short,
    damaged,
    no_trajectory,
    other_atoms,
)

_HEAD = struct.Struct(">iii12s13i")
_BEGIN = (1993, 13, 12, b"GMX_trn_file")


def check_trr(file: Path, n_atoms: int) -> None:
    """Read the header of every frame.

    Parameters
    ----------
    file : Path
    n_atoms : int
        Of the topology.

    Raises
    ------
    InputError
        A frame is damaged, cut short, of other atoms or without positions.
    """
    size, at, frame = file.stat().st_size, 0, 0
    with file.open("rb") as stream:
        while at < size:
            stream.seek(at)
            head = stream.read(_HEAD.size)
            if len(head) < _HEAD.size:
                raise cut_short(file, frame, at)
            *begin, _, _, box, virial, pressure, _, _, x, v, f, found, _, _ = _HEAD.unpack(head)
            if tuple(begin) != _BEGIN:
                if not frame:
                    raise no_trajectory(file, "it does not begin with a frame of a TRR file")
                raise damaged(file, frame, "no frame begins where the one before ends", at)
            if found != n_atoms:
                raise other_atoms(file, frame, found, n_atoms)
            width = next((w for w in (4, 8) if box == 9 * w or (x or v or f) == 3 * w * found), 0)
            tensors, atoms = {0, 9 * width}, {0, 3 * width * found}
            if not width or {box, virial, pressure} - tensors or {x, v, f} - atoms:
                raise damaged(file, frame, "the sizes in its header cannot be right", at)
            if not x:
                raise InputError(
                    f"{file}, frame {frame} holds no positions",
                    "keep the frames with positions (`gmx trjconv -o frames.xtc`), or " + INTACT,
                )
            end = at + _HEAD.size + 2 * width + box + virial + pressure + x + v + f
            if end > size:
                raise cut_short(file, frame, at)
            at, frame = end, frame + 1
