"""What ``lfa1 separation`` left in the results folder, read for the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import read_object, read_table
from lfa1_analysis.separation.program import PAIRS, PROFILE, RECORD

FOLDER = "separation"
_REMEDY = "delete it and run lfa1 separation again"
_PROFILE = ("system", "replica", "extension_nm", "smoothed_force_pn", "work_kj_per_mol")
_PAIRS = ("system", "replica", "kind", "residue", "ligand_residue", "rupture_extension_nm")
_SYSTEM = ("pulls", "speed_nm_per_ns", "loading_rate_pn_per_s", "jarzynski_kj_per_mol", "ruptured")


@dataclass(frozen=True)
class Separation:
    """Steered separations of all systems.

    Attributes
    ----------
    record : dict
        Content of ``separation.json``.
    profile, pairs : DataFrame
        Force and work along every pull; when each residue pair let go.
    """

    record: dict[str, Any]
    profile: pd.DataFrame
    pairs: pd.DataFrame

    @property
    def systems(self) -> dict[str, Any]:
        """Record of each system."""
        return dict(self.record["systems"])


def read_separation(root: Path) -> Separation | None:
    """Read the folder below `root`, or return None where nothing was pulled.

    Raises
    ------
    InputError
        A file is absent or cannot be used.
    """
    folder = root / FOLDER
    if not any((folder / name).exists() for name in (RECORD, PROFILE, PAIRS)):
        return None
    record = read_object(folder / RECORD, _REMEDY)
    systems = record.get("systems")
    if not isinstance(systems, dict) or not systems:
        raise InputError(f"{folder / RECORD}: 'systems' is not there", _REMEDY)
    for name, its in systems.items():
        lacking = [key for key in _SYSTEM if not isinstance(its, dict) or key not in its]
        if lacking or not its["pulls"]:
            raise InputError(f"{folder / RECORD}: {name} is no record of pulls", _REMEDY)
    tables = []
    for file, columns in ((PROFILE, _PROFILE), (PAIRS, _PAIRS)):
        table = read_table(folder / file, _REMEDY)
        if missing := [column for column in columns if column not in table.columns]:
            raise InputError(f"{folder / file}: lacks the column {', '.join(missing)}", _REMEDY)
        tables.append(table)
    return Separation(record, *tables)
