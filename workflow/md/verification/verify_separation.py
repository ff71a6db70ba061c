"""Check steered separations: every segment of every pull, and what was computed from them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import StudyError
from lfa1_md.box import system as systems
from lfa1_md.files.provenance import read_json, sha256
from lfa1_md.run import equilibrate, protocol
from lfa1_md.run.protocol import Protocol
from lfa1_md.study.plan import names
from lfa1_md.study.settings import StudyConfig
from lfa1_md.verification.verify_chain import Chain
from lfa1_md.verification.verify_rows import Row

FOLDER = "separation"
TABLES = ("force_extension.csv", "ruptures.csv")


def pulled(results: Path, study: StudyConfig, system: str) -> list[Row]:
    """Check the pulls of a system, one row for each.

    The spring's way follows from the system's own box. Where that is not there or damaged, which
    its own row says, segments that were run in it cannot be sound either.
    """
    asked = study.separation
    if asked is None:
        return []
    rows = [Row(system, f"separation {n}") for n in range(asked.replicas)]
    try:
        solvated = systems.load(results / "systems" / system)

        @cache
        def chosen(segment: int) -> Protocol:
            return protocol.separate(study, solvated, segment)

        for segment in range(asked.n_segments):
            chosen(segment)  # refused at once where this box cannot be pulled in
    except StudyError as error:
        for number, row in enumerate(rows):
            row.there = f"0 of {asked.n_segments} segments"
            if any(_folder(results, system, number).glob("segment-*.json")):
                row.damage.append(error.problem)
        return rows
    for number, row in enumerate(rows):
        begins = results / "equilibrated" / system / f"replica-{number}" / equilibrate.STATE
        chain = Chain(results, study, _folder(results, system, number), chosen, asked.n_segments)
        chain.check(row, number, begins)
    return rows


def compared(results: Path, study: StudyConfig) -> Row:
    """Check that forces and ruptures were computed from the trajectories that are there."""
    row, folder = Row("study", FOLDER), results / FOLDER
    path = folder / "separation.json"
    if not path.is_file():
        row.there = "not made yet"
        return row
    try:
        record = read_json(path)
    except StudyError as error:
        row.damage.append(error.problem)
        record = {}
    row.damage += [f"{folder / name}: is missing" for name in TABLES if not _there(folder / name)]
    if record and _used(record) != _trajectories(results, study):
        row.damage.append(f"{path}: was made from other trajectories than are there")
    row.complete = not row.damage
    row.there = "complete" if row.complete else ""
    return row


def _there(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _used(record: dict[str, Any]) -> set[str]:
    """Return the checksums of the trajectories that a record names."""
    inputs = record.get("inputs")
    named = [each for each in inputs if isinstance(each, dict)] if isinstance(inputs, list) else []
    return {str(each.get("sha256")) for each in named if str(each.get("file", "")).endswith(".xtc")}


def _trajectories(results: Path, study: StudyConfig) -> set[str]:
    """Return the checksums of the pulls' trajectories."""
    asked = study.separation
    assert asked is not None  # nothing is compared without
    paths = [
        _folder(results, system, number) / names(segment)["xtc"]
        for system in study.pulled_systems
        for number in range(asked.replicas)
        for segment in range(asked.n_segments)
    ]
    return {sha256(path).removeprefix("sha256:") for path in paths if path.is_file()}


def _folder(results: Path, system: str, number: int) -> Path:
    return results / FOLDER / system / f"replica-{number}"
