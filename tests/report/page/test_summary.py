"""The first screen: two sentences, a bar of durations and five checks, from planted results."""

import json

import pytest
from synthetic import configuration

from lfa1_analysis.comparison.compare import compare
from lfa1_report.page.build import demonstration
from lfa1_report.page.checks import _sampling
from lfa1_report.page.summary import summary as first_screen
from lfa1_report.sources.study import collect


@pytest.fixture
def made(write_study, tmp_path):
    def make(change=None, **options):
        settings = {"n_frames": 40, "replicas": 3, "frame_ns": 30.0} | options
        root = write_study(tmp_path / "results", **settings)
        compare(root / "analysis", root / "comparison")
        if change:
            path = root / "comparison" / "summary.json"
            summary = json.loads(path.read_text())
            change(summary)
            path.write_text(json.dumps(summary))
        found = collect(root)
        study = configuration(root)
        return first_screen(found, study, demonstration(found, study)), found

    return make


def states(screen):
    return {check.link: (check.state, check.word) for check in screen["checks"]}


def test_a_study_that_is_fine_is_told_in_two_sentences_with_the_interval(made):
    screen, found = made(effect={"shift": 5.0}, replicas=5)
    row = next(r for r in found.summary["primary"] if r["comparison"].startswith("closed"))
    assert len(screen["answer"]) == 2
    assert f"{row['effect']:+.1f} Å (95 % interval" in screen["answer"][0]
    assert screen["answer"][0].endswith("it differs.")
    assert states(screen)["midas"] == ("good", "yes")
    # 1.2 µs: as long as the shortest time the motion takes, so the bar says no factor.
    assert screen["reach"]["ratio"] is None
    assert screen["reach"]["run"] > screen["reach"]["low"]


def test_picoseconds_conclude_nothing(made):
    screen, _ = made(frame_ns=0.0001, replicas=2)
    assert screen["answer"][0].startswith("Nothing is concluded about LFA-1: a run covers 4 ps")
    assert "95 % interval" in screen["answer"][1]
    assert screen["reach"]["ratio"] == "250,000"
    check = next(each for each in screen["checks"] if each.name == "Sampling enough?")
    assert (check.state, check.word, check.sign) == ("bad", "no", "✗")
    assert "250,000 times less" in check.text


def test_one_long_run_among_short_ones_samples_little(made):
    _, found = made(replicas=5)
    short = _sampling(found.summary, [1500.0, *[10.0] * 9])
    assert short.state == "bad" and short.text.startswith("10 ns typically, 100 times less")
    long = _sampling(found.summary, [1500.0] * 10)
    assert long.state != "bad" and long.text.startswith("1.5 µs each")


def test_a_broken_site_and_a_failed_control_are_seen_at_once(made):
    def fail(summary):
        summary["controls"]["negative"][0]["passed"] = False

    screen, _ = made(fail, broken=(("closed-mg", 1),))
    assert states(screen)["midas"] == ("fair", "not all")
    assert states(screen)["controls"] == ("bad", "no")


def test_many_models_are_one_check(made):
    def disagree(summary):
        summary["sensitivity"][1]["outcome"] = "disagree"

    screen, _ = made(disagree, ions=("mg", "apo", "mg_1264", "mg_iod"), states=("closed",))
    assert len(screen["checks"]) == 5
    assert states(screen)["models"] == ("bad", "no")


def test_nothing_to_compare_is_said_not_guessed(made, write_study, tmp_path):
    root = write_study(tmp_path / "bare", n_frames=40, replicas=2, states=("closed",))
    found = collect(root)
    screen = first_screen(found, configuration(), None)
    assert screen["answer"][0].startswith("There is no comparison to report")
    judged = {check.name: check.state for check in screen["checks"]}
    assert judged["Metal sites intact?"] == judged["Controls behave?"] == "unknown"
    assert judged["Models agree?"] == "unknown"
