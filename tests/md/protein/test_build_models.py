"""The embedded models: chemically complete, in the states they claim; two are one molecule."""

import hashlib

import gemmi
import numpy as np
import openmm
import pytest
from openmm import app, unit

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.observables.opening import Opening
from lfa1_analysis.proteins.alphal import FIRST, LAST, WILD_TYPE
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.universe import open_universe
from lfa1_md.forcefield import forcefield
from lfa1_md.machine import platform
from lfa1_md.protein import build_models, fetch, models
from lfa1_md.protein.metal import judgement
from lfa1_md.protein.prepare import Prepared
from lfa1_md.protein.repair import stereo
from lfa1_md.study import embedded, force_fields
from lfa1_md.study.sections import Chemistry


@pytest.fixture(scope="module", params=models.NAMES)
def model(request):
    return models.load(request.param)


def atoms(model):
    return [
        (a.name, a.element.symbol, a.residue.name, a.residue.id, a.residue.chain.id)
        for a in model.topology.atoms()
    ]


def test_both_have_the_same_atoms_in_the_same_order():
    assert atoms(models.load("closed")) == atoms(models.load("open"))


@pytest.mark.parametrize("name", embedded.TWINS)
def test_they_are_wild_type_from_cap_to_cap(name):
    model = models.load(name)
    protein, metal, waters = model.topology.chains()
    residues = [(int(r.id), r.name) for r in protein.residues()]
    assert residues[0] == (FIRST - 1, "ACE") and residues[-1] == (LAST + 1, "NME")
    assert residues[1:-1] == [
        (n, gemmi.expand_one_letter(WILD_TYPE[n], gemmi.ResidueKind.AA))
        for n in range(FIRST, LAST + 1)
    ]
    assert dict(residues)[189] == "ARG"
    assert [r.name for r in metal.residues()] == ["MG"]
    assert [r.name for r in waters.residues()] == ["HOH"] * 3


@pytest.mark.slow
@pytest.mark.parametrize(("protein", "water"), list(force_fields.SETS))
def test_hydrogens_are_complete_for_every_force_field(model, protein, water):
    field = forcefield.load(Chemistry(force_field=protein, water=water))
    molecule = app.Modeller(model.topology, model.positions * unit.angstrom)
    molecule.addExtraParticles(field)
    unmatched = field.getUnmatchedResidues(molecule.topology)
    if protein == "CHARMM36" and model.name == "bound":
        # A charged end and disulfides are patches there, which only `createSystem` tries.
        assert [r.name for r in unmatched] == ["GLN"] + ["CYS"] * 4
        field.createSystem(molecule.topology)
    else:
        assert unmatched == []


def test_the_energy_is_that_of_a_relaxed_molecule(model):
    field = app.ForceField("amber19/protein.ff19SB.xml", "amber19/opc3.xml")
    system = field.createSystem(model.topology, nonbondedMethod=app.NoCutoff)
    for force in system.getForces():
        force.setForceGroup(1 if isinstance(force, openmm.HarmonicBondForce) else 0)
    context = openmm.Context(
        system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("CPU")
    )
    context.setPositions(model.positions * unit.angstrom)
    total = context.getState(energy=True).getPotentialEnergy()
    bonds = context.getState(energy=True, groups={1}).getPotentialEnergy()
    kilojoule = unit.kilojoule_per_mole
    assert np.isfinite(total.value_in_unit(kilojoule)) and total < 0 * kilojoule
    assert bonds / model.topology.getNumBonds() < 2 * kilojoule  # RT/2 per bond is 1.3


def test_configurations_are_natural(model):
    assert stereo.mirrored(model.topology, model.positions) == []
    # 1MQ8 has Pro281 trans, unlike the other four entries; Pro6 of ICAM-1 is cis.
    cis = ["PRO6"] if model.name == "bound" else ["PRO281"]
    assert stereo.cis_peptides(model.topology, model.positions) == cis


def test_no_atoms_overlap(model):
    heavy = [a for a in model.topology.atoms() if a.element.symbol not in ("H", "Mg")]
    xyz = model.positions[[a.index for a in heavy]]
    near = np.argwhere(np.triu(np.linalg.norm(xyz[:, None] - xyz[None], axis=2) < 2.4, 1))
    bonded = {frozenset((a.index, b.index)) for a, b in model.topology.bonds()}
    partners = {}
    for pair in bonded:
        one, two = pair
        partners.setdefault(one, set()).add(two)
        partners.setdefault(two, set()).add(one)
    for i, j in near:
        a, b = heavy[i].index, heavy[j].index
        assert b in partners[a] or partners[a] & partners[b], (heavy[i], heavy[j])


def test_the_metal_site_is_accepted(model):
    verdict = judgement.examine(model.topology, model.positions, model.name)
    assert verdict.accepted, verdict.faults
    assert verdict.site.n_waters == (2 if model.name == "bound" else 3)
    assert verdict.site.denticity("ASP137") == 0
    assert verdict.site.denticity("ASP239") == (1 if model.name == "closed" else 0)


def test_shell_waters_turn_their_hydrogens_away_from_the_metal(model):
    metal = model.positions[judgement.metal_index(model.topology)]
    for residue in model.topology.residues():
        if residue.name == "HOH":
            o, *hs = (np.linalg.norm(model.positions[a.index] - metal) for a in residue.atoms())
            assert min(hs) > o + 0.3


def test_they_are_in_the_states_they_claim(model):
    universe = open_universe(models.path(model.name))
    row = Opening(universe, find_domain(universe)).run().results.table.iloc[0]
    shift, occupant = row["alpha7_shift_angstrom"], row["pocket_occupant"]
    if model.name == "bound":  # 1MQ8: the MIDAS open, α7 half-way
        assert 3 < shift < 6 and occupant == "intermediate"
        assert row["pocket_phe292_angstrom"] < 5.5
    elif model.name == "closed":
        assert -3 < shift < 1 and occupant == "closed" and row["pocket_leu295_angstrom"] < 5.5
    else:
        assert 6 < shift < 10 and occupant == "open" and row["pocket_leu289_angstrom"] < 5.5


def test_they_say_how_they_were_made(model):
    about = model.preparation["provenance"]
    assert about["entry"] == build_models.SOURCES[model.name]
    assert about["source_sha256"].startswith("sha256:") and len(about["source_sha256"]) == 71
    assert about["force_field"] == "ff19SB" and about["water"] == "OPC3"
    assert {
        "versions",
        "steps",
        "ph",
        "citation",
        "metal_from",
        "metal_agreement",
        "about_the_entry",
    } <= set(about)
    recorded = {p["residue"]: p["variant"] for p in model.preparation["protonation"]}
    for residue in model.topology.residues():
        if residue.name == "HIS":
            names = {a.name for a in residue.atoms()}
            has = {"HID": {"HD1"}, "HIE": {"HE2"}, "HIP": {"HD1", "HE2"}}
            assert names & {"HD1", "HE2"} == has[recorded[f"HIS{residue.id}"]]


def test_they_are_small(model):
    assert models.path(model.name).stat().st_size < 600_000


def copy(folder):
    for name in (*(f"{n}.cif" for n in models.NAMES), models.CHECKSUMS):
        (folder / name).write_bytes((models.FOLDER / name).read_bytes())
    return folder


def test_a_changed_model_is_noticed(tmp_path):
    file = copy(tmp_path) / "open.cif"
    file.write_bytes(file.read_bytes().replace(b"SER", b"THR", 1))
    with pytest.raises(InputError, match=r"open\.cif: differs from its checksum"):
        models.load("open", tmp_path)
    assert models.load("closed", tmp_path).name == "closed"


@pytest.mark.parametrize("name", ["closed.cif", models.CHECKSUMS])
def test_a_missing_file_is_named(tmp_path, name):
    (copy(tmp_path) / name).unlink()
    with pytest.raises(InputError, match=f"{name}: no such file"):
        models.load("closed", tmp_path)


def test_checksums_are_those_of_sha256sum():
    for line in (models.FOLDER / models.CHECKSUMS).read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((models.FOLDER / name).read_bytes()).hexdigest() == digest


def test_different_atoms_are_refused():
    made = {}
    for name in embedded.TWINS:
        model = models.load(name)
        verdict = judgement.examine(model.topology, model.positions, name, "1CQP")
        made[name] = Prepared(model.topology, model.positions, [verdict])
    build_models._require_same_atoms(made)
    modeller = app.Modeller(made["open"].topology, made["open"].positions * unit.angstrom)
    modeller.delete([next(a for a in modeller.topology.atoms() if a.name == "HG")])
    made["open"].topology = modeller.topology
    with pytest.raises(InputError, match="atoms differ in LEU132"):
        build_models._require_same_atoms(made)


@pytest.mark.slow
def test_they_can_be_built_again(tmp_path, entries, monkeypatch):
    monkeypatch.setenv(fetch.MIRROR, str(entries))
    said = []
    build_models.build(tmp_path, Chemistry().ph, platform.select("CPU"), said.append)
    for name in models.NAMES:
        old, new = models.load(name), models.load(name, tmp_path)
        assert atoms(old) == atoms(new)
        heavy = [a.index for a in old.topology.atoms() if a.element.symbol != "H"]
        moved = np.linalg.norm(old.positions[heavy] - new.positions[heavy], axis=1)
        assert np.sqrt((moved**2).mean()) < 0.3
        assert judgement.examine(new.topology, new.positions, name).accepted
    assert any("from the Mg²⁺ of 1CQP" in line for line in said)
