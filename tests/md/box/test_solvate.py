import random

import numpy as np
import pytest
from openmm import app

from lfa1_analysis.io.errors import InputError, MetalSiteError
from lfa1_md.box import build, molecules, solvate
from lfa1_md.files.durable import write_json
from lfa1_md.forcefield import forcefield

PADDING = 0.6


@pytest.fixture(scope="module")
def protein(prepared):
    return molecules.read(str(prepared / "protein.cif"))


@pytest.fixture(scope="module")
def field(make_study):
    return forcefield.load(make_study().chemistry)


@pytest.fixture(scope="module")
def box(protein, field):
    return solvate.solvate(protein, field, "tip3p", PADDING, 0.5, 3)


def test_box_is_a_rhombic_dodecahedron_with_the_padding_on_every_side(box):
    width = box.box[0, 0]
    assert box.box == pytest.approx(width * solvate.DODECAHEDRON)
    solute = box.positions[box.solute()]
    shifts = [s for s in np.ndindex(3, 3, 3) if s != (1, 1, 1)]
    gaps = [
        np.linalg.norm(solute[:, None] - solute + (np.array(s) - 1) @ box.box, axis=2).min()
        for s in shifts
    ]
    assert min(gaps) >= 2 * PADDING


def test_density_is_nearly_that_of_water_at_once(box):
    water = len(box.waters()) * solvate.WATER_MASS / solvate.DALTONS_PER_NM3
    solute = 0.4  # nm³: 345 Da of peptide
    volume = np.linalg.det(box.box) - solute
    assert water / volume == pytest.approx(0.985, abs=0.02)


def test_no_water_was_bent_or_torn(box):
    oxygen, *hydrogens = (box.positions[box.waters()[:, i]] for i in range(3))
    for hydrogen in hydrogens:
        lengths = np.linalg.norm(hydrogen - oxygen, axis=1)
        # The solvent's are TIP3P's; the first two are the crystal's, with hydrogens added.
        assert lengths[2:] == pytest.approx(0.0957, abs=0.0002)


def test_prepared_atoms_keep_their_places(box, protein):
    n = len(protein.solute())
    assert np.array_equal(box.positions[:n], protein.positions[:n])
    assert np.array_equal(box.positions[box.metal()], protein.positions[protein.metal()])
    first, kept = box.waters()[:2], protein.waters()
    assert np.array_equal(box.positions[first], protein.positions[kept])


@pytest.mark.parametrize("seed", range(4))
def test_ions_start_away_from_the_metal_and_each_other(protein, field, seed):
    made = solvate.solvate(protein, field, "tip3p", PADDING, 1.0, seed)
    ions = made.atoms_of("NA", "CL")
    assert len(ions) > 10
    away = molecules.nearest_image(made.positions[ions] - made.positions[made.metal()], made.box)
    assert np.linalg.norm(away, axis=1).min() >= solvate.CLEARANCE


def test_salt_is_what_was_asked_for(box):
    cations, anions = len(box.atoms_of("NA")), len(box.atoms_of("CL"))
    assert anions - cations == 1  # the peptide has −1, the metal +2
    assert cations / (len(box.waters()) / 55.4) == pytest.approx(0.5, abs=0.07)


def test_same_seed_same_box_and_the_global_generator_is_left_alone(protein, field, box):
    random.seed(11)
    expected = random.Random(11).random()
    again = solvate.solvate(protein, field, "tip3p", PADDING, 0.5, 3)
    assert random.random() == expected
    assert np.array_equal(again.positions, box.positions)
    other = solvate.solvate(protein, field, "tip3p", PADDING, 0.5, 4)
    ions = box.atoms_of("NA", "CL")
    assert not np.array_equal(other.positions[ions], box.positions[ions])


def test_enclosing_sphere_of_a_cube():
    cube = np.array(list(np.ndindex(2, 2, 2)), dtype=float)
    assert solvate.enclosing_radius(cube) == pytest.approx(np.sqrt(3) / 2, rel=1e-3)


@pytest.mark.parametrize("count", [0, 2])
def test_structure_must_have_one_metal(protein, field, count):
    modeller = app.Modeller(protein.topology, protein.positions)
    metal = [r for r in protein.topology.residues() if r.name == "MG"]
    modeller.delete(metal)
    for _ in range(count):
        chain = modeller.topology.addChain("B")
        residue = modeller.topology.addResidue("MG", chain)
        modeller.topology.addAtom("MG", app.element.magnesium, residue)
    positions = np.zeros((modeller.topology.getNumAtoms(), 3))
    with pytest.raises(InputError, match="one Mg²⁺"):
        solvate.check_site(molecules.Model(modeller.topology, positions))


def test_site_that_was_not_accepted_is_refused(tmp_path, make_study, prepared):
    (tmp_path / "protein.cif").write_bytes((prepared / "protein.cif").read_bytes())
    write_json(tmp_path / "site.json", {"accepted": False})
    with pytest.raises(MetalSiteError, match=r"site\.json"):
        build.solvate_state(make_study(), "closed", tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_unknown_state_is_refused(tmp_path, make_study, prepared):
    with pytest.raises(InputError, match="'shut'"):
        build.solvate_state(make_study(), "shut", prepared, tmp_path)
    with pytest.raises(InputError, match="'closed-lead'"):
        build.build(make_study(), "closed-lead", prepared, tmp_path)


def test_damaged_box_is_refused(tmp_path, make_study, prepared):
    box = tmp_path / "box"
    build.solvate_state(make_study(), "closed", prepared, box)
    text = (box / build.BOX).read_text()
    (box / build.BOX).write_text(text.replace("HOH", "HOG", 1))
    with pytest.raises(InputError, match=r"box\.cif is not what its record describes"):
        build.build(make_study(), "closed-apo", box, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_system_is_the_same_whatever_others_are_built(tmp_path, make_study, prepared, systems):
    """A study that grows must not change what it has: the manifest names no optional partner."""
    box = tmp_path / "box"
    build.solvate_state(make_study(), "closed", prepared, box)
    alone = make_study().model_copy(update={"ions": ["mg"]})
    build.build(alone, "closed-mg", box, tmp_path / "closed-mg")
    for path in (systems / "closed-mg").glob("[smt]*.*"):
        if "minimised" not in path.name:
            assert (tmp_path / "closed-mg" / path.name).read_bytes() == path.read_bytes(), path


def test_nearest_image_agrees_with_trying_many():
    box = 3.0 * solvate.DODECAHEDRON
    generator = np.random.default_rng(5)
    vectors = generator.uniform(-20, 20, (300, 3))
    shifts = np.array(list(np.ndindex(33, 33, 33))) - 16
    for vector, found in zip(vectors, molecules.nearest_image(vectors, box), strict=True):
        lengths = np.linalg.norm(vector + shifts @ box, axis=1)
        assert np.linalg.norm(found) == pytest.approx(lengths.min(), abs=1e-9)
