import io
from types import SimpleNamespace

import numpy as np
import openmm
import pytest
from openmm import app, unit

from lfa1_analysis.io.errors import SimulationError
from lfa1_md.box import molecules, system
from lfa1_md.box.frame_atoms import N_SLOTS, FrameAtoms, trajectory_pdb
from lfa1_md.run.reporters import EnergyReporter
from lfa1_md.study.quantities import attoseconds, picoseconds


@pytest.fixture(scope="module", params=["closed-mg", "closed-apo"])
def model(systems, request):
    return system.load(systems / request.param).model


@pytest.fixture(scope="module")
def slots(model):
    return FrameAtoms.of(model)


def scattered(model, seed):
    """Put every molecule in a random periodic image and move all: what OpenMM may hold."""
    generator = np.random.default_rng(seed)
    positions = model.positions + generator.uniform(-3, 3, 3)
    solute = model.solute()
    positions[solute] += generator.integers(-2, 3, 3) @ model.box
    for water in model.waters():
        positions[water] += generator.integers(-2, 3, 3) @ model.box
    ions = np.setdiff1d(np.arange(len(positions)), np.concatenate([solute, model.waters().ravel()]))
    for ion in ions:
        positions[ion] += generator.integers(-2, 3, 3) @ model.box
    return positions


def midas(model, frame, slots):
    """Find the MIDAS of a frame by the definition, from the frame's own atoms."""
    if model.metal() is not None:
        return frame[len(slots.protein)]
    return frame[np.searchsorted(slots.protein, model.midas_donors())].mean(axis=0)


@pytest.mark.parametrize("seed", range(5))
def test_frame_does_not_depend_on_the_images_openmm_happens_to_hold(model, slots, seed):
    reference = slots.frame(model.positions, model.box)
    assert slots.frame(scattered(model, seed), model.box) == pytest.approx(reference, abs=1e-9)


def test_slots_hold_the_twelve_nearest_waters_nearest_first(model, slots):
    generator = np.random.default_rng(1)
    waters = model.waters()
    positions = model.positions.copy()
    places = positions[waters].copy()
    for _ in range(5):  # waters trade places; the slots follow the places, not the molecules
        order = generator.permutation(len(waters))
        positions[waters] = places[order]
        frame = slots.frame(positions, model.box)
        site = midas(model, frame, slots)
        shell = frame[-3 * N_SLOTS :].reshape(N_SLOTS, 3, 3)
        found = np.linalg.norm(shell[:, 0] - site, axis=1)
        assert (np.diff(found) >= 0).all()
        shift = site - _midas_in(model, positions)
        vectors = molecules.nearest_image(positions[waters[:, 0]] + shift - site, model.box)
        everyone = np.sort(np.linalg.norm(vectors, axis=1))
        assert found == pytest.approx(everyone[:N_SLOTS], abs=1e-9)
        lengths = np.linalg.norm(shell[:, 1:] - shell[:, :1], axis=2)
        assert (lengths < 0.11).all()


def _midas_in(model, positions):
    metal = model.metal()
    return positions[metal] if metal is not None else positions[model.midas_donors()].mean(axis=0)


def test_protein_is_whole_and_in_the_middle_wherever_the_boundary_runs(model, slots):
    bonds = [
        (a.index, b.index) for a, b, *_ in model.topology.bonds() if a.index in set(slots.protein)
    ]
    one, two = np.searchsorted(slots.protein, np.array(bonds).T)
    for seed in range(5):
        frame = slots.frame(scattered(model, seed), model.box)
        protein = frame[: len(slots.protein)]
        assert np.linalg.norm(protein[one] - protein[two], axis=1).max() < 0.2
        assert protein.mean(axis=0) == pytest.approx(model.box.sum(axis=0) / 2, abs=1e-9)


def test_ions_are_at_the_nearest_image_to_the_midas(model, slots):
    frame = slots.frame(scattered(model, 3), model.box)
    site = midas(model, frame, slots)
    ions = frame[len(slots.protein) : -3 * N_SLOTS]
    nearest = molecules.nearest_image(ions - site, model.box)
    assert ions - site == pytest.approx(nearest, abs=1e-9)


def test_two_chains_stay_together():
    """Two atoms of different chains, an image apart: they come back side by side."""
    topology = app.Topology()
    for chain_id, number in (("A", "139"), ("B", "1")):
        chain = topology.addChain(chain_id)
        residue = topology.addResidue("SER", chain, number)
        topology.addAtom("OG", app.element.oxygen, residue)
    waters = topology.addChain("W")
    for i in range(N_SLOTS):
        residue = topology.addResidue("HOH", waters, str(i))
        for name, element in (("O", "O"), ("H1", "H"), ("H2", "H")):
            topology.addAtom(name, app.Element.getBySymbol(element), residue)
    box = 3 * np.eye(3)
    topology.setPeriodicBoxVectors(box * unit.nanometer)
    positions = np.random.default_rng(0).uniform(0, 3, (2 + 3 * N_SLOTS, 3))
    positions[:2] = [[0.1, 1, 1], [2.9, 1, 1]]
    slots = FrameAtoms.of(molecules.Model(topology, positions))
    frame = slots.frame(positions, box)
    assert np.linalg.norm(frame[0] - frame[1]) == pytest.approx(0.2)


def test_pdb_names_the_atoms_of_a_frame(model, slots):
    text = trajectory_pdb(model, slots)
    assert "REMARK   6" in text and "NEAREST FIRST" in text
    pdb = app.PDBFile(io.StringIO(text))
    assert pdb.topology.getNumAtoms() == slots.n_atoms
    residues = [r.name for r in pdb.topology.residues()]
    assert residues[-N_SLOTS:] == ["HOH"] * N_SLOTS
    assert residues.count("MG") == (model.metal() is not None)
    frame = pdb.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
    assert frame == pytest.approx(slots.frame(model.positions, model.box), abs=1e-4)


def test_times_are_exact_where_floats_are_not():
    step = attoseconds(4.0)
    assert picoseconds(75, step) == "0.3"
    assert picoseconds(125_000_000, step) == "500000"
    assert picoseconds(1, attoseconds(2.5)) == "0.0025"


def dumbbell(cpu):
    """Two atoms of 1 Da on a rod of 0.1 nm along x."""
    made = openmm.System()
    made.addParticle(1.0)
    made.addParticle(1.0)
    made.addConstraint(0, 1, 0.1)
    context = openmm.Context(made, openmm.VerletIntegrator(0.001), *cpu)
    context.setPositions([[0, 0, 0], [0.1, 0, 0]])
    return context


class State:
    """What the reporter asks of OpenMM's state."""

    potential = -10.0

    def getPotentialEnergy(self):  # noqa: N802
        return self.potential * unit.kilojoule_per_mole

    def getPeriodicBoxVolume(self):  # noqa: N802
        return 2.0 * unit.nanometer**3


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_energy_that_is_not_finite_stops_the_run(cpu, bad, tmp_path):
    path, state, context = tmp_path / "energies.csv", State(), dumbbell(cpu)
    start = context.getState(positions=True)
    log = EnergyReporter(path, 10, 4.0, 5, np.array([1.0, 1.0]), 300.0, start)
    context.setVelocities([[0, 2, 0], [0, 2, 0]])
    log.report(SimpleNamespace(currentStep=10, context=context), state)
    row = [float(value) for value in path.read_text().splitlines()[1].split(",")]
    temperature = 2 * 4.0 / (5 * 8.314462618e-3)
    assert row[:6] == pytest.approx([0.04, -10, 4, -6, temperature, 2.0], abs=1e-3)
    assert row[6] == pytest.approx(2 / 2 / 602.214, rel=1e-3)
    state.potential = bad
    with pytest.raises(SimulationError, match=r"at 0\.08 ps the energy is no longer finite"):
        log.report(SimpleNamespace(currentStep=20, context=context), state)
    assert log.last_good == "0.04 ps"
    assert len(log.rows) == 2 and len(path.read_text().splitlines()) == 2  # seen, not recorded


def test_temperature_that_runs_away_stops_the_run(cpu, tmp_path):
    context = dumbbell(cpu)
    start = context.getState(positions=True)
    log = EnergyReporter(tmp_path / "e.csv", 10, 4.0, 5, np.array([1.0, 1.0]), 300.0, start)
    context.setVelocities([[0, 5.2, 0], [0, -5.2, 0]])  # 1,301 K
    with pytest.raises(SimulationError, match=r"at 0\.04 ps .* run away to 1301 K .*300 K"):
        log.report(SimpleNamespace(currentStep=10, context=context), State())


def test_a_table_goes_on_where_it_is(cpu, tmp_path):
    context, path = dumbbell(cpu), tmp_path / "e.csv"
    for step in (10, 20):
        start = context.getState(positions=True)
        log = EnergyReporter(path, 10, 4.0, 5, np.array([1.0, 1.0]), 300.0, start)
        log.report(SimpleNamespace(currentStep=step, context=context), State())
    rows = path.read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["time_ps", "0.04", "0.08"]


def test_temperature_leaves_out_motion_along_constraints(cpu, tmp_path):
    context = dumbbell(cpu)
    start = context.getState(positions=True)
    log = EnergyReporter(tmp_path / "e.csv", 10, 4.0, 5, np.array([1.0, 1.0]), 300.0, start)
    context.setVelocities([[7, 2, 0], [-7, 2, 0]])
    log.report(SimpleNamespace(currentStep=10, context=context), State())
    row = (tmp_path / "e.csv").read_text().splitlines()[1]
    assert float(row.split(",")[2]) == pytest.approx(4.0, rel=1e-4)
