"""What one pull did: speed, work against the centre, and how far the coordinate lagged."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lfa1_analysis.free_energy.pulling.pull_input import Pull
from lfa1_analysis.free_energy.pulling.pull_series import Array
from lfa1_analysis.observables.coordinate import coordinate

STILL = 1e-9
"""A centre that moves less rests."""


@dataclass(frozen=True)
class Worked:
    """A pull and what follows from it.

    Attributes
    ----------
    pull : Pull
    centre, cv, work : ndarray, shape (n_rows,) or (n_rows + 1,)
        `work` (kJ/mol) was done until the centre stood at `centre`; where the centre jumps to its
        end after the last row, that is a row of its own.
    time_ns : ndarray
    interval_ns : float
        Between rows.
    speed : float
        Of the centre (unit per ns); NaN where it moves only once.
    rest_ns : float
        How long the bias acted before it moved.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.free_energy.pulling.pull_input import read_pulls
    >>> from lfa1_analysis.free_energy.pulling.pull_work import worked
    >>> done = worked(read_pulls(examples.pulls())["mg"][0])
    >>> f"{done.total:.1f} kJ/mol at {done.speed:.0f} per ns"
    '243.3 kJ/mol at 250 per ns'
    """

    pull: Pull
    time_ns: Array
    centre: Array
    cv: Array
    work: Array
    interval_ns: float
    speed: float
    rest_ns: float

    @property
    def total(self) -> float:
        """Work of the whole pull (kJ/mol)."""
        return float(self.work[-1])

    @property
    def lag(self) -> float:
        """How far the coordinate is behind the centre at the end (its unit); below 0: ahead."""
        return float(self.pull.sign * (self.pull.last_centre - self.cv[-1]))

    @property
    def speed_angstrom(self) -> float:
        """Speed (Å of RMSD between the crystals per ns); NaN on other coordinates."""
        return math.nan if self.pull.unit else self.speed * coordinate().apart

    def profile(self) -> pd.DataFrame:
        """Return the rows of ``pull_work.csv``."""
        return pd.DataFrame(
            {
                "system": self.pull.system,
                "replica": self.pull.replica,
                "direction": self.pull.direction,
                "time_ns": self.time_ns,
                "centre": self.centre,
                "cv": self.cv,
                "work_kj_per_mol": self.work,
            }
        )


def worked(pull: Pull) -> Worked:
    """Compute the work of a pull.

    Parameters
    ----------
    pull : Pull

    Returns
    -------
    Worked

    Notes
    -----
    The centre stands still between rows and jumps from c to c′ at them, so the work is exactly
    the sum of k/2 [(s − c′)² − (s − c)²] (Jarzynski 1997, doi:10.1103/PhysRevLett.78.2690: work
    is the change of the energy function at fixed positions). Switching the bias on at the first
    centre is no part of it: the process begins in the state in which the bias already rests there.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.free_energy.pulling.pull_input import read_pulls
    >>> from lfa1_analysis.free_energy.pulling.pull_work import worked
    >>> done = worked(read_pulls(examples.pulls())["mg"][0])
    >>> round(done.total, 1), round(done.lag, 2)
    (243.3, 0.98)
    """
    time, centre, cv = pull.time_ns, pull.centre, pull.cv
    if abs(pull.last_centre - centre[-1]) > STILL:
        # The last jump is made at the last row's structure, and nothing moves after it.
        time, cv = np.append(time, time[-1]), np.append(cv, cv[-1])
        centre = np.append(centre, pull.last_centre)
    at, before, after = cv[:-1], centre[:-1], centre[1:]
    done = pull.constant / 2 * ((at - after) ** 2 - (at - before) ** 2)
    work = np.append(0.0, np.cumsum(done))
    moved = np.flatnonzero(np.abs(after - before) > STILL)
    interval = float(pull.time_ns[1] - pull.time_ns[0])
    # A row closes an interval: the first one closes that in which the pull began.
    rest = float(time[moved[0]] - time[0]) + interval
    speed = _speed(time, after - before, moved)
    return Worked(pull, time, centre, cv, work, interval, speed, rest)


def _speed(time: Array, jumps: Array, moved: npt.NDArray[np.intp]) -> float:
    """Distance per time; the first jump is made at the beginning of the time that counts."""
    if len(moved) < 2:
        return math.nan
    spent = float(time[moved[-1]] - time[moved[0]])
    return float(np.abs(jumps[moved[:-1]]).sum()) / spent
