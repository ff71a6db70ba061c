"""Is a segment of production all there? Frames, times, coordinates, box, energies, checksums.

A segment is described by its record, ``segment-{k}.json``, which lies beside its files.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from MDAnalysis.lib.formats.libmdaxdr import XTCFile

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import digest
from lfa1_analysis.trajectory.formats.xtc import whole_frames

NEEDED = (
    "files",
    "atoms",
    "frames",
    "first_time_ps",
    "last_time_ps",
    "frame_interval_ps",
    "energy_rows",
    "energy_interval_ps",
)
BOX_CHANGE = 1.5
"""A box under pressure control changes its volume by a few per cent; by this factor, never."""
_RECORD = re.compile(r"segment-(\d+)\.json")


def records(folder: Path) -> list[tuple[int, Path]]:
    """List the records of the segments in a folder by number; none if there is no such folder."""
    found = ((_RECORD.fullmatch(path.name), path) for path in folder.glob("segment-*.json"))
    return sorted((int(match[1]), path) for match, path in found if match)


def read_record(path: str | Path) -> dict[str, Any]:
    """Read a segment's record.

    Raises
    ------
    InputError
        It is missing, unreadable, or lacks what a record says.
    """
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", "run the segment that writes it") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable record ({error})", _again(path)) from None
    lacking = _lacking(record) if isinstance(record, dict) else "is no record"
    if lacking:
        raise InputError(f"{path}: {lacking}", _again(path))
    return dict(record)


def problems(record: Mapping[str, Any], folder: Path, checksums: bool = True) -> list[str]:
    """Compare a segment's files with its record, reading every frame.

    Parameters
    ----------
    record : mapping
        From `read_record`.
    folder : Path
        Where the files lie.
    checksums : bool
        Also compare those.

    Returns
    -------
    list of str
        What is wrong; nothing if all is there.
    """
    if lacking := _lacking(record):
        return [lacking]
    found = []
    for name, expected in record["files"].items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif checksums and f"sha256:{digest(path)}" != expected:
            # Nothing more is asked of it: damaged frames can end the process that unpacks them.
            found.append(f"{name} is not what its record describes: the checksum differs")
        elif path.suffix == ".xtc":
            found += _frame_problems(path, record)
        elif path.suffix == ".csv":
            found += _row_problems(path, record)
    return found


def joined(trajectories: Sequence[str | Path]) -> bool:
    """Check trajectories that have records beside them, and that they follow one another.

    Frames are counted, not read: whoever analyses them reads each.

    Returns
    -------
    bool
        Whether there is at least one, and each is proven by the checksum in its record.

    Raises
    ------
    InputError
        A file is not what its record describes, or a segment is missing, doubled or out of order.
    """
    records = []
    for path in map(Path, trajectories):
        beside = path.with_suffix(".json")
        if path.suffix != ".xtc" or not beside.is_file() or '"segment"' not in _text(beside):
            return False  # somebody's own files
        record = read_record(beside)
        frames, end = whole_frames(path)
        if frames != record["frames"] or end != path.stat().st_size:
            raise InputError(
                f"{path}: holds {frames} whole frames, its record says {record['frames']}",
                _again(beside),
            )
        if f"sha256:{digest(path)}" != record["files"].get(path.name):
            raise InputError(f"{path}: is not what {beside.name} describes", _again(beside))
        records.append((path, record))
    for (before, first), (after, second) in itertools.pairwise(records):
        gap = second["first_time_ps"] - first["last_time_ps"]
        if abs(gap - first["frame_interval_ps"]) > 1e-3 * first["frame_interval_ps"]:
            raise InputError(
                f"{after}: begins at {second['first_time_ps']:g} ps and does not continue "
                f"{before}, which ends at {first['last_time_ps']:g} ps",
                "give all segments of one replica, in order, each once",
            )
    return bool(records)


def _lacking(record: Mapping[str, Any]) -> str:
    missing = [key for key in NEEDED if key not in record]
    if missing:
        return f"lacks {', '.join(missing)}"
    wrong = [key for key in NEEDED[1:] if not isinstance(record[key], int | float)]
    files = record["files"]
    if not isinstance(files, dict) or not {".xtc", ".csv"} <= {Path(n).suffix for n in files}:
        wrong.insert(0, "files")
    walkers = record.get("walkers", 1)
    if not isinstance(walkers, int) or walkers < 1:
        wrong.append("walkers")
    return f"its {', '.join(wrong)} cannot be right" if wrong else ""


def _frame_problems(path: Path, record: Mapping[str, Any]) -> list[str]:
    """Read every frame."""
    name = path.name
    interval, first = record["frame_interval_ps"], record["first_time_ps"]
    times, volumes = [], []
    frames, end = whole_frames(path)
    if end != path.stat().st_size:
        return [f"{name} is cut short or overwritten after frame {frames}"]
    try:
        with XTCFile(str(path)) as file:
            if frames and file.n_atoms != record["atoms"]:
                return [f"{name} holds {file.n_atoms} atoms, not {record['atoms']}"]
            for number, frame in enumerate(file):
                times.append(float(frame.time))
                volumes.append(float(np.linalg.det(frame.box)))
                if not np.isfinite(frame.x).all():
                    return [f"{name}: frame {number} holds a coordinate that is not a number"]
    except (OSError, EOFError, ValueError) as error:
        return [f"{name} cannot be read beyond frame {len(times)}: {error}"]
    found = []
    if len(times) != record["frames"]:
        found.append(f"{name} holds {len(times)} frames, not {record['frames']}")
    expected = first + interval * np.arange(len(times))
    # XTC keeps times in single precision.
    wrong = np.abs(np.array(times) - expected) > np.maximum(1e-3 * interval, 2e-7 * expected)
    if wrong.any() or not (np.diff(times) > 0).all():
        at = int(np.argmax(wrong)) if wrong.any() else int(np.argmin(np.diff(times) > 0)) + 1
        found.append(f"{name}: frame {at} is at {times[at]:g} ps, not at {expected[at]:g} ps")
    sizes = np.array(volumes)
    if not (np.isfinite(sizes) & (sizes > 0)).all():
        found.append(f"{name}: frame {int(np.argmin(sizes > 0))} has no sane box")
    elif len(sizes) and sizes.max() > BOX_CHANGE * sizes.min():
        found.append(f"{name}: the box changes between {sizes.min():g} and {sizes.max():g} nm³")
    return found


def _row_problems(path: Path, record: Mapping[str, Any]) -> list[str]:
    name, interval = path.name, record["energy_interval_ps"]
    try:
        table = pd.read_csv(path)
        values = table.select_dtypes("number")
    except (OSError, ValueError) as error:
        return [f"{name} cannot be read: {error}"]
    if len(table) != record["energy_rows"]:
        return [f"{name} holds {len(table)} rows, not {record['energy_rows']}"]
    if values.shape != table.shape or not np.isfinite(values).all(axis=None):
        return [f"{name} holds something that is not a finite number"]
    begin = record["first_time_ps"] - record["frame_interval_ps"]
    # Of windows that exchange, each time has a row for each of them.
    expected = begin + interval * (1 + np.arange(len(table)) // record.get("walkers", 1))
    if not np.allclose(table["time_ps"], expected, rtol=1e-9, atol=1e-6):
        return [f"{name}: its times are not every {interval:g} ps from {begin + interval:g} ps"]
    return []


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _again(path: str | Path) -> str:
    return f"delete {Path(path).with_suffix('')}.* and run that segment again"
