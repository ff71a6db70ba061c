"""A slow coordinate besides the CV never passes for convergence, and a wrong spring is named."""

import json
import math
import re

import double_well as wells
import hidden_coordinate as hidden
import numpy as np
import pandas as pd
import pytest
from hidden_coordinate import Hidden

from lfa1_analysis.free_energy.linkage.inputs import from_file
from lfa1_analysis.free_energy.linkage.program import link
from lfa1_analysis.free_energy.umbrella.basins import Basin
from lfa1_analysis.free_energy.umbrella.mbar import estimate
from lfa1_analysis.free_energy.umbrella.pmf import analyse_windows
from lfa1_analysis.free_energy.umbrella.spring_check import wrong_springs
from lfa1_analysis.free_energy.umbrella.verdict import judge
from lfa1_analysis.free_energy.umbrella.window_checks import long_starts
from lfa1_analysis.free_energy.umbrella.window_samples import decorrelate, describe_runs
from lfa1_analysis.free_energy.umbrella.windows import Window, WindowRun, read_windows
from lfa1_analysis.free_energy.verdicts import CONVERGED, NOT_CONVERGED, UNTESTED
from lfa1_analysis.statistics.inference import summarise
from lfa1_cli.main import main

KT = wells.KT
BASINS = Basin(-np.inf, hidden.MIDDLE), Basin(hidden.MIDDLE, np.inf)
MANY = [pytest.param(2, id="2 sets"), pytest.param(20, id="20 sets", marks=pytest.mark.slow)]
DRAWS = [
    pytest.param(range(3), id="3 sets"),
    pytest.param(range(3, 13), id="10 sets", marks=pytest.mark.slow),
]
KEY = "force_constant_kj_per_mol_per_unit2"


def judged(folder, well, repeats, first=0, **options):
    found = []
    for seed in range(first, first + repeats):
        place = folder / str(seed)
        place.mkdir()
        listed = hidden.rows(place, "mg", well, np.random.default_rng(seed), **options)
        (umbrella,) = read_windows(wells.write_windows(place, listed))
        found.append(judge(umbrella, KT, BASINS, 40))
    return found


@pytest.mark.parametrize("repeats", MANY)
@pytest.mark.parametrize("seeds", [("closed",), ("open",)])
def test_windows_from_one_end_are_not_called_converged(tmp_path, repeats, seeds):
    well = Hidden()
    found = judged(tmp_path, well, repeats, seeds=seeds)
    assert not any(j.converged for j in found)
    # Nothing else shows it: the estimate is that of one hidden state, tens of errors off.
    fooled = [j for j in found if j.verdict == UNTESTED]
    assert len(fooled) > 0.6 * repeats
    off = [abs(j.estimate.value - well.opening()) / j.estimate.half_width for j in fooled]
    assert min(off) > 1


@pytest.mark.parametrize("repeats", MANY)
@pytest.mark.parametrize(("gain", "stays"), [(24.0, math.inf), (12.0, 3000.0)])
def test_windows_from_both_ends_show_a_hidden_coordinate(tmp_path, repeats, stays, gain):
    found = judged(tmp_path, Hidden(gain=gain), repeats, stays=stays)
    assert {j.verdict for j in found} == {NOT_CONVERGED}


@pytest.mark.parametrize("repeats", MANY)
def test_a_hidden_coordinate_that_is_quick_does_no_harm(tmp_path, repeats):
    well = Hidden()
    found = judged(tmp_path, well, repeats, stays=1.0)
    sound = [j for j in found if j.converged]
    assert len(sound) >= 0.9 * repeats
    hits = [j.estimate.interval[0] <= well.opening() <= j.estimate.interval[1] for j in sound]
    assert np.mean(hits) >= 0.9


SLOW_SETS = [
    pytest.param((3, 4, 8), id="3 sets"),
    pytest.param(range(12, 24), id="12 sets", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("seeds", SLOW_SETS)
def test_a_hidden_state_that_lasts_a_third_of_a_run_is_seen_in_most_sets(tmp_path, seeds):
    """The kept part of a run often holds one hidden state alone, so the errors are far too small.

    Agreement of both ends is chance then; what was cut from the start of the runs shows it.
    """
    found = [j for s in seeds for j in judged(tmp_path, Hidden(), 1, first=s, stays=100.0)]
    off = [abs(j.estimate.value - Hidden().opening()) / j.estimate.half_width for j in found]
    assert np.median(off) > 1, "the trap is gone"
    false = [j for j, far in zip(found, off, strict=True) if j.converged and far > 1]
    assert len(false) <= 0.1 * len(found)


def described(make):
    """Runs as `describe_runs` gives them, two in each of nine windows."""
    windows = [Window(f"w{k}", float(k), KT / hidden.WIDTH**2) for k in range(9)]
    runs = [
        WindowRun(window, n, "", None, make(window, n), 0.01) for window in windows for n in (0, 1)
    ]
    return [(run, summarise(run.cv)) for run in runs]


@pytest.mark.parametrize("tau", [1.0, 5.0])
def test_sound_runs_have_no_long_start(tau):
    """One alarm in a hundred sets is meant, however correlated the frames are."""
    well, random = wells.DoubleWell(), np.random.default_rng(5)
    alarms = 0
    for _ in range(6):
        runs = described(
            lambda window, n: wells.sample(
                well.biased(window.centre, window.force_constant), 300, tau, random
            )
        )
        alarms += bool(long_starts(runs))
    assert alarms <= 1


def test_a_start_that_is_long_against_its_run_is_named():
    random = np.random.default_rng(6)

    def make(window, n):
        cv = random.normal(window.centre, hidden.WIDTH, 300)
        if (window.label, n) == ("w4", 1):
            cv[:90] += 1.2 * hidden.WIDTH
        if (window.label, n) == ("w5", 0):
            cv[:20] += 3 * hidden.WIDTH  # cut, and short
        return cv

    ((window, reason),) = long_starts(described(make)).items()
    assert window.label == "w4"
    # The cut is not finer than the candidates that are tried, and never beyond the middle.
    assert 0.9 <= float(re.search(r"replica 1 over ([\d.]+) ns", reason)[1]) <= 1.5


@pytest.fixture(scope="module")
def one_sided(tmp_path_factory):
    """Mg²⁺ has the hidden state, the empty site has none; all windows begin closed."""
    folder = tmp_path_factory.mktemp("one_sided")
    random = np.random.default_rng(0)
    listed = hidden.rows(folder, "mg", Hidden(), random, seeds=("closed",))
    listed += hidden.rows(folder, "apo", Hidden(gain=0.0), random, seeds=("closed",))
    table = wells.write_windows(folder, listed)
    arguments = ["--windows", str(table), "--output-dir", str(folder / "out")]
    assert main(["pmf", *arguments, "--closed", ":4", "--open", "4:"]) == 0
    return folder / "out" / "free_energy.json"


def test_the_verdict_goes_with_the_difference(one_sided):
    content = json.loads(one_sided.read_text(encoding="utf-8"))
    assert {its["verdict"] for its in content["systems"].values()} == {UNTESTED}
    ddg = content["ddg_mg_minus_apo"]
    truth = Hidden().opening() - Hidden(gain=0.0).opening()
    assert ddg["low"] < 0 < ddg["high"] and truth < -10  # the trap
    assert ddg["verdict"] == UNTESTED and "hysteresis is untested in mg and apo" in ddg["reason"]


def test_the_verdict_is_printed(one_sided, capsys):
    table = one_sided.parent.parent / "windows.csv"
    arguments = ["--windows", str(table), "--output-dir", str(one_sided.parent)]
    assert main(["pmf", *arguments, "--closed", ":4", "--open", "4:"]) == 0
    shown = capsys.readouterr().out
    assert f"mg: {UNTESTED}, ΔG(open) = " in shown
    assert f"ΔΔG(mg − apo): {UNTESTED}, " in shown
    assert "converged, ΔG" not in shown


def test_the_verdict_goes_with_the_dose_response(one_sided, tmp_path, capsys):
    found = link(from_file(one_sided))
    assert found.energies.verdict == UNTESTED
    assert found.verdict[0].startswith("HYSTERESIS UNTESTED")
    assert set(found.found.table["free_energies"]) == {UNTESTED}
    out = tmp_path / "linkage.csv"
    assert main(["linkage", "--free-energies", str(one_sided), "--output", str(out)]) == 0
    assert "HYSTERESIS UNTESTED" in capsys.readouterr().out
    assert set(pd.read_csv(out)["free_energies"]) == {UNTESTED}


def springs(folder, seed, scale, only=None, **options):
    """Enter force constants that are `scale` times those that acted."""
    folder.mkdir(exist_ok=True)
    listed = wells.rows(folder, "mg", wells.DoubleWell(), np.random.default_rng(seed), **options)
    for row in listed:
        if only in (None, row["window"]):
            row[KEY] *= scale
    (umbrella,) = read_windows(wells.write_windows(folder, listed))
    samples = decorrelate(describe_runs(umbrella), KT)
    return wrong_springs(samples, estimate(samples))


@pytest.mark.parametrize("seeds", DRAWS)
@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("scale", [2.0, 0.5])
def test_springs_entered_wrong_by_two_are_named(tmp_path, replicas, scale, seeds):
    for seed in seeds:
        (found,) = springs(tmp_path, seed, scale, replicas=replicas)
        assert len(found.windows) == 9
        assert found.factor == pytest.approx(1 / scale, rel=0.25)
        assert "w00 to w08" in found.reason and KEY in found.reason


@pytest.mark.parametrize("seeds", DRAWS)
def test_one_spring_mistyped_is_named(tmp_path, seeds):
    for seed in seeds:
        (found,) = springs(tmp_path, seed, 10.0, only="w04")
        assert [window.label for window in found.windows] == ["w04"]
        assert found.factor == pytest.approx(0.1, rel=0.3)
        assert "window w04" in found.reason and KEY in found.reason


@pytest.mark.parametrize("seeds", DRAWS)
def test_sound_springs_raise_no_alarm(tmp_path, seeds):
    """One alarm in a hundred sets is meant; barriers and correlated frames change nothing."""
    alarms = 0
    for seed in seeds:
        alarms += bool(springs(tmp_path, seed, 1.0))
        alarms += bool(springs(tmp_path, seed, 1.0, replicas=1, frames=400, tau=3.0))
    assert alarms <= 1


def test_a_spring_twice_too_large_is_no_result(tmp_path):
    random = np.random.default_rng(1)
    listed = wells.rows(tmp_path, "mg", wells.DoubleWell(), random, replicas=2)
    for row in listed:
        row[KEY] *= 2
    table = wells.write_windows(tmp_path, listed)
    found = analyse_windows(table, tmp_path / "out", closed=":4", open_="4:")["systems"]["mg"]
    assert found["verdict"] == NOT_CONVERGED and found["value_kj_per_mol"] is None
    assert any("w00 to w08" in reason and KEY in reason for reason in found["reasons"])
    report = pd.read_csv(tmp_path / "out" / "windows_report.csv")
    assert report["problem"].str.contains(KEY).all()
    out = tmp_path / "next.csv"
    assert main(["windows", "--windows", str(table), "--output", str(out)]) == 0
    assert pd.read_csv(out)["reason"].str.contains(KEY).any()


def test_sound_windows_from_both_ends_converge(tmp_path):
    random = np.random.default_rng(2)
    table = wells.write_windows(tmp_path, wells.rows(tmp_path, "mg", wells.DoubleWell(), random))
    found = analyse_windows(table, tmp_path / "out", closed=":4", open_="4:")["systems"]["mg"]
    assert found["verdict"] == CONVERGED
