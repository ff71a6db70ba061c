"""Open anyone's structure and trajectory files, or say in one sentence why not."""

from __future__ import annotations

import re
import struct
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from MDAnalysis import Universe

from lfa1_analysis.comparison.completeness import joined
from lfa1_analysis.errors import InputError, InputWarning
from lfa1_analysis.xtc import whole_frames

FORMATS = "PDB, mmCIF, GRO, PRMTOP, PSF or TPR; trajectories XTC, TRR, DCD, NetCDF or H5MD"
_MIN_BOX = 20.0
"""Å; a cell edge below this holds no I domain: the box record is a placeholder."""


def open_universe(topology: str | Path, trajectories: Sequence[str | Path] = ()) -> Universe:
    """Open a structure with its trajectories.

    Parameters
    ----------
    topology : path
        PDB, mmCIF, GRO, PRMTOP, PSF, TPR … A file that holds coordinates may stand alone; its
        models are then the frames (one, for a single structure).
    trajectories : sequence of paths
        XTC, TRR, DCD, NetCDF …, read one after the other as one trajectory; none is read into
        memory.

    Returns
    -------
    MDAnalysis.Universe
        Positions in Å and times in ps.

    Raises
    ------
    InputError
        If a file is missing, empty or unreadable, if the numbers of atoms disagree, if there are
        no coordinates, if a coordinate of the first frame is not a number, or if a segment of this
        study is not what its record describes or does not continue the one before.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.inputs import open_universe
    >>> universe = open_universe(examples.topology(), [examples.trajectory()])
    >>> universe.atoms.n_atoms, universe.trajectory.n_frames
    (1497, 6)
    """
    files = [Path(topology), *map(Path, trajectories)]
    for file in files:
        _check_file(file)
    joined(files[1:])
    names = ", ".join(str(file) for file in files)
    with _quiet_readers():
        try:
            structure = Universe(str(topology), topology_format=_format(files[0]))
        except Exception as error:
            problem = _brief(error)
            traceback.clear_frames(error.__traceback__)
            raise InputError(
                f"{topology} cannot be read as a structure: {problem}",
                f"give a complete file in one of these formats: {FORMATS}",
            ) from None
        if not hasattr(structure.atoms, "resnames"):
            raise InputError(
                f"{topology} names no residues: it is a trajectory, not a topology",
                f"give --topology a file with residue names: {FORMATS.split(';')[0]}",
            )
        cut_short = [_load(structure, file) for file in files[1:]]
        if len(files) > 1:
            structure.load_new([str(file) for file in files[1:]])
    for note in filter(None, cut_short):
        warnings.warn(note, InputWarning, stacklevel=2)
    if structure.atoms.n_atoms == 0 or not hasattr(structure, "trajectory"):
        raise InputError(
            f"{topology} holds no coordinates",
            "add --trajectory with the coordinates that belong to this topology",
        )
    try:
        finite = np.isfinite(structure.atoms.positions).all(axis=1)
    except (OSError, ValueError) as error:
        raise InputError(
            f"the first frame of {names} cannot be read: {_brief(error)}",
            "check that the files are complete",
        ) from error
    if not finite.all():
        atom = structure.atoms[int(np.argmin(finite))]
        raise InputError(
            f"{files[-1]}: the position of atom {atom.ix + 1} ({atom.resname} {atom.resid} "
            f"{atom.name}) is not a number",
            "the simulation that wrote it failed, or the file is damaged; use an intact one",
        )
    return structure


def select_frames(
    universe: Universe, start: int | None, stop: int | None, step: int | None
) -> range:
    """Return the frames that a start, stop and step pick, as Python slices do.

    Raises
    ------
    InputError
        If they pick none.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.inputs import select_frames
    >>> list(select_frames(examples.universe(), 1, None, 2))
    [1, 3, 5]
    """
    total = len(universe.trajectory)
    if step is not None and step < 1:
        raise InputError(
            f"--step {step} is not a positive number of frames", "give --step 1 or more"
        )
    frames = range(total)[slice(start, stop, step)]
    if not frames:
        raise InputError(
            f"--start {start}, --stop {stop}, --step {step} pick no frame of "
            f"{total} (numbered 0 to {total - 1})",
            "choose a range inside the trajectory",
        )
    return frames


def usable_box(dimensions: np.ndarray | None) -> np.ndarray | None:
    """Return the periodic box (Å and degrees, shape (6,)) or None if there is none.

    Placeholders such as ``CRYST1 1.000 1.000 1.000`` count as no box.
    """
    if dimensions is None or not np.isfinite(dimensions).all() or min(dimensions[:3]) < _MIN_BOX:
        return None
    return np.asarray(dimensions, dtype=np.float32)


def _check_file(file: Path) -> None:
    if not file.exists():
        raise InputError(f"{file} does not exist", "check the path and its spelling")
    if file.is_dir():
        raise InputError(f"{file} is a folder", "name a file in it")
    try:
        with file.open("rb") as stream:
            if not stream.read(1):
                raise InputError(f"{file} is empty", "make it again; the job that wrote it failed")
    except OSError as error:
        raise InputError(
            f"{file} cannot be opened: {error.strerror}", "check its permissions"
        ) from error


def _format(file: Path) -> str | None:
    """Return the topology format where the file's ending alone misleads MDAnalysis."""
    return {".pdbx": "CIF", ".mmcif": "CIF", ".parm7": "PRMTOP"}.get(file.suffix.lower())


@contextmanager
def _quiet_readers() -> Iterator[None]:
    """Silence MDAnalysis' warnings and what its half-made readers say when they are discarded."""
    hook = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.unraisablehook = hook


def _load(universe: Universe, file: Path) -> str:
    """Try one trajectory alone, so that a complaint names its file; say if it is cut short."""
    try:
        universe.load_new(str(file))
    except Exception as error:
        problem = _brief(error)
        traceback.clear_frames(error.__traceback__)
    else:
        if file.suffix.lower() == ".xtc":
            _check_xtc(file)
        return _cut_short(file, len(universe.trajectory))
    if "number of atoms" in problem or "n_atoms" in problem:
        raise InputError(
            f"{file} does not belong to the topology of {universe.atoms.n_atoms} atoms: {problem}",
            "give the topology that was written with this trajectory",
        )
    raise InputError(
        f"{file} cannot be read as a trajectory: {problem}",
        f"give a complete file in one of these formats: {FORMATS}",
    )


def _cut_short(file: Path, n_frames: int) -> str:
    """Return a note if a DCD file holds fewer frames than its header says."""
    if file.suffix.lower() != ".dcd":
        return ""
    with file.open("rb") as stream:
        order = "<" if stream.read(4) == b"T\0\0\0" else ">"
        promised = struct.unpack(order + "4si", stream.read(8))[1]
    if promised <= n_frames:
        return ""
    return f"{file} is cut short: {n_frames} complete frames of {promised} are read"


def _check_xtc(file: Path) -> None:
    """Raise if an XTC file ends inside a frame, which only reading that frame would show."""
    frames, end = whole_frames(file)
    if end != file.stat().st_size:
        raise InputError(
            f"{file} is cut short inside a frame; {frames} complete frames come before",
            f"wait for the program that writes it, or keep the whole frames: "
            f"`mdconvert {file} -o whole.xtc -i :{frames}`",
        )


def _brief(error: Exception) -> str:
    """Return a library's message in one line, without its advice to developers."""
    if isinstance(error, IndexError):
        return "no atoms were found in it"
    if isinstance(error, StopIteration):
        return "it ends too early"
    text = " ".join(str(error).split()) or type(error).__name__
    text = re.sub(r"^Failed to .*? Error: ", "", text)
    if "codec can't decode" in text:
        return "it is not text"
    return text if len(text) <= 160 else text[:157] + "…"
