"""A particle in a harmonic well, dragged by a spring: overdamped, sampled exactly, answers known.

Between two jumps of the centre the motion is an Ornstein–Uhlenbeck process, so it is advanced by
its exact solution; work is linear in the positions, so it is Gaussian, and its mean is that of the
path without noise. For Gaussian work Jarzynski's equality reads ⟨W⟩ = ΔF + σ²/2kT.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

KT = 8.31446261815324e-3 * 310.0
FIRST, LAST = 0.0, 1.0
INTERVAL_NS = 0.01


@dataclass(frozen=True)
class Dragged:
    """Spring `spring` and well `well` at `bottom` (kJ/mol per unit²).

    `rows` rows move the centre from `FIRST` to `LAST` or back; in each the spring relaxes by
    `relaxed` of its distance from rest. `rest` more rows lie before them.
    """

    spring: float = 200.0
    well: float = 50.0
    bottom: float = 0.2
    rows: int = 40
    relaxed: float = 0.5
    rest: int = 5

    @property
    def delta_f(self) -> float:
        """Free energy with the spring at `LAST` minus at `FIRST`: two springs in a row."""
        both = self.spring * self.well / (self.spring + self.well)
        return both / 2 * ((LAST - self.bottom) ** 2 - (FIRST - self.bottom) ** 2)

    def centres(self, forward: bool) -> np.ndarray:
        """Centre of each row; it arrives after the last one."""
        way = np.linspace(FIRST, LAST, self.rows + 1)
        way = way if forward else way[::-1]
        return np.concatenate([np.full(self.rest, way[0]), way[:-1]])

    def positions(self, forward: bool, random: np.random.Generator | None) -> np.ndarray:
        """One path from equilibrium; without a generator the mean of all."""
        centres, stiffness = self.centres(forward), self.spring + self.well
        middle = (self.spring * centres + self.well * self.bottom) / stiffness
        sd = 0.0 if random is None else math.sqrt(KT / stiffness)
        noise = (
            np.zeros(len(centres) + 1) if random is None else random.normal(size=len(centres) + 1)
        )
        x, kept, path = middle[0] + sd * noise[0], 1 - self.relaxed, []
        for goal, kick in zip(middle, noise[1:], strict=True):
            x = goal + kept * (x - goal) + sd * math.sqrt(1 - kept**2) * kick
            path.append(x)
        return np.array(path)

    def mean_work(self, forward: bool) -> float:
        """Mean work of all pulls, from the force along the mean path."""
        centres = np.append(self.centres(forward), LAST if forward else FIRST)
        middle = (centres[1:] + centres[:-1]) / 2
        force = self.spring * (middle - self.positions(forward, None))
        return float((force * np.diff(centres)).sum())

    def table(self, forward: bool, random: np.random.Generator | None) -> pd.DataFrame:
        """Series of one pull."""
        cv = self.positions(forward, random)
        time = INTERVAL_NS * np.arange(1, len(cv) + 1)
        return pd.DataFrame({"time_ns": time, "cv": cv, "centre": self.centres(forward)})


def write_pulls(folder: Path, systems: dict[str, Dragged], each: int, seed: int = 1) -> Path:
    """Write `each` pulls in each direction of every system and the table that lists them."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    rows = []
    for system, dragged in systems.items():
        for direction in ("forward", "backward"):
            forward = direction == "forward"
            for replica in range(each):
                file = f"{system}-{direction}-{replica}.csv"
                dragged.table(forward, random).round(8).to_csv(folder / file, index=False)
                rows.append(
                    {
                        "system": system,
                        "replica": replica,
                        "direction": direction,
                        "force_constant_kj_per_mol_per_unit2": dragged.spring,
                        "first_centre": FIRST if forward else LAST,
                        "last_centre": LAST if forward else FIRST,
                        "file": file,
                    }
                )
    pd.DataFrame(rows).to_csv(folder / "pulls.csv", index=False)
    return folder / "pulls.csv"
