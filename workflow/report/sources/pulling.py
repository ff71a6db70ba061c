"""What ``lfa1 pulls`` left in the results folder, read for the report."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.free_energy.pulling.program import PROFILE, RECORD
from lfa1_analysis.free_energy.pulling.pulls import BACKWARD, FORWARD
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import read_object, read_table

_REMEDY = "delete it and run lfa1 pulls again"
_NUMBERS = ("time_ns", "centre", "cv", "work_kj_per_mol")
_NEEDED = (
    "work_kj_per_mol",
    "lag",
    "last_cv",
    "rest_ns",
    "length_ns",
    "first_centre",
    "last_centre",
)


@dataclass(frozen=True)
class Pulls:
    """Pulls of all systems.

    Attributes
    ----------
    systems : dict
        Record of each system.
    table : DataFrame
        Work and coordinate along every pull.
    """

    systems: dict[str, dict[str, Any]]
    table: pd.DataFrame

    def way(self, system: str, direction: str) -> list[pd.DataFrame]:
        """Rows of each pull of a system in one direction."""
        table = self.table
        its = table[(table["system"] == system) & (table["direction"] == direction)]
        return [rows for _, rows in its.groupby("replica", sort=True)]


def read_pulls(folder: Path) -> Pulls | None:
    """Read both files, or return None where neither is there.

    Raises
    ------
    InputError
        One is absent or cannot be used.
    """
    record, profile = folder / RECORD, folder / PROFILE
    if not record.exists() and not profile.exists():
        return None
    systems = read_object(record, _REMEDY).get("systems")
    if not isinstance(systems, dict) or not systems:
        raise InputError(f"{record}: 'systems' is not there", _REMEDY)
    for name, its in systems.items():
        _check(record, name, its)
    return Pulls(systems, _table(profile))


def _check(path: Path, name: str, its: Any) -> None:
    keys = ("pulls", "notes", "delta_f_between_biased_ends", "dissipated_kt", "unit")
    lacking = [key for key in keys if not isinstance(its, dict) or key not in its]
    if lacking:
        raise InputError(f"{path}: {name}.{lacking[0]} is not there", _REMEDY)
    bounds, pulls = its["delta_f_between_biased_ends"], its["pulls"]
    if not isinstance(bounds, dict) or not isinstance(its["notes"], list) or not pulls:
        raise InputError(f"{path}: {name} is no record of pulls", _REMEDY)
    for each in pulls:
        if not isinstance(each, dict) or each.get("direction") not in (FORWARD, BACKWARD):
            raise InputError(f"{path}: {name}: a pull has no direction", _REMEDY)
        for key in _NEEDED:
            if not _is_number(each.get(key)):
                raise InputError(f"{path}: {name}: a pull's {key} is not a number", _REMEDY)
        if each["first_centre"] == each["last_centre"]:
            raise InputError(f"{path}: {name}: a pull goes nowhere", _REMEDY)
    optional = {key: value for key, value in bounds.items() if key != "bar_kj_per_mol"}
    for part in (optional, bounds.get("bar_kj_per_mol") or {}):
        for key, value in part.items():
            if value is not None and not _is_number(value):
                raise InputError(f"{path}: {name}: {key} is not a number", _REMEDY)


def _table(path: Path) -> pd.DataFrame:
    table = read_table(path, _REMEDY)
    for column in ("system", "replica", "direction", *_NUMBERS):
        if column not in table:
            raise InputError(f"{path}: column '{column}' is missing", _REMEDY)
    for column in _NUMBERS:
        values = pd.to_numeric(table[column], errors="coerce")
        if values.isna().any():
            wrong = table[column][values.isna()].iloc[0]
            raise InputError(f"{path}: column '{column}': {wrong!r} is not a number", _REMEDY)
        table[column] = values.astype(float)
    table["system"] = table["system"].astype(str)
    return table


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
