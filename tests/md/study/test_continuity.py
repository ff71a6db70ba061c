"""A results folder may grow, but holds one study."""

import copy
from pathlib import Path

import pytest
import yaml

from lfa1_analysis.io.errors import ConfigError
from lfa1_md.study import continuity
from lfa1_md.study.configfile import check

CONTENT = yaml.safe_load((Path(__file__).parents[3] / "config/config.yaml").read_text())


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(check(CONTENT, "before").model_dump(mode="json")))
    return path


def changed(**keys):
    content = copy.deepcopy(CONTENT)
    for section, value in keys.items():
        content[section] = content.get(section, {}) | value if isinstance(value, dict) else value
    return check(content, "now")


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"replicas": 5},
        {"production": {"duration": "6 ps"}},
        {"title": "Another"},
        {"ions": ["mg"]},
        {"platform": "CPU"},
        {"gate": {"action": "stop"}},
    ],
)
def test_a_study_may_grow(written, keys):
    continuity.require(written, changed(**keys))


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"seed": 7}, "seed: 2022 → 7"),
        ({"chemistry": {"padding": "0.7 nm"}}, "chemistry.padding: 0.5 nm → 0.7 nm"),
        ({"production": {"frame_interval": "0.3 ps"}}, "production.frame_interval"),
    ],
)
def test_another_study_is_refused(written, keys, told):
    with pytest.raises(ConfigError, match=told) as caught:
        continuity.require(written, changed(**keys))
    assert "--directory" in caught.value.remedy


def test_a_first_run_is_free(tmp_path):
    continuity.require(tmp_path / "absent.yaml", changed())


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"title: [", b"replicas: none\n"])
def test_an_unreadable_record_is_refused_not_ignored(tmp_path, content):
    """It protects finished trajectories from being rebuilt with other settings."""
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.yaml: says with which settings") as caught:
        continuity.require(path, changed())
    assert "delete" in caught.value.remedy


def test_less_time_is_refused_once_it_would_leave_segments_out(written):
    shorter = {"production": {"duration": "1.5 ps"}}
    continuity.require(written, changed(**shorter))  # nothing has run yet
    replica = written.parent / "production/closed-mg/replica-0"
    replica.mkdir(parents=True)
    for name in ("segment-0.xtc", "segment-0.json"):
        (replica / name).touch()
    continuity.require(written, changed(**shorter))
    (replica / "segment-1.running").mkdir()
    with pytest.raises(ConfigError, match=r"duration: 3 → 1\.5 ps, .*1 segments more"):
        continuity.require(written, changed(**shorter))
    continuity.require(written, changed())


def test_a_pull_is_not_changed_once_its_box_is_there(tmp_path):
    """More pulls are fine; another box or another spring would be another study."""
    content = yaml.safe_load((Path(__file__).parents[3] / "config/bound.yaml").read_text())
    path = tmp_path / "config.yaml"

    def refused(before, **now):
        path.write_text(yaml.safe_dump(check(before, "before").model_dump(mode="json")))
        with pytest.raises(ConfigError) as caught:
            continuity.require(path, check(content | now, "now"))
        return str(caught.value)

    asked = content["separation"]
    without = {key: value for key, value in content.items() if key != "separation"}
    assert "room_for_separation: absent → 0.6" in refused(without)
    assert "room_for_separation: 0.6 nm → 1.2 nm" in refused(
        content, separation=asked | {"distance": "1.2 nm"}
    )
    assert "separation.force_constant" in refused(
        content, separation=asked | {"force_constant": "500 kJ/mol/nm^2"}
    )
    continuity.require(path, check(content | {"separation": asked | {"replicas": 9}}, "now"))
