"""What a check of a results folder finds, and how files are compared with their records."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import StudyError
from lfa1_md.box.system import SYSTEM
from lfa1_md.files.provenance import changed, read_json, sha256


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


def recorded(row: Row, folder: Path, record: str) -> Row:
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


def follows(row: Row, record: dict[str, Any], start: Path) -> None:
    """Check that a record began from the file as it is now."""
    began = record.get("started_from")
    if not start.is_file():
        row.damage.append(f"{start}: is missing, though {row.what} {row.part} was begun from it")
    elif not isinstance(began, dict) or began.get("sha256") != sha256(start):
        row.damage.append(f"{row.what} {row.part}: was begun from another {start} than is there")


def same_system(row: Row, record: dict[str, Any], results: Path) -> None:
    """Check that a record was made with the parameters as they are now."""
    system = results / "systems" / row.what / SYSTEM
    if system.is_file() and record.get("system_sha256") != sha256(system):
        row.damage.append(f"{row.what} {row.part}: was made with another {system} than is there")
