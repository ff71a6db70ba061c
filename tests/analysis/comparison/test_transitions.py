"""No "no effect" without passages there and back: truths with slow opening, simulated."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import slow_opening as slow
from slow_opening import Truth

from lfa1_analysis.comparison.findings import headline, limits, transitions
from lfa1_analysis.comparison.relevance import BY_NAME, OBSERVABLES
from lfa1_analysis.comparison.transitions import (
    LEAVES,
    LIGAND,
    MIDAS,
    REACHES,
    SHELL,
    Passages,
    Watched,
    behind,
    passages,
    states,
)
from lfa1_analysis.comparison.verdicts import CANNOT_TELL, DIFFERS, NO_EFFECT, STAYED

NEVER = Truth()
SLOW = {
    "5 µs": (Truth(5e3), 500.0),
    "20 µs": (Truth(20e3), 500.0),
    "100 µs": (Truth(100e3), 500.0),
    "1 µs, runs of 10 ns": (Truth(1e3), 10.0),
}
"""Mg²⁺ opens the domain for good within this time, without it it never opens; length of runs."""
SEEDS = [
    pytest.param(range(6), id="6 studies"),
    pytest.param(range(6, 56), id="50 studies", marks=pytest.mark.slow),
]


def verdicts(mg, apo, seeds, **options):
    return [slow.judged(slow.study(mg, apo, seed, **options)) for seed in seeds]


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("name", SLOW)
def test_slow_opening_is_never_called_no_effect(name, seeds):
    truth, length_ns = SLOW[name]
    found = verdicts(truth, NEVER, seeds, length_ns=length_ns)
    # The intervals alone would say so in most studies: all runs agree, because none moved.
    fooled = np.mean([abs(e.ci_low) < 2.5 and abs(e.ci_high) < 2.5 for e, _ in found])
    assert fooled > 0.3
    wrong = [e for pair in found for e in pair if e.verdict.startswith(NO_EFFECT)]
    assert len(wrong) <= 0.05 * len(found)
    assert any(e.verdict == STAYED for e, _ in found)


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("truth", [Truth(20, 20), Truth(100, 20), Truth(400, 20)], ids=str)
def test_a_null_that_was_sampled_there_and_back_is_no_effect(truth, seeds):
    found = verdicts(truth, truth, seeds)
    assert np.mean([e.verdict.startswith(NO_EFFECT) for pair in found for e in pair]) >= 0.8


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize(
    ("mg", "apo"),
    [(Truth(20, 20), Truth(200, 20)), (Truth(20, 200), NEVER), (Truth(50), NEVER)],
    ids=["equilibrium", "never without", "for good"],
)
def test_a_real_effect_is_found(mg, apo, seeds):
    found = verdicts(mg, apo, seeds)
    assert np.mean([shift.verdict == DIFFERS for shift, _ in found]) >= 0.9


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize(
    ("mg", "apo"),
    [
        (Truth(1000, 1000), Truth(1000, 100)),
        (Truth(5000, 5000), NEVER),
        (Truth(500, 500), Truth(500, 50)),
    ],
    ids=str,
)
def test_shares_that_runs_have_not_reached_yet_are_no_null(mg, apo, seeds):
    """At equilibrium these differ by 3 Å or more, but the runs begin closed and are too short."""
    found = verdicts(mg, apo, seeds)
    wrong = [shift for shift, _ in found if shift.verdict.startswith(NO_EFFECT)]
    assert len(wrong) <= 0.05 * len(found)


def test_the_sentence_says_what_was_watched_and_how_long_it_would_take():
    study = slow.study(NEVER, NEVER, 0)
    shift, _ = slow.judged(study)
    assert shift.verdict == STAYED
    # 8 runs of 500 ns; −ln 0.05 = 3.0.
    for words in ("4 µs of either", "1.34 µs or longer", "3 µs to 3 ms", "to within 2.5 Å"):
        assert words in shift.sentence
    assert "both stayed where they started in helix α7" in headline([shift])[0]
    told = [line for line in limits(study, [shift]) if line.startswith("closed-mg: no passage")]
    assert len(told) == 1 and "1.34 µs or longer" in told[0]
    rows = [row for row in transitions(study) if row["motion"] == "leaves_closed"]
    assert [row["system"] for row in rows] == ["closed-mg", "closed-apo"]
    assert all((row["share_of_to_low"], row["share_of_to_high"]) == (0, 1) for row in rows)


def test_one_way_openings_are_counted_in_the_sentence():
    for seed in range(20):
        study = slow.study(Truth(2e3), NEVER, seed)
        shift, _ = slow.judged(study)
        there = passages(study, LEAVES, [("closed-mg", n) for n in range(8)]).there
        if shift.verdict == CANNOT_TELL and there:
            assert f"{there} and back 0 times in 4 µs with Mg²⁺" in shift.sentence
            assert "0 and back 0 times in 4 µs with an empty" in shift.sentence
            return
    pytest.fail("no study in which the runs cannot tell")


def test_an_effect_on_the_way_is_not_called_one_of_equilibrium():
    shift, _ = slow.judged(slow.study(Truth(50), NEVER, 0))
    assert shift.verdict == DIFFERS and "not what holds at equilibrium" in shift.sentence


def test_the_share_at_equilibrium():
    """Where all n passages went one way, 2.5 % = πⁿ for the least share π of passages there."""
    assert Passages(8, 0, 0, 4000, 0).share == (0, 1)  # anything may be
    least = 0.025 ** (1 / 3)
    odds = least / (1 - least) * 1000 / 3000
    assert Passages(8, 3, 0, 3000, 1000).share == pytest.approx((odds / (1 + odds), 1))
    assert Passages(8, 0, 3, 1000, 3000).share == pytest.approx((0, 1 / (1 + odds)))
    # 200 each way: π = 0.5 ± 0.049 (normal), and 1 ns in the high state for 3 in the low one.
    many = Passages(8, 200, 200, 3000, 1000)
    assert many.best_share == pytest.approx(0.25)
    assert many.share == pytest.approx(
        (0.451 / (0.451 + 3 * 0.549), 0.549 / (0.549 + 1.353)), abs=2e-3
    )


def test_shares_hold_the_truth_though_all_runs_begin_closed():
    """Rates forget the start; the mean over time does not."""
    truth, hits, naive = Truth(300, 300), 0, []
    for seed in range(60):
        study = slow.study(truth, truth, seed)
        seen = passages(study, LEAVES, [("closed-mg", n) for n in range(8)])
        hits += seen.share[0] <= 0.5 <= seen.share[1]
        naive.append(seen.high_ns / seen.watched_ns)
    assert hits >= 54
    assert np.mean(naive) < 0.4


def run(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"time_ns": np.arange(1.0, n + 1)} | columns)


def test_a_state_is_left_only_where_the_other_is_reached():
    way = [0.0, 0.3, 0.1, 0.5, 0.25, 0.1, 1.0, 0.75, 0.7, 0.9, 0.4, 0.1]
    left = states(run(opening_fraction=way), LEAVES)
    assert left.tolist() == [False] * 3 + [True] * 2 + [False] + [True] * 5 + [False]
    reached = states(run(opening_fraction=way), REACHES)
    assert reached.tolist() == [False] * 6 + [True] * 4 + [False] * 2
    # A pocket that stays as it is in closed crystals is no passage, however far the rest swings.
    closed = run(opening_fraction=way, pocket_occupant=["closed"] * 12)
    assert not states(closed, LEAVES).any() and not states(closed, REACHES).any()


def test_a_run_that_resembles_no_crystal_is_not_counted():
    assert states(run(opening_fraction=[0.25, math.nan, 0.3]), LEAVES) is None
    assert states(run(radius_of_gyration_angstrom=[15.0, 15.0]), LEAVES) is None
    nothing = Passages(0, 0, 0, 0.0, 0.0)
    assert not Watched(LEAVES, nothing, nothing).known


def test_a_shift_alone_tells_the_state_too():
    found = states(run(alpha7_shift_angstrom=[-1.9, 2.0, 4.5, 9.1, 0.0]), LEAVES)
    assert found.tolist() == [False, False, True, True, False]


def test_flickers_of_two_atoms_are_no_passage():
    gap = np.full(40, 3.9)
    gap[5] = 2.9
    assert not states(run(ser139og_thr206og1_angstrom=gap), MIDAS).any()
    gap[20:] = 2.9
    assert states(run(ser139og_thr206og1_angstrom=gap), MIDAS).sum() == 20
    far = np.full(40, 12.0)  # Glu241 says that the MIDAS is closed all the time
    both = run(ser139og_thr206og1_angstrom=gap, glu241cd_ser139og_angstrom=far)
    assert not states(both, MIDAS).any()


def test_glutamate_that_leaves_the_metal():
    table = run(glu34_midas_angstrom=[2.2] * 10 + [3.9] * 10 + [8.0] * 10)
    assert states(table, SHELL).sum() == 20 and states(table, LIGAND).sum() == 10


def test_every_size_that_matters_has_its_motion():
    for item in OBSERVABLES:
        if math.isfinite(item.relevant):
            assert behind(item)
    assert behind(BY_NAME["alpha7_shift_angstrom"]) == (LEAVES, REACHES)
    assert MIDAS in behind(BY_NAME["ser139og_thr206og1_angstrom"])
    assert behind(BY_NAME["glu34_midas_angstrom"]) == (SHELL, LIGAND)
