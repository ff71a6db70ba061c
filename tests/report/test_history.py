"""What the page says of interruptions: those that changed something, and only those."""

import json
from pathlib import Path

import pytest

from lfa1_report.history import history
from lfa1_report.methods import methods
from lfa1_report.references import Bibliography
from lfa1_report.sources import collect


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
    config = {"gate": {"action": action}}
    assert "Alarms" not in dict(methods(collect(root), config, Bibliography()))["Runs"]
    change(root, "production/closed-mg/replica-1/segment-0.json", site_events=[])
    assert said in dict(methods(collect(root), config, Bibliography()))["Runs"]
