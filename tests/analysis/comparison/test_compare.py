from __future__ import annotations

import argparse
import importlib.util
import json
import math
from pathlib import Path

import pandas as pd
import pytest

from lfa1_analysis.comparison.compare import add_arguments, compare, parse_time, run
from lfa1_analysis.comparison.relevance import PRIMARY
from lfa1_analysis.io.errors import InputError, StudyError


@pytest.fixture(scope="module")
def write_study():
    path = Path(__file__).parents[2] / "report" / "synthetic.py"
    spec = importlib.util.spec_from_file_location("lfa1_synthetic", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.write_study


@pytest.fixture
def study(write_study, tmp_path):
    def make(**options):
        root = write_study(
            tmp_path / "results",
            **{"n_frames": 80, "frame_ns": 0.5, "seed": 3, "replicas": 6} | options,
        )
        summary = compare(root / "analysis", root / "comparison")
        effects = pd.read_csv(root / "comparison" / "effects.csv")
        return root, summary, effects

    return make


def effect(effects, observable, comparison="closed-mg − closed-apo"):
    rows = effects[(effects["observable"] == observable) & (effects["comparison"] == comparison)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_a_known_effect_is_found(study):
    _, summary, effects = study(effect={"shift": 4.0})
    row = effect(effects, "alpha7_shift_angstrom")
    assert row["verdict"] == "differs"
    assert row["ci_low"] <= 4.0 <= row["ci_high"]
    assert row["p_holm"] < 0.05 and row["n_pairs"] == 6
    assert "further down" in row["sentence"] and "6 pairs" in row["sentence"]
    assert "a difference in helix α7" in summary["headline"][0]


def test_a_small_effect_is_said_to_be_too_small_to_matter(study):
    _, summary, effects = study(effect={"shift": 1.2}, spread=0.05)
    row = effect(effects, "alpha7_shift_angstrom")
    assert row["verdict"] == "differs"
    assert "smaller than the 2.5 Å that would matter" in row["sentence"]
    assert "smaller than what matters" in summary["headline"][0]


def test_nothing_in_runs_that_never_left_their_state_says_that_they_stayed(study):
    _, summary, effects = study()
    row = effect(effects, "alpha7_shift_angstrom")
    assert row["verdict"] == "both stayed where they started"
    assert -2.5 < row["ci_low"] < 0 < row["ci_high"] < 2.5
    # 6 runs of 40 ns; −ln 0.05 = 3.0.
    assert "240 ns of either" in row["sentence"] and "80.1 ns or longer" in row["sentence"]
    assert "both stayed where they started in helix α7" in summary["headline"][0]
    assert {row["there"] + row["back"] for row in summary["transitions"]} == {0}


def test_nothing_with_little_data_is_cannot_tell(study):
    _, _, effects = study(replicas=2, spread=2.0)
    row = effect(effects, "alpha7_shift_angstrom")
    assert row["verdict"] == "cannot tell"
    assert row["smallest_detectable"] > 2.5
    assert "would probably have been seen" in row["sentence"]


def test_short_runs_never_claim_no_effect(study):
    _, summary, effects = study(frame_ns=1e-4)
    tests = effects[effects["kind"] == "effect"]
    assert not tests["verdict"].str.startswith("no effect").any()
    assert "too short" in effect(effects, "alpha7_shift_angstrom")["reason"]
    assert all(line.endswith("no answer (8 ps per run).") for line in summary["headline"])
    assert len(summary["headline"]) == 2


def test_one_replica_has_no_interval_and_says_so(study):
    root, summary, effects = study(replicas=1)
    row = effect(effects, "alpha7_shift_angstrom")
    assert row["verdict"] == "cannot tell" and math.isnan(row["ci_low"])
    assert "one replica has no spread" in row["sentence"]
    assert any("only one pair" in line for line in summary["cannot_tell"])
    json.loads((root / "comparison" / "summary.json").read_text())


def test_a_missing_replica_is_named_and_left_out_of_its_pair(study):
    _, summary, effects = study(missing=(("closed-apo", 2),))
    assert summary["missing"] == ["closed-apo: replica 2 is missing"]
    assert effect(effects, "alpha7_shift_angstrom")["n_pairs"] == 5
    assert effect(effects, "alpha7_shift_angstrom", "open-mg − open-apo")["n_pairs"] == 6


def test_replicas_expected_but_nowhere_are_named(write_study, tmp_path):
    root = write_study(tmp_path / "r", replicas=2, n_frames=40)
    summary = compare(root / "analysis", root / "c", replicas=3)
    assert "open-mg: replica 2 is missing" in summary["missing"]


def test_controls(study):
    _, summary, _ = study()
    positive = summary["controls"]["positive"]
    assert len(positive) == 2 * len(PRIMARY) and all(row["passed"] for row in positive)
    negative = summary["controls"]["negative"]
    assert len(negative) == 2 * len(PRIMARY)
    assert sum(row["passed"] is False for row in negative) <= 1


def test_blind_positive_control_fails(study):
    root, _, _ = study()
    for n in range(6):
        for ion in ("mg", "apo"):
            here = root / "analysis" / f"open-{ion}" / f"replica-{n}" / "opening.csv"
            there = root / "analysis" / f"closed-{ion}" / f"replica-{5 - n}" / "opening.csv"
            here.write_bytes(there.read_bytes())
    summary = compare(root / "analysis", root / "comparison")
    assert any(row["passed"] is False for row in summary["controls"]["positive"])
    assert any("positive control failed" in line for line in summary["warnings"])


def test_a_broken_site_is_reported_by_replica(study):
    _, summary, _ = study(replicas=3, broken=(("closed-mg", 1),))
    sites = {(r["system"], r["replica"]): r for r in summary["controls"]["metal_site"]}
    assert len(sites) == 6
    assert not sites["closed-mg", 1]["intact"] and sites["closed-mg", 0]["intact"]
    assert "Ser141 does not hold the metal" in sites["closed-mg", 1]["sentence"]
    assert "holds the metal with both oxygens" in sites["closed-mg", 1]["sentence"]
    assert any("closed-mg replica 1" in line for line in summary["warnings"])


def test_sodium_in_the_empty_site_is_an_event(study):
    _, summary, _ = study(replicas=2, sodium=(("open-apo", 1),))
    visits = {(r["system"], r["replica"]): r for r in summary["controls"]["visits"]}
    assert "Na" in visits["open-apo", 1]["ions"]
    assert visits["open-apo", 1]["fraction"] > 0.2
    assert visits["closed-apo", 0]["system"] == "closed-apo"


def test_other_ions_are_compared_with_the_empty_site_and_with_magnesium(study):
    _, _, effects = study(ions=("mg", "apo", "ca", "mn"), states=("closed",), replicas=3)
    found = set(effects[effects["kind"] == "effect"]["comparison"])
    assert found == {
        "closed-mg − closed-apo",
        "closed-ca − closed-apo",
        "closed-mn − closed-apo",
        "closed-mg − closed-ca",
        "closed-mg − closed-mn",
    }


def test_magnesium_against_nothing_and_against_calcium_was_named_beforehand(study):
    _, summary, effects = study(ions=("mg", "apo", "ca", "mn"), states=("closed",), replicas=3)
    named = ["closed-mg − closed-apo", "closed-mg − closed-ca"]
    primary = effects[(effects["kind"] == "effect") & (effects["tier"] == "primary")]
    assert list(dict.fromkeys(primary["comparison"])) == named
    assert summary["method"]["named_beforehand"] == named
    assert len(summary["headline"]) == 2 and "with Ca²⁺ at the MIDAS" in summary["headline"][1]
    # Holm's correction counts those alone; the others are leads, and say so.
    assert (primary["p_holm"] >= primary["p_value"]).all() and len(primary) == 2 * len(PRIMARY)
    smallest = primary["p_value"].min()
    assert primary["p_holm"].min() == pytest.approx(min(1, smallest * 2 * len(PRIMARY)))
    other = effects[effects["comparison"].isin(["closed-ca − closed-apo", "closed-mg − closed-mn"])]
    assert set(other["tier"]) == {"exploratory"} and other["p_holm"].isna().all()
    assert other["sentence"].str.contains("not named beforehand").all()


def test_without_magnesium_each_ion_against_nothing_is_the_question(study):
    _, _, effects = study(ions=("ca", "apo", "mn"), states=("closed",), replicas=3)
    primary = effects[(effects["kind"] == "effect") & (effects["tier"] == "primary")]
    assert set(primary["comparison"]) == {"closed-ca − closed-apo", "closed-mn − closed-apo"}


def test_the_sham_is_a_control_that_must_not_differ_and_no_effect_of_an_ion(study):
    _, summary, effects = study(ions=("mg", "apo", "mg_sham"), states=("closed", "open"))
    sham = summary["controls"]["sham"]
    assert {row["comparison"] for row in sham} == {
        "closed-mg_sham − closed-mg",
        "open-mg_sham − open-mg",
    }
    assert len(sham) == 2 * len(PRIMARY) and all(row["n_pairs"] == 6 for row in sham)
    assert sum(row["passed"] is False for row in sham) <= 1
    tests = effects[effects["kind"] == "effect"]
    assert not tests["comparison"].str.contains("sham").any()
    positive = {row["comparison"] for row in summary["controls"]["positive"]}
    assert positive == {"open-mg − closed-mg", "open-apo − closed-apo"}


def test_a_sham_that_differs_is_a_failed_control(study):
    root, _, _ = study(ions=("mg", "apo", "mg_sham"), states=("closed",))
    for n in range(6):
        path = root / "analysis" / "closed-mg_sham" / f"replica-{n}" / "opening.csv"
        table = pd.read_csv(path)
        table["alpha7_shift_angstrom"] += 5.0
        table.to_csv(path, index=False)
    summary = compare(root / "analysis", root / "comparison")
    failed = [row["observable"] for row in summary["controls"]["sham"] if row["passed"] is False]
    assert "alpha7_shift_angstrom" in failed  # another may differ by chance
    (warning,) = (line for line in summary["warnings"] if "sham control failed" in line)
    assert "far from the protein" in warning


def test_holm_runs_over_all_primary_comparisons(study):
    _, _, effects = study(effect={"shift": 4.0})
    family = effects[(effects["kind"] == "effect") & (effects["tier"] == "primary")]
    assert len(family) == 2 * len(PRIMARY)
    assert (family["p_holm"] >= family["p_value"]).all()
    others = effects[effects["tier"] == "exploratory"]
    assert others["p_holm"].isna().all()
    assert others["sentence"].str.contains("Exploratory").all()


@pytest.mark.slow
def test_a_null_study_rarely_differs_anywhere(write_study, tmp_path):
    wrong = 0
    for seed in range(10):
        options = {"replicas": 3, "n_frames": 30, "states": ("closed",), "seed": seed}
        root = write_study(tmp_path / str(seed), **options)
        summary = compare(root / "analysis", root / "comparison")
        wrong += any(row["verdict"] == "differs" for row in summary["primary"])
    assert wrong <= 3


def test_someone_elses_table_with_few_columns(tmp_path):
    for ion, shift in (("mg", 3.0), ("apo", 0.0)):
        for n in range(4):
            folder = tmp_path / "mine" / f"closed-{ion}" / f"replica-{n}"
            folder.mkdir(parents=True)
            values = [shift + 0.1 * n * (1 if ion == "mg" else 0.5) + 0.01 * k for k in range(50)]
            pd.DataFrame(
                {"time_ns": [k * 1.0 for k in range(50)], "alpha7_shift_angstrom": values}
            ).to_csv(folder / "opening.csv", index=False)
    summary = compare(tmp_path / "mine", tmp_path / "out")
    assert [row["observable"] for row in summary["primary"]] == ["alpha7_shift_angstrom"]
    assert summary["primary"][0]["verdict"] == "differs"


def test_discard_leaves_out_the_beginning(write_study, tmp_path):
    root = write_study(tmp_path / "r", replicas=2, n_frames=60, frame_ns=1.0)
    compare(root / "analysis", root / "c", discard_ns=20.0)
    rows = pd.read_csv(root / "c" / "replicas.csv")
    assert set(rows["n_frames"]) == {40}


def _break_text(path):
    path.write_text("frame,time_ns\n1,abc\n")


def _break_number(path):
    table = pd.read_csv(path, dtype=str)
    table.loc[3, "alpha7_shift_angstrom"] = "four"
    table.to_csv(path, index=False)


def _break_time(path):
    table = pd.read_csv(path)
    table.loc[5, "time_ns"] = 0.0
    table.to_csv(path, index=False)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_break_text, "none of the columns"),
        (_break_number, "'four' is not a number"),
        (_break_time, "time_ns does not grow at row 6"),
        (lambda path: path.write_text(""), "is empty"),
        (lambda path: path.write_text("time_ns,alpha7_shift_angstrom\n"), "holds no rows"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "is not UTF-8 text"),
    ],
)
def test_damaged_tables_are_refused_by_name(write_study, tmp_path, damage, words):
    root = write_study(tmp_path / "r", replicas=2, n_frames=30)
    path = root / "analysis" / "closed-mg" / "replica-1" / "opening.csv"
    damage(path)
    with pytest.raises(InputError) as caught:
        compare(root / "analysis", root / "comparison")
    assert str(path) in caught.value.problem and words in caught.value.problem
    assert caught.value.remedy
    assert not (root / "comparison").exists()


def test_nothing_there_and_wrong_names(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        compare(tmp_path / "none", tmp_path / "c")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no tables"):
        compare(tmp_path / "empty", tmp_path / "c")
    (tmp_path / "odd" / "closed-xx" / "replica-0").mkdir(parents=True)
    with pytest.raises(InputError, match="closed-xx"):
        compare(tmp_path / "odd", tmp_path / "c")


def test_discarding_everything_says_where_the_run_ends(write_study, tmp_path):
    root = write_study(tmp_path / "r", replicas=2, n_frames=30, frame_ns=1.0)
    with pytest.raises(InputError, match="ends at 30 ns"):
        compare(root / "analysis", root / "c", discard_ns=50)


@pytest.mark.parametrize(
    ("text", "nanoseconds"), [("10 ns", 10), ("500ps", 0.5), ("1.5 µs", 1500), ("2e3 fs", 0.002)]
)
def test_times_are_read_with_their_unit(text, nanoseconds):
    assert parse_time(text) == pytest.approx(nanoseconds)


@pytest.mark.parametrize("text", ["10", "ten ns", "-3 ns", "1.2.3 ns", "4 parsec"])
def test_times_without_a_proper_unit_are_refused(text):
    with pytest.raises(StudyError, match="--discard"):
        parse_time(text)


def test_the_verb_prints_the_verdicts(write_study, tmp_path, capsys):
    root = write_study(tmp_path / "r", replicas=3, n_frames=40)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    arguments = ["--analysis", str(root / "analysis"), "--output-dir", str(root / "c")]
    assert run(parser.parse_args(arguments)) == 0
    out = capsys.readouterr().out
    assert "Closed state, Mg²⁺ at the MIDAS compared with an empty MIDAS" in out
    assert {p.name for p in (root / "c").iterdir()} == {
        "replicas.csv",
        "effects.csv",
        "summary.json",
    }
