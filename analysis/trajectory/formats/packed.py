"""Whether every frame of an XTC file can be unpacked, and is of the topology's atoms.

The format has no checksum. But each frame says between which coordinates all its atoms lie, and the
program that wrote it found these limits among them: what comes out of damaged bytes does not keep
to them. The unpacking itself is done in a process of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from MDAnalysis.lib.formats.libmdaxdr import XTCFile

from lfa1_analysis.trajectory.formats.child_process import DiedError, as_program, last_words
from lfa1_analysis.trajectory.formats.damage import cut_short, damaged, no_trajectory, other_atoms
from lfa1_analysis.trajectory.formats.xtc import MAGIC, Head, heads

_SMALL = range(9, 73)
"""Places in the table of step sizes of the packing, ``magicints`` of ``xdrfile.c``, that are not
0."""
_GUARD = 64
"""Atoms; damaged bytes make the unpacking write up to ten atoms too many."""


def check_xtc(file: Path, n_atoms: int) -> None:
    """Unpack every frame.

    Parameters
    ----------
    file : Path
    n_atoms : int
        Of the topology.

    Raises
    ------
    InputError
        A frame is damaged, cut short, or of other atoms.
    """
    frame, end = 0, 0
    for frame, head in enumerate(heads(file), start=1):
        if head.n_atoms != n_atoms:
            raise other_atoms(file, frame - 1, head.n_atoms, n_atoms)
        if why := _impossible(head):
            raise damaged(file, frame - 1, why, head.begin)
        end = head.end
    size = file.stat().st_size
    if end < size and _begins(file, end, n_atoms):
        raise cut_short(file, frame, end)
    if not frame:
        raise no_trajectory(file, "it does not begin with a frame of an XTC file")
    if end < size:
        raise damaged(file, frame, "no frame begins where the one before ends", end)
    try:
        said = last_words(__name__, unpack, str(file))
    except DiedError as death:
        at = int(death.last or 0)
        raise damaged(file, at, "its coordinates cannot be unpacked", _begin(file, at)) from None
    if said.startswith("!"):
        number, why = said[1:].split(" ", 1)
        raise damaged(file, int(number), why, _begin(file, int(number)))


def unpack(file: str) -> Iterator[str]:
    """Unpack every frame, saying its number before; what is wrong with one is said at last.

    Parameters
    ----------
    file : str
        With frames of equal numbers of atoms.

    Yields
    ------
    str
        The number of the frame that is unpacked next; or ``!``, the number of a damaged frame and
        what is wrong with it, and then nothing more.
    """
    with XTCFile(file) as stream:
        # What is written beyond the atoms is seen by the numbers that were there.
        room = np.full((stream.n_atoms + _GUARD, 3), np.nan, dtype=np.float32)
        xyz = room[: stream.n_atoms]
        for frame, head in enumerate(heads(file)):
            yield str(frame)
            try:
                stream.read_direct_x(xyz)
            except (OSError, EOFError, StopIteration, ValueError):
                yield f"!{frame} its coordinates cannot be unpacked"
                return
            if not np.isnan(room[stream.n_atoms :]).all():
                yield f"!{frame} it unpacks to more atoms than it has"
                return
            if head.low and not _within(xyz, head):
                yield f"!{frame} its coordinates are not within the limits that it states"
                return


def _within(xyz: np.ndarray, head: Head) -> bool:
    """Tell whether coordinates (nm) reach just to the limits of a frame."""
    columns = xyz.T.copy()  # ten times as fast as by rows
    for found, stated in ((columns.min(axis=1), head.low), (columns.max(axis=1), head.high)):
        steps = found.astype(float) * head.precision
        limit = np.array(stated, dtype=float)
        # Single precision keeps 24 bits.
        if not (np.abs(steps - limit) <= 0.6 + 2e-7 * np.abs(limit)).all():
            return False
    return True


def _impossible(head: Head) -> str:
    """Say what in the header of a packed frame no program writes."""
    if not head.low:  # plain numbers
        return ""
    room = 4 * (int(3 * head.n_atoms * 1.2) - 3)  # what xdrfile.c keeps for the packed bytes
    if not 0 < head.packed <= room:
        return f"it says that {head.n_atoms} atoms are packed into {head.packed} bytes"
    if not (math.isfinite(head.precision) and head.precision > 0):
        return f"it says that its precision is {head.precision:g}"
    if head.small not in _SMALL or any(a > b for a, b in zip(head.low, head.high, strict=True)):
        return "the parameters of its packing cannot be right"
    return ""


def _begins(file: Path, at: int, n_atoms: int) -> bool:
    """Tell whether what begins at a byte can be a frame of these atoms that is cut short."""
    with file.open("rb") as stream:
        stream.seek(at)
        data = stream.read(8)
    first = [number.to_bytes(4, "big") + n_atoms.to_bytes(4, "big") for number in MAGIC]
    return any(begin.startswith(data) for begin in first)


def _begin(file: Path, frame: int) -> int | None:
    """Return the byte at which a frame begins."""
    return next((head.begin for i, head in enumerate(heads(file)) if i == frame), None)


if __name__ == "__main__":
    as_program(unpack)
