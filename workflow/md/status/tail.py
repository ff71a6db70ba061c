"""A first look at a replica that may still run: its last frames, copied and then measured.

A running segment's trajectory ends anywhere inside a frame, and readers of trajectories put index
files beside what they read. So the last whole frames are copied to a folder of ours first.
"""

from __future__ import annotations

from pathlib import Path

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory.formats.xtc import frame_ends
from lfa1_md.study.jobs import StudyPlan
from lfa1_md.study.settings import StudyConfig


def pieces(study: StudyConfig, results: Path, system: str, replica: int) -> list[Path]:
    """Trajectories of a replica that there are, in the order of time; the last may be growing.

    Raises
    ------
    InputError
        The study has no such replica, or nothing of it is there yet.
    """
    if system not in study.systems:
        raise InputError(
            f"{results}: no system {system!r} in this study", f"one of {', '.join(study.systems)}"
        )
    if replica not in range(study.replicas):
        raise InputError(
            f"{results}: {system} has no replica {replica}", f"0 to {study.replicas - 1}"
        )
    found = []
    for job in StudyPlan(study, results).of("simulate"):
        if (job.wildcards["system"], job.wildcards["replica"]) != (system, replica):
            continue
        final = job.outputs[0]
        growing = final.parent / job.marker.with_suffix(".running").name / final.name
        found += [path for path in (final, growing) if path.is_file() and path.stat().st_size][:1]
    if not found:
        raise InputError(
            f"{results}: no frame of {system} replica {replica} is there yet",
            "see `lfa1 status` for what is running",
        )
    return found


def copy_last(paths: list[Path], frames: int, output: Path) -> int:
    """Copy the last whole frames of a chain of XTC files into one file.

    Parameters
    ----------
    paths : list of Path
    frames : int
        At most so many.
    output : Path

    Returns
    -------
    int
        How many there were to copy.
    """
    parts: list[bytes] = []
    taken = 0
    for path in reversed(paths):
        ends = frame_ends(path)
        count = min(frames - taken, len(ends) - 1)
        if count > 0:
            with path.open("rb") as file:
                file.seek(ends[-1 - count])
                parts.append(file.read(ends[-1] - ends[-1 - count]))
            taken += count
        if taken == frames:
            break
    output.write_bytes(b"".join(reversed(parts)))
    return taken
