"""Where little data would pass for an answer: each case is refused, and says why."""

import dataclasses
import math

import double_well as wells
import numpy as np
import pytest

from lfa1_analysis.free_energy.umbrella.convergence import (
    halves_differ,
    hysteresis,
    hysteresis_reason,
)
from lfa1_analysis.free_energy.umbrella.mbar import estimate
from lfa1_analysis.free_energy.umbrella.pmf import analyse_windows
from lfa1_analysis.free_energy.umbrella.verdict import judge, judge_windows
from lfa1_analysis.free_energy.umbrella.window_checks import (
    LEAST_EFFECTIVE,
    LEAST_SAMPLES,
    thin_basin,
)
from lfa1_analysis.free_energy.umbrella.windows import read_windows
from lfa1_analysis.io.errors import InputError

KT, WELL = wells.KT, wells.DoubleWell()


@pytest.fixture
def listed(tmp_path):
    return wells.rows(tmp_path, "mg", WELL, np.random.default_rng(3), replicas=2, frames=200)


@pytest.fixture
def sound(tmp_path, listed):
    (umbrella,) = read_windows(wells.write_windows(tmp_path, listed))
    found = judge(umbrella, KT, None, 40)
    assert found.converged
    return found


def test_a_basin_with_few_samples_gives_no_number(tmp_path, listed):
    table = wells.write_windows(tmp_path, listed)
    found = analyse_windows(table, tmp_path / "out", closed=":4", open_="7.8:")["systems"]["mg"]
    assert found["value_kj_per_mol"] is None
    assert any("lie in the open basin" in reason for reason in found["reasons"]), found["reasons"]


def test_a_basin_that_hangs_on_one_sample_is_thin_however_many_there_are():
    even = np.zeros(2 * LEAST_SAMPLES)
    assert thin_basin("open", even) == ""
    assert "needed" in thin_basin("open", even[: LEAST_SAMPLES - 1])
    heavy = even.copy()
    heavy[0] = math.log(LEAST_SAMPLES * 2)
    assert f"and {LEAST_EFFECTIVE} are needed" in thin_basin("open", heavy)


def test_a_basin_seen_in_one_half_alone_is_a_drift_that_cannot_be_told(sound):
    samples, (closed, opened) = sound.samples, sound.basins
    late = samples.subset(~((opened.holds(samples.x) > 0) & (samples.place <= 0.5)))
    told = halves_differ(late, estimate(late), (closed, opened), sound.estimate, KT)
    assert "gives no ΔG" in told
    assert halves_differ(samples, sound.solution, sound.basins, sound.estimate, KT) == ""


def test_seeds_that_cannot_be_compared_are_a_reason(sound):
    """Every window has runs of both ends; those of the closed end keep two samples each."""
    samples = sound.samples
    keep = np.ones(samples.x.size, dtype=bool)
    for i, run in enumerate(samples.runs):
        if run.seeded_from == "closed":
            keep[np.flatnonzero(samples.run == i)[2:]] = False
    few = samples.subset(keep)
    found = hysteresis(few, sound.basins, sound.solution, KT)
    assert found.estimate is None and found.both
    assert "not tested" in hysteresis_reason(found, KT)
    lacking = dataclasses.replace(found, both=False)
    assert hysteresis_reason(lacking, KT) == ""


def test_windows_too_stiff_for_a_double_are_diagnosed(tmp_path):
    """k/2 (1.0 − 0.1)² is 4700 kT: e to that power is no number."""
    random, listed = np.random.default_rng(4), []
    constant = 30_000.0
    for k, centre in enumerate(np.linspace(0, 1, 11)):
        at = 0.1 if k == 10 else centre
        wells.write_series(tmp_path / f"{k}.csv", random.normal(at, (KT / constant) ** 0.5, 200))
        listed.append(
            {
                "system": "mg",
                "window": f"w{k}",
                "replica": 0,
                "seeded_from": "",
                "centre": centre,
                "force_constant_kj_per_mol_per_unit2": constant,
                "file": f"{k}.csv",
            }
        )
    (umbrella,) = read_windows(wells.write_windows(tmp_path, listed))
    found = judge_windows(umbrella, KT)
    assert not found.converged
    assert any("w10" in reason for reason in found.reasons), found.reasons


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"replica": -1}, "replica is '-1'"),
        ({"replica": 1e30}, "replica is '1e"),
        ({"window": "again", "replica": 7, "file": "../{here}/mg-w00-1.csv"}, "there twice"),
    ],
)
def test_a_run_that_cannot_be_or_is_there_twice(tmp_path, listed, change, told):
    row = listed[0] | change
    row["file"] = row["file"].format(here=tmp_path.name)
    with pytest.raises(InputError, match=told):
        read_windows(wells.write_windows(tmp_path, [*listed[1:], *listed[:1], row]))
