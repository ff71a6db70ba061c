"""Steered separation: the spring's energy and forces, its way, its room, and being resumed."""

import copy
import io
import json
import re
import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import openmm
import pandas as pd
import pytest
from openmm import app

from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_md.biased.gather import gather_separation
from lfa1_md.box import build, molecules, system
from lfa1_md.box import separation_pairs as separation
from lfa1_md.files.provenance import read_zipped, sha256, zipped
from lfa1_md.protein import models
from lfa1_md.run import bias, protocol
from lfa1_md.run.minimise import minimise
from lfa1_md.run.segment import simulate
from lfa1_md.run.stopping import Stop, StoppedError
from lfa1_md.study.jobs import StudyPlan
from lfa1_md.study.plan import names
from lfa1_md.study.settings import StudyConfig
from lfa1_md.verification.runs import chains
from lfa1_md.verification.verify import separated

from ..conftest import PEPTIDE

START = "start.state.xml.gz"
PULL = {
    "distance": "0.16 nm",
    "speed": "1000 nm/ns",
    "replicas": 1,
    "segment": "0.08 ps",
    "frame_interval": "0.04 ps",
    "force_interval": "0.008 ps",
}


def with_separation(study, **changes):
    content = study.model_dump(mode="json", exclude_none=True)
    content |= {"states": {"bound": {"structure": "bound"}}, "separation": PULL | changes}
    content["minimisation"]["max_iterations"] = 30
    return StudyConfig.model_validate(content)


@pytest.fixture(scope="module")
def study(make_study):
    return with_separation(make_study())


@pytest.fixture(scope="module")
def pulled_apart(study, cpu, tmp_path_factory):
    """The small peptide with another one beside it that is numbered as Gly15–Ser16 of ICAM-1."""
    own, rest = PEPTIDE.split("TER\n")
    other = []
    for line in own.splitlines():
        number, x = int(line[22:26]) - 123, float(line[30:38]) - 9.0
        other.append(f"{line[:21]}D{number:4d}{line[26:30]}{x:8.3f}{line[38:]}")
    text = own + "TER\n" + "\n".join(other) + "\nTER\n" + rest
    file = app.PDBFile(io.StringIO(text))
    modeller = app.Modeller(file.topology, file.positions)
    field = app.ForceField("amber19/protein.ff19SB.xml", "amber19/opc3.xml")
    modeller.addHydrogens(field, platform=cpu[0])
    prepared = tmp_path_factory.mktemp("prepared")
    with (prepared / "protein.cif").open("w") as out:
        app.PDBxFile.writeFile(modeller.topology, modeller.positions, out, keepIds=True)
    (prepared / "site.json").write_text(json.dumps({"accepted": True}))
    folder, box = tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("box")
    build.solvate_state(study, "bound", prepared, box)
    target = folder / "systems" / "bound-apo"
    build.build(study, "bound-apo", box, target)
    minimise(system.load(target), study.minimisation, *cpu, target / system.MINIMISED)
    # Taken for equilibrated: a pull begins where the equilibration has set the steps to 0.
    text = read_zipped(target / system.MINIMISED)
    (target / START).write_bytes(zipped(re.sub(r'stepCount="\d+"', 'stepCount="0"', text)))
    return folder


@pytest.fixture(scope="module")
def solvated(pulled_apart):
    """Loaded once; a run, which adds forces, gets a copy."""
    return system.load(pulled_apart / "systems" / "bound-apo")


def context_of(model, centre, constant=1000.0):
    force, link = bias.separation_bias(model)
    made = openmm.System()
    made.setDefaultPeriodicBoxVectors(*(np.eye(3) * 12))
    for _ in model.positions:
        made.addParticle(12.0)
    made.addForce(force)
    made.addForce(link)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(made, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(model.positions)
    context.setParameter(bias.CENTRE, centre)
    context.setParameter(bias.CONSTANT, constant)
    return context


def test_energy_and_forces_are_those_of_a_spring_between_the_centres():
    model = molecules.read(str(models.path("bound")))
    own, ligand = separation.groups(model)
    assert (len(own), len(ligand)) == (177, 84)
    vector = model.positions[ligand].mean(axis=0) - model.positions[own].mean(axis=0)
    apart = np.linalg.norm(vector)
    context = context_of(model, apart + 0.2)
    # The bond of no strength makes one molecule of both, so that they are wrapped together.
    assert any({own[0], ligand[0]} <= set(part) for part in context.getMolecules())
    state = context.getState(energy=True, forces=True)
    assert state.getPotentialEnergy()._value == pytest.approx(0.5 * 1000 * 0.2**2, rel=1e-5)
    forces = state.getForces(asNumpy=True)._value
    # 200 kJ/mol/nm along the way on each protein, shared among its Cα atoms, and none elsewhere.
    assert forces[ligand] == pytest.approx(np.tile(200 * vector / apart / 84, (84, 1)), abs=1e-3)
    assert forces[own].sum(axis=0) == pytest.approx(-200 * vector / apart, abs=0.01)
    rest = np.setdiff1d(np.arange(len(forces)), [*own, *ligand])
    assert np.abs(forces[rest]).max() == 0


def test_the_spring_goes_evenly_from_the_box_s_distance(study, solvated):
    first, second = (protocol.separate(study, solvated, k).drive for k in (0, 1))
    assert first.start == pytest.approx(separation.distance(solvated.model), abs=1e-6)
    assert first.end == second.start
    assert second.end - first.start == pytest.approx(0.16, abs=2e-6)
    assert first.centre(0, 10) == first.start
    assert second.centre(9, 10) == pytest.approx(second.end - 0.008)
    assert first.record() == {
        "first_centre_nm": first.start,
        "last_centre_nm": first.end,
        "force_constant_kj_per_mol_per_nm2": 1000.0,
    }


def test_the_box_has_room_for_the_pull_and_a_longer_one_is_refused(study, solvated, make_study):
    model, width = solvated.model, separation.shortest(solvated.model.box)
    assert width == pytest.approx(model.box[0, 0])  # of a rhombic dodecahedron
    assert separation.distance(model) + 0.16 + separation.MARGIN < width / 2 + 0.02
    longer = with_separation(make_study(), distance="1.6 nm")
    with pytest.raises(InputError, match=r"half of the way to the next image is \d"):
        protocol.separate(longer, solvated, 0)
    # Its own box would be wider, and so is another one's.
    bound = molecules.read(str(models.path("bound")))
    for asked in (study.separation, longer.separation):
        padding = separation.room(bound, asked, 3.35, 0.5)
        assert padding >= 0.5 + asked.distance / 2
        assert 3.35 + padding >= 2.72 + asked.distance


def test_the_digest_knows_the_room(study, make_study):
    without = study.model_copy(update={"separation": None})
    assert study.digest("prepare", "bound") == without.digest("prepare", "bound")
    assert study.digest("solvate", "bound") != without.digest("solvate", "bound")
    faster = with_separation(make_study(), speed="500 nm/ns")
    assert study.digest("solvate", "bound") == faster.digest("solvate", "bound")
    assert study.digest("separate", "bound") != faster.digest("separate", "bound")
    more = with_separation(make_study(), replicas=9)
    assert study.digest("separate", "bound") == more.digest("separate", "bound")


class AfterTheFirst(Stop):
    """Asks to stop when the first planned checkpoint is there."""

    def __init__(self, folder):
        self._folder = folder
        super().__init__()

    @property
    def reason(self):
        return "the test" if list(self._folder.glob("checkpoint-*")) else ""

    @reason.setter
    def reason(self, value):
        pass


def pulled(study, solvated, cpu, output, segment, start, stop=None):
    chosen = protocol.separate(study, solvated, segment)
    own = replace(solvated, system=copy.deepcopy(solvated.system))
    simulate(own, start, study, 0, segment, *cpu, output, stop, chosen)
    return output / names(segment)["state"]


def test_a_pull_is_gathered_and_a_resumed_one_gives_the_same_bytes(
    study, pulled_apart, solvated, cpu, tmp_path
):
    home = pulled_apart / "systems" / "bound-apo"
    results, again = tmp_path / "results", tmp_path / "again"
    folder = results / "separation/bound-apo/replica-0"
    begun = {0: home / START}
    for segment in (0, 1):
        begun[segment + 1] = pulled(study, solvated, cpu, folder, segment, begun[segment])
    # The second segment, whose spring begins where the first left it, stopped in its middle.
    stop = AfterTheFirst(again / "segment-1.running")
    with pytest.raises(StoppedError):
        pulled(study, solvated, cpu, again, 1, begun[1], stop)
    pulled(study, solvated, cpu, again, 1, begun[1])
    for suffix in ("xtc", "csv", "state"):
        one, two = (each / names(1)[suffix] for each in (folder, again))
        assert one.read_bytes() == two.read_bytes()
    (results / "systems").symlink_to(pulled_apart / "systems")
    only = study.model_copy(update={"ions": ["apo"]})
    assert gather_separation(only, results, tmp_path / "out") == 1
    series = pd.read_csv(tmp_path / "out" / "bound-apo-replica-0.csv")
    assert len(series) == 20
    steps = np.diff(series["centre_nm"])
    assert steps == pytest.approx(0.008, abs=3e-6)  # across the segments as well
    assert series["centre_nm"].iloc[0] == pytest.approx(
        separation.distance(solvated.model), abs=1e-6
    )
    assert series["separation_nm"].iloc[0] == pytest.approx(series["centre_nm"].iloc[0], abs=0.1)
    # Another spring's records are not mixed in.
    other = only.model_copy(
        update={"separation": only.separation.model_copy(update={"force_constant": 500.0})}
    )
    with pytest.raises(InputError, match="was run with another bias"):
        gather_separation(other, results, tmp_path / "other")
    _verified(only, other, results, home / START)


def _verified(study, other, results, start):
    """The same segments before `lfa1 verify`: sound, of another study, damaged, without a box."""
    equilibrated = results / "equilibrated/bound-apo/replica-0/state.xml.gz"
    equilibrated.parent.mkdir(parents=True)
    equilibrated.write_bytes(start.read_bytes())
    (row,) = chains(StudyPlan(study, results), "separate")
    assert (row.what, row.part, row.damage) == ("bound-apo", "separation 0", [])
    assert row.complete and row.there == "2 of 2 segments, 4 frames, 0.00016 ns"
    (row,) = chains(StudyPlan(other, results), "separate")
    assert "segment-1.json: was made with another bias, settings_digest" in row.damage[1]

    compared = partial(separated, StudyPlan(study, results))
    assert (compared().there, compared().damage) == ("not made yet", [])
    folder = results / "separation"
    frames = sorted(folder.glob("bound-apo/replica-0/*.xtc"))
    inputs = [{"file": str(f), "sha256": sha256(f).removeprefix("sha256:")} for f in frames]
    (folder / "separation.json").write_text(json.dumps({"inputs": inputs}))
    (folder / "ruptures.csv").write_text("system\n")
    (damage,) = compared().damage
    assert "force_extension.csv: is missing" in damage
    (folder / "force_extension.csv").write_text("system\n")
    assert compared().complete

    frames[0].write_bytes(frames[0].read_bytes()[:-1])
    (row,) = chains(StudyPlan(study, results), "separate")
    assert not row.complete and any("segment-0.xtc" in each for each in row.damage)
    assert "made from other trajectories" in compared().damage[0]
    (results / "systems").unlink()
    (row,) = chains(StudyPlan(study, results), "separate")
    assert row.there == "0 of 2 segments" and "manifest.json" in row.damage[0]
    shutil.rmtree(folder)
    (row,) = chains(StudyPlan(study, results), "separate")
    assert not row.complete and row.damage == []  # the system's own row says that it lacks


def test_a_segment_too_many_is_refused(study, solvated, make_study):
    with pytest.raises(ConfigError, match="the pull has 2"):
        protocol.separate(study, solvated, 2)
    with pytest.raises(ConfigError, match="has no `separation`"):
        protocol.separate(make_study(), solvated, 0)


def test_a_system_without_the_ligand_is_refused(study, solvated):
    closed = replace(solvated, model=molecules.read(str(models.path("closed"))))
    with pytest.raises(InputError, match="ICAM-1 is not there to be pulled"):
        protocol.separate(study, closed, 0)


def test_a_box_too_small_for_the_pull_is_not_written(study, pulled_apart, tmp_path, monkeypatch):
    """Should the way in which boxes are filled ever leave one too small."""
    monkeypatch.setattr(separation, "room", lambda *_: 0.3)
    prepared = next(pulled_apart.parent.glob("prepared*"))
    longer = study.model_copy(
        update={"separation": study.separation.model_copy(update={"distance": 1.6})}
    )
    with pytest.raises(InputError, match=r"bound: the pull ends .* half of the way"):
        build.solvate_state(longer, "bound", prepared, tmp_path / "box")
    assert not (tmp_path / "box").exists()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"segment": "0.07 ps"}, "not a whole multiple of segment"),
        ({"speed": "1 nm"}, "wrong kind of unit"),
        ({"speed": "-1 nm/ns"}, "greater than 0"),
        ({"distance": "20 nm"}, "less than or equal to 10"),
        ({"force_interval": "0.03 ps"}, "force_interval"),
    ],
)
def test_impossible_pulls_are_refused(make_study, change, why):
    with pytest.raises(ValueError, match=why):
        with_separation(make_study(), **change)


def test_a_pull_needs_a_state_with_the_ligand(make_study):
    content = make_study().model_dump(mode="json", exclude_none=True)
    with pytest.raises(ValueError, match="no state has it"):
        StudyConfig.model_validate(content | {"separation": PULL})
