"""A particle in a tilted double well under umbrellas, sampled exactly and with known answers.

Exact: inverse transform of the biased density on a fine grid. Correlated: the uniform numbers are
those of a normal AR(1) process with correlation time τ, so that the distribution stays exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtr

TEMPERATURE = 310.0
KT = 8.31446261815324e-3 * TEMPERATURE
X = np.linspace(-3.0, 11.0, 5601)


@dataclass(frozen=True)
class DoubleWell:
    """Minima at 1 and 7 (Å, say), a barrier between, and a tilt that favours one.

    `barrier` and `tilt` are in kJ/mol; the tilt is added half-way over the barrier.
    """

    barrier: float = 20.0
    tilt: float = 6.0

    def energy(self, x):
        y = (x - 4.0) / 3.0
        return self.barrier * (y**2 - 1) ** 2 + self.tilt / (1 + np.exp(-2 * (x - 4.0)))

    def opening(self, low=4.0, closed=None, open_=None):
        """ΔG by quadrature; `low` parts the basins unless ranges are given."""
        closed, open_ = closed or (-np.inf, low), open_ or (low, np.inf)
        p = np.exp(-self.energy(X) / KT)
        inside = [p[(lo <= X) & (hi > X)].sum() for lo, hi in (closed, open_)]
        return -KT * math.log(inside[1] / inside[0])

    def biased(self, centre, constant):
        """Density in a window, on `X`."""
        u = (self.energy(X) + constant / 2 * (X - centre) ** 2) / KT
        p = np.exp(-(u - u.min()))
        return p / p.sum()


def correlated_uniform(random, n, tau):
    """Uniform numbers with correlation time `tau` frames (0: independent)."""
    keep = math.exp(-1 / tau) if tau > 0 else 0.0
    noise = random.normal(size=n) * math.sqrt(1 - keep**2)
    noise[0] = random.normal()
    for i in range(1, n):
        noise[i] += keep * noise[i - 1]
    return ndtr(noise)


def sample(density, n, tau, random):
    """Draw `n` correlated values from a density on `X`."""
    cumulative = np.cumsum(density)
    cumulative /= cumulative[-1]
    u = correlated_uniform(random, n, tau)
    return np.interp(u, cumulative, X)


def rows(
    folder: Path,
    system: str,
    well: DoubleWell,
    random,
    *,
    centres=None,
    width=0.6,
    replicas=3,
    frames=150,
    tau=1.0,
    seeds=("closed", "open"),
    change=None,
):
    """Write the runs of one system below `folder`; return the rows of windows.csv.

    `change(label, replica, cv)` may alter a series, `width` is √(kT/k).
    """
    centres = np.arange(0.0, 8.1, 1.0) if centres is None else centres
    constant = KT / width**2
    found = []
    for k, centre in enumerate(centres):
        density = well.biased(centre, constant)
        for replica in range(1, replicas + 1):
            label = f"w{k:02d}"
            cv = sample(density, frames, tau, random)
            if change is not None:
                cv = change(label, replica, cv)
            name = f"{system}-{label}-{replica}.csv"
            write_series(folder / name, cv)
            found.append(
                {
                    "system": system,
                    "window": label,
                    "replica": replica,
                    "seeded_from": seeds[replica % len(seeds)],
                    "centre": round(float(centre), 6),
                    "force_constant_kj_per_mol_per_unit2": constant,
                    "file": name,
                    "unit": "angstrom",
                }
            )
    return found


def write_series(file: Path, cv):
    pd.DataFrame(
        {"time_ns": (np.arange(len(cv)) + 1) * 0.1, "cv": cv, "temperature": 310.0}
    ).to_csv(file, index=False)


def write_windows(folder: Path, listed) -> Path:
    file = folder / "windows.csv"
    pd.DataFrame(listed).to_csv(file, index=False)
    return file
