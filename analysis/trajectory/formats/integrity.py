"""Check every frame of a trajectory before any library is trusted with it."""

from __future__ import annotations

from pathlib import Path

from lfa1_analysis.trajectory.formats.dcd import check_dcd
from lfa1_analysis.trajectory.formats.names import trajectory_format
from lfa1_analysis.trajectory.formats.packed import check_xtc
from lfa1_analysis.trajectory.formats.trr import check_trr


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
        check_trr(file, n_atoms)
    elif kind == "DCD":
        return check_dcd(file, n_atoms)[1]
    return ""
