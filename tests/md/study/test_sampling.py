"""Pull and umbrella windows: the bias is what was asked for, is told, and outlives an interruption.

The small peptide has no α7; a coordinate of the same kind between two shapes of its own stands in.
"""

import numpy as np
import openmm
import pandas as pd
import pytest
from pydantic import ValidationError

from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_analysis.observables.coordinate import Coordinate
from lfa1_analysis.trajectory.geometry import rmsd
from lfa1_cli.main import main
from lfa1_md.box import system
from lfa1_md.files.provenance import read_json
from lfa1_md.run import bias, protocol, restart
from lfa1_md.run.segment import simulate
from lfa1_md.run.stopping import Stop, StoppedError
from lfa1_md.study import umbrella_windows as windows
from lfa1_md.study.sampling import Drive, Sampling

SAMPLING = {
    "windows": 3,
    "first": 0.0,
    "last": 0.6,
    "open_above": 0.4,
    "force_constant": "2000 kJ/mol",
    "pull": {"per_window": "0.4 ps", "frame_interval": "0.1 ps", "coordinate_interval": "0.04 ps"},
    "window": {
        "duration": "0.8 ps",
        "segment": "0.4 ps",
        "frame_interval": "0.1 ps",
        "energy_interval": "0.04 ps",
        "checkpoint_interval": "0.2 ps",
    },
}


@pytest.fixture
def study(make_study):
    return make_study().model_copy(update={"sampling": Sampling.model_validate(SAMPLING)})


@pytest.fixture(autouse=True)
def stand_in(monkeypatch, minimised):
    """The heavy atoms of the peptide, as they are and stretched."""
    model = system.load(minimised / "closed-mg").model
    atoms = model.heavy_solute().tolist()
    closed = model.positions[atoms] * 10
    stretched = closed + 0.25 * (closed - closed.mean(axis=0))
    known = Coordinate(closed, stretched, rmsd(stretched, closed))
    monkeypatch.setattr(bias, "alphas", lambda *_: atoms)
    monkeypatch.setattr(bias, "coordinate", lambda: known)
    return known


def pulled(folder, segment, study, cpu, equilibrated, minimised):
    start = equilibrated / "closed-mg" / "state.xml.gz"
    if segment:
        start = folder / f"segment-{segment - 1}.state.xml.gz"
    solvated = system.load(minimised / "closed-mg")
    chosen = protocol.pull(study, "closed", segment)
    simulate(solvated, start, study, 0, segment, *cpu, folder, protocol=chosen)


@pytest.fixture
def pull(tmp_path, study, cpu, equilibrated, minimised):
    """Two segments of a pull: to the first window, and on to the second."""
    for segment in (0, 1):
        pulled(tmp_path / "pull", segment, study, cpu, equilibrated, minimised)
    return tmp_path / "pull"


def window(output, number, start, study, cpu, minimised, stop=None, segment=0):
    solvated = system.load(minimised / "closed-mg")
    place = windows.configured(study.sampling)[number]
    chosen = protocol.window(study, "closed", place)
    simulate(solvated, start, study, 0, segment, *cpu, output, stop, chosen)


def test_a_pull_moves_the_coordinate_and_tells_where_it_was(pull):
    tables = [pd.read_csv(pull / f"segment-{k}.csv") for k in (0, 1)]
    assert tables[0].bias_centre.tolist() == [0.0] * 10
    assert tables[1].bias_centre.tolist() == pytest.approx(np.arange(10) * 0.03)
    assert tables[1].opening_coordinate.iloc[-1] > tables[0].opening_coordinate.iloc[-1]
    record = read_json(pull / "segment-1.json")
    assert record["bias"] == {
        "first_centre": 0.0,
        "last_centre": 0.3,
        "force_constant_kj_per_mol": 2000.0,
    }


def test_the_coordinate_in_the_table_is_that_of_the_frames(pull, minimised, stand_in):
    import MDAnalysis

    home = minimised / "closed-mg"
    universe = MDAnalysis.Universe(str(home / "trajectory.pdb"), str(pull / "segment-1.xtc"))
    atoms = system.load(home).model.heavy_solute()
    table = pd.read_csv(pull / "segment-1.csv").set_index("time_ps")
    shared = 0
    for frame in universe.trajectory:
        if (time := round(frame.time, 3)) in table.index:
            found = stand_in.value(universe.atoms.positions[atoms].astype(float))
            assert table.opening_coordinate[time] == pytest.approx(found, abs=0.005)
            shared += 1
    assert shared >= 2


def test_a_window_stays_where_its_bias_is_and_is_chained(pull, tmp_path, study, cpu, minimised):
    output = tmp_path / "window-1"
    window(output, 1, pull / "segment-1.state.xml.gz", study, cpu, minimised)
    window(output, 1, output / "segment-0.state.xml.gz", study, cpu, minimised, segment=1)
    table = pd.concat(pd.read_csv(output / f"segment-{k}.csv") for k in (0, 1))
    assert (table.bias_centre == 0.3).all()
    assert table.time_ps.tolist() == pytest.approx(np.arange(1, 21) * 0.04)
    before = pd.read_csv(pull / "segment-0.csv").opening_coordinate.mean()
    # The stiff peptide gives way, if not as far as the centre.
    assert before + 0.05 < table.opening_coordinate.iloc[-5:].mean() < 0.4
    record = read_json(output / "segment-0.json")
    assert record["window"] == 1 and record["bias"]["last_centre"] == 0.3


def test_an_interrupted_window_ends_with_the_same_bytes(pull, tmp_path, study, cpu, minimised):
    start = pull / "segment-1.state.xml.gz"
    window(tmp_path / "straight", 1, start, study, cpu, minimised)

    class AfterTheFirst(Stop):
        """Asks to stop when the first planned checkpoint is there."""

        @property
        def reason(self):
            there = (tmp_path / "broken" / "segment-0.running").glob("checkpoint-*")
            return "the test" if list(there) else ""

        @reason.setter
        def reason(self, value):
            pass

    with pytest.raises(StoppedError):
        window(tmp_path / "broken", 1, start, study, cpu, minimised, AfterTheFirst())
    assert not (tmp_path / "broken" / "segment-0.xtc").exists()
    window(tmp_path / "broken", 1, start, study, cpu, minimised)
    for name in ("segment-0.xtc", "segment-0.csv", "segment-0.state.xml.gz"):
        straight, broken = ((tmp_path / f / name).read_bytes() for f in ("straight", "broken"))
        assert straight == broken, name


def test_a_pull_stopped_between_two_rows_goes_on_where_its_bias_was(
    pull, tmp_path, study, cpu, minimised, monkeypatch
):
    """There is no planned checkpoint: other noise follows, but the same centres."""
    taken = 0

    class OneByOne(restart.Pace):
        def measure(self, simulation, steps):
            nonlocal taken
            simulation.step(steps)
            taken += steps

    class AtStep15(Stop):
        """The bias has moved at step 10 and will at step 20."""

        @property
        def reason(self):
            return "the test" if taken >= 15 else ""

        @reason.setter
        def reason(self, value):
            pass

    monkeypatch.setattr(restart, "Pace", OneByOne)
    solvated, output = system.load(minimised / "closed-mg"), tmp_path / "broken"
    start, chosen = pull / "segment-0.state.xml.gz", protocol.pull(study, "closed", 1)
    with pytest.raises(StoppedError):
        simulate(solvated, start, study, 0, 1, *cpu, output, AtStep15(), chosen)
    solvated = system.load(minimised / "closed-mg")
    simulate(solvated, start, study, 0, 1, *cpu, output, protocol=chosen)
    (continuation,) = read_json(output / "segment-1.json")["continuations"]
    assert (continuation["step"] - 100, continuation["exact"]) == (15, False)
    broken, straight = (pd.read_csv(f / "segment-1.csv") for f in (output, pull))
    assert broken.bias_centre.tolist() == straight.bias_centre.tolist()
    assert broken.iloc[:1].equals(straight.iloc[:1]) and not broken.equals(straight)


def test_another_bias_is_not_mixed_in(pull, tmp_path, study, cpu, minimised):
    start = pull / "segment-1.state.xml.gz"
    window(tmp_path / "w", 1, start, study, cpu, minimised)
    other = Sampling.model_validate(SAMPLING | {"force_constant": "900 kJ/mol"})
    changed = study.model_copy(update={"sampling": other})
    with pytest.raises((ConfigError, InputError)):
        window(tmp_path / "w", 1, start, changed, cpu, minimised)


def test_matched_windows_share_their_noise(study):
    """The ion is in none of the labels that seeds derive from."""
    chosen = protocol.window(study, "closed", windows.configured(study.sampling)[2])
    assert chosen.names == ("window", 2) and chosen.anywhere
    assert protocol.production(study, "closed").names == ()


def test_a_pull_from_the_open_end_comes_the_other_way(study):
    study = study.model_copy(update={"states": {**study.states, "open": study.states["closed"]}})
    drives = [protocol.pull(study, "open", k).drive for k in range(3)]
    assert [(d.start, d.end) for d in drives if d] == [(0.6, 0.6), (0.6, 0.3), (0.3, 0.0)]
    with pytest.raises(ConfigError, match="--segment 3"):
        protocol.pull(study, "open", 3)


def test_work_is_done_at_the_jumps_alone():
    """Of a rigid spring whose coordinate stands still, the work is the difference of energies."""
    drive = Drive(0.0, 0.5, 100.0)
    centres = np.array([drive.centre(i, 5) for i in range(5)])
    assert centres.tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    still = 0.2
    jumps = 50 * ((still - centres[1:]) ** 2 - (still - centres[:-1]) ** 2)
    assert jumps.sum() == pytest.approx(50 * ((still - 0.4) ** 2 - still**2))


def test_settings_grow_without_another_digest(study, make_study):
    longer = SAMPLING | {"replicas": 4, "window": SAMPLING["window"] | {"duration": "4 ps"}}
    grown = study.model_copy(update={"sampling": Sampling.model_validate(longer)})
    assert grown.digest("sample") == study.digest("sample")
    wider = study.model_copy(update={"sampling": Sampling.model_validate(SAMPLING | {"last": 1.0})})
    assert wider.digest("sample") != study.digest("sample")
    assert study.digest("simulate") == make_study().digest("simulate")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"windows": 1}, "greater than or equal to 2"),
        ({"first": 0.7}, "must be below last"),
        ({"open_above": 0.2}, "must lie in this order"),
        ({"force_constant": "1000 kJ/mol/nm^2"}, "wrong kind of unit"),
        ({"force_constant": 1000}, "unit"),
        ({"pull": SAMPLING["pull"] | {"per_window": "0.41 ps"}}, "whole multiple"),
        ({"centres": [0, 1]}, "Extra inputs"),
    ],
)
def test_impossible_values_are_refused(change, told):
    with pytest.raises(ValidationError, match=told):
        Sampling.model_validate(SAMPLING | change)


def test_a_study_without_sampling_says_so(tmp_path, minimised, equilibrated, capsys):
    import yaml

    from ..conftest import CONFIG

    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(yaml.safe_load(CONFIG.replace("CHEMISTRY", ""))))
    arguments = ["simulate", "--config", config, "--system-dir", minimised / "closed-mg"]
    arguments += ["--from", equilibrated / "closed-mg" / "state.xml.gz", "--replica", 0]
    arguments += ["--segment", 0, "--output-dir", tmp_path / "out", "--pull"]
    assert main([str(a) for a in arguments]) == 2
    error = capsys.readouterr().err
    assert "no `sampling`" in error and "→" in error
    assert not (tmp_path / "out").exists()


def test_the_bias_is_one_force_more(minimised):
    solvated = system.load(minimised / "closed-mg")
    force = bias.opening_bias(solvated.model)
    assert isinstance(force, openmm.CustomCVForce) and force.getName() == bias.NAME
