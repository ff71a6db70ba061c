"""Exchange among windows: every window keeps its distribution, and nothing is lost when killed.

The physics is shown on particles in a plain potential, the files on the small peptide.
"""

import math
import random
import shutil

import numpy as np
import openmm
import pandas as pd
import pytest
import yaml
from openmm import app, unit
from pydantic import ValidationError

pytest.importorskip("openmm.app.replicaexchangesampler", reason="OpenMM is older than 8.6")
from openmm.app.internal.multistatesampler import MultistateSampler

from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.io.errors import ConfigError, InputError, SimulationError
from lfa1_analysis.trajectory import segments as completeness
from lfa1_cli.main import main
from lfa1_md.biased import exchange as segments
from lfa1_md.biased import exchange_files
from lfa1_md.biased import walkers as sampler
from lfa1_md.biased.exchange import exchange
from lfa1_md.biased.gather import gather_windows
from lfa1_md.biased.walkers import InterruptedIterationError, Walkers, bias_energies, unpacked
from lfa1_md.box import system
from lfa1_md.files.provenance import read_json
from lfa1_md.run import bias, protocol
from lfa1_md.run.stopping import Stop, StoppedError
from lfa1_md.study import continuity
from lfa1_md.study import umbrella_windows as windows
from lfa1_md.study.configfile import check
from lfa1_md.study.jobs import StudyPlan
from lfa1_md.study.sampling import Sampling
from lfa1_md.study.umbrella_windows import Place
from lfa1_md.verification.runs import chains

from ..conftest import CONFIG
from ..study.test_sampling import SAMPLING, pulled, stand_in, window  # noqa: F401 (a fixture)

KT = GAS_CONSTANT * 300
WITH = SAMPLING | {
    "window": SAMPLING["window"] | {"duration": "1.2 ps"},
    "exchange": {"interval": "0.02 ps"},
}
"""Three segments, of which two are exchanged."""
HOME = "sampling/closed-mg/replica-0"


def particle(places, start=0.0, steps=20, seed=1, asked=lambda: False):
    """Walkers of one particle on a line, whose coordinate is its place; flat but for the bias."""
    made = openmm.System()
    made.addParticle(10.0)
    force = openmm.CustomExternalForce(f"0.5*{bias.CONSTANT}*(x-{bias.CENTRE})^2 + 500*(y^2+z^2)")
    for name in (bias.CENTRE, bias.CONSTANT):
        force.addGlobalParameter(name, 0.0)
    force.addParticle(0)
    made.addForce(force)
    integrator = openmm.LangevinMiddleIntegrator(300, 5, 0.005)
    integrator.setRandomNumberSeed(seed)
    topology = app.Topology()
    residue = topology.addResidue("X", topology.addChain())
    topology.addAtom("X", None, residue)
    platform = openmm.Platform.getPlatformByName("Reference")
    simulation = app.Simulation(topology, made, integrator, platform)
    simulation.context.setPositions([[start, 0, 0]])
    simulation.context.setVelocitiesToTemperature(300, seed)

    def coordinate(context):
        return context.getState(positions=True).getPositions()[0].x

    return Walkers(places, simulation, steps, coordinate, lambda n: 1000 * seed + n, asked)


def ladder(*centres, constant=400.0):
    return [Place(n, centre, constant, n) for n, centre in enumerate(centres)]


def recorded(walkers, iterations):
    """Rows of an exchanged segment's table."""
    rows = []

    def note(sampler):
        for walker, at in enumerate(sampler.sampled):
            rows.append((at, sampler.currentIteration, sampler.coordinates[walker], walker))

    walkers.reporters.append(note)
    walkers.simulate(iterations)
    return pd.DataFrame(rows, columns=["window", "time_ps", "opening_coordinate", "walker"])


@pytest.mark.slow
def test_windows_keep_their_distribution_while_walkers_move():
    """With two steps between exchanges: exchanges that were not fair would show.

    With bias energies twice or half of what they are, spreads are off by 13 to 20 %.
    """
    places = ladder(0.0, 0.1, 0.2, 0.3)
    walkers = particle(places, steps=2)
    walkers.simulate(200)
    table = recorded(walkers, 6000)
    width = math.sqrt(KT / 400)
    for place in places:
        sampled = table[table.window == place.window].opening_coordinate
        assert sampled.mean() == pytest.approx(place.centre, abs=0.2 * width)
        assert sampled.std() == pytest.approx(width, rel=0.1)
    assert table.groupby("walker").window.nunique().tolist() == [4] * 4
    assert sampler.round_trips(table, places) > 100


def test_acceptance_is_that_of_harmonic_windows():
    """Of two windows d apart it is erfc(√(k d² / kT) / 2), by integrating over both Gaussians."""
    for apart in (0.0, 0.1, 0.2):
        table = recorded(particle(ladder(0.0, apart), steps=60), 1200)
        (found,) = sampler.acceptance(table, ladder(0.0, apart), KT)
        expected = math.erfc(apart * math.sqrt(400 / KT) / 2)
        assert found["acceptance"] == pytest.approx(expected, abs=0.04)
        if apart == 0.0:
            assert found["acceptance"] == 1.0


def test_windows_far_apart_do_not_exchange():
    places = ladder(0.0, 2.5, constant=7200.0)
    walkers = particle(places)
    # The second begins 2.5 from its centre: 9000 kT, more than an exponential holds.
    near = walkers.simulation.context.getState(positions=True, velocities=True)
    walkers.simulation.context.setPositions([[2.5, 0, 0]])
    far = walkers.simulation.context.getState(positions=True, velocities=True)
    walkers.put([far, near], [0, 1], 0)
    walkers.stepsPerIteration = 1
    walkers.simulate()
    assert walkers.replicaStateIndex == [1, 0]  # the wrong way round: they change places at once
    table = recorded(walkers, 100)
    assert table.groupby("walker").window.nunique().tolist() == [1, 1]
    (found,) = sampler.acceptance(table, places, KT)
    assert found["acceptance"] == 0.0


def test_a_softer_window_is_as_wide_as_it_should_be():
    places = [Place(0, 0.0, 400.0, 0), Place(1, 0.05, 100.0, 1)]
    walkers = particle(places, steps=60)
    walkers.simulate(50)
    table = recorded(walkers, 2500)
    for place in places:
        sampled = table[table.window == place.window].opening_coordinate
        assert sampled.std() == pytest.approx(math.sqrt(KT / place.force_constant), rel=0.1)


def test_exchanges_repeat_and_leave_other_random_numbers_alone():
    runs = []
    for noise in (1, 2):
        random.seed(noise)
        state = random.getstate()
        walkers = particle(ladder(0.0, 0.1, 0.2))
        runs.append(recorded(walkers, 30))
        assert random.getstate() == state
    pd.testing.assert_frame_equal(*runs)
    assert runs[0].groupby("walker").window.nunique().max() > 1


def test_an_iteration_is_whole_or_has_not_been():
    calls = []

    def asked():
        calls.append(1)
        return len(calls) > 5

    walkers = particle(ladder(0.0, 0.1, 0.2), asked=asked)
    walkers.simulate()
    before = [openmm.XmlSerializer.serialize(each) for each in walkers.replicaConformation]
    with pytest.raises(InterruptedIterationError):
        walkers.simulate()
    assert [openmm.XmlSerializer.serialize(e) for e in walkers.replicaConformation] == before
    assert walkers.currentIteration == 1


def test_round_trips_are_there_and_back():
    places = ladder(0.0, 0.1, 0.2)
    paths = {0: [0, 1, 2, 1, 0, 1, 2], 1: [2, 2, 1, 0, 1, 2, 1], 2: [1, 0, 0, 2, 2, 0, 0]}
    rows = [
        {"walker": walker, "time_ps": time, "window": at}
        for walker, path in paths.items()
        for time, at in enumerate(path)
    ]
    assert sampler.round_trips(pd.DataFrame(rows), places) == 3


def test_energies_differ_as_openmm_s_own_do(minimised, cpu):
    """Of the whole system in every window: what the bias in the other windows alone must give."""
    solvated = system.load(minimised / "closed-mg")
    force = bias.opening_bias(solvated.model)
    solvated.system.addForce(force)
    integrator = openmm.VerletIntegrator(0.001)
    context = openmm.Context(solvated.system, integrator, *cpu)
    context.setPositions(solvated.model.positions * unit.nanometer)
    places = [Place(0, -0.1, 2000.0, 0), Place(1, 0.3, 900.0, 1), Place(2, 0.6, 4000.0, 2)]
    parameters = [{bias.CENTRE: p.centre, bias.CONSTANT: p.force_constant} for p in places]
    whole = MultistateSampler(parameters, context).computeAllEnergies()
    whole = np.array(whole.value_in_unit(unit.kilojoule_per_mole))
    (ours,) = bias_energies(np.array([bias.value(force, context)]), places)
    assert np.ptp(ours) > 100
    assert ours - ours[0] == pytest.approx(whole - whole[0], abs=0.1)  # of 30 000 in all


@pytest.mark.parametrize("text", ["", "[]", '{"windows": [0]}', '{"windows":[0,0],"states":[]}'])
def test_what_is_no_walkers_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        unpacked(text)


@pytest.fixture
def study(make_study):
    changes = {"sampling": Sampling.model_validate(WITH), "ions": ["mg"]}
    return make_study().model_copy(update=changes)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def results(tmp_path, shelf, study, cpu, equilibrated, minimised):
    """A study's results after pull, pilot and both exchanged segments; run once, then copied."""
    folder = shelf / HOME
    if not folder.exists():
        for number in range(3):
            pulled(folder / "pull", number, study, cpu, equilibrated, minimised)
            state = folder / f"pull/segment-{number}.state.xml.gz"
            window(folder / f"window-{number}", number, state, study, cpu, minimised)
        for segment in (1, 2):
            exchanged(folder, study, cpu, minimised, segment=segment)
    shutil.copytree(shelf, tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture
def home(results):
    return results / HOME


def exchanged(home, study, cpu, minimised, output=None, stop=None, segment=1, places=None):
    solvated = system.load(minimised / "closed-mg")
    places = places or windows.configured(study.sampling)
    output = output or home / "exchange"
    exchange(solvated, home, study, places, 0, segment, *cpu, output, stop)
    return output


class AfterPlanned(Stop):
    """Asks to stop when a planned checkpoint is there, and some more looks were taken."""

    def __init__(self, folder, looks):
        self.folder, self.looks = folder, looks

    @property
    def reason(self):
        if list((self.folder / "segment-1.running").glob("checkpoint-*")):
            self.looks -= 1
        return "the test" if self.looks < 0 else ""


def test_an_exchanged_segment_is_all_there(home, study, cpu, minimised):
    output = home / "exchange"
    for k in (1, 2):
        record = read_json(output / f"segment-{k}.json")
        assert completeness.problems(record, output) == []
        table = pd.read_csv(output / f"segment-{k}.csv")
        assert table.time_ps.unique() == pytest.approx(0.4 * k + np.arange(1, 11) * 0.04)
        for _, rows in table.groupby("time_ps"):
            assert sorted(rows.window) == sorted(rows.walker) == [0, 1, 2]
        centres = np.array(study.sampling.centres)
        assert table.bias_centre.to_numpy() == pytest.approx(centres[table.window])
        assert [each["windows"] for each in record["neighbours"]] == [[0, 1], [1, 2]]
        states, at = unpacked(exchange_files.read_zipped(output / f"segment-{k}.states.json.gz"))
        assert sorted(at) == [0, 1, 2]
        assert {each.getStepCount() for each in states} == {100 * (k + 1)}
    # It is complete: running it again changes nothing.
    before = {p: p.stat().st_mtime_ns for p in output.rglob("*.*")}
    exchanged(home, study, cpu, minimised)
    assert {p: p.stat().st_mtime_ns for p in output.rglob("*.*")} == before


def test_frames_follow_their_walker(home, minimised, stand_in):  # noqa: F811
    import MDAnalysis

    output = home / "exchange"
    atoms = system.load(minimised / "closed-mg").model.heavy_solute()
    table = pd.read_csv(output / "segment-1.csv").set_index(["walker", "time_ps"])
    compared = 0
    for walker in range(3):
        path = output / "segment-1.walkers" / f"walker-{walker}.xtc"
        universe = MDAnalysis.Universe(str(minimised / "closed-mg/trajectory.pdb"), str(path))
        for frame in universe.trajectory:
            if (key := (walker, round(frame.time, 3))) in table.index:
                found = stand_in.value(universe.atoms.positions[atoms].astype(float))
                assert table.opening_coordinate[key] == pytest.approx(found, abs=0.005)
                compared += 1
    assert compared == 6  # at 0.2 and 0.4 ps of the segment, of three walkers


SAME = [
    *(f"segment-1.walkers/walker-{walker}.xtc" for walker in range(3)),
    "segment-1.csv",
    "segment-1.states.json.gz",
]


@pytest.mark.slow
@pytest.mark.parametrize("looks", [1, 5])
def test_a_stopped_exchange_goes_on(home, study, cpu, minimised, tmp_path, looks):
    broken = tmp_path / "broken"
    with pytest.raises(StoppedError):
        exchanged(home, study, cpu, minimised, broken, AfterPlanned(broken, looks))
    assert {path.name for path in broken.iterdir()} == {"segment-1.running"}
    exchanged(home, study, cpu, minimised, broken)
    record = read_json(broken / "segment-1.json")
    (continuation,) = record["continuations"]
    assert continuation["exact"] == (looks < 3)  # three walkers are an iteration
    straight = home / "exchange"
    same = [(straight / name).read_bytes() == (broken / name).read_bytes() for name in SAME]
    assert all(same) if continuation["exact"] else not any(same)
    assert completeness.problems(record, broken) == []
    assert not (broken / "segment-1.running").exists()


class Killed(BaseException):
    """Nothing in the program catches it."""


def test_a_killed_exchange_repeats_what_was_not_in_its_checkpoint(
    home, study, cpu, minimised, tmp_path, monkeypatch
):
    broken, write = tmp_path / "broken", segments._ExchangeRun._write_due

    def killed(run, walkers):
        write(run, walkers)
        if walkers.currentIteration == 36:  # 16 of 20; the planned checkpoint is after 10
            with run.table.open("a") as file:
                file.write("1,0.7")  # half a row
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(segments._ExchangeRun, "_write_due", killed)
        with pytest.raises(Killed):
            exchanged(home, study, cpu, minimised, broken)
    exchanged(home, study, cpu, minimised, broken)
    assert [each["exact"] for each in read_json(broken / "segment-1.json")["continuations"]] == [
        True
    ]
    for name in SAME:
        assert (home / "exchange" / name).read_bytes() == (broken / name).read_bytes(), name


@pytest.mark.slow
def test_an_exchange_killed_when_its_outputs_are_committed(
    home, study, cpu, minimised, tmp_path, monkeypatch
):
    broken = tmp_path / "broken"

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(segments.outputs, "commit", killed)
        with pytest.raises(Killed):
            exchanged(home, study, cpu, minimised, broken)
    exchanged(home, study, cpu, minimised, broken)
    for name in SAME:
        assert (home / "exchange" / name).read_bytes() == (broken / name).read_bytes(), name


def test_a_blow_up_names_walker_and_time(home, study, cpu, minimised, tmp_path, monkeypatch):
    measured, calls = bias.value, []

    def later_none(*context):
        calls.append(1)
        return measured(*context) if len(calls) <= 3 * 2 + 1 else math.nan

    monkeypatch.setattr(bias, "value", later_none)
    told = r"exchange segment 1 blew up after 0\.44 ps: walker 1 in window \d: a coordinate is not"
    with pytest.raises(SimulationError, match=told):
        exchanged(home, study, cpu, minimised, tmp_path / "out")
    assert not (tmp_path / "out/segment-1.json").exists()


def test_a_segment_begun_with_another_interval_is_refused(home, study, cpu, minimised, tmp_path):
    broken = tmp_path / "broken"
    with pytest.raises(StoppedError):
        exchanged(home, study, cpu, minimised, broken, AfterPlanned(broken, 0))
    slower = Sampling.model_validate(WITH | {"exchange": {"interval": "0.004 ps"}})
    changed = study.model_copy(update={"sampling": slower})
    for output in (broken, home / "exchange"):  # unfinished, and complete
        with pytest.raises(ConfigError, match=r"exchange\.interval: 0\.02 ps → 0\.004"):
            exchanged(home, changed, cpu, minimised, output)


def test_the_estimator_gets_the_windows_of_pilot_and_exchange(results, home, study, tmp_path):
    assert gather_windows(study, results, tmp_path / "out") == 3
    for number in range(3):
        series = pd.read_csv(tmp_path / "out" / f"closed-mg-replica-0-window-{number}.csv")
        assert series.time_ns.tolist() == pytest.approx(np.arange(1, 31) * 4e-5)
        own = pd.read_csv(home / f"window-{number}/segment-0.csv").opening_coordinate
        assert series.cv[:10].tolist() == own.tolist()
        for k in (1, 2):
            table = pd.read_csv(home / f"exchange/segment-{k}.csv")
            sampled = table[table.window == number].opening_coordinate
            assert series.cv[10 * k : 10 * k + 10].tolist() == sampled.tolist()
    # The pilot of an adaptation is the windows' own.
    gather_windows(
        study, results, tmp_path / "pilot", windows.configured(study.sampling), segments=1
    )
    assert len(pd.read_csv(tmp_path / "pilot/closed-mg-replica-0-window-0.csv")) == 10


def verified(results, study):
    rows = chains(StudyPlan(study, results), "exchange")
    return next(row for row in rows if row.what == "closed-mg")


def spoil(path, change):
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("exchange/segment-1.csv", "checksum differs"),
        ("exchange/segment-2.walkers/walker-1.xtc", "checksum differs"),
        ("exchange/segment-1.states.json.gz", "begun from another"),
        ("window-2/segment-0.state.xml.gz", "begun from other states"),
    ],
)
def test_damage_is_found(results, home, study, name, told):
    sound = verified(results, study)
    assert sound.complete and not sound.damage and sound.there.startswith("2 of 2 segments")
    spoil(home / name, lambda data: data[:-3] + b"xyz")
    row = verified(results, study)
    assert not row.complete and any(told in each for each in row.damage)
    if name.startswith("exchange") and not name.endswith("xtc"):
        with pytest.raises(InputError, match="checksum differs"):
            gather_windows(study, results, results / "out")
        assert not (results / "out").exists()


def test_what_is_missing_or_of_another_study_is_told(results, home, study):
    quicker = Sampling.model_validate(WITH | {"exchange": {"interval": "0.004 ps"}})
    row = verified(results, study.model_copy(update={"sampling": quicker}))
    assert any("made with another settings" in each for each in row.damage)
    (home / "exchange/segment-2.json").unlink()
    row = verified(results, study)
    assert not row.complete and not row.damage and row.there.startswith("1 of 2")
    (home / "window-1/segment-0.state.xml.gz").unlink()
    assert any("is missing, though" in each for each in verified(results, study).damage)


def test_starts_that_do_not_belong_are_refused(home, study, cpu, minimised, tmp_path):
    out = tmp_path / "out"
    places = windows.configured(study.sampling)
    with pytest.raises(InputError, match="--segment 0"):
        exchanged(home, study, cpu, minimised, out, segment=0)
    with pytest.raises(InputError, match=r"window-3.*no such file"):
        more = [*places, Place(3, 0.15, 2000.0, 1, 1, "")]
        exchanged(home, study, cpu, minimised, out, places=more)
    with pytest.raises(InputError, match=r"3 walkers, there are 2 windows"):
        exchanged(home, study, cpu, minimised, out, segment=2, places=places[:2])
    with pytest.raises(InputError, match=r"exchange/segment-2\.states.*differs from|at step"):
        shutil.copy(
            home / "exchange/segment-1.states.json.gz", home / "exchange/segment-2.states.json.gz"
        )
        exchanged(home, study, cpu, minimised, out, segment=3)
    (home / "exchange/segment-1.states.json.gz").write_bytes(b"nothing")
    with pytest.raises(InputError, match="damaged or not gzip"):
        exchanged(home, study, cpu, minimised, out, segment=2)
    without = study.model_copy(update={"sampling": Sampling.model_validate(SAMPLING)})
    with pytest.raises(ConfigError, match=r"no `sampling\.exchange`"):
        exchanged(home, without, cpu, minimised, out)
    assert not out.exists()


def test_a_damaged_record_of_the_pilot_is_named(home, study, cpu, minimised, tmp_path):
    (home / "window-1/segment-0.json").write_text('{"files": []}')
    with pytest.raises(InputError, match=r"window-1/segment-0\.json: lacks"):
        exchanged(home, study, cpu, minimised, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_is_missing(tmp_path, home, minimised, capsys):
    content = yaml.safe_load(CONFIG.replace("CHEMISTRY", ""))
    config = tmp_path / "config.yaml"
    arguments = ["exchange", "--config", config, "--system-dir", minimised / "closed-mg"]
    arguments += ["--replica", 0, "--segment", 1, "--start-dir", home, "--threads", 1]
    arguments += ["--output-dir", tmp_path / "out"]
    for sampling, told in ((None, "no `sampling`"), (SAMPLING, "no `sampling.exchange`")):
        config.write_text(yaml.safe_dump(content | {"sampling": sampling}))
        assert main([str(each) for each in arguments]) == 2
        error = capsys.readouterr().err
        assert told in error and "→" in error and "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_what_runs_without_exchange_keeps_its_digest(study):
    without = study.model_copy(update={"sampling": Sampling.model_validate(SAMPLING)})
    assert study.digest("sample") == without.digest("sample")
    place = windows.configured(study.sampling)[1]
    assert protocol.window(study, "closed", place).settings == without.settings("sample", "closed")
    slower = Sampling.model_validate(WITH | {"exchange": {"interval": "0.004 ps"}})
    other = study.model_copy(update={"sampling": slower})
    assert study.digest("exchange") != other.digest("exchange")
    # Other windows are another ladder.
    more = [place, Place(1, 0.31, 2000.0, 1, 1, "")]
    chosen = [protocol.exchange(study, "closed", each).settings for each in (more[:1], more)]
    assert chosen[0] != chosen[1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"exchange": {"interval": "0 ps"}}, "greater than 0"),
        ({"exchange": {"interval": 1}}, "unit"),
        ({"exchange": {}}, "Field required"),
        ({"exchange": {"interval": "0.03 ps"}}, r"window\.energy_interval .* not a whole multiple"),
        ({"exchange": {"interval": "0.04 ps"}, "window": {"frame_interval": "0.1 ps"}}, "frame_"),
        ({"exchange": {"interval": "0.02 ps"}, "window": {"duration": "0.4 ps"}}, "two segments"),
        ({"exchange": {"interval": "0.02 ps", "every": 1}}, "Extra inputs"),
    ],
)
def test_impossible_exchanges_are_refused(change, told):
    content = WITH | change | {"window": WITH["window"] | change.get("window", {})}
    with pytest.raises(ValidationError, match=told):
        Sampling.model_validate(content)


def test_an_exchange_takes_whole_steps():
    content = yaml.safe_load(CONFIG.replace("CHEMISTRY", ""))
    content["sampling"] = WITH | {"exchange": {"interval": "0.002 ps"}}  # of 4 fs
    with pytest.raises(ConfigError, match=r"exchange\.interval .* not a whole multiple"):
        check(content, "study.yaml")


def test_a_folder_is_not_mixed_with_another_interval(study, tmp_path):
    written = tmp_path / "config.yaml"
    written.write_text(yaml.safe_dump(study.model_dump(mode="json"), allow_unicode=True))
    continuity.require(written, study)
    slower = Sampling.model_validate(WITH | {"exchange": {"interval": "0.004 ps"}})
    with pytest.raises(ConfigError, match=r"exchange\.interval: 0\.02 ps → 0\.004"):
        continuity.require(written, study.model_copy(update={"sampling": slower}))


@pytest.mark.parametrize("exchange", [True, False])
def test_what_windows_have_computed_is_not_left_out(study, tmp_path, exchange):
    sampling = WITH if exchange else WITH | {"exchange": None}
    study = study.model_copy(update={"sampling": Sampling.model_validate(sampling)})
    written = tmp_path / "config.yaml"
    written.write_text(yaml.safe_dump(study.model_dump(mode="json"), allow_unicode=True))
    folders = [tmp_path / HOME / name for name in ("window-0", "exchange")]
    for folder in folders:
        folder.mkdir(parents=True)
    (folders[0] / "segment-0.json").touch()
    (folders[exchange] / "segment-1.json").touch()
    continuity.require(written, study)
    (folders[not exchange] / "segment-1.running").mkdir()
    with pytest.raises(ConfigError, match=r"sampling\.exchange: (present|absent), but windows"):
        continuity.require(written, study)
