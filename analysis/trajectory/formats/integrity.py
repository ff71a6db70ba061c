"""Check every frame of a trajectory before any library is trusted with it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lfa1_analysis.trajectory.formats import packed, trr, xtc
from lfa1_analysis.trajectory.formats.damage import cut_short, damaged, no_trajectory, other_atoms
from lfa1_analysis.trajectory.formats.dcd import check_dcd
from lfa1_analysis.trajectory.formats.names import trajectory_format


def check_frames(file: Path, n_atoms: int) -> str:
    """Check the frames of a binary trajectory.

    Text and NetCDF are read by Python itself, which damage cannot end.

    Parameters
    ----------
    file : Path
    n_atoms : int
        Of the topology.

    Returns
    -------
    str
        A note on what is missing, or nothing.

    Raises
    ------
    InputError
        A frame is damaged, cut short or of other atoms; the message names it.
    """
    kind = trajectory_format(file)
    if kind == "XTC":
        check_xtc(file, n_atoms)
    elif kind == "TRR":
        _check_headers(file, n_atoms, kind, trr.heads(file), [trr.MAGIC])
    elif kind == "DCD":
        return check_dcd(file, n_atoms)[1]
    return ""


def check_xtc(file: Path, n_atoms: int) -> None:
    """Check the headers of an XTC file and unpack every frame; errors as of `check_frames`."""
    begins = [number.to_bytes(4, "big") + n_atoms.to_bytes(4, "big") for number in xtc.MAGIC]
    _check_headers(file, n_atoms, "XTC", xtc.heads(file), begins)
    packed.check_unpacking(file)


def _check_headers(
    file: Path,
    n_atoms: int,
    kind: str,
    heads: Iterable[xtc.Head | trr.TrrHead],
    begins: list[bytes],
) -> None:
    """Check that possible frames of these atoms, which begin so, fill the file."""
    frames, end = 0, 0
    for head in heads:
        if head.n_atoms != n_atoms:
            raise other_atoms(file, frames, head.n_atoms, n_atoms)
        if head.problem:
            raise damaged(file, frames, head.problem, head.begin)
        frames, end = frames + 1, head.end
    if end == file.stat().st_size:
        return
    with file.open("rb") as stream:
        stream.seek(end)
        next_bytes = stream.read(8)
    if any(begin.startswith(next_bytes) for begin in begins):
        raise cut_short(file, frames, end)
    if not frames:
        raise no_trajectory(file, f"it does not begin with a frame of a {kind} file")
    raise damaged(file, frames, "no frame begins where the one before ends", end)
