"""What the page says of interruptions: those that changed something, and only those."""

import json
from pathlib import Path

import pytest
from synthetic import configuration

from lfa1_analysis.comparison.compare import compare
from lfa1_report.methods.references import Bibliography
from lfa1_report.methods.text import methods
from lfa1_report.sources.provenance import history, provenance, software
from lfa1_report.sources.study import collect


def change(root: Path, name: str, **keys) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(content | keys))


def test_exact_continuations_are_not_mentioned(write_study, tmp_path):
    root = write_study(tmp_path / "results", n_frames=40, replicas=2, states=("closed",))
    change(
        root,
        "production/closed-mg/replica-1/segment-0.json",
        continuations=[{"step": 75, "exact": True, "because": []}],
        blow_ups=[],
    )
    assert history(collect(root)) == {"blow_ups": [], "inexact": 0}


def test_blow_ups_and_inexact_continuations_are_counted(write_study, tmp_path):
    root = write_study(tmp_path / "results", n_frames=40, replicas=2, states=("closed",))
    change(
        root,
        "production/closed-mg/replica-1/segment-0.json",
        segment=0,
        continuations=[
            {"step": 75, "exact": False, "because": ["device: A → B"]},
            {"step": 90, "exact": True, "because": []},
        ],
        blow_ups=[{"what": "at 3 ps the energy is no longer finite", "last_good": "2 ps"}],
    )
    change(
        root,
        "equilibrated/closed-apo/replica-0/equilibration.json",
        blow_ups=[{"what": "Particle coordinate is NaN", "last_good": "the start"}],
    )
    found = history(collect(root))
    assert found["inexact"] == 1
    said = {row["run"]: row["what"] for row in found["blow_ups"]}
    assert said == {
        "closed-mg, replica 1, segment 0": (
            "at 3 ps the energy is no longer finite; last finite at 2 ps"
        ),
        "closed-apo, replica 0, equilibration": (
            "Particle coordinate is NaN; last finite at the start"
        ),
    }


@pytest.mark.parametrize(
    ("action", "said"),
    [("note", "only noted"), ("warn", "and the log, and ended no run"), ("stop", "set to end")],
)
def test_the_methods_say_what_an_alarm_about_the_site_did(write_study, tmp_path, action, said):
    root = write_study(tmp_path / "results", n_frames=40, replicas=2, states=("closed",))
    study = configuration(root, gate={"action": action})
    assert "Alarms" not in dict(methods(collect(root), study, Bibliography()))["Runs"]
    change(root, "production/closed-mg/replica-1/segment-0.json", site_events=[])
    assert said in dict(methods(collect(root), study, Bibliography()))["Runs"]


def test_the_versions_of_all_steps_are_collected(write_study, tmp_path):
    root = write_study(tmp_path / "results", n_frames=40, replicas=1, states=("closed",))
    change(root, "prepared/closed/site.json", provenance={"versions": {"propka": "3.5.1"}})
    change(root, "systems/closed-mg/manifest.json", versions={"snakemake": "9.1", "openmm": "8.5"})
    run = "closed-mg/replica-0"
    change(
        root, f"analysis/{run}/opening.json", versions={"MDAnalysis": "2.11", "x": "not installed"}
    )
    change(root, f"equilibrated/{run}/equilibration.json", versions={"numpy": "2.4"})
    compare(root / "analysis", root / "comparison")
    seen = provenance(collect(root))["versions"]
    assert {"propka": "3.5.1", "snakemake": "9.1"}.items() <= seen.items()
    assert seen["MDAnalysis"].startswith("2.11, ")
    assert seen["openmm"] == "8.5, 8.6.1" and seen["numpy"].startswith("2.4, ")
    assert {"pymbar", "scipy"} <= seen.keys() and "x" not in seen
    assert software(collect(root))["openmm"] == ["8.5", "8.6.1"]


def test_the_seeds_are_those_of_the_records_and_not_the_studys(write_study, tmp_path):
    root = write_study(tmp_path / "results", n_frames=40, replicas=2, states=("closed",))
    name = "production/closed-mg/replica-{}/segment-0.json"
    own = {"0": {"integrator": 11, "barostat": 12}, "250": {"integrator": 13, "barostat": 14}}
    change(root, name.format(0), seed=2022, seeds=own)
    change(root, name.format(1), seed=2022, seeds={"0": {"integrator": 15}})
    rows = {(row["system"], row["replica"]): row for row in provenance(collect(root))["runs"]}
    assert rows["closed-mg", 0]["seeds"] == "integrator 11, barostat 12 (the first of 4)"
    assert rows["closed-mg", 1]["seeds"] == "integrator 15"
    assert rows["closed-apo", 0]["seeds"] == "not recorded"
