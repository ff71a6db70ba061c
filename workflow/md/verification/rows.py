"""What a check of a results folder finds, and how files are compared with their records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import StudyError
from lfa1_md.biased import exchange_files
from lfa1_md.files import checkpoint
from lfa1_md.files.provenance import changed, read_json, sha256
from lfa1_md.files.records import Record
from lfa1_md.study.jobs import PlannedJob


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

    def check_whole(self, path: Path) -> Record | None:
        """Compare the files beside a record with it; None where it is not there or damaged."""
        if not path.is_file():
            self.there = "not made yet"
            return None
        found: Record | None = None
        try:
            self.damage += changed(read_json(path), path.parent)
            found = Record.read(path)
        except StudyError as error:
            self.damage.append(error.problem)
        self.there, self.complete = "complete", not self.damage
        return None if self.damage else found

    def check_start(self, record: Record, starts: list[Path], home: Path | None = None) -> None:
        """Check that a step began from its inputs as they are now, which are named from `home`."""
        for path in starts:
            if not path.is_file():
                self.damage.append(f"{path}: is missing, though {self._name} was begun from it")
                return
        named = {str(path.relative_to(home) if home else path): path for path in starts}
        sums = {name: sha256(path) for name, path in named.items()}
        began = record.started_from.sha256 if record.started_from else ""
        if began != exchange_files.together(sums):
            which = "other states" if len(starts) > 1 else f"another {starts[0]}"
            self.damage.append(f"{self._name}: was begun from {which} than is there")

    def check_system(self, record: Record, system: Path) -> None:
        """Check that a run was made with the parameters as they are now."""
        if system.is_file() and record.system_sha256 != sha256(system):
            self.damage.append(f"{self._name}: was made with another {system} than is there")

    @property
    def _name(self) -> str:
        return f"{self.what} {self.part}"


def history(path: Path, record: dict[str, Any]) -> list[str]:
    """Return what was unusual about a segment's run."""
    notes = []
    inexact = [each for each in record.get("continuations", []) if not each.get("exact")]
    if inexact:
        notes.append(f"{path.name}: continued {len(inexact)} × not bit for bit")
    if blown := record.get("blow_ups"):
        notes.append(f"{path.name}: blew up {len(blown)} ×, continued with new velocities")
    return notes


def unfinished(jobs: list[PlannedJob], what: str) -> Iterator[str]:
    """Yield how far the jobs are that have begun and not ended."""
    for folder in [job.working for job in jobs if job.working]:
        if folder.is_dir():
            complaints: list[str] = []
            try:
                newest = next(checkpoint.valid(folder, complaints), None)
            except (OSError, StudyError):  # it runs on: this one has just been replaced
                continue
            at = "no checkpoint yet" if newest is None else f"checkpoint at step {newest.step}"
            yield f"{folder}: unfinished {what}, {'; '.join([at, *complaints])}"
