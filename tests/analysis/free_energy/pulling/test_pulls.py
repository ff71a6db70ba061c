"""Work of pulls against what is known exactly: by hand, and of a particle dragged by a spring."""

import json
import math
from dataclasses import replace

import dragged as drag
import numpy as np
import pandas as pd
import pytest
from dragged import KT, Dragged

from lfa1_analysis.free_energy.pulling.comparison import LEAST_PULLS, PullComparison, bennett
from lfa1_analysis.free_energy.pulling.program import PROFILE, RECORD, analyse_pulls
from lfa1_analysis.free_energy.pulling.pulls import SteeredPull, arrive, read_pulls
from lfa1_analysis.io.table import digest
from lfa1_analysis.observables.coordinate import coordinate
from lfa1_cli.main import main

N = 1000


def pull(cv, centre, last, constant=2.0, direction="forward", replica=0, unit="", dt=0.1):
    cv, centre = np.array(cv, dtype=float), np.array(centre, dtype=float)
    time = dt * np.arange(1, len(cv) + 1)
    series = arrive((time, cv, centre), last)
    return SteeredPull("mg", replica, direction, constant, unit, "x.csv", *series)


def several(dragged, each, seed):
    """Pulls of the dragged particle, worked out."""
    random = np.random.default_rng(seed)
    done = []
    for forward in (True, False):
        for replica in range(each):
            table = dragged.table(forward, random)
            direction, last = ("forward", drag.LAST) if forward else ("backward", drag.FIRST)
            columns = table.cv, table.centre, last, dragged.spring, direction, replica
            done.append(pull(*columns, dt=drag.INTERVAL_NS))
    return done


def test_work_by_hand():
    # k = 2, so each jump does (s − c′)² − (s − c)²; the first row's centre is at rest.
    done = pull([0.1, 0.2, 0.5], [0.0, 0.0, 1.0], 2.0)
    first = (0.2 - 1) ** 2 - (0.2 - 0) ** 2
    second = (0.5 - 2) ** 2 - (0.5 - 1) ** 2
    assert done.work.tolist() == pytest.approx([0, 0, first, first + second])
    assert done.total == pytest.approx(0.6 + 2.0)
    assert done.centre.tolist() == [0, 0, 1, 2] and done.cv[-1] == 0.5
    assert done.time_ns.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.3])
    assert done.lag == pytest.approx(1.5)
    assert done.rest_ns == pytest.approx(0.2)
    assert done.speed == pytest.approx(10.0)
    assert done.speed_angstrom == pytest.approx(10 * coordinate().apart)
    assert math.isnan(pull([0, 0, 1], [0, 0, 1], 2.0, unit="angstrom").speed_angstrom)


def test_a_centre_that_has_arrived_does_no_more_work():
    arrived = pull([0.2, 0.5, 0.9, 1.4], [0, 1, 2, 2], 2.0)
    left = pull([0.2, 0.5], [0, 1], 2.0)
    assert arrived.total == pytest.approx(left.total)
    assert len(arrived.work) == 4


def test_a_pull_back_has_its_own_sign():
    back = pull([1.9, 1.5], [2.0, 1.0], 0.0, direction="backward")
    assert back.total == pytest.approx((0.9**2 - 0.1**2) + (1.5**2 - 0.5**2))
    assert back.lag == pytest.approx(1.5)  # behind, as forward
    assert back.speed == pytest.approx(10.0)


def test_the_area_between_the_ways_is_the_dissipation():
    """∮ s dc = (W_F + W_B)/k, whatever the path: here of noise."""
    random = np.random.default_rng(3)
    way = np.linspace(0, 1, 11)
    forth = pull(random.normal(size=10), way[:-1], 1.0)
    back = pull(random.normal(size=10), way[:0:-1], 0.0, direction="backward")
    found = PullComparison([forth, back], KT)
    assert found.area == pytest.approx((forth.total + back.total) / 2.0)
    assert found.dissipated.estimate == pytest.approx((forth.total + back.total) / 2)
    assert found.area == pytest.approx(((back.cv[:-1] - forth.cv[:-1][::-1]) * 0.1).sum())


@pytest.mark.parametrize("forward", [True, False])
def test_gaussian_work_obeys_jarzynski(forward):
    """Mean and spread are those known: σ² = 2 kT (⟨W⟩ − ΔF). A wrong last jump would show."""
    dragged = Dragged()
    works = np.array([each.total for each in several(dragged, N, 5)])
    works = works[:N] if forward else works[N:]
    delta = dragged.delta_f if forward else -dragged.delta_f
    mean = dragged.mean_work(forward)
    variance = 2 * KT * (mean - delta)
    assert mean - delta > KT / 4
    assert works.mean() == pytest.approx(mean, abs=4 * math.sqrt(variance / N))
    assert works.var(ddof=1) == pytest.approx(variance, rel=4 * math.sqrt(2 / N))
    exponential = -KT * math.log(np.exp(-works / KT).mean())
    assert exponential == pytest.approx(delta, abs=0.25 * KT)


def test_bar_finds_the_free_energy():
    dragged = Dragged()
    found = PullComparison(several(dragged, 200, 6), KT)
    assert found.bar is not None and found.notes == []
    assert found.bar.interval[0] < dragged.delta_f < found.bar.interval[1]
    assert 2 * found.bar.half_width < KT
    assert found.low < dragged.delta_f < found.high
    assert found.overlap > 0.1


def test_intervals_of_bar_from_few_pulls_hold_the_answer():
    """Gaussian work that dissipates 2 kT, far from zero; as few pulls as are accepted."""
    random = np.random.default_rng(7)
    delta, spread = 100.0, math.sqrt(2 * 2)
    held = 0
    for _ in range(200):
        forth = delta + 2 + spread * random.normal(size=LEAST_PULLS)
        back = -delta + 2 + spread * random.normal(size=LEAST_PULLS)
        bar, _ = bennett(KT * forth, KT * back, KT)
        held += bar.interval[0] < KT * delta < bar.interval[1]
    assert held >= 180


@pytest.mark.parametrize(("n", "m"), [(30, 30), (10, 25)])
def test_bar_and_overlap_are_those_of_pymbar(n, m):
    from pymbar.other_estimators import bar, bar_overlap

    random = np.random.default_rng(8)
    forth, back = random.normal(7, 2, n), random.normal(-3, 2, m)
    found, overlap = bennett(KT * forth, KT * back, KT)
    theirs = bar(forth, back)
    assert found.value / KT == pytest.approx(theirs["Delta_f"], abs=1e-6)
    assert found.standard_error / KT == pytest.approx(theirs["dDelta_f"], abs=1e-6)
    # Theirs is the sum of both off-diagonal elements, ours the smaller of them.
    assert overlap * (n + m) / min(n, m) == pytest.approx(bar_overlap(forth, back), abs=1e-6)


@pytest.mark.parametrize("apart", [5, 50, 5000])
def test_works_that_do_not_overlap_have_no_overlap(apart):
    random = np.random.default_rng(8)
    forth, back = random.normal(apart, 0.1, 9), random.normal(apart, 0.1, 5)
    assert bennett(forth, back, 1.0)[1] < 0.03


def test_a_slow_pull_does_the_free_energy():
    dragged = Dragged(rows=20000, relaxed=0.99)
    found = PullComparison(several(dragged, LEAST_PULLS, 9), KT)
    assert found.forward.estimate == pytest.approx(dragged.delta_f, abs=0.1 * KT)
    assert found.backward.estimate == pytest.approx(-dragged.delta_f, abs=0.1 * KT)
    assert abs(found.dissipated.estimate) < 0.1 * KT
    # Nearly reversible work may sum to less than zero by chance; that hinders no estimate.
    assert found.bar is not None and found.bar.value == pytest.approx(dragged.delta_f, abs=0.1 * KT)


def test_a_fast_pull_brackets_and_says_no_more():
    dragged = Dragged(spring=2000, well=400, relaxed=0.02)
    found = PullComparison(several(dragged, LEAST_PULLS, 10), KT)
    assert found.dissipated.estimate > 50 * KT
    assert found.bar is None and found.overlap < 0.03
    assert found.low_95 < found.low < dragged.delta_f < found.high < found.high_95
    overlapping, lost = found.notes
    assert "share too little" in overlapping and "far from reversible" in lost


def test_few_pulls_give_a_bracket_without_uncertainty():
    found = PullComparison(several(Dragged(), 1, 11), KT)
    assert math.isnan(found.low_95) and math.isnan(found.high_95) and found.bar is None
    assert (
        "5 pulls in each direction are needed, there are 1 forward and 1 backward" in found.notes[0]
    )


def test_pulls_of_different_speeds_are_no_pair():
    """Crooks's relation is of one protocol and its reverse; the bracket stands."""
    both = several(Dragged(), LEAST_PULLS, 12)
    slow = replace(both[0], time_ns=2 * both[0].time_ns)
    found = PullComparison([slow, *both[1:]], KT)
    assert found.bar is None and "different speeds" in found.notes[0]
    assert math.isfinite(found.low_95)


def test_pulls_one_way_only():
    found = PullComparison(several(Dragged(), 2, 13)[:2], KT)
    assert math.isnan(found.low) and math.isfinite(found.high)
    assert "no pull backward" in found.notes[0] and found.bar is None


@pytest.mark.parametrize(("each", "lost", "words"), [
    (1, -1.0, "by chance"),
    (1, -6.0, "the second law forbids"),
    # The same work below zero is chance in one pair and none in six.
    (6, -1.0, "the second law forbids"),
])  # fmt: skip
def test_work_that_breaks_the_second_law(each, lost, words):
    """The coordinate runs ahead of the centre, as from a start that was not equilibrated."""
    way = np.linspace(0, 1, 11)
    ahead = 0.05 - lost * KT / (2 * 100)  # half a jump of 0.1, then W = lost kT / 2 each way
    forth = [pull(way[:-1] + ahead, way[:-1], 1.0, 100.0, replica=i) for i in range(each)]
    back = [pull(way[:0:-1] - ahead, way[:0:-1], 0.0, 100.0, "backward", i) for i in range(each)]
    assert forth[0].total + back[0].total == pytest.approx(lost * KT)
    found = PullComparison([*forth, *back], KT)
    assert words in found.notes[0] and found.bar is None


def test_the_second_law_is_not_called_broken_by_chance():
    """Nearly reversible single pairs: a sum below zero is frequent, an alarm is not."""
    dragged = Dragged(relaxed=0.95)
    alarms = below = 0
    for seed in range(100):
        found = PullComparison(several(dragged, 1, seed), KT)
        below += found.dissipated.estimate < 0
        alarms += "second law" in found.notes[0]
    assert below > 5 and alarms <= 3


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pulls")
    systems = {"mg": Dragged(), "apo": Dragged(well=100.0)}
    table = drag.write_pulls(folder / "in", systems, 6)
    assert main(["pulls", "--pulls", str(table), "--output-dir", str(folder / "out")]) == 0
    return folder, systems


def test_files_hold_what_was_computed(analysed):
    folder, systems = analysed
    content = json.loads((folder / "out" / RECORD).read_text())
    profile = pd.read_csv(folder / "out" / PROFILE)
    assert list(content["systems"]) == list(systems)
    for name, its in content["systems"].items():
        assert len(its["pulls"]) == 12
        for each in its["pulls"]:
            rows = profile[(profile.system == name) & (profile.replica == each["replica"])
                           & (profile.direction == each["direction"])]  # fmt: skip
            assert rows.work_kj_per_mol.iloc[-1] == pytest.approx(each["work_kj_per_mol"])
            assert rows.centre.iloc[-1] == each["last_centre"]
            assert each["speed_per_ns"] == pytest.approx(1 / 40 / drag.INTERVAL_NS)
            assert each["rest_ns"] == pytest.approx(6 * drag.INTERVAL_NS)
        bar = its["delta_f_between_biased_ends"]["bar_kj_per_mol"]
        assert bar["low"] < systems[name].delta_f < bar["high"]
    assert content["settings"]["temperature_kelvin"] == 310
    (first, *series) = content["inputs"]
    assert len(series) == 24 and first["sha256"] == digest(folder / "in/pulls.csv")


def test_order_of_rows_does_not_matter(analysed):
    folder, _ = analysed
    table = pd.read_csv(folder / "in/pulls.csv")
    table[::-1].to_csv(folder / "in/turned.csv", index=False)
    turned = read_pulls(folder / "in/turned.csv")["mg"]
    assert [(p.direction, p.replica) for p in turned] == [
        (p.direction, p.replica) for p in read_pulls(folder / "in/pulls.csv")["mg"]
    ]


def test_what_it_prints(analysed, capsys):
    folder, _ = analysed
    table = folder / "in/pulls.csv"
    assert main(["pulls", "--pulls", str(table), "--output-dir", str(folder / "again")]) == 0
    said = capsys.readouterr().out
    assert "mg, replica 0 forward: work" in said and "ΔF between the biased ends" in said
    assert (folder / "again" / PROFILE).read_text() == (folder / "out" / PROFILE).read_text()
    assert analyse_pulls(table, folder / "warm", 620.0)["settings"]["temperature_kelvin"] == 620
