"""Check a chain of segments: production's, a pull's or a window's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import StudyError
from lfa1_analysis.trajectory import segments as completeness
from lfa1_md.files import checkpoint
from lfa1_md.run.protocol import Protocol
from lfa1_md.study.plan import Plan, names, working_folder
from lfa1_md.study.settings import StudyConfig, digest
from lfa1_md.verification.verify_rows import Row, follows, same_system


@dataclass(frozen=True)
class Chain:
    """A chain of segments.

    Attributes
    ----------
    results : Path
    study : StudyConfig
    folder : Path
        Where the segments lie.
    protocol : callable
        Of a segment's number.
    wanted : int
        How many segments it has when it is complete.
    """

    results: Path
    study: StudyConfig
    folder: Path
    protocol: Callable[[int], Protocol]
    wanted: int

    def check(self, row: Row, replica: int, start: Path) -> None:
        """Check every segment against its record, the plan and the one before.

        Parameters
        ----------
        row : Row
            Gains what is found.
        replica : int
        start : Path
            State that segment 0 began from.
        """
        folder, trajectories, frames, length = self.folder, [], 0, 0.0
        done = [number for number, _ in completeness.records(folder)]
        for k in range(self.wanted):
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
            row.damage += self._other_plan(path, record, row.what, replica, k)
            follows(row, record, start)
            same_system(row, record, self.results)
            start = folder / names(k)["state"]
            trajectories.append(folder / names(k)["xtc"])
            frames += self.protocol(k).lengths.frames_per_segment
            length += self.protocol(k).lengths.segment / 1000
            row.notes += history(path, record)
        if not row.damage:
            try:
                completeness.joined(trajectories)
            except StudyError as error:
                row.damage.append(error.problem)
        n, wanted = len(trajectories), self.wanted
        row.there = f"{n} of {wanted} segments, {frames} frames, {length:g} ns"
        row.complete = n == wanted and not row.damage
        row.notes += unfinished([working_folder(folder, k) for k in range(wanted)], "segment")
        row.notes += [f"{each}: set aside, and not used" for each in folder.glob("*.damaged-*")]
        row.notes += [f"{folder}: segment {k} is not of this study" for k in done if k >= wanted]

    def _other_plan(
        self, path: Path, record: dict[str, Any], system: str, replica: int, k: int
    ) -> list[str]:
        chosen = self.protocol(k)
        plan = Plan.of(chosen.lengths, self.study.dynamics.timestep, k).record()
        expected = {"system": system, "replica": replica, "segment": k, **chosen.record, **plan}
        wrong = [key for key, value in expected.items() if record.get(key) != value]
        expected_digest = digest(chosen.settings)
        if record.get("settings_digest") != expected_digest:
            wrong.append("settings_digest")
        if digest(record.get("settings") or {}) != expected_digest:
            wrong.append("settings")
        if set(record["files"]) != {name for kind, name in names(k).items() if kind != "json"}:
            wrong.append("files")
        return [f"{path}: was made with another {', '.join(wrong)}"] if wrong else []


def history(path: Path, record: dict[str, Any]) -> list[str]:
    """Say what was unusual about a segment's run."""
    notes = []
    inexact = [each for each in record.get("continuations", []) if not each.get("exact")]
    if inexact:
        notes.append(f"{path.name}: continued {len(inexact)} × not bit for bit")
    if blown := record.get("blow_ups"):
        notes.append(f"{path.name}: blew up {len(blown)} ×, continued with new velocities")
    return notes


def unfinished(folders: list[Path], what: str) -> Iterator[str]:
    """Say how far jobs are that lie in these folders."""
    for folder in folders:
        if folder.is_dir():
            complaints: list[str] = []
            try:
                newest = next(checkpoint.valid(folder, complaints), None)
            except (OSError, StudyError):  # it runs on: this one has just been replaced
                continue
            at = "no checkpoint yet" if newest is None else f"checkpoint at step {newest.step}"
            yield f"{folder}: unfinished {what}, {'; '.join([at, *complaints])}"
