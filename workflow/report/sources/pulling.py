"""What ``lfa1 pulls`` left in the results folder, read for the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, Field, FiniteFloat, model_validator

from lfa1_analysis.free_energy.pulling.program import PROFILE, RECORD
from lfa1_report.sources.files import read_columns, read_record

_REMEDY = "delete it and run lfa1 pulls again"


class _Pull(BaseModel):
    direction: Literal["forward", "backward"]
    work_kj_per_mol: FiniteFloat
    lag: FiniteFloat
    last_cv: FiniteFloat
    rest_ns: FiniteFloat
    length_ns: FiniteFloat
    first_centre: FiniteFloat
    last_centre: FiniteFloat

    @model_validator(mode="after")
    def _moves(self) -> _Pull:
        if self.first_centre == self.last_centre:
            raise ValueError("the pull goes nowhere")
        return self


class _System(BaseModel):
    notes: list[str]
    pulls: list[_Pull] = Field(min_length=1)
    delta_f_between_biased_ends: dict[str, FiniteFloat | dict[str, FiniteFloat | None] | None]
    dissipated_kt: FiniteFloat | None
    unit: str | None


class _Record(BaseModel):
    systems: dict[str, _System] = Field(min_length=1)


@dataclass(frozen=True)
class PullResults:
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

    def along(self, system: str, direction: str) -> list[pd.DataFrame]:
        """Return the rows of each pull of a system in one direction."""
        table = self.table
        its = table[(table["system"] == system) & (table["direction"] == direction)]
        return [rows for _, rows in its.groupby("replica", sort=True)]


def read_pulls(folder: Path) -> PullResults | None:
    """Read both files, or return None where neither is there.

    Raises
    ------
    InputError
        One is absent or cannot be used.
    """
    record, profile = folder / RECORD, folder / PROFILE
    if not record.exists() and not profile.exists():
        return None
    systems = read_record(record, _Record, _REMEDY)["systems"]
    columns = ("system", "replica", "direction")
    table = read_columns(profile, columns, ("time_ns", "centre", "cv", "work_kj_per_mol"), _REMEDY)
    return PullResults(systems, table.assign(system=table["system"].astype(str)))
