"""MgCl₂ of the solvent: its places, the same in all members, and its forces."""

import io
import itertools
import re

import numpy as np
import openmm
import pytest
from MDAnalysis import Universe
from openmm import app, unit

from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_md.box import build, bulk, molecules, solvate, system
from lfa1_md.box import matched_systems as pair
from lfa1_md.box.frame_atoms import FrameAtoms, trajectory_pdb
from lfa1_md.files.provenance import read_zipped
from lfa1_md.forcefield import forcefield, metal_force
from lfa1_md.run.minimise import minimise
from lfa1_md.study import configfile, force_fields
from lfa1_md.study.ion_models import parameters

from ..conftest import CONFIG, small_study

MOLAR = 0.25
"""Of MgCl₂: two Mg²⁺ among the box's 420 waters."""
IONS = ["mg", "apo", "ca", "mn", "na"]


@pytest.fixture(scope="module")
def protein(prepared):
    return molecules.read(str(prepared / "protein.cif"))


@pytest.fixture(scope="module")
def field():
    return forcefield.load(small_study().chemistry)


def solvated(protein, field, molar=MOLAR, seed=3, padding=0.6):
    return solvate.solvate(protein, field, "tip3p", padding, 0.3, seed, molar)


@pytest.fixture(scope="module")
def box(protein, field):
    return solvated(protein, field)


@pytest.fixture(scope="module")
def family(prepared, tmp_path_factory):
    """Systems of the small peptide with MgCl₂: every kind of ion, and 12-6-4."""
    folder = tmp_path_factory.mktemp("bulk")
    study = small_study(f"bulk_mgcl2: {MOLAR} M").model_copy(
        update={"ions": IONS, "ion_models": ["12-6-4"]}
    )
    said = build.solvate_state(study, "closed", prepared, folder / "box")
    assert re.search(r" Cl⁻, 2 Mg²⁺ of the solvent \(2[56]\d mM MgCl₂\), box ", said)
    for name in study.systems:
        build.build(study, name, folder / "box", folder / name)
    return {name.removeprefix("closed-"): system.load(folder / name) for name in study.systems}


def apart(model, one, other):
    """Return the distances (nm) between two sets of atoms."""
    return np.array(
        [
            np.linalg.norm(
                molecules.nearest_image(model.positions[other] - model.positions[i], model.box),
                axis=1,
            )
            for i in one
        ]
    )


def names(model):
    return [(a.name, a.residue.name) for a in model.topology.atoms()]


# Places


def test_waters_become_two_chlorides_for_each_magnesium(protein, field, box):
    without = solvated(protein, field, molar=0.0)
    n = bulk.count(MOLAR, len(without.waters()))
    assert n == round(MOLAR * len(without.waters()) / 55.4) == 2
    assert len(box.bulk_metals()) == n and len(without.bulk_metals()) == 0
    assert len(box.atoms_of("CL")) == len(without.atoms_of("CL")) + 2 * n
    assert len(box.atoms_of("NA")) == len(without.atoms_of("NA"))
    assert len(box.waters()) == len(without.waters()) - 3 * n
    assert np.array_equal(box.box, without.box)
    oxygens = without.positions[without.waters()[:, 0]]
    for ion in box.bulk_metals():
        assert (np.abs(oxygens - box.positions[ion]).max(axis=1) == 0).any()


@pytest.mark.parametrize("seed", range(4))
def test_all_keep_their_distances(protein, field, seed):
    made = solvated(protein, field, seed=seed)
    magnesium, site = made.bulk_metals(), [made.metal()]
    salt, chloride = made.atoms_of("NA", "CL"), made.atoms_of("CL")
    assert apart(made, magnesium, site).min() >= 1.2
    assert apart(made, magnesium, made.heavy_solute()).min() >= 0.6
    pairs = apart(made, magnesium, magnesium)
    assert pairs[~np.eye(len(magnesium), dtype=bool)].min() >= 0.7
    assert apart(made, magnesium, salt).min() >= 0.5
    assert apart(made, chloride, site).min() >= 0.8
    # Modeller's own salt may be nearer to itself, once the box has closed its gaps.
    old = solvated(protein, field, molar=0.0, seed=seed)
    before = old.positions[old.atoms_of("CL")]
    new = [i for i in chloride if not (made.positions[i] == before).all(axis=1).any()]
    assert len(new) == 2 * len(magnesium)
    for ion in new:
        assert apart(made, [ion], np.setdiff1d(salt, ion)).min() >= 0.5
        assert apart(made, [ion], made.heavy_solute()).min() >= 0.5


def test_same_seed_same_places(protein, field, box):
    again, other = solvated(protein, field), solvated(protein, field, seed=4)
    assert names(again) == names(box) and np.array_equal(again.positions, box.positions)
    metals = box.bulk_metals()
    assert not np.array_equal(other.positions[other.bulk_metals()], box.positions[metals])


def test_the_site_s_metal_is_last_in_a_chain_of_its_own(box, protein):
    *_, ions, last = box.topology.chains()
    assert [r.name for r in last.residues()] == ["MG"]
    kinds = [name for name, _ in itertools.groupby(r.name for r in ions.residues())]
    assert kinds == ["NA", "CL", "MG"]
    assert box.metal() == len(box.positions) - 1
    assert np.array_equal(box.positions[box.metal()], protein.positions[protein.metal()])


def test_less_than_one_ion_is_refused_with_the_least_that_is_one(protein, field):
    n = len(solvated(protein, field, molar=0.0).waters())
    with pytest.raises(InputError, match=f"not one Mg²⁺ in this box of {n} waters") as caught:
        solvated(protein, field, molar=0.001)
    assert "chemistry.padding" in caught.value.remedy
    least = float(caught.value.remedy.split(" M ")[0].split()[-1])
    assert bulk.count(least, n) == 1 and bulk.count(least - 0.0002, n) == 0
    assert len(solvated(protein, field, molar=least).bulk_metals()) == 1


@pytest.mark.parametrize("waters", [1, 99, 432, 6000, 14_321, 123_456])
def test_the_least_concentration_is_one_ion(waters):
    assert bulk.count(bulk._least(waters), waters) == 1
    assert bulk.concentration(1, waters) == pytest.approx(55.4 / waters)


def test_a_crowded_box_is_refused(protein, field):
    with pytest.raises(InputError, match=r"no room for .* Mg²⁺ and .* Cl⁻") as caught:
        solvated(protein, field, molar=2.0)
    assert "lower chemistry.bulk_mgcl2" in caught.value.remedy


# The family


def test_every_member_is_neutral_and_has_the_solvent_s_ions_where_they_were(family):
    reference = family["mg"].model
    places = reference.positions[reference.bulk_metals()]
    for name, member in family.items():
        assert system.charge(member.system) == pytest.approx(0, abs=1e-4), name
        found = member.model.bulk_metals()
        assert np.array_equal(member.model.positions[found], places), name
        elements = {a.element.symbol for a in member.model.topology.atoms() if a.index in found}
        assert elements == {"Mg"}, name
        assert member.manifest["ions"][system.BULK_KEY] == 2, name
        assert member.manifest["bulk_mgcl2"]["mg"] == 2
        assert member.manifest["bulk_mgcl2"]["asked_molar"] == MOLAR
    assert family["mg"].manifest["ions"]["MG"] == 1
    assert "MG" not in family["apo"].manifest["ions"]


@pytest.mark.parametrize(("member", "last"), [("apo", None), ("ca", "CA"), ("mn", "MN")])
def test_members_match_atom_by_atom(family, member, last):
    mg, other = names(family["mg"].model), names(family[member].model)
    assert mg[-1] == ("MG", "MG")
    shared = len(mg) - 1
    assert other[shared:] == ([] if last is None else [(last, last)])
    changed = [(a, b) for a, b in zip(mg[:shared], other, strict=False) if a != b]
    assert changed == ([(("CL", "CL"), ("NA", "NA"))] if member == "apo" else [])
    positions = [family[m].model.positions[:shared] for m in ("mg", member)]
    assert np.array_equal(*positions)


def test_differences_name_the_metal_at_the_site(family):
    told = {name: member.manifest["pair"]["differences"] for name, member in family.items()}
    number = family["mg"].model.metal() + 1
    assert told["mg"] == []
    assert told["apo"][0] == f"Mg²⁺ at the site removed (atom {number})"
    assert told["ca"] == [f"Mg²⁺ at the site exchanged for Ca²⁺ (atom {number})"]
    (model,) = told["mg_1264"]
    assert "12-6-4 instead of" in model and model.endswith("the 2 of the solvent too")


def test_the_site_is_found_or_empty(family):
    for name, member in family.items():
        found = member.model.metal()
        expected = None if name in ("apo", "na") else len(member.model.positions) - 1
        assert found == expected, name


@pytest.mark.parametrize("member", IONS)
def test_trajectories_hold_the_solvent_s_ions(family, member):
    model = family[member].model
    slots = FrameAtoms.of(model)
    assert set(model.bulk_metals()) <= set(slots.ions)
    assert len(np.unique(slots.ions)) == len(slots.ions)
    site = model.midas_donors() if model.metal() is None else [model.metal()]
    assert list(slots.sites[0].atoms) == list(site)
    pdb = app.PDBFile(io.StringIO(trajectory_pdb(model, slots)))
    kinds = [r.name for r in pdb.topology.residues()]
    assert kinds.count("MG") == 2 + (member == "mg")
    universe = Universe(pdb)
    assert (universe.select_atoms("resname MG").residues.atoms.n_atoms) == kinds.count("MG")


# Forces


def test_magnesium_of_the_solvent_is_held_by_waters_and_no_chloride(family, cpu, tmp_path):
    member = family["apo"]
    settings = small_study().minimisation.model_copy(update={"max_iterations": 300})
    minimise(member, settings, *cpu, tmp_path / "minimised.xml.gz")
    state = openmm.XmlSerializer.deserialize(read_zipped(tmp_path / "minimised.xml.gz"))
    positions = np.array(state.getPositions().value_in_unit(unit.nanometer))
    relaxed = molecules.Model(member.model.topology, positions)
    oxygens, chloride = relaxed.waters()[:, 0], relaxed.atoms_of("CL")
    for ion in relaxed.bulk_metals():
        (away,) = apart(relaxed, [ion], oxygens)
        # Some end with five, the last digits decide: dynamics, not minimisation, brings the sixth.
        assert (away < 0.26).sum() in (5, 6), np.sort(away)[:8]
        assert away.min() > 0.18
        assert apart(relaxed, [ion], chloride).min() > 0.35


@pytest.mark.parametrize(("protein_field", "water"), list(force_fields.SETS))
def test_every_force_field_describes_the_solvent_s_ions(protein_field, water, protein):
    study = small_study(f"force_field: {protein_field}, water: {water}")
    chosen = force_fields.check(study.chemistry, study.dynamics)
    files = forcefield.load(study.chemistry)
    made = solvate.solvate(
        protein, files, chosen.solvent, study.chemistry.padding, 0.15, 1, mgcl2=0.15
    )
    apo = pair.matched(made, "apo").model
    parametrised = system.parametrise(apo, files, chosen, study.dynamics)
    assert len(apo.bulk_metals()) >= 1 and apo.metal() is None
    assert system.charge(parametrised) == pytest.approx(0, abs=1e-4)
    sites = sum(parametrised.isVirtualSite(i) for i in range(parametrised.getNumParticles()))
    assert sites == (len(apo.waters()) if water == "OPC" else 0)


@pytest.mark.parametrize(
    ("member", "model"), [*((ion, "CM") for ion in IONS), ("mg_1264", "12-6-4")]
)
def test_the_solvent_s_magnesium_has_the_member_s_model(family, member, model):
    found = family[member]
    force = next(f for f in found.system.getForces() if isinstance(f, openmm.NonbondedForce))
    expected = parameters("mg", "OPC3", model)
    for index in found.model.bulk_metals():
        charge, sigma, epsilon = force.getParticleParameters(int(index))
        assert charge._value == 2
        assert (sigma._value, epsilon._value) == pytest.approx(
            (expected.sigma, expected.epsilon), rel=1e-5
        )
    assert found.manifest["bulk_mgcl2"]["metal_model"]["model"] == model
    terms = [f.getName() for f in found.system.getForces()]
    assert (metal_force.C4_FORCE in terms) == (model == "12-6-4")


def test_c4_of_all_three_metals_is_the_sum_over_their_neighbours(family):
    """By hand, with polarisabilities (Å³) 1.444 of water and 0.048 of Mg²⁺."""
    member = family["mg_1264"]
    model, made = member.model, member.system
    metals = [model.metal(), *model.bulk_metals()]
    energy = _energy(made, model)
    c4, waters = 117 * 4.184e-4, model.waters()[:, 0]
    force = next(f for f in made.getForces() if f.getName() == metal_force.C4_FORCE)
    alphas = [force.getParticleParameters(i)[1] * 1.444 / c4 for i in range(len(model.positions))]
    assert [alphas[i] for i in metals] == pytest.approx([0.048] * 3)
    assert [alphas[i] for i in waters] == pytest.approx([1.444] * len(waters))
    expected = 0.0
    for metal, away in zip(metals, apart(model, metals, np.arange(len(alphas))), strict=True):
        near = np.flatnonzero((away < 0.9) & (np.arange(len(alphas)) != metal))
        # A pair of metals comes up twice here and counts once.
        share = [0.5 if i in metals else 1.0 for i in near]
        terms = c4 * np.array(alphas)[near] / 1.444 / away[near] ** 4
        expected -= float(share @ terms)
    assert energy == pytest.approx(expected, rel=1e-6)


def _energy(made, model):
    for force in made.getForces():
        c4 = force.getName() == metal_force.C4_FORCE
        force.setForceGroup(3 if c4 else 0)
        if c4:
            force.setUseLongRangeCorrection(False)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(made, openmm.VerletIntegrator(0.001), platform)
    context.setPeriodicBoxVectors(*(model.box * unit.nanometer))
    context.setPositions(model.positions)
    return context.getState(energy=True, groups={3}).getPotentialEnergy()._value


def lone_ions(*kinds):
    topology = app.Topology()
    chain = topology.addChain()
    for kind in kinds:
        residue = topology.addResidue(kind.upper(), chain)
        topology.addAtom(kind.upper(), app.element.get_by_symbol(kind), residue)
    topology.setPeriodicBoxVectors(np.eye(3) * 4 * unit.nanometer)
    return topology


def applied(topology, models):
    files = app.ForceField("amber14/tip3p.xml")
    types = metal_force.Types(files)
    made = files.createSystem(
        topology, nonbondedMethod=app.CutoffPeriodic, nonbondedCutoff=1 * unit.nanometer
    )
    metal_force.apply(made, topology, types, models, False)
    return made


def custom_energy(made, positions):
    for force in made.getForces():
        force.setForceGroup(3 if isinstance(force, openmm.CustomNonbondedForce) else 0)
    context = openmm.Context(made, openmm.VerletIntegrator(0.001))
    context.setPositions(positions)
    return context.getState(energy=True, groups={3}).getPotentialEnergy()._value


@pytest.mark.parametrize(("ion", "alpha"), [("Mg", 0.048), ("Ca", 0.477), ("Mn", 0.534)])
def test_two_metals_polarise_each_other(ion, alpha):
    """C4 (kcal/mol Å⁴) of Li and Merz 2014 in TIP3P, each at the other's polarisability."""
    c4 = {"Mg": 132.9, "Ca": 87.3, "Mn": 146.1}
    models = {i: parameters(k, "TIP3P", "12-6-4") for i, k in ((0, ion.lower()), (1, "mg"))}
    energy = custom_energy(applied(lone_ions(ion, "Mg"), models), [[0, 0, 0], [0.6, 0, 0]])
    terms = c4["Mg"] * alpha + (c4[ion] * 0.048 if ion != "Mg" else 0)  # once for one kind
    by_hand = -4.184 * terms / 1.444 / 6.0**4
    assert energy == pytest.approx(by_hand, rel=1e-5)


def test_the_own_pair_with_chloride_acts_on_every_magnesium():
    found = parameters("mg", "TIP3P", "microMg")
    topology, places = lone_ions("Mg", "Mg", "Cl"), [[0, 0, 0], [0.9, 0, 0], [0.45, 0, 0]]
    one = custom_energy(applied(topology, {0: found}), places)
    both = custom_energy(applied(topology, {0: found, 1: found}), places)
    assert one != 0 and both == pytest.approx(2 * one, rel=1e-5)


# The configuration


def test_the_key_enters_the_digests_only_where_it_is_positive():
    steps = ["prepare", "solvate", "minimise", "equilibrate", "simulate"]
    before, zero, some = (small_study(t) for t in ("", "bulk_mgcl2: 0 M", "bulk_mgcl2: 5 mM"))
    for step in steps:
        assert before.digest(step) == zero.digest(step)
        assert "bulk_mgcl2" not in before.settings(step)["chemistry"]
        assert (before.digest(step) != some.digest(step)) == (step != "prepare")


def test_the_solvent_s_ions_need_a_model_where_no_site_does():
    import yaml

    chemistry = "bulk_mgcl2: 5 mM, ion_model: microMg"
    content = yaml.safe_load(CONFIG.replace("CHEMISTRY", chemistry)) | {"ions": ["apo"]}
    with pytest.raises(ConfigError, match="ion model 'microMg' of mg does not belong"):
        configfile.check(content, "the test's configuration")
