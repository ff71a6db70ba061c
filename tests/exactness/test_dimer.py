"""A dimer with two states: the ΔΔG between 'mg' and 'apo' that was put in comes out."""

import double_well as wells
import langevin
import numpy as np
import pytest
from coverage import coverage
from langevin import SINGLE, Dimer

from lfa1_analysis.free_energy.umbrella.pmf import analyse_windows

REPEATS = 20
DESIGN = SINGLE.moved(Dimer.shift)
MIDDLE = 4.0 + Dimer.shift
BARRIER = 14.0


@pytest.fixture(scope="module")
def apo():
    """Simulate the dimer that all are compared with."""
    return Dimer(BARRIER, 3.0), langevin.dimers(Dimer(BARRIER, 3.0), DESIGN, REPEATS, seed=2)


@pytest.mark.parametrize(
    "tilt",
    [
        pytest.param(0.0, marks=pytest.mark.slow),
        pytest.param(5.0, marks=pytest.mark.slow),
        pytest.param(-5.0, marks=pytest.mark.slow),
    ],
)
def test_the_difference_that_was_put_in(apo, tilt, tmp_path):
    bare, without = apo
    bound = Dimer(BARRIER, bare.tilt + tilt)
    truth = bound.opening(MIDDLE) - bare.opening(MIDDLE)
    with_metal = langevin.dimers(bound, DESIGN, REPEATS, seed=3)
    records = []
    for repeat in range(REPEATS):
        folder = tmp_path / str(repeat)
        folder.mkdir()
        rows = langevin.write(folder, "mg", with_metal[repeat], DESIGN)
        rows += langevin.write(folder, "apo", without[repeat], DESIGN)
        content = analyse_windows(
            wells.write_windows(folder, rows),
            folder / "out",
            closed=f":{MIDDLE}",
            open_=f"{MIDDLE}:",
            seed=repeat,
        )
        records.append(content["ddg_mg_minus_apo"])
    given = [r for r in records if r["value_kj_per_mol"] is not None]
    # What is called not converged hides its interval; few sound pairs may be.
    assert len(given) >= 18
    counted = coverage(
        [r["value_kj_per_mol"] for r in given],
        [(r["high"] - r["low"]) / 2 for r in given],
        truth,
    )
    assert counted.hits >= 0.9 * len(given)
    assert counted.width < 3
    if tilt == 0:
        assert truth == 0 and sum(r["low"] <= 0 <= r["high"] for r in given) >= 18
    else:
        assert np.mean([r["value_kj_per_mol"] for r in given]) * tilt > 0
