"""Check that every record is what was written, and the files that only it knows."""

from __future__ import annotations

from pathlib import Path

from lfa1_analysis.io import sealed_record as seal
from lfa1_analysis.io.errors import StudyError
from lfa1_md.files.provenance import changed, read_json
from lfa1_md.verification.verify_rows import Row

CHECKED = ("prepared", "solvated", "systems", "equilibrated", "production", "sampling")
"""Folders whose files are compared with their records one by one."""


def records(results: Path, known: list[str]) -> Row:
    """Check every JSON record below a results folder.

    Parameters
    ----------
    results : Path
    known : list of str
        Damage that was found before, which is not said again.

    Returns
    -------
    Row
        With a note where records of an earlier version have no checksum of their own.
    """
    row, said, bare = Row("study", "records"), "\n".join(known), 0
    paths = [path for path in sorted(results.rglob("*.json")) if _settled(path, results)]
    for path in paths:
        if path.name == "index.json":  # a list of figures, checked as one of them
            continue
        try:
            record = read_json(path)
        except StudyError as error:
            if str(path) not in said:
                row.damage.append(error.problem)
            continue
        bare += seal.KEY not in record
        if seal.broken(record):
            row.damage.append(f"{path}: is not what was written: its own checksum differs")
        elif path.relative_to(results).parts[0] not in CHECKED and "files" in record:
            found = changed(record, path.parent)
            row.damage += [each for each in found if each.split(" is ")[0] not in said]
    if bare:
        row.notes.append(f"{bare} records of an earlier version have no checksum of their own")
    row.there, row.complete = f"{len(paths)} records", not row.damage
    return row


def _settled(path: Path, results: Path) -> bool:
    """Tell finished records from those of unfinished jobs, of damaged ones and of Snakemake."""
    parts = path.relative_to(results).parts
    return not any(
        part.startswith(".") or part.endswith(".running") or ".damaged-" in part for part in parts
    )
