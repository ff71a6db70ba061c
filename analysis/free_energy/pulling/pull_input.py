"""Steered pulls: the table that lists them.

A pull is one run in which the centre of a harmonic bias goes from one end to the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lfa1_analysis.free_energy.pulling.pull_series import SAME, Array, read_pull_series
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import read_table

FORWARD, BACKWARD = "forward", "backward"
CONSTANT = "force_constant_kj_per_mol_per_unit2"
NUMBERS = (CONSTANT, "first_centre", "last_centre")
COLUMNS = ("system", "replica", "direction", *NUMBERS, "file")
_TABLE = f"give a CSV file with the columns {', '.join(COLUMNS)}"


@dataclass(frozen=True)
class Pull:
    """One pull.

    Attributes
    ----------
    system : str
    replica : int
    direction : str
        `FORWARD`, with a centre that goes up (closed → open), or `BACKWARD`.
    constant : float
        Of the bias k/2 (cv − centre)² (kJ/mol per square of the coordinate's unit).
    last_centre : float
        Where the centre arrives; where that is not the last row's, it jumps there at the end.
    unit : str
        Of the coordinate; empty for the opening coordinate, which has none.
    file : Path
    time_ns, cv, centre : ndarray, shape (n_rows,)
        The centre of a row is the one that acted until its time.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.free_energy.pulling.pull_input import read_pulls
    >>> pull = read_pulls(examples.pulls())["mg"][0]
    >>> pull.direction, pull.constant, pull.last_centre, len(pull.cv)
    ('forward', 500.0, 1.0, 120)
    """

    system: str
    replica: int
    direction: str
    constant: float
    last_centre: float
    unit: str
    file: Path
    time_ns: Array
    cv: Array
    centre: Array

    @property
    def first_centre(self) -> float:
        """Where the centre rests at the start."""
        return float(self.centre[0])

    @property
    def sign(self) -> int:
        """1 forward, −1 backward."""
        return 1 if self.direction == FORWARD else -1


def read_pulls(path: Path) -> dict[str, list[Pull]]:
    """Read a table of pulls and every series that it names.

    Parameters
    ----------
    path : Path
        CSV with `COLUMNS` and perhaps ``unit``, one row per pull; files are relative to it.

    Returns
    -------
    dict
        Pulls of each system, forward ones first.

    Raises
    ------
    InputError
        The table or a series cannot be used, a pull is listed twice or goes the other way than
        its direction says, or the pulls of a system differ in bias, ends or unit.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.free_energy.pulling.pull_input import read_pulls
    >>> pulls = read_pulls(examples.pulls())
    >>> {name: [pull.direction for pull in each] for name, each in pulls.items()}
    {'mg': ['forward', 'backward'], 'apo': ['forward', 'backward']}
    """
    table = read_table(path, _TABLE, dtype=str, keep_default_na=False)
    if missing := [name for name in COLUMNS if name not in table.columns]:
        raise InputError(f"{path}: lacks the column {', '.join(missing)}", _TABLE)
    if table.empty:
        raise InputError(f"{path}: lists no pull", _TABLE)
    systems: dict[str, list[Pull]] = {}
    for line, row in enumerate(table.to_dict("records"), start=2):
        pull = _pull(path, line, {str(k): str(v).strip() for k, v in row.items()})
        others = systems.setdefault(pull.system, [])
        _check_fits(f"{path}: line {line}", pull, others)
        others.append(pull)
    return {
        name: sorted(pulls, key=lambda pull: (-pull.sign, pull.replica))
        for name, pulls in systems.items()
    }


def _pull(path: Path, line: int, row: dict[str, str]) -> Pull:
    where = f"{path}: line {line}"
    for name in ("system", "file"):
        if not row[name]:
            raise InputError(f"{where}: '{name}' is empty", "fill it in")
    if not row["replica"].isdecimal():
        raise InputError(f"{where}: replica is '{row['replica']}'", "give a whole number")
    if row["direction"] not in (FORWARD, BACKWARD):
        raise InputError(
            f"{where}: direction is '{row['direction']}'",
            f"write {FORWARD} where the centre goes up (closed to open), {BACKWARD} where it goes "
            "down",
        )
    constant, first, last = pd.to_numeric(pd.Series([row[n] for n in NUMBERS]), errors="coerce")
    for name, value in zip(NUMBERS, (constant, first, last), strict=True):
        if not np.isfinite(value):
            raise InputError(f"{where}: {name} is '{row[name]}'", "give a number")
    if constant <= 0:
        raise InputError(f"{where}: {CONSTANT} is {constant:g}", "give a number above 0")
    up = last > first
    if first == last or up != (row["direction"] == FORWARD):
        goes = "stays where it is" if first == last else "goes up" if up else "goes down"
        raise InputError(
            f"{where}: direction is '{row['direction']}', but the centre {goes}, from {first:g} "
            f"to {last:g}",
            f"{FORWARD} is up (closed to open), {BACKWARD} is down: check direction and centres",
        )
    file = path.parent / row["file"]
    time, cv, centre = read_pull_series(file, float(first), float(last))
    return Pull(
        row["system"],
        int(row["replica"]),
        row["direction"],
        float(constant),
        float(last),
        row.get("unit", ""),
        file,
        time,
        cv,
        centre,
    )


def _check_fits(where: str, pull: Pull, others: list[Pull]) -> None:
    for other in others:
        if other.file == pull.file or (other.direction, other.replica) == (
            pull.direction,
            pull.replica,
        ):
            raise InputError(
                f"{where}: replica {pull.replica} {pull.direction} or its file is there twice",
                "list every pull once, with its own replica number and file",
            )
    if not others:
        return
    other = others[0]
    if (pull.constant, pull.unit) != (other.constant, other.unit):
        raise InputError(
            f"{where}: force constant {pull.constant:g} and unit '{pull.unit}', before they were "
            f"{other.constant:g} and '{other.unit}'",
            "give pulls with another bias a system name of their own",
        )
    ends, before = (sorted((p.first_centre, p.last_centre)) for p in (pull, other))
    if not np.allclose(ends, before, atol=SAME, rtol=0):
        raise InputError(
            f"{where}: runs between the centres {ends[0]:g} and {ends[1]:g}, before it was "
            f"{before[0]:g} and {before[1]:g}",
            "only pulls between the same two ends can be compared",
        )
