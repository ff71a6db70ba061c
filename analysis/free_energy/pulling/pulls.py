"""Steered pulls: the table that lists them, and the speed, work and lag of each.

A pull is one run in which the centre of a harmonic bias goes from one end to the other. Work can
be computed only where every jump of the centre is known, so a series with a hole, a centre that
goes back, or one that leaps is refused and not repaired.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lfa1_analysis.free_energy.run_tables import Array, RunRow, read_columns, read_rows
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.observables.coordinate import coordinate

FORWARD, BACKWARD = "forward", "backward"
CONSTANT = "force_constant_kj_per_mol_per_unit2"
COLUMNS = ("system", "replica", "direction", CONSTANT, "first_centre", "last_centre", "file")
LARGEST_JUMP = 3.0
"""Times the median jump; a centre that goes further at once has not gone evenly."""
SAME = 1e-5
"""Centres are written to 10⁻⁶."""
STILL = 1e-9
"""A centre that moves less rests."""
_SERIES = "give a CSV file with the columns time_ns, cv and centre, a row for every jump"


@dataclass(frozen=True)
class SteeredPull:
    """One pull and what follows from it.

    Attributes
    ----------
    system : str
    replica : int
    direction : str
        `FORWARD`, with a centre that goes up (closed → open), or `BACKWARD`.
    constant : float
        Of the bias k/2 (cv − centre)² (kJ/mol per square of the coordinate's unit).
    unit : str
        Of the coordinate; empty for the opening coordinate, which has none.
    file : Path
    time_ns, cv, centre : ndarray, shape (n_rows,)
        The centre of a row is the one that acted until its time. Where the centre jumps to its end
        after the last row of the file, that is a row of its own.

    Examples
    --------
    >>> from lfa1_analysis import examples, read_pulls
    >>> pull = read_pulls(examples.pulls())["mg"][0]
    >>> pull.direction, pull.constant, pull.ends, len(pull.cv)
    ('forward', 500.0, (0.0, 1.0), 121)
    >>> f"{pull.total:.1f} kJ/mol at {pull.speed:.0f} per ns, {pull.lag:.2f} behind at the end"
    '243.3 kJ/mol at 250 per ns, 0.98 behind at the end'
    """

    system: str
    replica: int
    direction: str
    constant: float
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
    def last_centre(self) -> float:
        """Where the centre arrives."""
        return float(self.centre[-1])

    @property
    def ends(self) -> tuple[float, float]:
        """Lower and upper centre between which it goes."""
        first, last = sorted((self.first_centre, self.last_centre))
        return first, last

    @property
    def sign(self) -> int:
        """1 forward, −1 backward."""
        return 1 if self.direction == FORWARD else -1

    @cached_property
    def work(self) -> Array:
        """Work (kJ/mol) until the centre stood where it is in each row.

        Switching the bias on at the first centre is no part of it: the process begins in the state
        in which the bias already rests there.
        """
        return work_of_jumps(self.constant, self.cv, self.centre)

    @property
    def total(self) -> float:
        """Work of the whole pull (kJ/mol)."""
        return float(self.work[-1])

    @property
    def lag(self) -> float:
        """How far the coordinate is behind the centre at the end (its unit); below 0: ahead."""
        return float(self.sign * (self.last_centre - self.cv[-1]))

    @property
    def interval_ns(self) -> float:
        """Time between rows."""
        return float(self.time_ns[1] - self.time_ns[0])

    @property
    def rest_ns(self) -> float:
        """How long the bias acted before it moved."""
        # A row closes an interval: the first one closes that in which the pull began.
        return float(self.time_ns[self._jumps[0][0]] - self.time_ns[0]) + self.interval_ns

    @property
    def speed(self) -> float:
        """Speed of the centre (unit per ns); NaN where it moves only once."""
        moved, jumps = self._jumps
        # The first jump is made at the beginning of the time that counts.
        spent = float(self.time_ns[moved[-1]] - self.time_ns[moved[0]])
        return float(jumps[moved[:-1]].sum()) / spent if len(moved) > 1 else math.nan

    @property
    def speed_angstrom(self) -> float:
        """Speed (Å of RMSD between the crystals per ns); NaN on other coordinates."""
        return math.nan if self.unit else self.speed * coordinate().apart

    @property
    def _jumps(self) -> tuple[NDArray[np.intp], Array]:
        jumps = np.abs(np.diff(self.centre))
        return np.flatnonzero(jumps > STILL), jumps

    def profile(self) -> pd.DataFrame:
        """Return the rows of ``pull_work.csv``."""
        return pd.DataFrame(
            {
                "system": self.system,
                "replica": self.replica,
                "direction": self.direction,
                "time_ns": self.time_ns,
                "centre": self.centre,
                "cv": self.cv,
                "work_kj_per_mol": self.work,
            }
        )


def read_pulls(path: Path) -> dict[str, list[SteeredPull]]:
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
    >>> from lfa1_analysis import examples, read_pulls
    >>> pulls = read_pulls(examples.pulls())
    >>> {name: [pull.direction for pull in each] for name, each in pulls.items()}
    {'mg': ['forward', 'backward'], 'apo': ['forward', 'backward']}
    """
    systems: dict[str, list[SteeredPull]] = {}
    for row in read_rows(path, COLUMNS, "pull"):
        pull = _pull(row)
        others = systems.setdefault(pull.system, [])
        _check_fits(row.where, pull, others)
        others.append(pull)
    return {
        name: sorted(pulls, key=lambda pull: (-pull.sign, pull.replica))
        for name, pulls in systems.items()
    }


def arrive(series: Sequence[Array], last: float) -> tuple[Array, Array, Array]:
    """Add to time, coordinate and centre the jump to the last centre, where it is not the last row.

    It is made at the last row's structure, and nothing moves after it.
    """
    time, cv, centre = series
    if abs(last - centre[-1]) <= STILL:
        return time, cv, centre
    return np.append(time, time[-1]), np.append(cv, cv[-1]), np.append(centre, last)


def work_of_jumps(constant: float, position: Array, centre: Array) -> Array:
    """Compute the work that moving the centre of a harmonic bias has done until each row (kJ/mol).

    The centre stands still between rows and jumps from c to c′ at them, so the work is exactly
    the sum of k/2 [(s − c′)² − (s − c)²] (Jarzynski 1997, doi:10.1103/PhysRevLett.78.2690: work
    is the change of the energy function at fixed positions).

    Parameters
    ----------
    constant : float
        Of the bias k/2 (s − c)² (kJ/mol per square of the unit).
    position, centre : ndarray, shape (n_rows,)
    """
    at, before, after = position[:-1], centre[:-1], centre[1:]
    done = constant / 2 * ((at - after) ** 2 - (at - before) ** 2)
    return np.append(0.0, np.cumsum(done))


def _pull(row: RunRow) -> SteeredPull:
    system, replica = row.text("system"), row.replica()
    direction = row.choice("direction", FORWARD, BACKWARD)
    constant = row.number(CONSTANT, above_zero=True)
    first, last = row.number("first_centre"), row.number("last_centre")
    up = last > first
    if first == last or up != (direction == FORWARD):
        goes = "stays where it is" if first == last else "goes up" if up else "goes down"
        raise InputError(
            f"{row.where}: direction is '{direction}', but the centre {goes}, from {first:g} to "
            f"{last:g}",
            f"{FORWARD} is up (closed to open), {BACKWARD} is down: check direction and centres",
        )
    file = row.file()
    series = read_columns(file, ("cv", "centre"), _SERIES)
    _check_way(file, series[-1], first, last)
    return SteeredPull(
        system, replica, direction, constant, row["unit"], file, *arrive(series, last)
    )


def _check_way(file: Path, centre: Array, first: float, last: float) -> None:
    if abs(centre[0] - first) > SAME:
        raise InputError(
            f"{file}: the centre begins at {centre[0]:g}, not at the table's {first:g}", _SERIES
        )
    jumps = math.copysign(1, last - first) * np.diff(np.append(centre, last))
    if (jumps < -SAME).any():
        at = int(np.argmax(jumps < -SAME))
        raise InputError(
            f"{file}: the centre does not go evenly from {first:g} to {last:g}: it turns back "
            f"after line {at + 2}, at {centre[at]:g}",
            "list a pull there and back as two",
        )
    moves = jumps[jumps > SAME]
    # A centre that leaps shows rows that are lost; of one or two jumps neither is the odd one.
    if len(moves) > 2 and moves.max() > LARGEST_JUMP * float(np.median(moves)):
        at = int(np.argmax(jumps))
        raise InputError(
            f"{file}: the centre jumps by {jumps[at]:g} after line {at + 2}, though by "
            f"{np.median(moves):g} elsewhere: rows are missing, so the work is not known",
            _SERIES,
        )


def _check_fits(where: str, pull: SteeredPull, others: list[SteeredPull]) -> None:
    key = (pull.direction, pull.replica)
    if any(o.file == pull.file or (o.direction, o.replica) == key for o in others):
        raise InputError(
            f"{where}: replica {pull.replica} {pull.direction} or its file is there twice",
            "list every pull once, with its own replica number and file",
        )
    for other in others[:1]:
        if (pull.constant, pull.unit) != (other.constant, other.unit):
            raise InputError(
                f"{where}: force constant {pull.constant:g} and unit '{pull.unit}', before they "
                f"were {other.constant:g} and '{other.unit}'",
                "give pulls with another bias a system name of their own",
            )
        if not np.allclose(pull.ends, other.ends, atol=SAME, rtol=0):
            raise InputError(
                f"{where}: runs between the centres {pull.ends[0]:g} and {pull.ends[1]:g}, before "
                f"it was {other.ends[0]:g} and {other.ends[1]:g}",
                "only pulls between the same two ends can be compared",
            )
