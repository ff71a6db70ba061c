"""Open anyone's structure and trajectory files, or say in one sentence why not."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from MDAnalysis import Universe
from MDAnalysis.lib.mdamath import triclinic_vectors

from lfa1_analysis.io.errors import InputError, InputWarning, StudyError
from lfa1_analysis.trajectory import notes as warned
from lfa1_analysis.trajectory.formats.damage import FORMATS, INTACT, brief, no_trajectory
from lfa1_analysis.trajectory.formats.integrity import check_frames
from lfa1_analysis.trajectory.formats.models import GroFrames
from lfa1_analysis.trajectory.formats.names import has_times, topology_format, trajectory_format
from lfa1_analysis.trajectory.segments import joined
from lfa1_analysis.trajectory.times import set_clock

_MIN_BOX = 20.0
"""Å; a cell edge below this holds no I domain: the box record is a placeholder."""


def open_universe(
    topology: str | Path,
    trajectories: Sequence[str | Path] = (),
    frame_interval: float | None = None,
) -> Universe:
    """Open a structure with its trajectories.

    Parameters
    ----------
    topology : path
        PDB, mmCIF, GRO, PRMTOP, PSF, TPR … A file that holds coordinates may stand alone; its
        models are then the frames (one, for a single structure).
    trajectories : sequence of paths
        XTC, TRR, DCD, NetCDF …, read one after the other as one trajectory; none is read into
        memory, but for mmCIF files with models. Of XTC, TRR and DCD files every frame is checked
        first.
    frame_interval : float, optional
        Time between frames in ps, whatever the files say; the first is at 0.

    Returns
    -------
    MDAnalysis.Universe
        Positions in Å and times in ps; NaN where the files state none.

    Raises
    ------
    InputError
        If a file is missing, empty, unreadable or damaged, if the numbers of atoms disagree, if
        there are no coordinates, if a coordinate of the first frame is not a number, or if a
        segment of this study is not what its record describes or does not continue the one before.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.trajectory.universe import open_universe
    >>> universe = open_universe(examples.topology(), [examples.trajectory()])
    >>> universe.atoms.n_atoms, universe.trajectory.n_frames
    (1497, 6)
    """
    files = [Path(topology), *map(Path, trajectories)]
    for file in files:
        _check_file(file)
    proven = joined(files[1:])
    names = ", ".join(str(file) for file in files)
    with _heard_readers() as caught:
        structure, timed = _open_topology(files[0], alone=len(files) == 1)
        notes = [check_frames(f, structure.atoms.n_atoms) for f in files[1:] if not proven]
        timeless = [file for file in files[1:] if not _load(structure, file)]
        if len(files) > 1:
            formats = [trajectory_format(file) for file in files[1:]]
            pairs = [(str(f), kind) for f, kind in zip(files[1:], formats, strict=True)]
            if len(pairs) > 1:
                structure.load_new(pairs)
            else:
                structure.load_new(pairs[0][0], format=pairs[0][1])
        elif not timed:
            timeless = files[:1]
    for note in dict.fromkeys([*filter(None, notes), *warned.notes(caught)]):
        warnings.warn(note, InputWarning, stacklevel=2)
    if structure.atoms.n_atoms == 0 or not hasattr(structure, "trajectory"):
        raise InputError(
            f"{topology} holds no coordinates",
            "add --trajectory with the coordinates that belong to this topology",
        )
    _set_times(structure, timeless, frame_interval)
    if not structure.trajectory.n_frames:
        raise InputError(f"{names} holds no frame", INTACT)
    try:
        finite = np.isfinite(structure.atoms.positions).all(axis=1)
        usable_box(structure.trajectory.ts.dimensions)
    except InputError as error:
        raise InputError(f"{names}, frame 0: {error.problem}", error.remedy) from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"the first frame of {names} cannot be read: {brief(error)}",
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
    >>> from lfa1_analysis.trajectory.universe import select_frames
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

    Raises
    ------
    InputError
        If no cell has these angles; file and frame are not known here.
    """
    if dimensions is None or not np.isfinite(dimensions).all() or min(dimensions[:3]) < _MIN_BOX:
        return None
    box = np.asarray(dimensions, dtype=np.float32)
    if not triclinic_vectors(box).any():
        raise InputError(
            f"its box, {' × '.join(f'{x:g}' for x in box[:3])} Å with angles of "
            f"{', '.join(f'{x:g}' for x in box[3:])}°, is impossible",
            "the file is damaged there: use an intact copy",
        )
    return box


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


@contextmanager
def _heard_readers() -> Iterator[list[warnings.WarningMessage]]:
    """Collect MDAnalysis' warnings; silence what its half-made readers say when discarded."""
    hook = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield caught
    finally:
        sys.unraisablehook = hook


def _open_topology(file: Path, alone: bool) -> tuple[Universe, bool]:
    """Open a structure, with all its models if it stands alone; tell whether they have times."""
    kind = topology_format(file)
    reader = trajectory_format(file) if kind and alone else None
    try:
        universe = Universe(
            str(file), topology_format=kind, format=reader if reader is not GroFrames else None
        )
        if reader is GroFrames:  # the whole file is gone through
            universe.load_new(str(file), format=GroFrames)
        timed = not alone or not hasattr(universe, "trajectory")
        timed = timed or has_times(file, reader, universe.trajectory)
    except StudyError:
        raise
    except Exception as error:
        problem = brief(error)
        traceback.clear_frames(error.__traceback__)
        raise InputError(
            f"{file} cannot be read as a structure: {problem}",
            f"give a complete file in one of these formats: {FORMATS}",
        ) from None
    if not hasattr(universe.atoms, "resnames"):
        raise InputError(
            f"{file} names no residues: it is a trajectory, not a topology",
            f"give --topology a file with residue names: {FORMATS.split(';')[0]}",
        )
    return universe, timed


def _load(universe: Universe, file: Path) -> bool:
    """Try one trajectory alone, so that a complaint names its file; tell whether it has times."""
    kind = trajectory_format(file)
    try:
        try:
            universe.load_new(str(file), format=kind)
        except Exception:
            if kind not in ("XTC", "TRR"):
                raise
            # The index of frames that MDAnalysis keeps beside the file may be what is damaged.
            universe.load_new(str(file), format=kind, refresh_offsets=True)
        return has_times(file, kind, universe.trajectory)
    except StudyError:
        raise
    except Exception as error:
        problem = brief(error)
        traceback.clear_frames(error.__traceback__)
    if "number of atoms" in problem or "n_atoms" in problem:
        raise InputError(
            f"{file} does not belong to the topology of {universe.atoms.n_atoms} atoms: {problem}",
            "give the topology that was written with this trajectory",
        )
    raise no_trajectory(file, problem)


def _set_times(universe: Universe, timeless: list[Path], interval: float | None) -> None:
    """Give the frames the times that the user states, or none where a file states none."""
    if interval is not None:
        set_clock(universe, interval)
    elif timeless and universe.trajectory.n_frames > 1:
        set_clock(universe, np.nan)
        warnings.warn(
            f"{', '.join(map(str, timeless))} states no times: time_ns stays empty, and what must "
            "last is counted in frames; --frame-interval gives the time between frames",
            InputWarning,
            stacklevel=3,
        )
