"""Check a whole results folder: every file against its record, and each step against the last.

Nothing is changed, nothing is guessed: what was never made is missing, what differs from its
record is damage.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from lfa1_analysis.io import sealed_record as seal
from lfa1_analysis.io.errors import StudyError
from lfa1_md.files.provenance import changed, read_json, sha256
from lfa1_md.files.records import Record
from lfa1_md.study.configfile import of_results
from lfa1_md.study.jobs import PlannedJob, StudyPlan
from lfa1_md.study.steps import OBSERVED
from lfa1_md.verification.rows import Row
from lfa1_md.verification.runs import chains, equilibration

REMEDY = (
    "delete the named files and run snakemake again: it makes them, and what follows from them "
    "where they come out otherwise"
)
CHECKED = ("prepared", "solvated", "systems", "equilibrated", "production", "sampling")
"""Folders whose files are compared with their records one by one."""


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
    plan = StudyPlan(of_results(results), results)
    rows = [_settings(results)]
    rows += [_made(job) for job in plan.of("prepare", "solvate", "build")]
    replicas = {(row.what, row.part): row for row in chains(plan, "simulate")}
    for job in plan.of("equilibrate"):
        system, number = str(job.wildcards["system"]), job.wildcards["replica"]
        if row := replicas.get((system, f"replica {number}")):
            begun = equilibration(job, row.part)
            row.damage = begun.damage + row.damage
            row.notes += begun.notes
            row.complete = row.complete and begun.complete
        else:
            row = equilibration(job, f"equilibration {number}")
        rows.append(row)
    for step in ("pull", "window", "exchange", "separate"):
        rows += chains(plan, step)
    rows += [_observed(job) for job in plan.of("observe")]
    rows += [separated(plan)] if plan.study.separation is not None else []
    rows.append(_report(results))
    return [*rows, records(results, [text for row in rows for text in row.damage])]


def _settings(results: Path) -> Row:
    row, path = Row("study", "settings", "complete", True), results / "config.yaml"
    data = path.read_bytes()
    if not data.splitlines()[-1].startswith(b"#"):
        row.notes.append(f"{path}: has no checksum of its own")
    elif seal.broken_text(data):
        row.damage.append(f"{path}: is not what was written: its own checksum differs")
        row.complete = False
    return row


def _made(job: PlannedJob) -> Row:
    """Check a prepared structure, a box or a system."""
    part = {"prepare": "prepared", "solvate": "solvated", "build": "system"}[job.step]
    row = Row(job.label, part)
    record = row.check_whole(job.marker)
    if record is not None and job.step != "prepare":
        (inputs,) = job.inputs.values()
        row.check_start(record, inputs[:1])
        row.complete = not row.damage
    return row


def _observed(job: PlannedJob) -> Row:
    """Check the tables of a replica."""
    row = Row(str(job.wildcards["system"]), f"analysis {job.wildcards['replica']}")
    made = [each for name in OBSERVED if (each := job.marker.with_name(f"{name}.json")).is_file()]
    for path in made:
        one = Row(row.what, row.part)
        if record := one.check_whole(path):
            one.damage += _stale(path.with_suffix(".csv"), record, job)
        row.damage += one.damage
    row.there = f"{len(made)} of {len(OBSERVED)} tables"
    row.complete = len(made) == len(OBSERVED) and not row.damage
    return row


def _stale(table: Path, record: Record, job: PlannedJob) -> list[str]:
    """Return whether a table was made from other trajectories than are there now."""
    trajectories = job.inputs["trajectory"]
    used = [each.sha256 for each in (record.inputs or [])[1:]]
    there = [sha256(each).removeprefix("sha256:") for each in trajectories if each.is_file()]
    if used != there:
        return [f"{table}: was made from other trajectories than are there"]
    try:
        rows = len(pd.read_csv(table))
    except (OSError, ValueError) as error:
        return [f"{table}: cannot be read ({error})"]
    lengths = job.plan.study.production
    frames = lengths.n_segments * lengths.frames_per_segment
    counted = getattr(record, "frames", None)
    if len(there) == len(trajectories) and not rows == counted == frames:
        return [f"{table}: holds {rows} rows for {frames} frames"]
    return []


def separated(plan: StudyPlan) -> Row:
    """Check that forces and ruptures were computed from the trajectories that are there."""
    row, (job,) = Row("study", "separation"), plan.of("separation")
    if not job.marker.is_file():
        row.there = "not made yet"
        return row
    tables = job.outputs[:-1]
    missing = [each for each in tables if not each.is_file() or not each.stat().st_size]
    row.damage += [f"{each}: is missing" for each in missing]
    try:
        used = {
            each.sha256
            for each in Record.read(job.marker).inputs or []
            if each.file.endswith(".xtc")
        }
        trajectories = map(Path, plan.made_by("separate", endings=("xtc",)))
        there = {sha256(each).removeprefix("sha256:") for each in trajectories if each.is_file()}
        if used != there:
            row.damage.append(f"{job.marker}: was made from other trajectories than are there")
    except StudyError as error:
        row.damage.append(error.problem)
    row.complete = not row.damage
    row.there = "complete" if row.complete else ""
    return row


def _report(results: Path) -> Row:
    row, page = Row("study", "report"), results / "report.html"
    summary = results / "comparison" / "summary.json"
    if summary.is_file():
        try:
            read_json(summary)
        except StudyError as error:
            row.damage.append(error.problem)
        for name in ("effects.csv", "replicas.csv"):
            path = summary.with_name(name)
            try:
                pd.read_csv(path)
            except (OSError, ValueError) as error:
                row.damage.append(f"{path}: cannot be read ({error})")
    if page.is_file():
        data = page.read_bytes()
        if data.rstrip().endswith(b"</html>"):
            row.notes.append(f"{page}: has no checksum of its own")
        elif seal.broken_text(data):
            row.damage.append(f"{page}: is not what was written: its own checksum differs")
    row.complete = summary.is_file() and page.is_file() and not row.damage
    row.there = "complete" if row.complete else "not made yet"
    return row


def records(results: Path, known: list[str]) -> Row:
    """Check that every JSON record is what was written, and the files that only it knows.

    Parameters
    ----------
    results : Path
    known : list of str
        Damage that was found before, which is not told again.
    """
    row, told, bare = Row("study", "records"), "\n".join(known), 0
    paths = [path for path in sorted(results.rglob("*.json")) if _settled(path, results)]
    for path in paths:
        if path.name == "index.json":  # a list of figures, checked as one of them
            continue
        try:
            record = read_json(path)
        except StudyError as error:
            if str(path) not in told:
                row.damage.append(error.problem)
            continue
        bare += seal.KEY not in record
        if seal.broken(record):
            row.damage.append(f"{path}: is not what was written: its own checksum differs")
        elif path.relative_to(results).parts[0] not in CHECKED and "files" in record:
            found = changed(record, path.parent)
            row.damage += [each for each in found if each.split(" is ")[0] not in told]
    if bare:
        row.notes.append(f"{bare} records have no checksum of their own")
    row.there, row.complete = f"{len(paths)} records", not row.damage
    return row


def _settled(path: Path, results: Path) -> bool:
    """Tell finished records from those of unfinished jobs, of damaged ones and of Snakemake."""
    parts = path.relative_to(results).parts
    return not any(
        part.startswith(".") or part.endswith(".running") or ".damaged-" in part for part in parts
    )
