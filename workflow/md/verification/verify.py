"""Check a whole results folder: every file against its record, and each step against the last.

Nothing is changed, nothing is guessed: what was never made is missing, what differs from its
record is damage.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd

from lfa1_analysis.io import sealed_record as seal
from lfa1_analysis.io.errors import StudyError
from lfa1_md.box import build
from lfa1_md.files.provenance import read_json, sha256
from lfa1_md.run import equilibrate, protocol
from lfa1_md.run.protocol import Protocol
from lfa1_md.study import umbrella_windows as windows
from lfa1_md.study.configfile import of_results
from lfa1_md.study.plan import names
from lfa1_md.study.settings import StudyConfig
from lfa1_md.verification.verify_chain import Chain, unfinished
from lfa1_md.verification.verify_exchange import Exchanged
from lfa1_md.verification.verify_records import records
from lfa1_md.verification.verify_rows import Row, follows, recorded, same_system
from lfa1_md.verification.verify_separation import compared, pulled

REMEDY = (
    "delete the named files and run snakemake again: it makes them, and what follows from them "
    "where they come out otherwise"
)


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
    study = of_results(results)
    rows = [_settings(results)]
    rows += [step(results, state) for state in study.states for step in (_prepared, _solvated)]
    rows += [_system(results, system) for system in study.systems]
    for system in study.systems:
        rows += [_replica(results, study, system, n) for n in range(study.replicas)]
        further = range(study.replicas, study.equilibrated(system))
        rows += [_equilibrated(results, system, n, f"equilibration {n}") for n in further]
    for system in study.systems:
        for n in range(study.sampling.replicas if study.sampling else 0):
            rows += _sampled(results, study, system, n)
    for system in study.pulled_systems:
        rows += pulled(results, study, system)
    for system in study.systems:
        rows += [_analysed(results, study, system, n) for n in range(study.replicas)]
    if study.separation is not None:
        rows.append(compared(results, study))
    rows.append(_report(results))
    return [*rows, records(results, [text for row in rows for text in row.damage])]


def _settings(results: Path) -> Row:
    """Check the configuration; an earlier version wrote it without a checksum."""
    row, path = Row("study", "settings", "complete", True), results / "config.yaml"
    data = path.read_bytes()
    if not data.splitlines()[-1].startswith(b"#"):
        row.notes.append(f"{path}: of an earlier version, has no checksum of its own")
    elif seal.broken_text(data):
        row.damage.append(f"{path}: is not what was written: its own checksum differs")
        row.complete = False
    return row


def _prepared(results: Path, state: str) -> Row:
    return recorded(Row(state, "prepared"), results / "prepared" / state, "site.json")


def _solvated(results: Path, state: str) -> Row:
    folder = results / "solvated" / state
    row = recorded(Row(state, "solvated"), folder, build.BOX_RECORD)
    if row.complete:
        protein = results / "prepared" / state / "protein.cif"
        follows(row, read_json(folder / build.BOX_RECORD), protein)
    return row


def _system(results: Path, system: str) -> Row:
    folder = results / "systems" / system
    row = recorded(Row(system, "system"), folder, "manifest.json")
    if row.complete:
        box = results / "solvated" / system.rsplit("-", 1)[0] / build.BOX
        follows(row, read_json(folder / "manifest.json"), box)
    return row


def _replica(results: Path, study: StudyConfig, system: str, number: int) -> Row:
    """Check the equilibration and the production of a replica."""
    row = Row(system, f"replica {number}")
    home = results / "equilibrated" / system / f"replica-{number}"
    begun = _equilibrated(results, system, number, row.part)
    row.damage += begun.damage
    folder = results / "production" / system / f"replica-{number}"
    chosen = protocol.production(study, system.rsplit("-", 1)[0])
    chain = Chain(results, study, folder, partial(_always, chosen), study.production.n_segments)
    chain.check(row, number, home / equilibrate.STATE)
    row.complete = row.complete and begun.complete
    row.notes += begun.notes
    return row


def _equilibrated(results: Path, system: str, number: int, part: str) -> Row:
    """Check the equilibration of a replica."""
    home = results / "equilibrated" / system / f"replica-{number}"
    row = recorded(Row(system, part), home, equilibrate.RECORD)
    if row.complete:
        minimised = results / "systems" / system / "minimised.state.xml.gz"
        follows(row, read_json(home / equilibrate.RECORD), minimised)
        same_system(row, read_json(home / equilibrate.RECORD), results)
        row.complete = not row.damage
    row.notes += unfinished([home / equilibrate.WORKING], "equilibration")
    return row


def _always(chosen: Protocol, segment: int) -> Protocol:
    """All segments of the chain are run alike."""
    return chosen


def _sampled(results: Path, study: StudyConfig, system: str, number: int) -> list[Row]:
    """Check a pull and its windows."""
    sampling, state = study.sampling, system.rsplit("-", 1)[0]
    if sampling is None:
        return []
    home = results / "sampling" / system / f"replica-{number}"
    order, rows = sampling.order(state), [Row(system, f"pull {number}")]
    pull = Chain(
        results, study, home / "pull", lambda k: protocol.pull(study, state, k), len(order)
    )
    equilibrated = results / "equilibrated" / system / f"replica-{number}" / equilibrate.STATE
    pull.check(rows[0], number, equilibrated)
    places = windows.latest(sampling, results)
    for place in places:
        row = Row(system, f"pull {number} window {place.window}")
        chosen = protocol.window(study, state, place)
        begins = home / "pull" / names(order.index(place.start))["state"]
        folder = home / f"window-{place.window}"
        wanted = 1 if sampling.exchange else sampling.window.n_segments
        Chain(results, study, folder, partial(_always, chosen), wanted).check(row, number, begins)
        rows.append(row)
    if sampling.exchange:
        rows.append(Exchanged(results, study, home, places).check(system, number))
    return rows


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
        one = recorded(Row(system, row.part), folder, path.name)
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
    listed = inputs[1:] if isinstance(inputs, list) else []
    used = [each.get("sha256") for each in listed if isinstance(each, dict)]
    there = [sha256(each).removeprefix("sha256:") for each in trajectories if each.is_file()]
    if used != there:
        return [f"{table}: was made from other trajectories than are there"]
    if not table.is_file():
        return []  # said by the comparison with its record
    try:
        rows = len(pd.read_csv(table))
    except ValueError as error:
        return [f"{table}: cannot be read ({error})"]
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
    if page.is_file():
        data = page.read_bytes()
        if data.rstrip().endswith(b"</html>"):
            row.notes.append(f"{page}: has no checksum of its own (of an earlier version?)")
        elif seal.broken_text(data):
            row.damage.append(f"{page}: is not what was written: its own checksum differs")
    row.complete = summary.is_file() and page.is_file() and not row.damage
    row.there = "complete" if row.complete else "not made yet"
    return row
