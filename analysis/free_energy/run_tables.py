"""Tables that list biased runs, and the time series of each, with errors that name the line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import read_table

Array = npt.NDArray[np.float64]

TIME_STEP_SPREAD = 0.01
"""Relative; frames further apart than this from the median mean that some are missing."""
_ROUNDING_NS = 2e-6
"""Times are written to 1 fs."""


@dataclass(frozen=True)
class RunRow:
    """One row of a table of runs; `where` names file and line in messages."""

    where: str
    folder: Path
    values: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def text(self, name: str) -> str:
        """Return a value that must not be empty."""
        if not self[name]:
            raise InputError(f"{self.where}: '{name}' is empty", "fill it in")
        return self[name]

    def choice(self, name: str, *allowed: str) -> str:
        """Return a value that must be one of a few."""
        if self[name].lower() not in allowed:
            named = ", ".join(text or "nothing" for text in allowed)
            raise InputError(f"{self.where}: {name} is '{self[name]}'", f"write {named}")
        return self[name].lower()

    def number(self, name: str, *, above_zero: bool = False) -> float:
        """Return a finite number."""
        try:
            value = float(self[name])
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or (above_zero and value <= 0):
            remedy = "give a number above 0" if above_zero else "give a number"
            raise InputError(f"{self.where}: {name} is '{self[name]}'", remedy)
        return value

    def replica(self) -> int:
        """Return the number of the replica."""
        value = self.number("replica")
        if not 0 <= value < 1e9 or value != int(value):
            remedy = "give a whole number, 0 or more"
            raise InputError(f"{self.where}: replica is '{self['replica']}'", remedy)
        return int(value)

    def file(self, name: str = "file") -> Path:
        """Return the path of a file, which the table gives relative to itself."""
        return self.folder / self.text(name)


def read_rows(path: Path, columns: Sequence[str], what: str) -> list[RunRow]:
    """Read a table that lists runs.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        That it must have.
    what : str
        What a row lists, for the message where there is none.

    Raises
    ------
    InputError
        It cannot be read, lacks a column, or has no row.
    """
    remedy = f"give a CSV file with the columns {', '.join(columns)}"
    table = read_table(path, remedy, dtype=str, keep_default_na=False)
    _require(path, table, columns, remedy)
    if table.empty:
        raise InputError(f"{path}: lists no {what}", remedy)
    rows = table.to_dict("records")
    return [
        RunRow(f"{path}: line {n}", path.parent, {str(k): str(v).strip() for k, v in row.items()})
        for n, row in enumerate(rows, start=2)
    ]


def read_columns(file: Path, columns: Sequence[str], remedy: str) -> tuple[Array, ...]:
    """Read time (``time_ns``, evenly rising) and further columns of a series, each (n_frames,).

    Raises
    ------
    InputError
        The file is missing or damaged, holds something that is not a finite number, or its times
        do not go up evenly.
    """
    table = read_table(file, remedy)
    columns = ("time_ns", *columns)
    _require(file, table, columns, remedy)
    values = []
    for name in columns:
        values.append(pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float))
        wrong = ~np.isfinite(values[-1])
        if wrong.any():
            raise InputError(
                f"{file}: {int(wrong.sum())} values of {name} are not finite numbers, the first "
                f"in line {int(np.argmax(wrong)) + 2}",
                remedy,
            )
    if len(table) < 2:
        raise InputError(f"{file}: holds {len(table)} frames", remedy)
    steps = np.diff(values[0])
    if (steps <= 0).any():
        line = int(np.argmax(steps <= 0)) + 3
        raise InputError(f"{file}: the time goes back or stands still in line {line}", remedy)
    interval = float(np.median(steps))
    allowed = max(TIME_STEP_SPREAD * interval, min(_ROUNDING_NS, interval / 4))
    uneven = np.abs(steps - interval) > allowed
    if uneven.any():
        at = int(np.argmax(uneven))
        raise InputError(
            f"{file}: frames are {interval:g} ns apart, but {steps[at]:g} ns before line "
            f"{at + 3}: rows are missing",
            remedy,
        )
    return tuple(values)


def _require(file: Path, table: pd.DataFrame, columns: Sequence[str], remedy: str) -> None:
    if missing := [name for name in columns if name not in table.columns]:
        raise InputError(f"{file}: lacks the column {', '.join(missing)}", remedy)
