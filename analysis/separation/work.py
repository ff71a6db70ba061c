"""Force, work and rupture of one steered separation.

The spring's end stands still between rows and jumps at them, so force and work follow from the rows
alone. Definitions and what must not be concluded: ``docs/separation.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lfa1_analysis.io.constants import GAS_CONSTANT, PICONEWTONS
from lfa1_analysis.separation.input import Array, Separated

SMOOTHED_NM = 0.05
"""Of the spring's way; the force is averaged over it before its maximum is sought, since a single
row fluctuates by √(kT k) (84 pN at 310 K with 1000 kJ/mol/nm²)."""
LEAST_ROWS = 5
"""Rows that are averaged at least."""
FALLEN = 0.5
"""Of the largest force: only a force that has fallen below at the end shows a rupture."""


@dataclass(frozen=True)
class Worked:
    """A pull and what follows from it.

    Attributes
    ----------
    pull : Separated
    extension_nm : ndarray, shape (n_rows,)
        How much longer the spring's length d₀ is than at the start.
    force_pn : ndarray
        k (d₀ − d), positive where the spring pulls the proteins apart.
    smooth_pn : ndarray
        Its running mean over `SMOOTHED_NM`.
    work : ndarray
        Done by moving the spring's end until the row (kJ/mol).

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.separation.input import read_separations
    >>> from lfa1_analysis.separation.work import worked
    >>> done = worked(read_separations(examples.separations())["bound-mg"][0])
    >>> done.ruptured, f"{done.smooth_pn[done.peak]:.0f} pN, {done.total:.1f} kJ/mol"
    (True, '440 pN, 81.9 kJ/mol')
    >>> f"{done.extension_nm[done.peak]:.2f} nm, {done.loading_rate:.1e} pN/s"
    '0.34 nm, 1.7e+13 pN/s'
    """

    pull: Separated
    extension_nm: Array
    force_pn: Array
    smooth_pn: Array
    work: Array

    @property
    def peak(self) -> int:
        """Row of the largest smoothed force."""
        return int(np.argmax(self.smooth_pn))

    @property
    def ruptured(self) -> bool:
        """Whether the force has fallen again by the end, so that its maximum is a rupture."""
        return bool(self.smooth_pn[-1] < FALLEN * self.smooth_pn[self.peak])

    @property
    def loading_rate(self) -> float:
        """Force constant times speed (pN/s): how fast the force would rise on a stiff bond."""
        return self.pull.constant * PICONEWTONS * self.pull.speed * 1e9

    @property
    def total(self) -> float:
        """Work of the whole pull (kJ/mol)."""
        return float(self.work[-1])

    def profile(self) -> pd.DataFrame:
        """Return the rows of ``force_extension.csv``."""
        return pd.DataFrame(
            {
                "system": self.pull.system,
                "replica": self.pull.replica,
                "time_ns": self.pull.time_ns,
                "extension_nm": self.extension_nm,
                "separation_nm": self.pull.separation_nm,
                "force_pn": self.force_pn,
                "smoothed_force_pn": self.smooth_pn,
                "work_kj_per_mol": self.work,
            }
        )


def worked(pull: Separated) -> Worked:
    """Compute force and work of a pull.

    Notes
    -----
    At a row the spring's length jumps from c to c′ at the distance d, so the work is exactly the
    sum of k/2 [(d − c′)² − (d − c)²] (Jarzynski 1997, doi:10.1103/PhysRevLett.78.2690: work is the
    change of the energy function at fixed positions).

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.separation.input import read_separations
    >>> from lfa1_analysis.separation.work import worked
    >>> done = worked(read_separations(examples.separations())["bound-mg"][0])
    >>> done.profile()[["extension_nm", "force_pn", "work_kj_per_mol"]].iloc[[0, 33, 99]].round(2)
        extension_nm  force_pn  work_kj_per_mol
    0           0.00      0.00             0.00
    33          0.33    438.38            43.89
    99          0.99      0.77            81.92
    """
    d, c = pull.separation_nm, pull.centre_nm
    force = pull.constant * (c - d) * PICONEWTONS
    jumps = pull.constant / 2 * ((d[:-1] - c[1:]) ** 2 - (d[:-1] - c[:-1]) ** 2)
    step = float(np.median(np.diff(c)))
    rows = max(LEAST_ROWS, round(SMOOTHED_NM / step)) if step > 0 else LEAST_ROWS
    smooth = pd.Series(force).rolling(rows, center=True, min_periods=1).mean().to_numpy()
    return Worked(pull, c - c[0], force, smooth, np.append(0.0, np.cumsum(jumps)))


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
    >>> from lfa1_analysis.separation.work import jarzynski
    >>> found = jarzynski(50 + 2 * np.sin(np.arange(12)), 310.0)
    >>> f"{found.value:.1f} kJ/mol, {found.dissipated_kt:.2f} kT dissipated", found.why
    ('49.7 kJ/mol, 0.16 kT dissipated', '')
    """

    value: float
    low: float
    high: float
    dissipated_kt: float
    why: str = ""


LEAST_PULLS = 10
"""Fewer values of work say nothing of the tail that decides the average of exp(−W/kT)."""
MOST_DISSIPATED_KT = 4.0
"""kT; beyond a few, the pulls that decide the average practically never happen: their number grows
as exp(dissipated work/kT) (Jarzynski 2006, doi:10.1103/PhysRevE.73.046105)."""
_DRAWS = 2000


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
    >>> from lfa1_analysis.separation.work import jarzynski
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

    def estimate(sample: Array) -> Array:
        least = sample.min(axis=-1, keepdims=True)
        mean = np.exp(-(sample - least) / kt).mean(axis=-1)
        return np.asarray(least[..., 0] - kt * np.log(mean))

    drawn = np.random.default_rng(seed).choice(works, (_DRAWS, n))
    low, high = np.percentile(estimate(drawn), (2.5, 97.5))
    return Jarzynski(float(estimate(works[None])[0]), float(low), float(high), lost)
