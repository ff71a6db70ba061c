"""Which format a file has, by its name and where that says too little by its first bytes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory.formats.dcd import read_head
from lfa1_analysis.trajectory.formats.models import (
    AmberRestart,
    GroFrames,
    MmcifModels,
    PdbModels,
)

Format = str | type[Any] | None
"""A name that MDAnalysis knows, a reader, or None: MDAnalysis goes by the name."""
_TOPOLOGIES = {"pdbx": "CIF", "mmcif": "CIF", "cif": "CIF", "parm7": "PRMTOP", "gro": "GRO"}
_READERS: dict[str, Format] = {
    "PDB": PdbModels,
    "CIF": MmcifModels,
    "GRO": GroFrames,
    "NETCDF": "NCDF",
}
_RESTARTS = ("rst7", "ncrst", "rst", "restrt", "inpcrd")
_BINARY = ("XTC", "TRR", "DCD", "NCDF", "NC")
_TIMED = ("XTC", "TRR", "NCDF", "NC", "H5MD", "TNG", "TRZ", "TRC")
"""Formats whose frames have times of their own."""


def ending(file: Path) -> str:
    """Return the ending in small letters, without what says that it is compressed."""
    name = re.sub(r"\.(gz|bz2)$", "", file.name, flags=re.IGNORECASE)
    return Path(name).suffix.lower().lstrip(".")


def topology_format(file: Path) -> str | None:
    """Return the topology format where MDAnalysis does not know the ending.

    Biological assemblies of the PDB end in ``.pdb1``, ``.pdb2`` …
    """
    end = ending(file)
    return "PDB" if re.fullmatch(r"pdb\d*|ent", end) else _TOPOLOGIES.get(end)


def trajectory_format(file: Path) -> Format:
    """Return the format or reader of a file with coordinates.

    Raises
    ------
    InputError
        It is a compressed file of a format that is read in place.
    """
    end = ending(file)
    name = topology_format(file) or end.upper()
    with file.open("rb") as stream:
        first = stream.read(3)
    if end in _RESTARTS:
        return AmberRestart if first == b"CDF" else "INPCRD"
    known = _READERS.get(name, name if name in _BINARY else None)
    if known in _BINARY and first[:2] in (b"\x1f\x8b", b"BZ"):
        raise InputError(
            f"{file} is compressed, and trajectories are read in place",
            f"unpack it first: `{'gunzip' if first[0] == 0x1F else 'bunzip2'} {file}`",
        )
    return known


def has_times(file: Path, kind: Format, reader: Any) -> bool:
    """Tell whether a file states the times of its frames; MDAnalysis makes them up otherwise.

    Parameters
    ----------
    file : Path
    kind : str, type or None
        Its format.
    reader : MDAnalysis reader
        Of this file alone.
    """
    if kind == "DCD":
        return read_head(file).states_times
    if kind in _TIMED and reader.n_frames == 1:
        return True
    if kind in _TIMED:
        first, last = reader[0].time, reader[-1].time
        reader[0]
        return bool(getattr(reader, "has_time", True) and first != last)
    return bool(getattr(reader, "states_times", False))
