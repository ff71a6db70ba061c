"""From time series to samples that MBAR may count as independent.

MBAR's equations assume independent samples (Shirts & Chodera 2008, doi:10.1063/1.2978177): the
unequilibrated beginning of each run is cut and every g-th frame kept, with g the statistical
inefficiency of the CV.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lfa1_analysis.free_energy.run_tables import Array
from lfa1_analysis.free_energy.umbrella.windows import UmbrellaSet, Window, WindowRun
from lfa1_analysis.statistics.inference import Summary, summarise

Indices = npt.NDArray[np.intp]

REPLICAS_AS_UNITS = 3
"""Replicas of every window from which on they, and not blocks, are independent units."""
BLOCK_SAMPLES = 5
"""Fewest decorrelated samples per block: what g left of the correlation stays inside blocks."""
BLOCKS_PER_WINDOW = 12
"""Shared among its runs, at least two for each."""
COARSE_BLOCKS = 6
"""Instead, where correlation may be longer than the fitted g: longer blocks hold more of it."""


@dataclass(frozen=True)
class Samples:
    """The decorrelated samples of one system.

    Attributes
    ----------
    windows : list of Window
        Those with samples, in order of centre (K).
    runs : list of WindowRun
        Those with samples.
    x : ndarray, shape (N,)
        CV.
    window, run : ndarray of int, shape (N,)
        Which window and run each sample is from.
    place : ndarray, shape (N,)
        Where in its run a sample lies, over 0…1.
    energies : ndarray, shape (N, K)
        Bias of each sample in each window, in kT, less the smallest of the sample: in the
        equations of the windows what is common to all cancels, and makes pymbar's solver fail
        when it is large.
    least : ndarray, shape (N,)
        That smallest bias, in kT. Without bias a sample is likelier by its exponential.
    """

    windows: list[Window]
    runs: list[WindowRun]
    x: Array
    window: Indices
    run: Indices
    place: Array
    energies: Array
    least: Array

    def subset(self, keep: npt.NDArray[np.bool_]) -> Samples:
        """Return some of the samples, all windows staying in the list."""
        return replace(
            self,
            x=self.x[keep],
            window=self.window[keep],
            run=self.run[keep],
            place=self.place[keep],
            energies=self.energies[keep],
            least=self.least[keep],
        )

    def counts(self) -> Indices:
        """Return the number of samples of each window, shape (K,)."""
        return np.bincount(self.window, minlength=len(self.windows))


def describe_runs(umbrella: UmbrellaSet) -> list[tuple[WindowRun, Summary]]:
    """Find equilibration and statistical inefficiency of every run that can be used."""
    return [(run, summarise(run.cv)) for run in umbrella.runs if not run.problem]


def decorrelate(described: Sequence[tuple[WindowRun, Summary]], kt: float) -> Samples:
    """Keep every g-th frame of what is equilibrated, of all runs.

    Parameters
    ----------
    described : sequence of (WindowRun, Summary)
        From `describe_runs`, at least one.
    kt : float
        In kJ/mol.
    """
    windows = sorted(
        {run.window for run, _ in described}, key=lambda w: (w.centre, w.force_constant, w.label)
    )
    index = {window: k for k, window in enumerate(windows)}
    x, window, number, place = [], [], [], []
    for i, (run, found) in enumerate(described):
        kept = run.cv[found.start :]
        chosen = thinned(kept.size, found.inefficiency)
        x.append(kept[chosen])
        window.append(np.full(chosen.size, index[run.window]))
        number.append(np.full(chosen.size, i))
        place.append((np.arange(chosen.size) + 0.5) / chosen.size)
    values = np.concatenate(x)
    energies = np.stack(
        [w.force_constant / (2 * kt) * (values - w.centre) ** 2 for w in windows], axis=1
    )
    least = energies.min(axis=1)
    energies -= least[:, None]
    return Samples(
        windows,
        [run for run, _ in described],
        values,
        np.concatenate(window),
        np.concatenate(number),
        np.concatenate(place),
        energies,
        least,
    )


def thinned(n: int, inefficiency: float) -> Indices:
    """Return the frames that are g apart; the middle one alone where g is unknown."""
    if not np.isfinite(inefficiency):
        return np.array([n // 2])
    chosen = np.unique(np.floor(np.arange(0, n, inefficiency)).astype(np.intp))
    return chosen[chosen < n]


def by_replicas(samples: Samples) -> bool:
    """Tell whether every window has enough replicas for these to be the independent units."""
    replicas = [np.unique(samples.run[samples.window == k]).size for k in np.unique(samples.window)]
    return min(replicas) >= REPLICAS_AS_UNITS


def resampling_units(samples: Samples) -> tuple[Indices, Indices]:
    """Return the units to leave out, each in one window, of two kinds; shape (N,) each.

    Replicas, and blocks of successive samples; or, where replicas are few, blocks and longer ones.
    """
    if by_replicas(samples):
        return np.unique(samples.run, return_inverse=True)[1], blocks(samples)
    return blocks(samples), blocks(samples, COARSE_BLOCKS)


def blocks(samples: Samples, per_window: int = BLOCKS_PER_WINDOW) -> Indices:
    """Number the blocks of successive samples, each within one run; shape (N,)."""
    units = np.empty(samples.x.size, dtype=np.intp)
    used = 0
    for run in np.unique(samples.run):
        mine = np.flatnonzero(samples.run == run)
        runs = np.unique(samples.run[samples.window == samples.window[mine[0]]]).size
        most = max(2, per_window // runs)
        number = max(1, min(most, mine.size // BLOCK_SAMPLES))
        units[mine] = used + np.arange(mine.size) * number // mine.size
        used += number
    return units
