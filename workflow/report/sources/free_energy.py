"""What ``lfa1 pmf`` and ``lfa1 linkage`` left in the results folder, read for the report.

A damaged file is named, not fatal: the rest of the study stands without it. What is shown as a
number is decided here alone, so that nothing drawn later can show one that something speaks
against.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, Field, FiniteFloat, field_validator, model_validator

from lfa1_analysis.free_energy.linkage.constants import Constant
from lfa1_analysis.free_energy.linkage.dose_response import Band, Conditions, DoseResponse
from lfa1_analysis.free_energy.linkage.inputs import FreeEnergies
from lfa1_analysis.free_energy.linkage.program import LinkageResult
from lfa1_analysis.free_energy.pulling import program as pulls
from lfa1_analysis.free_energy.umbrella.pmf import RECORD
from lfa1_analysis.free_energy.verdicts import CONVERGED, NOT_CONVERGED, UNTESTED, worst
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import digest, read_object, read_table
from lfa1_analysis.statistics.estimates import Estimate
from lfa1_report.sources.files import read_columns, read_record
from lfa1_report.sources.pulling import PullResults, read_pulls

FOLDER = "free_energy"
PULLS = (pulls.RECORD, pulls.PROFILE)
LINKAGE = ("linkage.json", "linkage.csv")
_REMEDY = "delete it and run lfa1 pmf or lfa1 linkage again"
_TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "windows_report.csv": (
        ("window", "seeded_from"),
        (
            "centre",
            "force_constant_kj_per_mol_per_unit2",
            "length_ns",
            "n_independent",
            "mean_cv",
            "sd_cv",
        ),
    ),
    "pmf.csv": ((), ("cv", "pmf_kj_per_mol", "low", "high")),
    "overlap.csv": (
        ("window", "other", "neighbours"),
        ("centre", "other_centre", "overlap"),
    ),
    "convergence.csv": (
        ("direction",),
        ("fraction", "difference_from_all_kj_per_mol", "expected_error_kj_per_mol"),
    ),
}
"""File → columns of text and columns of numbers, besides ``system``."""
_LINKAGE_COLUMNS = ("mg_molar", "fraction_open", "median", "low", "high")


class _Difference(BaseModel):
    value_kj_per_mol: FiniteFloat | None = None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None

    @model_validator(mode="after")
    def _with_interval(self) -> _Difference:
        if self.value_kj_per_mol is not None and None in (self.low, self.high):
            raise ValueError("the value has no interval")
        return self


class _System(_Difference):
    verdict: str
    reasons: list[str]
    notes: list[str]

    @field_validator("verdict")
    @classmethod
    def _known(cls, verdict: str) -> str:
        if verdict not in (CONVERGED, UNTESTED, NOT_CONVERGED):
            raise ValueError(f"{verdict!r} is no verdict")
        return verdict

    @model_validator(mode="after")
    def _with_value(self) -> _System:
        if self.verdict != NOT_CONVERGED and self.value_kj_per_mol is None:
            raise ValueError("there is a verdict, but no value")
        return self


class _Record(BaseModel):
    systems: dict[str, _System] = Field(min_length=1)
    ddg_mg_minus_apo: _Difference
    ddg_mg_minus_ca: _Difference | None = None


@dataclass
class FreeEnergyResults:
    """The results about the free energy of opening.

    Attributes
    ----------
    record : dict or None
        ``free_energy.json``.
    tables : dict of DataFrame
        The tables that could be read, by file name.
    linkage : LinkageResult or None
        Only if it was made from this record, and nothing speaks against this record.
    pulls : PullResults or None
        Work of the pulls.
    withheld : str
        Why there is a linkage that is not shown, or empty.
    missing : list of str
        What was not found or cannot be used.
    """

    record: dict[str, Any] | None = None
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    linkage: LinkageResult | None = None
    pulls: PullResults | None = None
    withheld: str = ""
    missing: list[str] = field(default_factory=list)

    @property
    def systems(self) -> dict[str, dict[str, Any]]:
        """Record of each system; none where there is no record."""
        return self.record["systems"] if self.record else {}

    @property
    def shown(self) -> list[str]:
        """Systems of which numbers may be shown."""
        return [name for name, its in self.systems.items() if its["verdict"] != NOT_CONVERGED]

    def table(self, name: str, system: str) -> pd.DataFrame:
        """Rows of one system; none where the table is not there."""
        table = self.tables.get(name)
        return pd.DataFrame() if table is None else table[table["system"] == system]

    def unit(self, system: str) -> str:
        """Unit of the coordinate; empty for the opening coordinate, which has none."""
        return str(self.systems.get(system, {}).get("unit") or "")


def read_free_energy(root: Path) -> FreeEnergyResults | None:
    """Read the folder below `root`, or return None where nothing was sampled."""
    folder = root / FOLDER
    if not folder.is_dir():
        return None
    found = FreeEnergyResults()
    try:
        found.record = read_record(folder / RECORD, _Record, _REMEDY)
    except InputError as error:
        found.missing.append(_named(folder / RECORD, error))
    for name, (words, numbers) in _TABLES.items():
        try:
            found.tables[name] = _table(folder / name, words, numbers)
        except InputError as error:
            found.missing.append(_named(folder / name, error))
    try:
        found.pulls = read_pulls(folder)
    except InputError as error:
        path = next((folder / n for n in PULLS if f"/{n}:" in error.problem), folder / PULLS[0])
        found.missing.append(_named(path, error))
    # Which curve exists depends on the verdict: where there is none, no linkage is missed.
    if any((folder / name).exists() for name in LINKAGE):
        _read_linkage(found, folder)
    return found


def _read_linkage(found: FreeEnergyResults, folder: Path) -> None:
    for name in LINKAGE:
        if not (folder / name).is_file():
            found.missing.append(_named(folder / name, InputError("")))
            return
    record_file, table_file = (folder / name for name in LINKAGE)
    path = record_file
    try:
        record = read_object(record_file, _REMEDY)
        path = table_file
        table = read_table(table_file, _REMEDY)
        path = record_file
        linkage = _rebuilt(record_file, record, table_file, table)
    except InputError as error:
        found.missing.append(_named(path, error))
        return
    used = {str(given.get("sha256")) for given in record.get("inputs", [])}
    systems = found.systems
    if not {"mg", "apo"} <= set(found.shown):
        found.withheld = "the free energies of mg and apo are not both converged"
    elif used != {digest(folder / RECORD)} or linkage.energies.verdict != worst(
        systems[name]["verdict"] for name in ("mg", "apo", "ca") if name in systems
    ):
        found.withheld = "it was not computed from the free energies above; run lfa1 linkage again"
    else:
        found.linkage = linkage


def _table(path: Path, words: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    table = read_columns(path, ("system", *words), numbers, _REMEDY)
    for column in ("system", "window", "other", "seeded_from"):
        if column in table:
            table[column] = table[column].fillna("").astype(str)
    if "neighbours" in words:
        given = table["neighbours"].astype(str)
        if not given.isin(["True", "False"]).all():
            raise InputError(f"{path}: column 'neighbours' holds something else than True or False")
        table["neighbours"] = given == "True"
    return table


def _named(path: Path, error: InputError) -> str:
    name = f"{FOLDER}/{path.name}"
    if not path.exists():
        return name
    return f"{name} in a state to be used ({error.problem.removeprefix(f'{path}: ')})"


def _rebuilt(
    path: Path, record: dict[str, Any], table_path: Path, table: pd.DataFrame
) -> LinkageResult:
    """Put a linkage together again from its record and table, without computing anything anew."""
    try:
        known = record["files"].get(table_path.name)
        linkage = _linkage(record, table)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: is no record of a linkage: {error}", _REMEDY) from None
    if known != f"sha256:{hashlib.sha256(table_path.read_bytes()).hexdigest()}":
        raise InputError(f"{path}: describes another {table_path.name}", _REMEDY)
    for column in _LINKAGE_COLUMNS:
        if column not in table or not pd.api.types.is_numeric_dtype(table[column]):
            raise InputError(f"{path}: {table_path.name} has no numbers in '{column}'", _REMEDY)
    return linkage


def _linkage(record: dict[str, Any], table: pd.DataFrame) -> LinkageResult:
    given = record["free_energies"]
    energies = FreeEnergies(
        Estimate(**given["apo"]),
        Estimate(**given["mg"]),
        Estimate(**given["ca"]) if given["ca"] else None,
        str(given["verdict"]),
        tuple(given["not_converged"]),
    )
    k_mg, k_ca = (Constant(**constant) for constant in record["apparent_constants"])
    found = DoseResponse(
        table,
        _bands(record["fraction_open_at_serum_levels"]),
        _bands(record["change_from_normal"]),
        Band(**record["k_mg_closed_molar"]),
        Band(**record["k_mg_open_molar"]),
        bool(record["resolved"]),
        record["flat_fraction_open"],
    )
    conditions = Conditions(**record["conditions"])
    keys = ("verdict", "assumptions", "occupant", "experiment")
    sentences = [[str(line) for line in record[key]] for key in keys]
    if not sentences[0]:
        raise ValueError("no verdict")
    return LinkageResult(energies, k_mg, k_ca, conditions, found, *sentences)


def _bands(given: dict[str, Any]) -> dict[str, Band]:
    return {name: Band(**band) for name, band in given.items()}
