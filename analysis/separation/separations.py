"""Steered separations: the table that lists them, and the force, work and rupture of each.

The spring's end stands still between rows and jumps at them, so force and work follow from the rows
alone. Definitions and what must not be concluded: ``docs/separation.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import logsumexp

from lfa1_analysis.free_energy.pulling.pulls import work_of_jumps
from lfa1_analysis.free_energy.run_tables import Array, RunRow, read_columns, read_rows
from lfa1_analysis.io.constants import GAS_CONSTANT, PICONEWTONS
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.statistics.inference import CONFIDENCE

TABLE = "pulls.csv"
CONSTANT, SPEED = "force_constant_kj_per_mol_per_nm2", "speed_nm_per_ns"
COLUMNS = ("system", "replica", CONSTANT, SPEED, "file", "topology", "trajectory")
SERIES = ("time_ns", "separation_nm", "centre_nm")
_SERIES = (
    f"give a CSV file with the columns {', '.join(SERIES)}, a row for every step of the spring"
)
_EVEN = 0.01
"""Relative; steps of the spring this equal are all there."""
SMOOTHED_NM = 0.05
"""Of the spring's way; the force is averaged over it before its maximum is sought, since a single
row fluctuates by √(kT k) (84 pN at 310 K with 1000 kJ/mol/nm²)."""
LEAST_ROWS = 5
"""Rows that are averaged at least."""
FALLEN = 0.5
"""Of the largest force: only a force that has fallen below at the end shows a rupture."""
LEAST_PULLS = 10
"""Fewer values of work say nothing of the tail that decides the average of exp(−W/kT)."""
MOST_DISSIPATED_KT = 4.0
"""kT; beyond a few, the pulls that decide the average practically never happen: their number grows
as exp(dissipated work/kT) (Jarzynski 2006, doi:10.1103/PhysRevE.73.046105)."""
_DRAWS = 2000


@dataclass(frozen=True)
class SteeredSeparation:
    """One pull that takes ICAM-1 off, and what follows from it.

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
    >>> from lfa1_analysis import examples, read_separations
    >>> pull = read_separations(examples.separations())["bound-mg"][0]
    >>> pull.constant, pull.speed, len(pull.time_ns)
    (1000.0, 10.0, 100)
    >>> pull.ruptured, f"{pull.largest_pn:.0f} pN, {pull.total:.1f} kJ/mol"
    (True, '440 pN, 81.9 kJ/mol')
    >>> f"{pull.extension_nm[pull.peak]:.2f} nm, {pull.loading_rate:.1e} pN/s"
    '0.34 nm, 1.7e+13 pN/s'
    >>> pull.profile()[["extension_nm", "force_pn", "work_kj_per_mol"]].iloc[[0, 33, 99]].round(2)
        extension_nm  force_pn  work_kj_per_mol
    0           0.00      0.00             0.00
    33          0.33    438.38            43.89
    99          0.99      0.77            81.92
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

    @property
    def extension_nm(self) -> Array:
        """How much longer the spring's length d₀ is than at the start, shape (n_rows,)."""
        return np.asarray(self.centre_nm - self.centre_nm[0])

    @property
    def force_pn(self) -> Array:
        """Force k (d₀ − d), positive where the spring pulls the proteins apart."""
        return self.constant * PICONEWTONS * (self.centre_nm - self.separation_nm)

    @cached_property
    def smooth_pn(self) -> Array:
        """Running mean of the force over `SMOOTHED_NM`."""
        step = float(np.median(np.diff(self.centre_nm)))
        rows = max(LEAST_ROWS, round(SMOOTHED_NM / step)) if step > 0 else LEAST_ROWS
        return pd.Series(self.force_pn).rolling(rows, center=True, min_periods=1).mean().to_numpy()

    @cached_property
    def work(self) -> Array:
        """Work of moving the spring's end until each row (kJ/mol)."""
        return work_of_jumps(self.constant, self.separation_nm, self.centre_nm)

    @property
    def peak(self) -> int:
        """Row of the largest smoothed force."""
        return int(np.argmax(self.smooth_pn))

    @property
    def largest_pn(self) -> float:
        """Largest smoothed force (pN)."""
        return float(self.smooth_pn[self.peak])

    @property
    def ruptured(self) -> bool:
        """Whether the force has fallen again by the end, so that its maximum is a rupture."""
        return bool(self.smooth_pn[-1] < FALLEN * self.largest_pn)

    @property
    def loading_rate(self) -> float:
        """Force constant times speed (pN/s): how fast the force would rise on a stiff bond."""
        return self.constant * PICONEWTONS * self.speed * 1e9

    @property
    def total(self) -> float:
        """Work of the whole pull (kJ/mol)."""
        return float(self.work[-1])

    def profile(self) -> pd.DataFrame:
        """Return the rows of ``force_extension.csv``."""
        return pd.DataFrame(
            {
                "system": self.system,
                "replica": self.replica,
                "time_ns": self.time_ns,
                "extension_nm": self.extension_nm,
                "separation_nm": self.separation_nm,
                "force_pn": self.force_pn,
                "smoothed_force_pn": self.smooth_pn,
                "work_kj_per_mol": self.work,
            }
        )


@dataclass(frozen=True)
class Jarzynski:
    """An estimate of ΔF between the ends with the spring on, or why there is none.

    Attributes
    ----------
    value, low, high : float
        KJ/mol, with the bootstrap's 95 % interval; NaN where it is refused.
    dissipated_kt : float
        Work lost, from the fluctuations: variance / (2 (kT)²), in kT; exact for Gaussian work
        (Jarzynski 1997); NaN with fewer than `LEAST_PULLS`.
    why : str
        Empty where it is given.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.separation.separations import jarzynski
    >>> found = jarzynski(50 + 2 * np.sin(np.arange(12)), 310.0)
    >>> f"{found.value:.1f} kJ/mol, {found.dissipated_kt:.2f} kT dissipated", found.why
    ('49.7 kJ/mol, 0.16 kT dissipated', '')
    """

    value: float
    low: float
    high: float
    dissipated_kt: float
    why: str = ""


def read_separations(path: Path) -> dict[str, list[SteeredSeparation]]:
    """Read a table of separations and every series that it names.

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
    >>> from lfa1_analysis import examples, read_separations
    >>> {name: len(pulls) for name, pulls in read_separations(examples.separations()).items()}
    {'bound-mg': 1}
    """
    systems: dict[str, list[SteeredSeparation]] = {}
    for row in read_rows(path, COLUMNS, "pull"):
        pull = _separation(row)
        others = systems.setdefault(pull.system, [])
        if any(other.replica == pull.replica for other in others):
            raise InputError(
                f"{row.where}: replica {pull.replica} of {pull.system} is there twice",
                "list every pull once",
            )
        others.append(pull)
    return systems


def _separation(row: RunRow) -> SteeredSeparation:
    file = row.file()
    time, apart, centre = read_columns(file, SERIES[1:], _SERIES)
    steps = np.diff(centre)
    if (np.abs(steps - np.median(steps)) > _EVEN * abs(np.median(steps)) + 2e-6).any():
        raise InputError(
            f"{file}: the spring is not lengthened evenly: rows are missing, so the work is not "
            "known",
            _SERIES,
        )
    return SteeredSeparation(
        row.text("system"),
        row.replica(),
        row.number(CONSTANT, above_zero=True),
        row.number(SPEED, above_zero=True),
        row.file("topology"),
        tuple(row.folder / name for name in row["trajectory"].split()),
        time,
        apart,
        centre,
    )


def jarzynski(works: Array, temperature: float, seed: int = 0) -> Jarzynski:
    """Estimate ΔF = −kT ln⟨exp(−W/kT)⟩ where the work allows it.

    Parameters
    ----------
    works : ndarray, shape (n,)
        Of the pulls (kJ/mol).
    temperature : float
        K.
    seed : int
        Of the bootstrap.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.separation.separations import jarzynski
    >>> jarzynski(np.array([81.9]), 310.0).why
    '1 pulls, fewer than 10'
    """
    kt = GAS_CONSTANT * temperature
    n = len(works)
    # The variance of a few values is anything, even more work than was done.
    lost = float(np.var(works, ddof=1)) / (2 * kt**2) if n >= LEAST_PULLS else math.nan
    why = ""
    if n < LEAST_PULLS:
        why = f"{n} pulls, fewer than {LEAST_PULLS}"
    elif not lost <= MOST_DISSIPATED_KT:
        why = f"{lost:.0f} kT dissipated, more than {MOST_DISSIPATED_KT:g} kT"
    if why:
        return Jarzynski(math.nan, math.nan, math.nan, lost, why)

    def estimate(sample: Array, axis: int = -1) -> Array:
        mean = logsumexp(-sample / kt, axis=axis) - math.log(sample.shape[axis])
        return np.asarray(-kt * mean)

    random = np.random.default_rng(seed)
    limits = stats.bootstrap(
        (works,),
        estimate,
        n_resamples=_DRAWS,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=random,
    ).confidence_interval
    return Jarzynski(float(estimate(works)), float(limits.low), float(limits.high), lost)
