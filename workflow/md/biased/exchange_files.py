"""The files of an exchanged segment, and the states that it begins from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openmm

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory.segments import read_record
from lfa1_md.biased.walkers import unpacked
from lfa1_md.files.provenance import read_zipped, sha256
from lfa1_md.run import states
from lfa1_md.run.protocol import Protocol
from lfa1_md.study import plan
from lfa1_md.study.plan import Plan
from lfa1_md.study.umbrella_windows import Place

FOLDER = "exchange"
"""Beside the windows' folders."""
COLUMNS = ("window", "time_ps", "opening_coordinate", "bias_centre", "walker")
"""Of the table: at each time, before the exchange, a row for each walker."""


def names(segment: int) -> dict[str, str]:
    """Name the files of an exchanged segment by kind: csv, states, json, and the folder xtc."""
    stem = f"segment-{segment}"
    return {
        "csv": f"{stem}.csv",
        "states": f"{stem}.states.json.gz",
        "json": f"{stem}.json",
        "xtc": f"{stem}.walkers",
    }


def frames(walker: int) -> str:
    """Name a walker's trajectory in its folder."""
    return f"walker-{walker}.xtc"


def listed(segment: int, walkers: int) -> set[str]:
    """Name the files that the record of an exchanged segment lists."""
    files = names(segment)
    trajectories = {f"{files['xtc']}/{frames(walker)}" for walker in range(walkers)}
    return {files["csv"], files["states"], *trajectories}


def expected(chosen: Protocol, timestep: float, segment: int) -> dict[str, Any]:
    """Return what the record of an exchanged segment must say."""
    lengths = Plan.of(chosen.lengths, timestep, segment).record()
    rows = lengths["energy_rows"] * chosen.record["walkers"]
    return {"segment": segment, **chosen.record, **lengths, "energy_rows": rows}


@dataclass(frozen=True)
class Start:
    """Where the walkers of a segment begin.

    Attributes
    ----------
    states : list of openmm.State
        Of each walker.
    windows : list of int
        Where each is.
    files : dict of str to str
        Checksums of the files that they come from, relative to the replica's folder.
    """

    states: list[openmm.State]
    windows: list[int]
    files: dict[str, str]

    @property
    def sha256(self) -> str:
        """Return one checksum of all files."""
        return together(self.files)


def together(files: dict[str, str]) -> str:
    """Make one checksum of those of several files; of one file, it is its own."""
    if len(files) == 1:
        return next(iter(files.values()))
    text = "".join(f"{name} {files[name]}\n" for name in sorted(files))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def sources(segment: int, places: Sequence[Place]) -> list[str]:
    """Name the files, relative to the replica's folder, from which a segment begins."""
    if segment > 1:
        return [f"{FOLDER}/{names(segment - 1)['states']}"]
    return [f"window-{place.window}/{plan.names(0)['state']}" for place in places]


def start(home: Path, segment: int, places: Sequence[Place], step: int, n_atoms: int) -> Start:
    """Read where the walkers of a segment begin.

    Parameters
    ----------
    home : Path
        The replica's folder, with ``window-{n}/`` and ``exchange/``.
    segment : int
        From 1: that begins where the windows' own first segments ended.
    places : sequence of Place
        The windows.
    step : int
        At which the segment begins.
    n_atoms : int

    Raises
    ------
    InputError
        A state is missing, damaged, of another system, or not the end of the segment before.
    """
    wanted = sources(segment, places)
    if segment == 1:
        found = [states.read(home / name, n_atoms) for name in wanted]
        windows = list(range(len(places)))
    else:
        found, windows = _walkers(home / wanted[0], len(places), n_atoms)
    for name in wanted:
        _matches(home / name)
    for at in {each.getStepCount() for each in found} - {step}:
        raise InputError(
            f"{home}: a walker is at step {at}; segment {segment} continues from step {step}",
            "run the segment before with the same sampling.window.segment and dynamics.timestep",
        )
    return Start(found, windows, {name: sha256(home / name) for name in wanted})


def _walkers(path: Path, walkers: int, n_atoms: int) -> tuple[list[openmm.State], list[int]]:
    remedy = "delete that segment's files and run it again"
    try:
        found, windows = unpacked(read_zipped(path))
    except ValueError as error:
        raise InputError(f"{path}: {error}", remedy) from None
    if len(found) != walkers:
        raise InputError(
            f"{path}: holds {len(found)} walkers, there are {walkers} windows",
            "give the plan that it was run with; or, if windows were added since, delete the "
            "exchanged segments and run them again",
        )
    if any(len(each.getPositions()) != n_atoms for each in found):
        raise InputError(f"{path}: is of another system", "give the states of this system")
    return found, windows


def _matches(path: Path) -> None:
    """Refuse a state that the record beside it does not describe."""
    record = path.with_name(f"{path.name.partition('.')[0]}.json")
    if record.is_file() and read_record(record)["files"].get(path.name) != sha256(path):
        raise InputError(
            f"{path}: differs from what {record.name} describes",
            "delete that segment's files and run it again",
        )
