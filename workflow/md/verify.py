"""Check a whole results folder: every file against its record, and each step against the last.

Nothing is changed, nothing is guessed: what was never made is missing, what differs from its
record is damage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from lfa1_analysis import completeness
from lfa1_analysis.errors import InputError, StudyError
from lfa1_md import build, checkpoint, equilibrate
from lfa1_md.configfile import check
from lfa1_md.plan import Plan, names, working_folder
from lfa1_md.provenance import changed, read_json, sha256
from lfa1_md.settings import StudyConfig, digest
from lfa1_md.system import SYSTEM

REMEDY = "delete the named files and run snakemake again: it makes them and what depends on them"
_SEGMENT = re.compile(r"^segment-(\d+)\.json$")


@dataclass
class Row:
    """One line of the table.

    Attributes
    ----------
    what, part : str
        System or state, and replica or step.
    there : str
        How much of it there is.
    complete : bool
        Whether that is all.
    damage : list of str
        What is wrong.
    notes : list of str
        What is unusual, and no damage.
    """

    what: str
    part: str
    there: str = ""
    complete: bool = False
    damage: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verify(results: Path) -> list[Row]:
    """Check everything in a results folder.

    Parameters
    ----------
    results : Path
        With ``config.yaml``, as Snakemake leaves it.

    Raises
    ------
    InputError
        It is not a results folder.
    """
    config = results / "config.yaml"
    if not config.is_file():
        raise InputError(
            f"{config}: no such file, so {results} is not the results folder of a study",
            "name the folder that snakemake wrote, usually results/",
        )
    try:
        study = check(yaml.safe_load(config.read_text(encoding="utf-8")), str(config))
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(
            f"{config}: cannot be read ({str(error).splitlines()[0]})",
            "run snakemake -n in the study's folder, which writes it anew, then verify again",
        ) from None
    rows = [step(results, state) for state in study.states for step in (_prepared, _solvated)]
    rows += [_system(results, system) for system in study.systems]
    for system in study.systems:
        rows += [_replica(results, study, system, n) for n in range(study.replicas)]
    for system in study.systems:
        rows += [_analysed(results, study, system, n) for n in range(study.replicas)]
    return [*rows, _report(results)]


def _prepared(results: Path, state: str) -> Row:
    return _recorded(Row(state, "prepared"), results / "prepared" / state, "site.json")


def _solvated(results: Path, state: str) -> Row:
    folder = results / "solvated" / state
    row = _recorded(Row(state, "solvated"), folder, build.BOX_RECORD)
    if row.complete:
        protein = results / "prepared" / state / "protein.cif"
        _follows(row, read_json(folder / build.BOX_RECORD), protein)
    return row


def _system(results: Path, system: str) -> Row:
    folder = results / "systems" / system
    row = _recorded(Row(system, "system"), folder, "manifest.json")
    if row.complete:
        box = results / "solvated" / system.rsplit("-", 1)[0] / build.BOX
        _follows(row, read_json(folder / "manifest.json"), box)
    return row


def _recorded(row: Row, folder: Path, record: str) -> Row:
    """Compare the files of a folder with its record."""
    if not (folder / record).is_file():
        row.there = "not made yet"
        return row
    try:
        row.damage += changed(read_json(folder / record), folder)
    except StudyError as error:
        row.damage.append(error.problem)
    row.there, row.complete = "complete", not row.damage
    return row


def _follows(row: Row, record: dict[str, Any], start: Path) -> None:
    """Check that a record began from the file as it is now."""
    began = record.get("started_from")
    if not start.is_file():
        row.damage.append(f"{start}: is missing, though {row.what} {row.part} was begun from it")
    elif not isinstance(began, dict) or began.get("sha256") != sha256(start):
        row.damage.append(f"{row.what} {row.part}: was begun from another {start} than is there")


def _same_system(row: Row, record: dict[str, Any], results: Path) -> None:
    """Check that a record was made with the parameters as they are now."""
    system = results / "systems" / row.what / SYSTEM
    if system.is_file() and record.get("system_sha256") != sha256(system):
        row.damage.append(f"{row.what} {row.part}: was made with another {system} than is there")


def _replica(results: Path, study: StudyConfig, system: str, number: int) -> Row:
    """Check the equilibration and the chain of segments of a replica."""
    row = Row(system, f"replica {number}")
    home = results / "equilibrated" / system / f"replica-{number}"
    folder = results / "production" / system / f"replica-{number}"
    begun = _recorded(Row(system, row.part), home, equilibrate.RECORD)
    row.damage += begun.damage
    if begun.complete:
        minimised = results / "systems" / system / "minimised.state.xml.gz"
        _follows(row, read_json(home / equilibrate.RECORD), minimised)
        _same_system(row, read_json(home / equilibrate.RECORD), results)
    wanted = study.production.n_segments
    start, trajectories = home / equilibrate.STATE, []
    done = sorted(int(m[1]) for p in folder.glob("segment-*.json") if (m := _SEGMENT.match(p.name)))
    for k in range(wanted):
        path = folder / names(k)["json"]
        if not path.is_file():
            if k < max(done, default=-1):
                row.damage.append(f"{path}: is missing, though later segments are there")
            continue
        try:
            record = completeness.read_record(path)
        except StudyError as error:
            row.damage.append(error.problem)
            continue
        row.damage += [f"{folder}: {each}" for each in completeness.problems(record, folder)]
        row.damage += _other_plan(path, record, study, system, number, k)
        _follows(row, record, start)
        _same_system(row, record, results)
        start = folder / names(k)["state"]
        trajectories.append(folder / names(k)["xtc"])
        row.notes += _history(path, record)
    if not row.damage:
        try:
            completeness.joined(trajectories)
        except StudyError as error:
            row.damage.append(error.problem)
    frames = len(trajectories) * study.production.frames_per_segment
    length = len(trajectories) * study.production.segment / 1000
    row.there = f"{len(trajectories)} of {wanted} segments, {frames} frames, {length:g} ns"
    row.complete = len(trajectories) == wanted and begun.complete and not row.damage
    row.notes += _unfinished([home / equilibrate.WORKING], "equilibration")
    row.notes += _unfinished([working_folder(folder, k) for k in range(wanted)], "segment")
    row.notes += [f"{each}: set aside, and not used" for each in folder.glob("*.damaged-*")]
    row.notes += [f"{folder}: segment {k} is not of this study" for k in done if k >= wanted]
    return row


def _other_plan(
    path: Path, record: dict[str, Any], study: StudyConfig, system: str, number: int, k: int
) -> list[str]:
    plan = Plan.of(study.production, study.dynamics.timestep, k).record()
    expected = {"system": system, "replica": number, "segment": k, **plan}
    wrong = [key for key, value in expected.items() if record.get(key) != value]
    expected_digest = study.digest("simulate", system.rsplit("-", 1)[0])
    if record.get("settings_digest") != expected_digest:
        wrong.append("settings_digest")
    if digest(record.get("settings") or {}) != expected_digest:
        wrong.append("settings")
    if set(record["files"]) != {name for kind, name in names(k).items() if kind != "json"}:
        wrong.append("files")
    return [f"{path}: was made with another {', '.join(wrong)}"] if wrong else []


def _history(path: Path, record: dict[str, Any]) -> list[str]:
    notes = []
    inexact = [each for each in record.get("continuations", []) if not each.get("exact")]
    if inexact:
        notes.append(f"{path.name}: continued {len(inexact)} × not bit for bit")
    if blown := record.get("blow_ups"):
        notes.append(f"{path.name}: blew up {len(blown)} ×, continued with new velocities")
    return notes


def _unfinished(folders: list[Path], what: str) -> Iterator[str]:
    for folder in folders:
        if folder.is_dir():
            complaints: list[str] = []
            try:
                newest = next(checkpoint.valid(folder, complaints), None)
            except (OSError, StudyError):  # it runs on: this one has just been replaced
                continue
            at = "no checkpoint yet" if newest is None else f"checkpoint at step {newest.step}"
            yield f"{folder}: unfinished {what}, {'; '.join([at, *complaints])}"


def _analysed(results: Path, study: StudyConfig, system: str, number: int) -> Row:
    row = Row(system, f"analysis {number}")
    folder = results / "analysis" / system / f"replica-{number}"
    tables = ("opening", "midas", "flexibility")
    made = [name for name in tables if (folder / f"{name}.json").is_file()]
    frames = study.production.n_segments * study.production.frames_per_segment
    trajectories = [
        results / "production" / system / f"replica-{number}" / names(k)["xtc"]
        for k in range(study.production.n_segments)
    ]
    for name in made:
        path = folder / f"{name}.json"
        one = _recorded(Row(system, row.part), folder, path.name)
        row.damage += one.damage
        if one.complete:
            row.damage += _stale(path, trajectories, frames)
    row.there = f"{len(made)} of {len(tables)} tables"
    row.complete = len(made) == len(tables) and not row.damage
    return row


def _stale(path: Path, trajectories: list[Path], frames: int) -> list[str]:
    """Say whether a table was made from other trajectories than are there now."""
    record = read_json(path)
    table = path.with_suffix(".csv")
    inputs = record.get("inputs")
    used = [each.get("sha256") for each in inputs[1:]] if isinstance(inputs, list) else []
    there = [sha256(each).removeprefix("sha256:") for each in trajectories if each.is_file()]
    if used != there:
        return [f"{table}: was made from other trajectories than are there"]
    rows = len(pd.read_csv(table))
    if len(there) == len(trajectories) and not rows == record.get("frames") == frames:
        return [f"{table}: holds {rows} rows for {frames} frames"]
    return []


def _report(results: Path) -> Row:
    row, page = Row("study", "report"), results / "report.html"
    summary = results / "comparison" / "summary.json"
    if summary.is_file():
        try:
            read_json(summary)
        except StudyError as error:
            row.damage.append(error.problem)
    for name in ("effects.csv", "replicas.csv"):
        path = results / "comparison" / name
        try:
            if summary.is_file():
                pd.read_csv(path)
        except (OSError, ValueError) as error:
            row.damage.append(f"{path}: cannot be read ({error})")
    if page.is_file() and not page.read_bytes().rstrip().endswith(b"</html>"):
        row.damage.append(f"{page}: is cut short")
    row.complete = summary.is_file() and page.is_file() and not row.damage
    row.there = "complete" if row.complete else "not made yet"
    return row
