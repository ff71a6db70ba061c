"""Windows of a double well with a hidden state besides the CV, drawn exactly, with known answers.

In hidden state 0 opening costs energy, in hidden state 1 it gains; the closed crystal is in 0, the
open one in 1, and a run changes between them only now and then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import double_well as wells
import numpy as np

KT, X, MIDDLE = wells.KT, wells.X, 4.0
CENTRES = np.arange(0.0, 8.1, 1.0)
WIDTH = 0.6


@dataclass(frozen=True)
class Hidden:
    """`gain` is by how much the hidden state makes opening easier (kJ/mol), 1 to 7 Å."""

    barrier: float = 14.0
    tilt: float = 8.0
    gain: float = 24.0

    def weights(self, state: int, bias=0.0):
        """Boltzmann factors on `X` in one hidden state, with a bias in kT."""
        well = wells.DoubleWell(self.barrier, self.tilt)
        # Level with state 0 half-way: a straight slope, so that the CV of no window tells much.
        hidden = state * self.gain * (0.5 - np.clip(X - 1, 0, 6) / 6)
        return np.exp(-(well.energy(X) + hidden) / KT - bias)

    def opening(self, states=(0, 1)) -> float:
        """ΔG by quadrature, of both hidden states or of one."""
        p = sum(self.weights(state) for state in states)
        return -KT * math.log(p[X >= MIDDLE].sum() / p[X < MIDDLE].sum())


def series(well: Hidden, centre: float, state: int, frames: int, stays: float, random):
    """One run: after `stays` frames on average the hidden state is drawn anew."""
    bias = (X - centre) ** 2 / 2 / WIDTH**2
    weights = np.array([well.weights(y, bias) for y in (0, 1)])
    high = weights[1].sum() / weights.sum()
    hidden = np.full(frames, state)
    for i in range(1, frames):
        drawn = random.random() < 1 / stays
        hidden[i] = (random.random() < high) if drawn else hidden[i - 1]
    uniform = wells.correlated_uniform(random, frames, 1.0)
    sampled = []
    for p in weights:
        cumulative = np.cumsum(p)
        sampled.append(np.interp(uniform, cumulative / cumulative[-1], X))
    return np.where(hidden == 1, sampled[1], sampled[0])


def rows(
    folder: Path,
    system: str,
    well: Hidden,
    random,
    *,
    seeds=("closed", "open"),
    replicas: int = 2,
    frames: int = 300,
    stays: float = math.inf,
):
    """Write the runs of one system; return the rows of windows.csv."""
    found = []
    for k, centre in enumerate(CENTRES):
        for replica in range(replicas):
            seed = seeds[replica % len(seeds)]
            name = f"{system}-{k}-{replica}.csv"
            cv = series(well, centre, int(seed == "open"), frames, stays, random)
            wells.write_series(folder / name, cv)
            found.append(
                {
                    "system": system,
                    "window": f"w{k:02d}",
                    "replica": replica,
                    "seeded_from": seed,
                    "centre": centre,
                    "force_constant_kj_per_mol_per_unit2": KT / WIDTH**2,
                    "file": name,
                    "unit": "",
                }
            )
    return found
