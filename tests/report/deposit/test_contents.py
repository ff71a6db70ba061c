"""Which files, which frames, how many bytes; and who hands them in."""

from __future__ import annotations

import pytest
import yaml
from MDAnalysis.lib.formats.libmdaxdr import XTCFile
from small_xtc import write_xtc

from lfa1_analysis.io.errors import InputError
from lfa1_cli.main import main
from lfa1_md.study.configfile import check
from lfa1_report.deposit import contents, forecast
from lfa1_report.deposit.contents import kind_of, select
from lfa1_report.deposit.folder import put
from lfa1_report.deposit.metadata import author, sound


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("config.yaml", "settings"),
        ("report.html", "report"),
        ("prepared/closed/protein.cif", "structures"),
        ("structures/1CQP.cif", "structures"),
        ("systems/closed-mg/system.xml.gz", "topologies"),
        ("systems/closed-mg/minimised.state.xml.gz", "states"),
        ("equilibrated/closed-mg/replica-0/state.xml.gz", "states"),
        ("production/closed-mg/replica-0/segment-0.xtc", "trajectories"),
        ("production/closed-mg/replica-0/segment-0.csv", "energies"),
        ("production/closed-mg/replica-0/segment-0.json", "records"),
        ("sampling/closed-mg/replica-0/exchange/segment-1.walkers/walker-2.xtc", "trajectories"),
        ("sampling/closed-mg/replica-0/exchange/segment-1.states.json.gz", "states"),
        ("sampling/round-1/plan.csv", "energies"),
        ("free_energy/windows/windows.csv", "tables"),
        ("separation/separation.json", "tables"),
        ("separation/bound-mg/replica-0/segment-1.xtc", "trajectories"),
        ("figures/road.svg", "figures"),
        ("logs/report.log", None),
        ("production/closed-mg/replica-0/segment-1.running/progress.xtc", None),
        ("production/closed-mg/replica-0/segment-1.xtc.part", None),
        ("production/closed-mg/replica-0/segment-1.xtc.damaged-1", None),
        ("figures/.snakemake_timestamp", None),
    ],
)
def test_kind_of_a_file(path, kind):
    assert kind_of(path) == kind


def test_sources_hold_nothing_that_readers_left_beside_trajectories(tmp_path, monkeypatch):
    folder = tmp_path / "analysis/trajectory/example"
    folder.mkdir(parents=True)
    for name in ("run.xtc", ".run.xtc_offsets.npz", ".run.xtc_offsets.lock", "old.pyc"):
        (folder / name).touch()
    monkeypatch.setattr(contents, "_pipeline_folder", lambda: tmp_path)
    assert [item.target for item in contents.pipeline()] == [
        "source/analysis/trajectory/example/run.xtc"
    ]


@pytest.fixture
def chain(tmp_path):
    """Twelve segments of a replica, 7 frames each, at 1, 2, 3 … ps."""
    home = tmp_path / "results/production/closed-mg/replica-0"
    home.mkdir(parents=True)
    for k in range(12):
        write_xtc(home / f"segment-{k}.xtc", [float(7 * k + n) for n in range(1, 8)])
    return tmp_path / "results"


@pytest.mark.parametrize("stride", [2, 5, 10, 84])
def test_thinned_frames_are_the_ones_asked_for_across_segments(chain, tmp_path, stride):
    found = [item for item in select(chain, stride) if item.kind == "trajectories"]
    times = {}
    for item in found:
        assert item.target.endswith(f".every-{stride}.xtc")
        put(item, tmp_path / item.target, link=True)
        assert (tmp_path / item.target).stat().st_size == item.size
        with XTCFile(str(tmp_path / item.target)) as thin, XTCFile(str(item.source)) as whole:
            frames = {frame.time: frame.x.tolist() for frame in whole}
            for frame in thin:
                assert frame.x.tolist() == frames[frame.time]
                times[frame.time] = True
    assert sorted(times) == [float(t) for t in range(stride, 85, stride)]


def test_all_or_none(chain):
    assert len(select(chain, 1)) == 12 and select(chain, 0) == []


def test_a_damaged_trajectory_is_not_thinned(chain):
    path = chain / "production/closed-mg/replica-0/segment-3.xtc"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match=r"segment-3.xtc: is cut short"):
        select(chain, 2)


@pytest.mark.parametrize("text", ["some", "every-", "every-0", "every--3", "10"])
def test_a_stride_that_is_none_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        main(["deposit", "results", "--trajectories", text])
    assert text in capsys.readouterr().err


def test_authors_are_read_and_orcids_checked():
    assert author("Curie, Marie").identifier == "#Curie%2C%20Marie"
    read = author("Carberry, Josiah; https://orcid.org/0000-0002-1825-0097; Brown University")
    assert (read.orcid, read.affiliation) == ("0000-0002-1825-0097", "Brown University")
    assert sound("0000-0002-1694-233X") and not sound("0000-0002-1825-0098")
    for wrong in ("", "; 0000-0002-1825-0097", "A; 0000-0002-1825-0098"):
        with pytest.raises(InputError, match="--author"):
            author(wrong)


PLAN = """\
states: {closed: {structure: closed}}
ions: [mg, apo]
replicas: 3
equilibration:
  - {name: release, ensemble: NPT, duration: 4 ps, timestep: 4 fs}
production: {duration: 40 ps, segment: 10 ps, frame_interval: 2 ps, energy_interval: 1 ps}
"""


def test_a_plan_is_forecast_by_hand():
    study = check(yaml.safe_load(PLAN), "the test's configuration")
    sizes = forecast.PartSizes(1000, 10, 5000, 200, 7, 9, "a test")
    found = forecast.planned(study, sizes, 1)
    assert found["trajectories"] == 2 * 3 * 20 * 1000
    assert forecast.planned(study, sizes, 10)["trajectories"] == 2 * 3 * 2 * 1000
    assert forecast.planned(study, sizes, 0)["trajectories"] == 0
    assert found["energies"] == 2 * 3 * 40 * 10
    assert found["states"] == 5000 * (2 + 6 + 24)
    assert found["topologies"] == 2 * 2 * 200
    assert (found["report"], found["figures"]) == (7, 9)


def test_a_forecast_measures_and_writes_nothing(results, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["deposit", str(results), "--forecast", "--trajectories", "every-4"]) == 0
    shown = capsys.readouterr().out
    size = sum(item.size for item in select(results, 4) if item.kind == "trajectories")
    assert f"({size} bytes)" in shown and "100 files" in shown
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    assert main(["deposit", str(results), "--dry-run", "--config", str(plan)]) == 0
    shown = capsys.readouterr().out
    trajectory = results / "production/closed-mg/replica-0/segment-0.xtc"
    assert f"({120 * round(trajectory.stat().st_size / 40)} bytes)" in shown
    assert str(results) in shown
    assert main(["deposit", "nowhere", "--forecast", "--config", str(plan)]) == 0
    assert "the demonstration" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["plan.yaml"]


def test_what_zenodo_will_not_take_is_said():
    assert forecast.advice(100, forecast.ZENODO_BYTES) == []
    assert "50 GB" in forecast.advice(1, forecast.ZENODO_BYTES + 10**9)[0]
    assert "100 files" in forecast.advice(101, 1)[0]
