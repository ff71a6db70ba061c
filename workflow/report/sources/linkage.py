"""A linkage as it was computed, from the table and the record that ``lfa1 linkage`` wrote."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.free_energy.linkage.constants import Constant
from lfa1_analysis.free_energy.linkage.dose_response import Band, Conditions, DoseResponse
from lfa1_analysis.free_energy.linkage.inputs import FreeEnergies
from lfa1_analysis.free_energy.linkage.program import LinkageResult
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.statistics.estimates import Estimate

_REMEDY = "run lfa1 linkage again"
_COLUMNS = ("mg_molar", "fraction_open", "median", "low", "high")


def rebuild(
    path: Path, record: dict[str, Any], table_path: Path, table: pd.DataFrame
) -> LinkageResult:
    """Put a linkage together again, without computing anything anew.

    Parameters
    ----------
    path, table_path : Path
        Of record and table, for messages and the checksum.
    record : dict
        Content of the JSON file.
    table : pandas.DataFrame
        Content of the CSV file.

    Raises
    ------
    InputError
        Something is missing in the record, or the table is not the one that it describes.
    """
    try:
        known = record["files"].get(table_path.name)
        linkage = _linkage(record, table)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: is no record of a linkage: {error}", _REMEDY) from None
    found = f"sha256:{hashlib.sha256(table_path.read_bytes()).hexdigest()}"
    if known != found:
        raise InputError(f"{path}: describes another {table_path.name}", _REMEDY)
    for column in _COLUMNS:
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
    told = ("verdict", "assumptions", "occupant", "experiment")
    said = [[str(line) for line in record[key]] for key in told]
    if not said[0]:
        raise ValueError("no verdict")
    return LinkageResult(energies, k_mg, k_ca, conditions, found, *said)


def _bands(given: dict[str, Any]) -> dict[str, Band]:
    return {name: Band(**band) for name, band in given.items()}
