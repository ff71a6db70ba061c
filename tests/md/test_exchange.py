"""Exchange among windows: every window keeps its distribution, and nothing is lost when killed.

The physics is shown on particles in a plain potential, the files on the small peptide.
"""

import math
import random

import numpy as np
import openmm
import pandas as pd
import pytest
from openmm import app, unit
from pydantic import ValidationError

from lfa1_analysis import completeness
from lfa1_analysis.errors import ConfigError, InputError
from lfa1_analysis.units import GAS_CONSTANT
from lfa1_md import bias, exchange_files, exchange_statistics, protocol, system, windows
from lfa1_md.exchange import exchange
from lfa1_md.gather import gather
from lfa1_md.provenance import read_json
from lfa1_md.sampling import Sampling
from lfa1_md.stopping import Stop, StoppedError
from lfa1_md.verify_exchange import Exchanged
from lfa1_md.walkers import InterruptedIterationError, Walkers, packed, unpacked
from lfa1_md.windows import Place

from .test_sampling import SAMPLING, pulled, stand_in, window  # noqa: F401 (a fixture)

KT = GAS_CONSTANT * 300
WITH = SAMPLING | {"exchange": {"interval": "0.02 ps"}, "replicas": 1}


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


def test_windows_keep_their_distribution_while_walkers_move():
    places = ladder(0.0, 0.1, 0.2, 0.3)
    walkers = particle(places, steps=40)
    walkers.simulate(50)
    table = recorded(walkers, 2000)
    width = math.sqrt(KT / 400)
    for place in places:
        sampled = table[table.window == place.window].opening_coordinate
        # About 2000 nearly independent samples: their mean strays by 2 % of the width.
        assert sampled.mean() == pytest.approx(place.centre, abs=0.12 * width)
        assert sampled.std() == pytest.approx(width, rel=0.1)
    assert table.groupby("walker").window.nunique().tolist() == [4] * 4
    assert exchange_statistics.round_trips(table, places) > 100


def test_acceptance_is_that_of_harmonic_windows():
    """Of two windows d apart it is erfc(√(k d² / kT) / 2), by integrating over both Gaussians."""
    for apart in (0.0, 0.1, 0.2):
        table = recorded(particle(ladder(0.0, apart), steps=60), 1200)
        (found,) = exchange_statistics.acceptance(table, ladder(0.0, apart), KT)
        expected = math.erfc(apart * math.sqrt(400 / KT) / 2)
        assert found["acceptance"] == pytest.approx(expected, abs=0.04)
        if apart == 0.0:
            assert found["acceptance"] == 1.0


def test_windows_far_apart_do_not_exchange():
    places = ladder(0.0, 3.0, constant=5000.0)
    walkers = particle(places)
    # The second begins 3 from its centre: 9000 kT, more than an exponential holds.
    near = walkers.simulation.context.getState(positions=True, velocities=True)
    walkers.simulation.context.setPositions([[3.0, 0, 0]])
    far = walkers.simulation.context.getState(positions=True, velocities=True)
    walkers.put([far, near], [0, 1], 0)
    walkers.stepsPerIteration = 1
    walkers.simulate()
    assert walkers.replicaStateIndex == [1, 0]  # the wrong way round: they change places at once
    table = recorded(walkers, 100)
    assert table.groupby("walker").window.nunique().tolist() == [1, 1]
    (found,) = exchange_statistics.acceptance(table, places, KT)
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
    assert exchange_statistics.round_trips(pd.DataFrame(rows), places) == 3


@pytest.mark.parametrize("text", ["", "[]", '{"windows": [0]}', '{"windows":[0,0],"states":[]}'])
def test_what_is_no_walkers_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        unpacked(text)


@pytest.fixture
def study(make_study):
    return make_study().model_copy(update={"sampling": Sampling.model_validate(WITH)})


@pytest.fixture
def home(tmp_path, study, cpu, equilibrated, minimised):
    """A replica's folder after pull and pilot."""
    folder = tmp_path / "sampling/closed-mg/replica-0"
    for number in range(3):
        pulled(folder / "pull", number, study, cpu, equilibrated, minimised)
        state = folder / f"pull/segment-{number}.state.xml.gz"
        window(folder / f"window-{number}", number, state, study, cpu, minimised)
    return folder


def exchanged(home, study, cpu, minimised, output=None, stop=None, segment=1):
    solvated = system.load(minimised / "closed-mg")
    places = windows.configured(study.sampling)
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
    output = exchanged(home, study, cpu, minimised)
    record = read_json(output / "segment-1.json")
    assert completeness.problems(record, output) == []
    table = pd.read_csv(output / "segment-1.csv")
    assert table.time_ps.unique().tolist() == pytest.approx(0.4 + np.arange(1, 11) * 0.04)
    for _, rows in table.groupby("time_ps"):
        assert sorted(rows.window) == sorted(rows.walker) == [0, 1, 2]
    centres = np.array(study.sampling.centres)
    assert table.bias_centre.to_numpy() == pytest.approx(centres[table.window])
    assert len(record["neighbours"]) == 2
    states, at = unpacked(exchange_files.read_zipped(output / "segment-1.states.json.gz"))
    assert sorted(at) == [0, 1, 2] and {each.getStepCount() for each in states} == {200}
    # It is complete: running it again changes nothing.
    before = {p: p.stat().st_mtime_ns for p in output.rglob("*")}
    exchanged(home, study, cpu, minimised)
    assert {p: p.stat().st_mtime_ns for p in output.rglob("*")} == before


def test_frames_follow_their_walker(home, study, cpu, minimised, stand_in):  # noqa: F811
    import MDAnalysis

    output = exchanged(home, study, cpu, minimised)
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
    assert compared >= 6


@pytest.mark.parametrize("looks", [0, 1, 5])
def test_an_interrupted_exchange_ends_the_same(home, study, cpu, minimised, tmp_path, looks):
    straight = exchanged(home, study, cpu, minimised, tmp_path / "straight")
    broken = tmp_path / "broken"
    with pytest.raises(StoppedError):
        exchanged(home, study, cpu, minimised, broken, AfterPlanned(broken, looks))
    assert {path.name for path in broken.iterdir()} == {"segment-1.running"}
    exchanged(home, study, cpu, minimised, broken)
    record = read_json(broken / "segment-1.json")
    (continuation,) = record["continuations"]
    assert continuation["exact"] == (looks < 3)  # three walkers are an iteration
    names = [f"segment-1.walkers/walker-{n}.xtc" for n in range(3)]
    names += ["segment-1.csv", "segment-1.states.json.gz"]
    same = [(straight / name).read_bytes() == (broken / name).read_bytes() for name in names]
    assert all(same) if continuation["exact"] else not any(same)
    assert completeness.problems(record, broken) == []
    assert not (broken / "segment-1.running").exists()
