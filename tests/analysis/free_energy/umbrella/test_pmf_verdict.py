"""`lfa1 pmf` on windows that something is wrong with: it says what, and gives no number."""

import json

import double_well as wells
import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.free_energy.umbrella.pmf import analyse_windows
from lfa1_cli.main import main

WELL = wells.DoubleWell()


def judged(folder, seed=0, listed=None, **options):
    random = np.random.default_rng(seed)
    listed = wells.rows(folder, "mg", WELL, random, **options) if listed is None else listed
    table = wells.write_windows(folder, listed)
    found = analyse_windows(table, folder / "out", closed=":4", open_="4:")["systems"]["mg"]
    if found["verdict"] != "converged":
        for key in ("value_kj_per_mol", "standard_error_kj_per_mol", "low", "high"):
            assert found[key] is None
        file = folder / "out" / "pmf.csv"
        assert pd.read_csv(file)["pmf_kj_per_mol"].isna().all()
    return found


def naming(found, *words):
    return [r for r in found["reasons"] if all(word in r for word in words)]


def test_a_window_in_the_wrong_basin_of_a_hidden_coordinate_is_named(tmp_path):
    """All replicas of w03 are caught where the same bias gives another mean."""
    found = judged(tmp_path, change=lambda w, r, cv: cv + 0.6 * (w == "w02"))
    assert found["verdict"] == "not converged"
    assert naming(found, "window w02", "stuck")
    assert not naming(found, "window w05") and not naming(found, "window w07")


def test_one_replica_in_another_hidden_basin_is_named(tmp_path):
    found = judged(tmp_path, change=lambda w, r, cv: cv + 0.7 * (w == "w04" and r == 2))
    assert found["verdict"] == "not converged"
    (reason,) = naming(found, "window w04", "replicas settle")
    assert "2: " in reason
    assert not naming(found, "window w06")


def test_windows_too_far_apart_are_named_with_the_centre_to_add(tmp_path):
    centres = [0.0, 1.0, 2.0, 3.0, 4.0, 6.2, 7.2, 8.0]
    found = judged(tmp_path, centres=centres, width=0.4)
    (reason,) = naming(found, "w04", "w05", "add a window at 5.1")
    assert "missing between" in reason
    assert found["smallest_neighbour_overlap"]["windows"] == ["w04", "w05"]


def test_windows_without_any_overlap_do_not_break_the_solver(tmp_path):
    found = judged(tmp_path, centres=[0.0, 3.0, 6.0, 8.0], width=0.05, replicas=1)
    assert len(naming(found, "overlap")) == 3


def test_too_few_samples_and_the_time_they_need(tmp_path):
    found = judged(tmp_path, replicas=1, frames=120, tau=5.0)
    reasons = naming(found, "independent samples of 50")
    assert reasons and all(" ns more" in reason for reason in reasons)
    # 120 frames of 0.1 ns with g ≈ 10: 12 samples, and 38 more take some 38 ns.
    needed = [float(r.split("about ")[1].split(" ns")[0]) for r in reasons]
    assert 15 < np.median(needed) < 80


def test_runs_too_short_for_any_error(tmp_path):
    found = judged(tmp_path, replicas=1, frames=8)
    assert len(naming(found, "too short to say")) == 9


def test_a_cv_that_never_changes(tmp_path):
    found = judged(tmp_path, change=lambda w, r, cv: cv * 0 + 3 if w == "w03" else cv)
    assert naming(found, "window w03", "never changes")


def test_hysteresis_between_the_ends(tmp_path):
    """Windows seeded closed lean to the closed side by less than their spread."""

    def lean(window, replica, cv):
        return cv + (-0.16 if replica % 2 else 0.16)

    found = judged(tmp_path, change=lean, replicas=2, frames=200)
    assert found["verdict"] == "not converged"
    assert found["hysteresis_closed_minus_open"]["value_kj_per_mol"] is not None
    assert naming(found, "hysteresis: windows seeded closed and open differ by")


def test_a_drift_of_all_windows(tmp_path):
    def drift(window, replica, cv):
        return cv + np.linspace(-0.5, 0.5, len(cv))

    found = judged(tmp_path, change=drift, frames=200)
    assert naming(found, "first and the last half")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: f.unlink(), ["cannot be read"]),
        (lambda f: f.write_text(f.read_text()[:-4]), ["cut short"]),
        (lambda f: f.write_bytes(f.read_bytes()[:900] + b"\0\xff\n"), ["mg-w03-1.csv"]),
        (lambda f: f.write_text(""), ["is empty"]),
        (lambda f: f.write_text("time_ns,distance\n1,2\n"), ["lacks the column cv"]),
        (lambda f: wells.write_series(f, np.full(40, np.nan)), ["40 values of cv", "line 2"]),
        (lambda f: _reorder(f), ["the time goes back"]),
        (lambda f: _hole(f), ["ns apart"]),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_the_rest_diagnosed(tmp_path, damage, words):
    listed = wells.rows(tmp_path, "mg", WELL, np.random.default_rng(0), replicas=1, frames=300)
    damage(tmp_path / "mg-w03-1.csv")
    found = judged(tmp_path, listed=listed)
    assert found["verdict"] == "not converged"
    assert naming(found, "window w03, replica 1", *words)
    assert naming(found, "window w03 at 3 has no usable file")
    report = pd.read_csv(tmp_path / "out" / "windows_report.csv").set_index("window")
    assert isinstance(report.loc["w03", "problem"], str)
    assert report.loc["w05", "n_independent"] > 50


def _reorder(file):
    table = pd.read_csv(file)
    table.loc[[10, 11]] = table.loc[[11, 10]].to_numpy()
    table.to_csv(file, index=False)


def _hole(file):
    pd.read_csv(file).drop(index=range(20, 30)).to_csv(file, index=False)


def test_a_window_left_out_of_the_table_is_missed(tmp_path):
    listed = wells.rows(
        tmp_path, "mg", WELL, np.random.default_rng(0), replicas=1, frames=300, width=0.4
    )
    found = judged(tmp_path, listed=[row for row in listed if row["window"] != "w04"])
    assert naming(found, "w03", "w05", "missing between", "add a window at 4")


def test_nothing_is_printed_that_looks_like_a_result(tmp_path, capsys):
    random = np.random.default_rng(0)
    table = wells.write_windows(tmp_path, wells.rows(tmp_path, "mg", WELL, random, frames=30))
    assert main(["pmf", "--windows", str(table), "--output-dir", str(tmp_path / "o")]) == 0
    shown = capsys.readouterr().out
    assert "mg: not converged, no ΔG is given" in shown and "ΔG(open) =" not in shown
    record = json.loads((tmp_path / "o" / "free_energy.json").read_text())
    assert record["ddg_mg_minus_apo"]["value_kj_per_mol"] is None


def _bad(column, value):
    def change(listed):
        listed[1][column] = value

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_bad("centre", "x"), "line 3: centre is 'x'"),
        (_bad("centre", 5.5), "line 3: window w00 has centre 5.5"),
        (_bad("replica", 1.5), "line 3: replica is '1.5'"),
        (_bad("replica", 1), "is there twice"),
        (_bad("seeded_from", "middle"), "seeded_from is 'middle'"),
        (_bad("force_constant_kj_per_mol_per_unit2", -2), "is '-2"),
        (_bad("window", ""), "'window' is empty"),
        (_bad("unit", "nm"), "unit is 'nm'"),
        (lambda listed: [row.pop("file") for row in listed], "lacks the column file"),
        (
            lambda listed: [row.update(file="no.csv") for row in listed[:1]] and listed[1:].clear(),
            "",
        ),
    ],
)
def test_a_table_of_windows_that_cannot_be_used(tmp_path, capsys, change, problem):
    random = np.random.default_rng(0)
    listed = wells.rows(tmp_path, "mg", WELL, random, centres=[0.0, 1.0], frames=20)
    change(listed)
    if not problem:
        listed, problem = listed[:1], "no file in it can be used"
    table = wells.write_windows(tmp_path, listed)
    out = tmp_path / "out"
    assert main(["pmf", "--windows", str(table), "--output-dir", str(out)]) == 2
    shown = capsys.readouterr().err
    assert problem in shown and "→" in shown and "Traceback" not in shown
    assert not out.exists()


def test_a_temperature_needs_its_unit(tmp_path, capsys):
    arguments = ["--windows", "w.csv", "--output-dir", str(tmp_path), "--temperature", "310"]
    assert main(["pmf", *arguments]) == 2
    assert "write for example '310 K'" in capsys.readouterr().err
