"""What ``lfa1 pmf`` and ``lfa1 linkage`` left in the results folder, read for the report.

A damaged file is named, not fatal: the rest of the study stands without it. What is shown as a
number is decided here alone, so that nothing drawn later can show one that something speaks
against.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.free_energy.linkage.program import LinkageResult
from lfa1_analysis.free_energy.pulling import program as pulls
from lfa1_analysis.free_energy.umbrella.pmf import RECORD
from lfa1_analysis.free_energy.verdicts import CONVERGED, NOT_CONVERGED, UNTESTED, worst
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import digest, read_object, read_table
from lfa1_report.sources.linkage import rebuild
from lfa1_report.sources.pulling import Pulls, read_pulls

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
_VERDICTS = (CONVERGED, UNTESTED, NOT_CONVERGED)
_NUMBERS = ("value_kj_per_mol", "low", "high")


@dataclass
class FreeEnergy:
    """What is known of the free energy of opening.

    Attributes
    ----------
    record : dict or None
        ``free_energy.json``.
    tables : dict of DataFrame
        The tables that could be read, by file name.
    linkage : Linkage or None
        Only if it was made from this record, and nothing speaks against this record.
    pulls : Pulls or None
        Work of the pulls.
    withheld : str
        Why there is a linkage that is not shown, or empty.
    missing : list of str
        What was not found or cannot be used.
    """

    record: dict[str, Any] | None = None
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    linkage: LinkageResult | None = None
    pulls: Pulls | None = None
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


def read_free_energy(root: Path) -> FreeEnergy | None:
    """Read the folder below `root`, or return None where nothing was sampled."""
    folder = root / FOLDER
    if not folder.is_dir():
        return None
    found = FreeEnergy()
    try:
        found.record = _record(folder / RECORD)
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


def _read_linkage(found: FreeEnergy, folder: Path) -> None:
    for name in LINKAGE:
        if not (folder / name).is_file():
            found.missing.append(_named(folder / name, InputError("")))
            return
    path = folder / LINKAGE[0]
    try:
        record = read_object(path, _REMEDY)
        path = folder / LINKAGE[1]
        table = read_table(path, _REMEDY)
        path = folder / LINKAGE[0]
        linkage = rebuild(path, record, folder / LINKAGE[1], table)
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


def _record(path: Path) -> dict[str, Any]:
    content = read_object(path, _REMEDY)
    systems = content.get("systems")
    if not isinstance(systems, dict) or not systems:
        raise InputError(f"{path}: 'systems' is not there", _REMEDY)
    for name, its in systems.items():
        if not isinstance(its, dict) or its.get("verdict") not in _VERDICTS:
            raise InputError(f"{path}: {name} has no verdict", _REMEDY)
        for key in ("reasons", "notes"):
            if not isinstance(its.get(key), list):
                raise InputError(f"{path}: {name}.{key} is not a list", _REMEDY)
        if its["verdict"] != NOT_CONVERGED:
            _check_numbers(path, name, its)
    ddg = content.get("ddg_mg_minus_apo")
    if not isinstance(ddg, dict):
        raise InputError(f"{path}: 'ddg_mg_minus_apo' is not there", _REMEDY)
    for name in ("ddg_mg_minus_apo", "ddg_mg_minus_ca"):
        its = content.get(name)
        if isinstance(its, dict) and its.get("value_kj_per_mol") is not None:
            _check_numbers(path, name, its)
    return content


def _check_numbers(path: Path, name: str, its: dict[str, Any]) -> None:
    for key in _NUMBERS:
        value = its.get(key)
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"{path}: {name}.{key} is not a number", _REMEDY)


def _table(path: Path, words: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    table = read_table(path, _REMEDY)
    for column in ("system", *words, *numbers):
        if column not in table:
            raise InputError(f"{path}: column '{column}' is missing", _REMEDY)
    for column in ("system", "window", "other", "seeded_from"):
        if column in table:
            table[column] = table[column].fillna("").astype(str)
    for column in numbers:
        values = pd.to_numeric(table[column], errors="coerce")
        wrong = table[column][values.isna() & table[column].notna()]
        if len(wrong):
            raise InputError(f"{path}: column '{column}': {wrong.iloc[0]!r} is not a number")
        table[column] = values.astype(float)
    if "neighbours" in words:
        said = table["neighbours"].astype(str)
        if not said.isin(["True", "False"]).all():
            raise InputError(f"{path}: column 'neighbours' holds something else than True or False")
        table["neighbours"] = said == "True"
    return table


def _named(path: Path, error: InputError) -> str:
    name = f"{FOLDER}/{path.name}"
    if not path.exists():
        return name
    return f"{name} in a state to be used ({error.problem.removeprefix(f'{path}: ')})"
