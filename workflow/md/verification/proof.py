"""Tell whether a step's files are still what records say, and made from what is there now.

Two kinds of record tell. What simulates, prepares or measures writes its own, with the checksums
of its outputs and of what it began from. Of steps without one, `Ledger` remembers both.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import StudyError
from lfa1_md.files.durable import write_json
from lfa1_md.files.records import STRUCTURE, Record
from lfa1_md.study.settings import BESIDES, digest
from lfa1_md.verification.sums import Sums

LEDGER = "made_from.json"
"""Name of the ledger below the results folder."""


@dataclass(frozen=True)
class ProvenStep:
    """A step of the study, as far as its proof needs it.

    Attributes
    ----------
    inputs, outputs : tuple of Path
        Files; outputs may be folders.
    digest : str
        Of the settings that it would be run with; empty where no record names one.
    options : str
        All that it would be run with besides, for the ledger.
    """

    inputs: tuple[Path, ...]
    outputs: tuple[Path, ...]
    digest: str = ""
    options: str = ""

    @property
    def name(self) -> str:
        """Its first output, by which the ledger knows it."""
        return str(self.outputs[0])


class ProofAnswer(enum.Enum):
    """The answer of the records about a step."""

    SOUND = enum.auto()
    SILENT = enum.auto()
    WRONG = enum.auto()
    OTHER_SETTINGS = enum.auto()


@dataclass
class ProofVerdict:
    """The verdict on a step, with the points in which records contradict what is there."""

    answer: ProofAnswer
    wrong: list[str] = field(default_factory=list)


def simulated(step: ProvenStep) -> bool:
    """Return whether the step has simulated something with these settings."""
    return any(each.system_sha256 and _digest(each) == step.digest for each in _readable(step))


def other_settings(step: ProvenStep) -> bool:
    """Return whether a record of the step names other settings than it would be run with."""
    if not step.digest:
        return False
    return any(_digest(each) not in (step.digest, None) for each in _readable(step))


def _digest(record: Record) -> str | None:
    """Return the digest of the study's settings that a record names; None if it names none."""
    settings = record.settings or {}
    if settings.keys().isdisjoint(BESIDES):
        return record.settings_digest
    # What windows that were added or exchanged have besides follows from other files.
    return digest({key: value for key, value in settings.items() if key not in BESIDES})


def lost(step: ProvenStep, ledger: Ledger, followers: Iterable[ProvenStep]) -> list[Path]:
    """Return the outputs that are missing although they were made once.

    That they were tells an output beside them, or what is recorded of a later step that is there.
    """
    missing = [path for path in step.outputs if not path.exists()]
    if not missing or len(missing) < len(step.outputs):
        return missing
    used = set().union(*(_named(each, ledger) & set(each.inputs) for each in followers))
    return missing if used & set(missing) else []


def _named(step: ProvenStep, ledger: Ledger) -> set[Path]:
    """Return the inputs that records of a step name, if it is there."""
    if not any(path.exists() for path in step.outputs):
        return set()
    names = {name for record in _readable(step) for name in record.began}
    noted = ledger.inputs(step.name)
    return {path for path in step.inputs if path.name in names or str(path) in noted}


def judge(
    step: ProvenStep, sums: Sums, ledger: Ledger, followers: Iterable[ProvenStep] = ()
) -> ProofVerdict:
    """Compare a step's files with what is recorded of them.

    Parameters
    ----------
    step : ProvenStep
    sums : Sums
    ledger : Ledger
    followers : iterable of ProvenStep
        Those that began from it: their records name what they began from.
    """
    if other_settings(step):
        return ProofVerdict(ProofAnswer.OTHER_SETTINGS)
    wrong = [f"{path}: is missing" for path in step.outputs if not path.exists()]
    recorded = False
    for path in filter(Path.is_file, _records(step)):
        try:
            record = Record.read(path)
        except StudyError as error:
            return ProofVerdict(ProofAnswer.WRONG, [error.problem])
        if record.files is not None:
            recorded = True
            wrong += _other_outputs(path, record.files, sums)
        wrong += _other_inputs(path, record, step.inputs, sums)
    known = ledger.knows(step.name)
    if known and not wrong:
        wrong += ledger.differences(step, sums)
    if not recorded and not known:
        used = [found for each in followers for found in _used(step, each, sums)]
        if not used and not wrong:
            return ProofVerdict(ProofAnswer.SILENT)
        wrong += filter(None, used)
    return ProofVerdict(ProofAnswer.WRONG, wrong) if wrong else ProofVerdict(ProofAnswer.SOUND)


class Ledger:
    """The inputs and outputs of steps without records: `made_from.json`.

    Parameters
    ----------
    results : Path
    """

    def __init__(self, results: Path) -> None:
        self._path = results / LEDGER
        self._steps: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            content = json.loads(self._path.read_text(encoding="utf-8"))
            self._steps = content if isinstance(content, dict) else {}

    def knows(self, name: str) -> bool:
        """Say whether it has an entry of the step of this name."""
        entry = self._steps.get(name)
        return isinstance(entry, dict) and set(entry) == {"options", "inputs", "outputs"}

    def inputs(self, name: str) -> set[str]:
        """Return the inputs that a step was made from, as far as it knows."""
        noted = self._steps[name]["inputs"] if self.knows(name) else {}
        return set(noted) if isinstance(noted, dict) else set()

    def other_options(self, step: ProvenStep) -> bool:
        """Say whether a step that it knows was made with other options."""
        return self.knows(step.name) and self._steps[step.name]["options"] != step.options

    def remember(self, steps: Iterable[ProvenStep], sums: Sums) -> None:
        """Note steps that have just been made, or are known to be up to date."""
        before = dict(self._steps)
        for step in steps:
            with suppress(OSError):
                self._steps[step.name] = {
                    "options": step.options,
                    "inputs": {str(p): _recorded_sum(p, sums) for p in step.inputs},
                    "outputs": {str(p): sums.of(p) for p in step.outputs},
                }
        if self._steps != before:
            with suppress(OSError):  # without it these steps are made again after a copy
                write_json(self._path, self._steps)

    def differences(self, step: ProvenStep, sums: Sums) -> list[str]:
        """Say which files of a known step are others now."""
        entry = self._steps[step.name]
        wrong = [f"{step.name}: was made with other options"] if self.other_options(step) else []
        for kind, paths in (("inputs", step.inputs), ("outputs", step.outputs)):
            noted = entry[kind] if isinstance(entry[kind], dict) else {}
            for path in paths:
                if str(path) not in noted:
                    wrong.append(f"{step.name}: was made without {path}")
                elif path.exists() and sums.of(path) != noted[str(path)]:
                    what = "is not what" if kind == "outputs" else "is another one than in"
                    wrong.append(f"{path}: {what} {self._path} describes")
        return wrong


def _records(step: ProvenStep) -> list[Path]:
    return [path for path in step.outputs if path.suffix == ".json"]


def _readable(step: ProvenStep) -> Iterator[Record]:
    for path in filter(Path.is_file, _records(step)):
        with suppress(StudyError):
            yield Record.read(path)


def _other_outputs(record: Path, files: dict[str, str], sums: Sums) -> list[str]:
    wrong = []
    for name, expected in files.items():
        path = record.parent / name
        if not path.is_file():
            wrong.append(f"{path}: is missing")
        elif sums.of(path) != expected:
            wrong.append(f"{path}: is not what {record.name} describes: the checksum differs")
    return wrong


def _other_inputs(path: Path, record: Record, inputs: tuple[Path, ...], sums: Sums) -> list[str]:
    """Compare what a record says that its step began from with what is there."""
    began, wrong = record.began, []
    for name in began:
        there = [each for each in inputs if name in (each.name, STRUCTURE)]
        found = {sums.of(each) for each in there if each.is_file()}
        if found and not found & began[name]:
            wrong.append(f"{path}: was made from another {there[0]} than is there")
    if record.inputs is not None:
        more = [each for each in inputs if each.name not in began]
        wrong += [f"{path}: was made without {each}" for each in more]
    return wrong


def _used(step: ProvenStep, follower: ProvenStep, sums: Sums) -> list[str]:
    """Say of each output that a later step's record names whether it is that one ("") or not."""
    found = []
    for record in _readable(follower):
        for output in set(step.outputs) & set(follower.inputs):
            if output.name in record.began and output.is_file():
                same = sums.of(output) in record.began[output.name]
                other = f"{output}: is another one than {follower.name} began from"
                found.append("" if same else other)
    return found


def _recorded_sum(path: Path, sums: Sums) -> str:
    """Return the checksum of a file; a trajectory's, which can be long, from its own record."""
    beside = path.with_suffix(".json")
    if path.suffix == ".xtc" and beside.is_file():
        with suppress(StudyError):
            return (Record.read(beside).files or {}).get(path.name) or sums.of(path)
    return sums.of(path)
