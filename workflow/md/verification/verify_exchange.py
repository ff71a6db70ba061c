"""Check the exchanged segments of a replica."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import StudyError
from lfa1_analysis.trajectory import segments as completeness
from lfa1_md.biased import exchange_files
from lfa1_md.files.provenance import sha256
from lfa1_md.run import protocol
from lfa1_md.study.plan import working_folder
from lfa1_md.study.settings import StudyConfig, digest
from lfa1_md.study.umbrella_windows import Place
from lfa1_md.verification.verify_chain import history, unfinished
from lfa1_md.verification.verify_rows import Row, same_system


@dataclass(frozen=True)
class Exchanged:
    """The exchanged segments of a replica.

    Attributes
    ----------
    results : Path
    study : StudyConfig
        With `sampling.exchange`.
    home : Path
        The replica's folder in ``results/sampling``.
    places : list of Place
        The windows.
    """

    results: Path
    study: StudyConfig
    home: Path
    places: list[Place]

    def check(self, system: str, replica: int) -> Row:
        """Check every segment against its record, the plan and what it began from."""
        assert self.study.sampling is not None  # nothing is exchanged without
        row = Row(system, f"pull {replica} exchange")
        folder = self.home / exchange_files.FOLDER
        wanted = range(1, self.study.sampling.window.n_segments)
        there = [k for k in wanted if (folder / exchange_files.names(k)["json"]).is_file()]
        for k in wanted:
            path = folder / exchange_files.names(k)["json"]
            if k not in there:
                if k < max(there, default=0):
                    row.damage.append(f"{path}: is missing, though later segments are there")
                continue
            try:
                record = completeness.read_record(path)
            except StudyError as error:
                row.damage.append(error.problem)
                continue
            row.damage += [f"{folder}: {each}" for each in completeness.problems(record, folder)]
            row.damage += self._other_plan(path, record, system, replica, k)
            row.damage += self._other_start(path, record, k)
            same_system(row, record, self.results)
            row.notes += history(path, record)
        row.there = f"{len(there)} of {len(wanted)} segments, {len(self.places)} windows"
        row.complete = len(there) == len(wanted) and not row.damage
        row.notes += unfinished([working_folder(folder, k) for k in wanted], "segment")
        return row

    def _other_plan(
        self, path: Path, record: dict[str, Any], system: str, replica: int, k: int
    ) -> list[str]:
        chosen = protocol.exchange(self.study, system.rsplit("-", 1)[0], self.places)
        expected = exchange_files.expected(chosen, self.study.dynamics.timestep, k)
        expected |= {"system": system, "replica": replica}
        wrong = [key for key, value in expected.items() if record.get(key) != value]
        expected_digest = digest(chosen.settings)
        if record.get("settings_digest") != expected_digest:
            wrong.append("settings_digest")
        if digest(record.get("settings") or {}) != expected_digest:
            wrong.append("settings")
        if set(record["files"]) != exchange_files.listed(k, len(self.places)):
            wrong.append("files")
        return [f"{path}: was made with another {', '.join(wrong)}"] if wrong else []

    def _other_start(self, path: Path, record: dict[str, Any], k: int) -> list[str]:
        """Compare the states that a segment began from with those that are there."""
        names = exchange_files.sources(k, self.places)
        if missing := [name for name in names if not (self.home / name).is_file()]:
            return [f"{self.home / missing[0]}: is missing, though {path} was begun from it"]
        began = record.get("started_from")
        found = {name: sha256(self.home / name) for name in names}
        if not isinstance(began, dict) or began.get("sha256") != exchange_files.together(found):
            return [f"{path}: was begun from other states than are there"]
        return []
