"""Steered separations: the table that lists them, and distance and spring of each over time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import read_table

Array = NDArray[np.float64]

TABLE = "pulls.csv"
CONSTANT = "force_constant_kj_per_mol_per_nm2"
COLUMNS = ("system", "replica", CONSTANT, "speed_nm_per_ns", "file", "topology", "trajectory")
SERIES = ("time_ns", "separation_nm", "centre_nm")
_TABLE = f"give a CSV file with the columns {', '.join(COLUMNS)}"
_SERIES = (
    f"give a CSV file with the columns {', '.join(SERIES)}, a row for every step of the spring"
)
_EVEN = 0.01
"""Relative; rows this evenly spaced in time, and steps of the spring this equal, are all there."""


@dataclass(frozen=True)
class Separated:
    """One pull.

    Attributes
    ----------
    system : str
        ``{state}-{ion}``.
    replica : int
    constant : float
        Of the spring k/2 (d − d₀)² (kJ/mol/nm²).
    speed : float
        Of the spring's end (nm/ns).
    topology : Path
    trajectory : tuple of Path
    time_ns, separation_nm, centre_nm : ndarray, shape (n_rows,)
        The spring's length d₀ of a row is the one that acted until its time.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.separation.input import read_separations
    >>> pull = read_separations(examples.separations())["bound-mg"][0]
    >>> pull.constant, pull.speed, len(pull.time_ns)
    (1000.0, 10.0, 100)
    """

    system: str
    replica: int
    constant: float
    speed: float
    topology: Path
    trajectory: tuple[Path, ...]
    time_ns: Array
    separation_nm: Array
    centre_nm: Array


def read_separations(path: Path) -> dict[str, list[Separated]]:
    """Read a table of pulls and every series that it names.

    Parameters
    ----------
    path : Path
        CSV with `COLUMNS`, one row per pull; files are relative to it, several trajectories are
        separated by blanks.

    Returns
    -------
    dict
        Pulls by system.

    Raises
    ------
    InputError
        The table or a series cannot be used, or a pull is listed twice.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.separation.input import read_separations
    >>> {name: len(pulls) for name, pulls in read_separations(examples.separations()).items()}
    {'bound-mg': 1}
    """
    table = read_table(path, _TABLE, dtype=str, keep_default_na=False)
    if missing := [name for name in COLUMNS if name not in table.columns]:
        raise InputError(f"{path}: lacks the column {', '.join(missing)}", _TABLE)
    if table.empty:
        raise InputError(f"{path}: lists no pull", _TABLE)
    systems: dict[str, list[Separated]] = {}
    for line, row in enumerate(table.to_dict("records"), start=2):
        where = f"{path}: line {line}"
        pull = _pull(path, where, {str(k): str(v).strip() for k, v in row.items()})
        others = systems.setdefault(pull.system, [])
        if any(other.replica == pull.replica for other in others):
            raise InputError(
                f"{where}: replica {pull.replica} of {pull.system} is there twice",
                "list every pull once",
            )
        others.append(pull)
    return systems


def _pull(path: Path, where: str, row: dict[str, str]) -> Separated:
    if not row["system"] or not row["replica"].isdecimal():
        raise InputError(f"{where}: system or replica is missing", _TABLE)
    numbers = pd.to_numeric(pd.Series([row[CONSTANT], row["speed_nm_per_ns"]]), errors="coerce")
    constant, speed = (float(value) for value in numbers)
    if not (0 < constant < np.inf and 0 < speed < np.inf):
        raise InputError(f"{where}: {CONSTANT} and speed_nm_per_ns must be above 0", _TABLE)
    file = path.parent / row["file"]
    time, apart, centre = _series(file)
    return Separated(
        row["system"],
        int(row["replica"]),
        constant,
        speed,
        path.parent / row["topology"],
        tuple(path.parent / name for name in row["trajectory"].split()),
        time,
        apart,
        centre,
    )


def _series(file: Path) -> tuple[Array, Array, Array]:
    table = read_table(file, _SERIES)
    if missing := [name for name in SERIES if name not in table.columns]:
        raise InputError(f"{file}: lacks the column {', '.join(missing)}", _SERIES)
    values = table[list(SERIES)].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    if len(values) < 3 or not np.isfinite(values).all():
        raise InputError(
            f"{file}: has fewer than three rows, or a value that is no number", _SERIES
        )
    for column, what in ((0, "the rows are not evenly spaced in time"), (2, _UNEVEN)):
        steps = np.diff(values[:, column])
        if (np.abs(steps - np.median(steps)) > _EVEN * abs(np.median(steps)) + 2e-6).any():
            raise InputError(f"{file}: {what}: rows are missing, so the work is not known", _SERIES)
    time, apart, centre = values.T
    return time, apart, centre


_UNEVEN = "the spring is not lengthened evenly"
