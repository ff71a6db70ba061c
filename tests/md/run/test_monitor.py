"""The gate in production: faults planted in trajectories of the real site, and in runs."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from MDAnalysis import Merge, Universe, Writer

from lfa1_analysis.observables.midas import Midas
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.formats.xtc import whole_frames
from lfa1_analysis.trajectory.universe import open_universe
from lfa1_cli.main import main
from lfa1_md.files import checkpoint
from lfa1_md.files.durable import cut
from lfa1_md.protein import models
from lfa1_md.run import monitor
from lfa1_md.run.monitor import Frames, Monitor, SiteLostError
from lfa1_md.study.sections import Gate

STEP_PS = 50.0
AWAY = np.array([0.0, 0.0, 12.0])


def molecule(ions=()):
    """Give the closed model with further ions far from it."""
    model = open_universe(models.path("closed"))
    atoms = [model.atoms]
    for number, name in enumerate(ions):
        ion = Universe.empty(
            1, n_residues=1, atom_resindex=[0], residue_segindex=[0], trajectory=True
        )
        for key, value in (("names", name), ("resnames", name), ("resids", 900 + number)):
            ion.add_TopologyAttr(key, [value])
        ion.add_TopologyAttr("segids", ["X"])
        ion.add_TopologyAttr("chainIDs", ["X"])
        ion.atoms.positions = [[90.0, 90.0, 90.0 + 9 * number]]
        atoms.append(ion.atoms)
    return Merge(*atoms)


class Planted:
    """A system's folder and a growing trajectory of the real site."""

    def __init__(self, folder, ion="mg", ions=(), without=""):
        self.universe = molecule(ions)
        self.home = self.universe.select_atoms("name MG").positions[0]
        self.atoms = self.universe.select_atoms(f"not name {without}" if without else "all")
        self.directory, self.trajectory = folder, folder / "segment-0.xtc"
        self.atoms.write(str(folder / "trajectory.pdb"))
        self.manifest = {"ion": ion, "state": "closed"}
        self.said = []
        label = "closed-mg replica 0 segment 0"
        self.job = SimpleNamespace(log=self.said.append, label=label)

    def write(self, faults, name="MG", to=None):
        """Write one frame for each flag; where it holds, an atom is moved."""
        chosen = self.atoms.select_atoms(f"name {name}")
        sound = chosen.positions.copy()
        with Writer(str(self.trajectory), self.atoms.n_atoms) as writer:
            for frame, fault in enumerate(faults):
                moved = sound + AWAY if to is None else np.array([to])
                chosen.positions = moved if fault else sound
                self.universe.trajectory.ts.time = STEP_PS * (frame + 1)
                writer.write(self.atoms)
        chosen.positions = sound

    def monitor(self, action):
        return Monitor(self, self.trajectory, action, self.job)


@pytest.fixture
def planted(tmp_path):
    def make(**options):
        return Planted(tmp_path, **options)

    return make


def kinds(events):
    return [(row["event"], row["severity"]) for row in events]


@pytest.mark.parametrize("action", ["note", "warn", "stop"])
def test_a_sound_site_is_silent(planted, action):
    run = planted()
    watching = run.monitor(action)
    watching(anew=True)  # nothing is written yet
    for frames in (3, 6, 9):
        run.write([False] * frames)
        watching()
    assert watching.record() == [] and run.said == []
    assert sorted(p.name for p in run.directory.iterdir()) == ["segment-0.xtc", "trajectory.pdb"]


def test_the_metal_leaves_and_is_noted(planted):
    run = planted()
    run.write([False] * 4 + [True] * 4)
    watching = run.monitor("note")
    watching()
    assert run.said == []
    found = watching.record()
    assert kinds(found) == [("metal_left", "fail"), ("site_intact_lost", "fail")]
    assert list(found[0]) == ["event", "severity", "start_ns", "end_ns", "detail"]
    assert (found[0]["start_ns"], found[0]["end_ns"]) == (0.25, 0.4)
    assert json.loads(json.dumps(found)) == found


def test_a_warning_is_said_once(planted):
    run = planted()
    watching = run.monitor("warn")
    for frames in (6, 8, 10):
        run.write([False] * 4 + [True] * (frames - 4))
        watching()
        assert len(run.said) == (frames > 6)  # two frames are not yet an event
    assert run.said[0].startswith("metal site: metal_left (fail) from 0.25 ns: Mg is not within")


def test_a_fault_that_lasts_stops_it_and_says_how_to_go_on(planted):
    run = planted()
    run.write([False] * 4 + [True] * 3)
    for watching in (run.monitor("stop"), run.monitor("stop")):  # again: the same at once
        with pytest.raises(SiteLostError) as caught:
            watching(anew=True)
        assert caught.value.status == 65
        assert "closed-mg replica 0 segment 0: stopped at 0.35 ns" in caught.value.problem
        assert "metal_left from 0.25 ns: Mg is not within 4 Å" in caught.value.problem
        assert str(run.trajectory) in caught.value.remedy
        assert "gate.action to warn" in caught.value.remedy
    run.monitor("warn")(anew=True)


@pytest.mark.parametrize(
    "faults", [[0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 1], [0, 1, 1, 1, 1, 0, 0, 0, 0]]
)
def test_what_is_too_young_or_over_does_not_stop_it(planted, faults):
    run = planted()
    run.write(faults)
    watching = run.monitor("stop")
    watching(anew=True)
    assert kinds(watching.record()) == [("metal_left", "fail"), ("site_intact_lost", "fail")]


def test_a_cation_in_the_metals_place_stops_it_one_in_an_empty_site_only_warns(planted, tmp_path):
    run = planted(ions=["NA"], without="MG")
    run.write([0, 0, 1, 1, 1, 1], name="NA", to=run.home)
    with pytest.raises(SiteLostError, match=r"ion_moved_in from 0\.15 ns: Na in the metal’s place"):
        run.monitor("stop")(anew=True)
    run.manifest["ion"], run.said[:] = "apo", []
    watching = run.monitor("stop")
    watching(anew=True)
    (said,) = run.said
    assert "ion_moved_in (warn) from 0.15 ns: Na in the empty site" in said
    assert kinds(watching.record()) == [("ion_moved_in", "warn")]


def test_another_model_of_the_metal_is_the_same_metal():
    site = monitor.expected({"ion": "mg_1264", "state": "open_mine"})
    assert (site.metal, site.state) == ("Mg", "open")


def test_new_frames_alone_are_measured_and_the_table_is_that_of_the_whole(planted, monkeypatch):
    run = planted()
    monkeypatch.setattr(monitor, "AT_ONCE", 2)
    faults = [False] * 5 + [True] * 4
    growing = None
    for end in (0, 3, 8, 9):
        if end:
            run.write(faults[:end])
        growing = growing or Frames(run.directory / "trajectory.pdb", run.trajectory)
        table = growing.table()
        assert len(table) == end
    universe = open_universe(run.directory / "trajectory.pdb", [run.trajectory])
    whole = Midas(universe, find_domain(universe)).run().results.table
    pd.testing.assert_frame_equal(table, whole, rtol=1e-12)  # sums differ in their last bit


def test_frames_that_were_cut_off_are_forgotten(planted):
    run = planted()
    watching = run.monitor("stop")
    run.write([0, 0, 0, 0, 1, 1])
    watching(anew=True)
    run.write([0, 0, 0, 0])
    watching(anew=True)
    run.write([0, 0, 0, 0, 0, 0, 1])
    watching()
    assert run.said == []


@pytest.mark.parametrize("broken", ["topology", "absent", "trajectory", "manifest", "judge"])
def test_an_analysis_that_fails_is_one_warning(planted, monkeypatch, broken):
    run = planted()
    run.write([False] * 4)
    if broken == "topology":
        (run.directory / "trajectory.pdb").write_text("nothing\n")
    elif broken == "absent":
        (run.directory / "trajectory.pdb").unlink()
    elif broken == "trajectory":
        cut(run.trajectory, run.trajectory.stat().st_size - 9)
    elif broken == "manifest":
        del run.manifest["ion"]
    else:
        monkeypatch.setattr(monitor.gate, "events", lambda *args: 1 / 0)
    watching = run.monitor("stop")
    for _ in range(3):
        watching()
    assert watching.record() is None
    assert len(run.said) == 1, run.said
    assert run.said[0].startswith("the metal site is not watched: ")
    assert "\n" not in run.said[0]


def test_another_ion_of_its_kind_in_the_metal_s_place_is_seen(planted):
    """Element and shell are the same before and after: only which atom it is tells."""
    run = planted(ions=("MG",))
    both = run.atoms.select_atoms("name MG")
    first = both.positions.copy()
    with Writer(str(run.trajectory), run.atoms.n_atoms) as writer:
        for frame in range(12):
            both.positions = first if frame < 6 else first[::-1]
            run.universe.trajectory.ts.time = STEP_PS * (frame + 1)
            writer.write(run.atoms)
    watching = run.monitor("warn")
    watching()
    assert any("metal_exchanged" in line for line in run.said), run.said
    assert ("metal_exchanged", "warn") in kinds(watching.record())


# In runs: the small system holds three residues, so what is judged is the real site.


@pytest.fixture(scope="module")
def lost(tmp_path_factory):
    """Tables of the real site: sound throughout, lost from the second or the first frame on."""
    made = {}
    for name, faults in {"sound": [0] * 4, "lost": [0, 1, 1, 1], "early": [1] * 4}.items():
        run = Planted(tmp_path_factory.mktemp(name))
        run.write(faults)
        made[name] = Frames(run.directory / "trajectory.pdb", run.trajectory).table()
    return made


@pytest.fixture
def simulate(minimised, equilibrated, make_study, lost, tmp_path, monkeypatch, capsys):
    """Run a segment of the small system, as a program, while the real site is judged."""

    def go(action, site, output="out"):
        class Judged:
            occupants = None

            def __init__(self, topology, trajectory):
                self.trajectory = trajectory

            def table(self):
                path = self.trajectory
                grown = path.is_file() and path.stat().st_size
                return lost[site].head(whole_frames(path)[0] if grown else 0)

        monkeypatch.setattr(monitor, "Frames", Judged)
        study = make_study().model_copy(update={"gate": Gate(action=action)})
        config = tmp_path / "config.yaml"
        config.write_text(yaml.safe_dump(study.model_dump(mode="json")))
        capsys.readouterr()
        status = main(
            [
                *("simulate", "--config", str(config), "--replica", "0", "--segment", "0"),
                *("--system-dir", str(minimised / "closed-mg"), "--threads", "1"),
                *("--from", str(equilibrated / "closed-mg" / "state.xml.gz")),
                *("--output-dir", str(tmp_path / output)),
            ]
        )
        return status, capsys.readouterr().err, tmp_path / output

    return go


def record(output):
    return json.loads((output / "segment-0.json").read_text())


@pytest.mark.parametrize("action", ["note", "warn", "stop"])
def test_a_sound_run_has_no_events_and_no_warning(simulate, action):
    status, log, output = simulate(action, "sound")
    assert (status, record(output)["site_events"]) == (0, [])
    assert "metal" not in log


@pytest.mark.parametrize("action", ["note", "warn"])
def test_a_run_whose_site_is_lost_goes_on(simulate, action):
    status, log, output = simulate(action, "lost")
    assert status == 0
    found = record(output)["site_events"]
    assert kinds(found) == [("metal_left", "fail"), ("site_intact_lost", "fail")]
    line = "closed-mg replica 0 segment 0: metal site: metal_left (fail) from 0.1 ns: Mg is not"
    assert log.count(line) == (action == "warn")
    assert log.count("metal site") == (action == "warn")


@pytest.mark.parametrize(("site", "step", "time"), [("early", 75, 0.15), ("lost", 100, 0.2)])
def test_a_stopped_run_says_the_same_again_and_goes_on_when_it_shall_only_warn(
    simulate, site, step, time
):
    _, _, reference = simulate("note", site, "reference")
    messages = []
    for _ in range(3):
        status, log, output = simulate("stop", site)
        assert status == 65 and "Traceback" not in log
        messages.append(log[log.index("lfa1 simulate: ") :])
        assert [p.name for p in output.iterdir()] == ["segment-0.running"]
        newest = next(checkpoint.valid(output / "segment-0.running", []))
        # The first at which the fault has lasted three frames: one is planned after every frame.
        assert (newest.step, newest.planned) == (step, True)
    assert len(set(messages)) == 1 and messages[0].count("→") == 1
    assert f"stopped at {time:g} ns because the metal site is lost: metal_left" in messages[0]
    status, log, output = simulate("warn", site)
    assert status == 0, log
    for name in ("segment-0.xtc", "segment-0.csv", "segment-0.state.xml.gz"):
        assert (output / name).read_bytes() == (reference / name).read_bytes()
    one, other = record(output), record(reference)
    assert one["site_events"] == other["site_events"] != []
    assert one["settings_digest"] == other["settings_digest"]
    assert [c["exact"] for c in one["continuations"]] == [True]
    status, log, _ = simulate("stop", site)  # what is complete stays so
    assert status == 0 and "is complete" in log


def test_a_run_ends_well_where_nothing_can_be_judged(simulate, monkeypatch):
    monkeypatch.setattr(monitor, "judged", lambda *args: 1 / 0)
    status, log, output = simulate("stop", "lost")
    assert (status, record(output)["site_events"]) == (0, None)
    assert log.count("the metal site is not watched: ZeroDivisionError") == 1
