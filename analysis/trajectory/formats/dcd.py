"""Whether every frame of a DCD file is whole, and whether the file states times.

A DCD file is a sequence of Fortran records, each between two copies of its length in bytes: a
header of 84 bytes (``CORD``, numbers of frames, time step …), a title of 80-byte lines, the number
of atoms, where atoms are fixed the list of those that are not; then for each frame the cell
(48 bytes, if there is one), all x, all y and all z in single precision (as ``readdcd.h`` of
MDAnalysis reads it).
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory.formats.damage import INTACT, damaged, no_trajectory, other_atoms

PLACEHOLDER = 1.0
"""AKMA units (0.0489 ps); with a frame at every step, what mdtraj writes, which knows no time step
(mdtraj#1436 on GitHub)."""
SHORTEST = 0.002
"""AKMA units, 0.1 fs: no molecular dynamics has a shorter step, so that what is less between two
frames is no time either; chemfiles writes 0 (chemfiles#531)."""


class DcdHead(NamedTuple):
    """The header of a DCD file."""

    begin: int
    """Byte at which the first frame begins."""
    n_atoms: int
    n_fixed: int
    """Atoms that are written in the first frame only."""
    promised: int
    """Frames, as the program that wrote it counted."""
    steps: int
    """Time steps between frames."""
    delta: float
    """Time step in AKMA units."""
    cell: bool
    """Whether frames hold a cell."""
    fourth: bool
    """Whether frames hold a fourth number of each atom."""
    order: str
    """Of the bytes, ``<`` or ``>``."""

    @property
    def states_times(self) -> bool:
        """Whether the interval between frames is more than a placeholder."""
        if self.steps == 1 and self.delta == PLACEHOLDER:
            return False
        return math.isfinite(self.delta) and self.steps * self.delta >= SHORTEST


def check_dcd(file: Path, n_atoms: int) -> tuple[DcdHead, str]:
    """Check the header, and the lengths around every record of every frame.

    Parameters
    ----------
    file : Path
    n_atoms : int
        Of the topology.

    Returns
    -------
    DcdHead
    str
        A note, if the file holds fewer frames than its header says or ends inside one.

    Raises
    ------
    InputError
        The header or a frame is damaged, or of other atoms.
    """
    head = read_head(file)
    if head.n_atoms != n_atoms:
        raise other_atoms(file, 0, head.n_atoms, n_atoms)
    if head.steps < 1 or not math.isfinite(head.delta) or head.delta < 0:
        raise InputError(
            f"{file}: its header says that a frame is written every {head.steps} steps of "
            f"{head.delta:g} AKMA units",
            f"{INTACT}, or convert it with the program that wrote it",
        )
    first, later = _records(head, head.n_atoms), _records(head, head.n_atoms - head.n_fixed)
    size, begin = file.stat().st_size - head.begin, head.begin
    frames = 0 if size < sum(first) else 1 + (size - sum(first)) // sum(later)
    if not frames:
        raise InputError(f"{file} is cut short before the end of its first frame", INTACT)
    for start, count, records in ((0, 1, first), (1, frames - 1, later)):
        if (bad := _broken(file, head, begin, count, records)) is not None:
            raise damaged(file, start + bad, "the lengths around its coordinates differ")
        begin += count * sum(records)
    left = file.stat().st_size - begin
    if head.promised > frames:
        return head, f"{file} is cut short: {frames} complete frames of {head.promised} are read"
    if left:
        return head, f"{file} is cut short inside a frame: {frames} complete frames are read"
    return head, ""


def read_head(file: Path) -> DcdHead:
    """Read and check the header of a DCD file.

    Raises
    ------
    InputError
        It is none.
    """
    rubbish = no_trajectory(file, "its header is not that of a DCD file, or damaged")
    with file.open("rb") as stream:
        data = stream.read(96)
        order = "<" if data[:4] == struct.pack("<i", 84) else ">"
        if len(data) < 96 or data[4:8] != b"CORD":
            raise rubbish
        numbers = struct.unpack(f"{order}i4s20iii", data)
        if (numbers[0], numbers[22]) != (84, 84):
            raise rubbish
        title = numbers[23]
        promised, _, steps, charmm = numbers[2], numbers[3], numbers[4], numbers[21]
        n_fixed = numbers[10]
        kind = f"{order}f" if charmm else f"{order}d"
        delta = float(struct.unpack_from(kind, data, 44)[0])
        size = file.stat().st_size
        if not 4 <= title <= size or (title - 4) % 80:
            raise rubbish
        stream.seek(96 + title)
        rest = stream.read(16)
        if len(rest) < 16:
            raise rubbish
        again, four, n_atoms, fours = struct.unpack(f"{order}4i", rest)
        lines = struct.unpack(f"{order}i", _at(stream, 96, 4))[0]
        if (again, four, fours, 80 * lines + 4) != (title, 4, 4, title):
            raise rubbish
        begin = 96 + title + 16
        if not 0 < n_atoms <= size or not 0 <= n_fixed < n_atoms:
            raise rubbish
        if n_fixed:
            free = n_atoms - n_fixed
            listed = np.frombuffer(_at(stream, begin, 4 * free + 8), dtype=f"{order}i4")
            ends = len(listed) == free + 2 and listed[0] == listed[-1] == 4 * free
            if not ends or listed[1:-1].min() < 1 or listed[1:-1].max() > n_atoms:
                raise rubbish
            begin += 4 * free + 8
    cell, fourth = bool(charmm and numbers[12]), bool(charmm and numbers[13] == 1)
    return DcdHead(begin, n_atoms, n_fixed, promised, steps, delta, cell, fourth, order)


def _at(stream: BinaryIO, place: int, count: int) -> bytes:
    stream.seek(place)
    return stream.read(count)


def _records(head: DcdHead, n_atoms: int) -> list[int]:
    """Return the bytes of the records of a frame, with the lengths around them."""
    return [56] * head.cell + [4 * n_atoms + 8] * (3 + head.fourth)


def _broken(file: Path, head: DcdHead, begin: int, frames: int, records: list[int]) -> int | None:
    """Return the first of some frames whose records do not have the lengths that they should."""
    if not frames:
        return None
    words = np.memmap(
        file, dtype=f"{head.order}i4", mode="r", offset=begin, shape=(frames, sum(records) // 4)
    )
    right = np.ones(frames, dtype=bool)
    at = 0
    for length in records:
        for place in (at, at + length // 4 - 1):
            right &= words[:, place] == length - 8
        at += length // 4
    return None if right.all() else int(np.argmin(right))
