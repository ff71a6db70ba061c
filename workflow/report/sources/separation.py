"""What ``lfa1 separation`` left in the results folder, read for the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, Field

from lfa1_analysis.separation.program import PAIRS, PROFILE, RECORD
from lfa1_report.sources.files import read_columns, read_record

_REMEDY = "delete it and run lfa1 separation again"
_PROFILE = ("extension_nm", "smoothed_force_pn", "work_kj_per_mol")
_PAIRS = ("kind", "residue", "ligand_residue")


class _System(BaseModel):
    pulls: list[dict[str, Any]] = Field(min_length=1)
    speed_nm_per_ns: float
    loading_rate_pn_per_s: float
    jarzynski_kj_per_mol: dict[str, Any]
    ruptured: int


class _Record(BaseModel):
    systems: dict[str, _System] = Field(min_length=1)


@dataclass(frozen=True)
class SeparationResults:
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


def read_separation(root: Path) -> SeparationResults | None:
    """Read the folder below `root`, or return None where nothing was pulled.

    Raises
    ------
    InputError
        A file is absent or cannot be used.
    """
    folder = root / "separation"
    if not any((folder / name).exists() for name in (RECORD, PROFILE, PAIRS)):
        return None
    return SeparationResults(
        read_record(folder / RECORD, _Record, _REMEDY),
        read_columns(folder / PROFILE, ("system", "replica"), _PROFILE, _REMEDY),
        read_columns(
            folder / PAIRS, ("system", "replica", *_PAIRS), ("rupture_extension_nm",), _REMEDY
        ),
    )
