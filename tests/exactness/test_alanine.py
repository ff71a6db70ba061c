"""Alanine dipeptide under the pipeline's own bias agrees with long unbiased runs of it.

The unbiased runs: ``benchmarks/alanine_unbiased.py``; of their own errors the tests take account.
"""

from pathlib import Path

import alanine
import numpy as np
import pandas as pd
import pytest
from coverage import coverage, judged, share_in_bands
from langevin import Design, halves

DATA = Path(__file__).parents[2] / "benchmarks" / "alanine_unbiased.csv"
KT = alanine.KT
MIDDLE = 0.5
DESIGN = Design(1, 500, tuple(np.round(np.arange(9) * 0.15 - 0.05, 2).tolist()), 0.15)
STEPS_PER_FRAME = 50


@pytest.fixture(scope="module")
def unbiased():
    """Give the edges of the bins and the frames in them, shape (bins, runs)."""
    table = pd.read_csv(DATA)
    edges = np.append(table["low"], table["high"].iloc[-1])
    return edges, table.filter(like="run_").to_numpy(dtype=float)


@pytest.fixture(scope="module")
def molecule():
    return alanine.dipeptide()


def opening(edges, counts):
    """ΔG (kJ/mol) of the runs together, and its jackknife error."""
    open_ = edges[:-1] >= MIDDLE - 1e-9

    def value(some):
        return -KT * np.log(some[open_].sum() / some[~open_].sum())

    n = counts.shape[1]
    left_out = [value(np.delete(counts, i, axis=1)) for i in range(n)]
    return value(counts), np.sqrt((n - 1) * np.var(left_out))


def windows(molecule, repeats):
    """Simulate umbrella windows; shape (repeats, windows, 1, frames)."""
    return np.array(
        [
            [
                [
                    alanine.simulate(
                        molecule,
                        centre,
                        DESIGN.constant,
                        DESIGN.frames,
                        STEPS_PER_FRAME,
                        seed=1 + k + len(DESIGN.centres) * repeat,
                    )
                ]
                for k, centre in enumerate(DESIGN.centres)
            ]
            for repeat in range(repeats)
        ]
    )


def compared(folder, molecule, unbiased, repeats):
    """Judge windows; return the verdicts, their coverage, and the PMF's shares inside its bands."""
    found = judged(folder, windows(molecule, repeats), DESIGN, halves(MIDDLE), KT)
    edges, counts = unbiased
    truth, error = opening(edges, counts)
    counted = coverage(
        [j.estimate.value for j in found],
        [np.hypot(j.estimate.half_width, 1.96 * error) for j in found],
        truth,
    )
    rising = np.append(0.0, np.cumsum(counts.sum(axis=1)))
    closed = np.interp(MIDDLE, edges, rising)
    shares = []
    for j in found:
        populations = np.diff(np.interp(j.grid.edges, edges, rising)) / closed
        shares.append(share_in_bands(j, -KT * np.log(np.maximum(populations, 1e-12)), KT))
    return found, counted, shares


def test_the_references_are_the_ends(molecule):
    assert alanine.coordinate_of(molecule, molecule.closed) == pytest.approx(0, abs=1e-4)
    assert alanine.coordinate_of(molecule, molecule.open) == pytest.approx(1, abs=1e-4)


def test_the_unbiased_runs_know_the_answer(unbiased):
    value, error = opening(*unbiased)
    assert abs(value) > 4 * error and error < 0.25


def test_windows_agree_with_unbiased_runs(molecule, unbiased, tmp_path):
    found, counted, shares = compared(tmp_path, molecule, unbiased, 2)
    assert counted.hits == 2
    assert np.mean(shares) > 0.8
    assert all(j.estimate.half_width < KT for j in found), "an interval that excludes something"


@pytest.mark.slow
def test_twenty_sets_of_windows_agree_with_unbiased_runs(molecule, unbiased, tmp_path):
    found, counted, shares = compared(tmp_path, molecule, unbiased, 20)
    assert counted.hits >= 18
    assert counted.width < 3
    assert np.mean(shares) >= 0.9
    assert sum(not j.reasons for j in found) >= 16
