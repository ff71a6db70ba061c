import numpy as np
import openmm
import pytest
from openmm import unit

from lfa1_analysis.io.errors import InputError
from lfa1_md.box import build, molecules, system
from lfa1_md.box import matched_systems as pair
from lfa1_md.files.provenance import read_json, sha256


@pytest.fixture(scope="module")
def mg(systems):
    return system.load(systems / "closed-mg")


@pytest.fixture(scope="module")
def apo(systems):
    return system.load(systems / "closed-apo")


def names(solvated):
    return [(a.name, a.residue.name, a.residue.id) for a in solvated.model.topology.atoms()]


def test_members_differ_by_the_metal_and_one_swapped_ion(mg, apo):
    with_metal, without = names(mg), names(apo)
    assert with_metal[-1][0] == "MG"
    assert len(without) == len(with_metal) - 1
    changed = [(a, b) for a, b in zip(with_metal, without, strict=False) if a[:2] != b[:2]]
    assert [(a[0], b[0]) for a, b in changed] == [("CL", "NA")]
    differences = apo.manifest["pair"]["differences"]
    assert len(differences) == 2
    assert "Mg²⁺ removed" in differences[0] and "Cl⁻ turned into Na⁺" in differences[1]
    assert mg.manifest["pair"] == {"partner": None, "differences": []}


def test_all_shared_atoms_are_where_they_were_in_the_same_box(mg, apo):
    shared = len(apo.model.positions)
    assert np.array_equal(mg.model.positions[:shared], apo.model.positions)
    assert np.array_equal(mg.model.box, apo.model.box)


def test_shared_atoms_have_the_same_parameters_and_masses(mg, apo):
    def table(solvated):
        force = next(f for f in solvated.system.getForces() if isinstance(f, openmm.NonbondedForce))
        return [
            (*force.getParticleParameters(i), solvated.system.getParticleMass(i))
            for i in range(solvated.system.getNumParticles())
        ]

    different = [i for i, (a, b) in enumerate(zip(table(mg), table(apo), strict=False)) if a != b]
    assert [names(mg)[i][0] for i in different] == ["CL"]


def test_both_are_neutral_at_the_same_number_of_monovalent_ions(mg, apo):
    for member in (mg, apo):
        assert system.charge(member.system) == pytest.approx(0, abs=1e-4)
        assert member.manifest["charge_e"] == 0
    one, other = mg.manifest["ions"], apo.manifest["ions"]
    assert one["NA"] + one["CL"] == other["NA"] + other["CL"]
    assert one["MG"] == 1 and "MG" not in other


def test_swapped_ion_is_the_anion_farthest_from_the_protein(mg, apo):
    changed = next(
        i for i, (a, b) in enumerate(zip(names(mg), names(apo), strict=False)) if a[:2] != b[:2]
    )
    model = mg.model
    protein = model.positions[model.heavy_solute()]

    def distance(index):
        return np.linalg.norm(
            molecules.nearest_image(protein - model.positions[index], model.box), axis=1
        ).min()

    anions = model.atoms_of("CL")
    assert max(anions, key=distance) == changed


def test_box_without_anions_says_what_to_do(mg):
    model = mg.model
    kept = [(r, r.chain.id) for r in model.topology.residues() if r.name != "CL"]
    with pytest.raises(InputError) as caught:
        pair.matched(molecules.rearranged(model, kept), "apo")
    assert "chemistry.ionic_strength" in caught.value.remedy


def test_box_has_heavy_hydrogens_no_barostat_and_no_drift_remover(mg):
    kinds = {type(force).__name__ for force in mg.system.getForces()}
    assert not kinds & {"MonteCarloBarostat", "CMMotionRemover", "CustomExternalForce"}
    symbols = mg.model.elements
    solute = mg.model.solute()
    masses = np.array(
        [mg.system.getParticleMass(int(i)).value_in_unit(unit.dalton) for i in solute]
    )
    assert masses[symbols[solute] == "H"] == pytest.approx(3.0)
    water = mg.model.waters()[0]
    assert mg.system.getParticleMass(int(water[1]))._value == pytest.approx(1.008)


def test_manifest_describes_the_files_and_a_changed_file_is_noticed(systems, tmp_path):
    folder = tmp_path / "closed-mg"
    folder.mkdir()
    for file in (systems / "closed-mg").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    manifest = read_json(folder / "manifest.json")
    for name, digest in manifest["files"].items():
        assert sha256(folder / name) == digest
    assert manifest["system"] == "closed-mg"
    assert manifest["settings_digest"]
    system.load(folder)
    text = (folder / "topology.cif").read_text()
    (folder / "topology.cif").write_text(text.replace("137", "138"))
    with pytest.raises(InputError, match=r"topology\.cif"):
        system.load(folder)


@pytest.fixture(scope="module")
def sham(prepared, make_study, tmp_path_factory):
    """The small `closed-mg_sham`, from the box that `mg` and `apo` come from."""
    study = make_study().model_copy(update={"ions": ["mg", "apo", "mg_sham"]})
    folder = tmp_path_factory.mktemp("sham")
    build.solvate_state(study, "closed", prepared, folder / "box")
    build.build(study, "closed-mg_sham", folder / "box", folder / "closed-mg_sham")
    return system.load(folder / "closed-mg_sham")


def test_the_sham_keeps_the_metal_and_exchanges_two_ions_of_the_solvent(mg, apo, sham):
    assert np.array_equal(sham.model.positions, mg.model.positions)
    assert np.array_equal(sham.model.box, mg.model.box)
    changed = [i for i, (a, b) in enumerate(zip(names(mg), names(sham), strict=True)) if a != b]
    exchanged = sorted((names(mg)[i][:2], names(sham)[i][:2]) for i in changed)
    assert exchanged == [(("CL", "CL"), ("NA", "NA")), (("NA", "NA"), ("CL", "CL"))]
    # The Cl⁻ is the one that `apo` turns into Na⁺ as well, and the metal is where it was.
    swap = next(
        i for i, (a, b) in enumerate(zip(names(mg), names(apo), strict=False)) if a[:2] != b[:2]
    )
    assert swap in changed
    assert sham.model.metal() == mg.model.metal() not in changed


def test_the_sham_has_the_composition_and_charge_of_the_box_with_the_metal(mg, sham):
    assert system.charge(sham.system) == pytest.approx(0, abs=1e-4)
    assert sham.manifest["ions"] == mg.manifest["ions"]
    assert sham.manifest["metal_model"] == mg.manifest["metal_model"]
    pairing = sham.manifest["pair"]
    assert pairing["partner"] == "closed-mg" and len(pairing["differences"]) == 2
    assert "Cl⁻ turned into Na⁺" in pairing["differences"][0]
    assert "Na⁺ turned into Cl⁻" in pairing["differences"][1]


def test_the_sham_differs_in_the_parameters_of_two_particles_alone(mg, sham):
    def table(solvated):
        force = next(f for f in solvated.system.getForces() if isinstance(f, openmm.NonbondedForce))
        return [
            (*force.getParticleParameters(i), solvated.system.getParticleMass(i))
            for i in range(solvated.system.getNumParticles())
        ]

    one, other = table(mg), table(sham)
    different = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    assert sorted(names(mg)[i][0] for i in different) == ["CL", "NA"]
    assert sum(other[i][0]._value - one[i][0]._value for i in different) == pytest.approx(0)


def test_both_ions_of_the_sham_are_the_farthest_of_their_kind_from_the_protein(mg, sham):
    model = mg.model
    protein = model.positions[model.heavy_solute()]

    def distance(index):
        return np.linalg.norm(
            molecules.nearest_image(protein - model.positions[index], model.box), axis=1
        ).min()

    changed = {i for i, (a, b) in enumerate(zip(names(mg), names(sham), strict=True)) if a != b}
    assert changed == {max(model.atoms_of(name), key=distance) for name in ("CL", "NA")}


@pytest.mark.parametrize(("gone", "label"), [("CL", "Cl⁻"), ("NA", "Na⁺")])
def test_a_sham_without_ions_to_exchange_says_what_to_do(mg, gone, label):
    model = mg.model
    kept = [(r, r.chain.id) for r in model.topology.residues() if r.name != gone]
    with pytest.raises(InputError, match=f"holds 0 {label}") as caught:
        pair.matched(molecules.rearranged(model, kept), "mg_sham")
    assert "chemistry.ionic_strength" in caught.value.remedy
