"""Where Reference misses pairs, and that `lfa1 doctor` compares platforms in another box there."""

import numpy as np
import openmm
import pytest

from lfa1_md.box import build, system
from lfa1_md.box.molecules import nearest_image
from lfa1_md.box.solvate import DODECAHEDRON
from lfa1_md.doctor import precision
from lfa1_md.doctor.box import MeasuredSystem
from lfa1_md.files.provenance import zipped
from lfa1_md.machine.agreement import judge
from lfa1_md.run import states

SHAPES = {
    "dodecahedron": np.array(DODECAHEDRON),
    "octahedron": np.array(
        [[1, 0, 0], [1 / 3, np.sqrt(8) / 3, 0], [-1 / 3, np.sqrt(2) / 3, np.sqrt(6) / 3]]
    ),
    "cube": np.eye(3),
}
CUTOFF = 0.9


def particles(box, n=500):
    return np.random.default_rng(1).random((n, 3)) @ box


def pairs(box, places, name):
    """How many pairs a platform finds within the cutoff."""
    counted = openmm.System()
    counted.setDefaultPeriodicBoxVectors(*box)
    force = openmm.CustomNonbondedForce("1")
    force.setNonbondedMethod(force.CutoffPeriodic)
    force.setCutoffDistance(CUTOFF)
    for _ in places:
        counted.addParticle(1)
        force.addParticle([])
    counted.addForce(force)
    platform = openmm.Platform.getPlatformByName(name)
    context = openmm.Context(counted, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(places)
    return round(context.getState(energy=True).getPotentialEnergy()._value)


def plain(box, places):
    """How many pairs there are, all tried."""
    one, other = np.triu_indices(len(places), 1)
    apart = nearest_image(places[other] - places[one], box)
    return int((np.linalg.norm(apart, axis=1) < CUTOFF).sum())


@pytest.mark.parametrize("shape", SHAPES)
def test_reference_finds_all_pairs_where_it_is_trusted_and_the_cpu_everywhere(shape):
    missed = []
    for edge in (2.75, 3.0, 3.2, 3.4, 3.6, 3.9, 4.2, 4.5, 5.0, 6.0):
        box = SHAPES[shape] * edge
        places = particles(box)
        there = plain(box, places)
        assert pairs(box, places, "CPU") == there
        if precision.trusted(box, CUTOFF):
            assert pairs(box, places, "Reference") == there
        else:
            missed.append(there - pairs(box, places, "Reference"))
    assert (max(missed, default=0) > 20) == (shape != "cube")


@pytest.fixture(scope="module")
def low(make_study, prepared, tmp_path_factory):
    """A system in a rhombic dodecahedron too low for Reference, and a state of it."""
    folder, study = tmp_path_factory.mktemp("low"), make_study("padding: 0.9 nm")
    build.solvate_state(study, "closed", prepared, folder / "box")
    build.build(study, "closed-mg", folder / "box", folder / "closed-mg")
    solvated = system.load(folder / "closed-mg")
    assert 3.0 < solvated.model.box[0, 0] < 3.8
    context = on("CPU", solvated.system, solvated.model.box, solvated.model.positions)
    context.setVelocities(np.zeros_like(solvated.model.positions))
    (folder / "start.xml.gz").write_bytes(zipped(states.serialised(context)))
    return solvated, folder / "closed-mg", folder / "start.xml.gz"


def on(name, of, box, positions):
    platform = openmm.Platform.getPlatformByName(name)
    context = openmm.Context(of, openmm.VerletIntegrator(0.001), platform)
    context.setPeriodicBoxVectors(*box)
    context.setPositions(positions)
    return context


def test_platforms_are_compared_where_reference_is_right(low):
    solvated, folder, start = low
    found = []
    for name in ("Reference", "CPU"):
        content = precision.forces(name, MeasuredSystem("closed-mg", folder, start, 0, "made here"))
        assert not content["own_box"]
        found.append((content["forces"], content["energy"]))
    assert judge("CPU", *found).good
    # In its own box the CPU would look wrong, and it is Reference that is.
    precision.same_mesh(solvated.system)
    own = []
    for name in ("Reference", "CPU"):
        state = on(name, solvated.system, solvated.model.box, solvated.model.positions).getState(
            energy=True, forces=True
        )
        own.append((state.getForces(asNumpy=True)._value, state.getPotentialEnergy()._value))
    assert not judge("CPU", *own).good


def test_molecules_stay_whole_and_meet_nothing_new(low):
    solvated, _, start = low
    state = states.read(start, len(solvated.model.positions))
    box, positions = precision.rectangular(solvated.system, state)
    for bond in solvated.model.topology.bonds():
        one, other = (atom.index for atom in bond)
        lengths = [np.linalg.norm(p[one] - p[other]) for p in (positions, solvated.model.positions)]
        assert lengths[0] == pytest.approx(lengths[1], abs=1e-5)
    assert (np.diag(box) >= np.ptp(positions, axis=0) + CUTOFF - 1e-9).all()
    # Each atom is an image of what it was.
    moved = (positions - solvated.model.positions) @ np.linalg.inv(solvated.model.box)
    assert np.abs(moved - np.round(moved)).max() < 1e-5
