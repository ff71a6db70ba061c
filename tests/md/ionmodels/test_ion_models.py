"""Models of the metal: their numbers against other sources, their forces against other routes."""

import gzip
import io
from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import app, unit

from lfa1_analysis.io.errors import ConfigError
from lfa1_analysis.proteins.ion_names import MODELS
from lfa1_md.box import build, molecules, system
from lfa1_md.forcefield import metal_force
from lfa1_md.study import force_fields, ion_models
from lfa1_md.study.ion_models import OWN, parameters
from lfa1_md.study.sections import Chemistry

from ..conftest import small_study

DATA = Path(__file__).parents[2] / "data"
ROWS = sorted(ion_models._table())
LI_MERZ = [row for row in ROWS if row[2] in ("CM", "HFE", "IOD", "12-6-4")]
ELEMENTS = {"mg": "Mg", "ca": "Ca", "mn": "Mn"}


@pytest.mark.parametrize("row", LI_MERZ, ids="-".join)
def test_li_merz_rows_lie_on_the_noble_gas_curve(row):
    """All their sets do, Li et al. 2013, 10.1021/ct400146w: a typo in either number leaves it."""
    found = parameters(*row)
    rmin_half = found.sigma * 2 ** (1 / 6) / 2 * 10
    assert -np.log10(found.epsilon / 4.184) == pytest.approx(
        57.36 * np.exp(-2.471 * rmin_half), abs=2e-6
    )


@pytest.mark.parametrize("water", [w for w in OWN if w != "CHARMM-TIP3P"])
@pytest.mark.parametrize("ion", ELEMENTS)
def test_the_water_s_own_model_is_that_of_openmm_s_files(ion, water):
    field = next(f for f, w in force_fields.SETS if w == water)
    files = app.ForceField(*force_fields.SETS[field, water].files)
    topology = app.Topology()
    residue = topology.addResidue(ion.upper(), topology.addChain())
    topology.addAtom(ion.upper(), app.element.get_by_symbol(ELEMENTS[ion]), residue)
    made = files.createSystem(topology)
    force = next(f for f in made.getForces() if isinstance(f, openmm.NonbondedForce))
    _, sigma, epsilon = force.getParticleParameters(0)
    found = parameters(ion, water)
    assert (found.sigma, found.epsilon) == pytest.approx((sigma._value, epsilon._value), rel=1e-5)


def test_every_model_says_what_it_is_and_what_it_is_not_for():
    models = {model for _, _, model in ROWS}
    assert models == set(MODELS)
    assert all(parameters(*row).source for row in ROWS)
    assert {row[2] for row in ROWS if parameters(*row).c4} == {"12-6-4"}


@pytest.mark.parametrize(
    ("chemistry", "told"),
    [
        ({"ion_model": "CHARMM36"}, "CHARMM36 goes with CHARMM-TIP3P"),
        ({"ion_model": "microMg"}, "mg in OPC3 goes with 12-6-4, CM, HFE, IOD"),
        (
            {"force_field": "CHARMM36", "water": "CHARMM-TIP3P", "ion_model": "12-6-4"},
            "mg in CHARMM-TIP3P goes with CHARMM36",
        ),
    ],
)
def test_strangers_are_refused_with_what_goes_together(chemistry, told):
    checked = Chemistry(**chemistry)
    with pytest.raises(ConfigError, match="ion model") as caught:
        ion_models.check(["apo", "mg"], checked.water, checked.ion_model)
    assert told in caught.value.remedy


def _group(made: openmm.System, kind: type, positions, box) -> tuple[float, np.ndarray]:
    for force in made.getForces():
        force.setForceGroup(3 if isinstance(force, kind) else 0)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(made, openmm.VerletIntegrator(0.001), platform)
    context.setPeriodicBoxVectors(*box)
    context.setPositions(positions)
    state = context.getState(energy=True, forces=True, groups={3})
    return state.getPotentialEnergy()._value, state.getForces(asNumpy=True)._value


def test_12_6_4_agrees_with_openmm_s_route_through_amber(tmp_path):
    """A prmtop of AmberTools and ParmEd, read by OpenMM, against our own term on the same atoms."""
    path = tmp_path / "complex.prmtop"
    path.write_bytes(gzip.decompress((DATA / "asp_mg_1264.prmtop.gz").read_bytes()))
    text = gzip.decompress((DATA / "asp_mg.pdb.gz").read_bytes()).decode()
    pdb = app.PDBFile(io.StringIO(text))
    amber = app.AmberPrmtopFile(str(path))
    box = np.diag([4.3508108, 4.5969163, 3.1349282]) * unit.nanometer
    options = {
        "nonbondedMethod": app.PME,
        "nonbondedCutoff": 0.9 * unit.nanometer,
        "constraints": None,
        "rigidWater": False,
    }
    for topology in (pdb.topology, amber.topology):
        topology.setPeriodicBoxVectors(box)
    theirs = amber.createSystem(**options)
    files = app.ForceField("amber14/protein.ff14SB.xml", "amber14/tip3p.xml")
    types = metal_force.Types(files)
    ours = files.createSystem(pdb.topology, **options)
    metal = next(a.index for a in pdb.topology.atoms() if a.residue.name == "MG")
    chosen = parameters("mg", "TIP3P", "12-6-4")
    metal_force.apply(ours, pdb.topology, types, {metal: chosen}, True)
    # The prmtop has another set of Na+ and Cl-; everything else must be equal.
    plain, reference = (
        next(f for f in made.getForces() if isinstance(f, openmm.NonbondedForce))
        for made in (ours, theirs)
    )
    for atom in pdb.topology.atoms():
        if atom.residue.name in ("Na+", "Cl-", "NA", "CL"):
            plain.setParticleParameters(atom.index, *reference.getParticleParameters(atom.index))
    for kind in (openmm.CustomNonbondedForce, openmm.NonbondedForce):
        energy, forces = _group(ours, kind, pdb.positions, box)
        expected, expected_forces = _group(theirs, kind, pdb.positions, box)
        assert energy == pytest.approx(expected, rel=1e-5)
        error = np.linalg.norm(forces - expected_forces) / np.linalg.norm(expected_forces)
        assert error < 1e-5
    assert abs(_group(ours, openmm.CustomNonbondedForce, pdb.positions, box)[0]) > 50


@pytest.fixture(scope="module")
def family(prepared, tmp_path_factory):
    """Systems of the small peptide: every kind of ion and every model of OPC3."""
    folder = tmp_path_factory.mktemp("family")
    study = small_study().model_copy(
        update={"ions": ["mg", "apo", "ca", "mn", "na"], "ion_models": ["HFE", "IOD", "12-6-4"]}
    )
    build.solvate_state(study, "closed", prepared, folder / "box")
    for name in study.systems:
        build.build(study, name, folder / "box", folder / name)
    return {name.removeprefix("closed-"): system.load(folder / name) for name in study.systems}


def test_the_family_is_neutral_and_where_it_was(family):
    assert list(family) == ["mg", "apo", "ca", "mn", "na", "mg_hfe", "mg_iod", "mg_1264"]
    reference = family["mg"]
    waters = reference.model.waters().ravel()
    for name, member in family.items():
        assert system.charge(member.system) == pytest.approx(0, abs=1e-4), name
        assert np.array_equal(member.model.box, reference.model.box)
        assert np.array_equal(member.model.positions[waters], reference.model.positions[waters])
        told = member.manifest["pair"]["differences"]
        assert bool(told) == (name != "mg"), name
        if name == "mg_1264":
            assert told == ["Mg²⁺ by Li/Merz 12-6-4 instead of Li/Merz 12-6, compromise set"]
    last = {name: list(m.model.topology.atoms())[-1] for name, m in family.items()}
    assert [last[n].element.symbol for n in ("mg", "ca", "mn", "na")] == ["Mg", "Ca", "Mn", "Na"]
    assert len({len(family[n].model.positions) for n in ("mg", "ca", "mn", "mg_1264")}) == 1
    assert len(family["na"].model.positions) == len(reference.model.positions) - 1


@pytest.mark.parametrize(
    ("member", "ion", "model"),
    [("mg", "mg", "CM"), ("mg_hfe", "mg", "HFE"), ("mg_1264", "mg", "12-6-4"), ("ca", "ca", "CM")],
)
def test_each_member_has_its_own_model(family, member, ion, model):
    found = family[member]
    expected = parameters(ion, "OPC3", model)
    force = next(f for f in found.system.getForces() if isinstance(f, openmm.NonbondedForce))
    _, sigma, epsilon = force.getParticleParameters(found.model.metal())
    assert (sigma._value, epsilon._value) == pytest.approx(
        (expected.sigma, expected.epsilon), rel=1e-5
    )
    assert found.manifest["metal_model"]["model"] == model
    names = [f.getName() for f in found.system.getForces()]
    assert (metal_force.C4_FORCE in names) == (model == "12-6-4")


def test_c4_is_the_sum_over_polarisable_neighbours(family):
    member = family["mg_1264"]
    index, model = member.model.metal(), member.model
    made = member.system
    force = next(f for f in made.getForces() if f.getName() == metal_force.C4_FORCE)
    force.setUseLongRangeCorrection(False)
    energy, _ = _group(
        made, openmm.CustomNonbondedForce, model.positions, model.box * unit.nanometer
    )
    away = model.positions - model.positions[index]
    distances = np.linalg.norm(molecules.nearest_image(away, model.box), axis=1)
    waters = model.waters()[:, 0]
    near = waters[distances[waters] < 0.9]
    c4 = 117 * 4.184e-4
    from_water = -(c4 / distances[near] ** 4).sum()
    assert energy < from_water < 0  # the protein and the salt add to it
    others = np.setdiff1d(np.flatnonzero(distances < 0.9), model.waters().ravel())
    alphas = [force.getParticleParameters(int(i))[1] / c4 for i in others]
    assert max(alphas) < 3.3 / 1.444
    rest = -sum(
        a * c4 / distances[i] ** 4 for a, i in zip(alphas, others, strict=True) if i != index
    )
    assert energy == pytest.approx(from_water + rest, rel=1e-6)


@pytest.mark.parametrize("model", ["microMg", "nanoMg"])
def test_micro_and_nano_mg_have_their_own_pair_with_chloride(model):
    found = parameters("mg", "TIP3P", model)
    topology = app.Topology()
    chain = topology.addChain()
    for name, element in (("MG", "Mg"), ("CL", "Cl")):
        residue = topology.addResidue(name, chain)
        topology.addAtom(name, app.element.get_by_symbol(element), residue)
    topology.setPeriodicBoxVectors(np.eye(3) * 4 * unit.nanometer)
    files = app.ForceField("amber14/tip3p.xml")
    types = metal_force.Types(files)
    made = files.createSystem(
        topology, nonbondedMethod=app.CutoffPeriodic, nonbondedCutoff=1 * unit.nanometer
    )
    metal_force.apply(made, topology, types, {0: found}, False)
    for force in made.getForces():
        if isinstance(force, openmm.NonbondedForce):
            force.setUseDispersionCorrection(False)
            for i in range(2):
                _, sigma, epsilon = force.getParticleParameters(i)
                force.setParticleParameters(i, 0, sigma, epsilon)
    context = openmm.Context(made, openmm.VerletIntegrator(0.001))
    context.setPositions([[0, 0, 0], [0.3, 0, 0]])
    energy = context.getState(energy=True).getPotentialEnergy()._value
    sigma, epsilon = found.chloride
    assert energy == pytest.approx(
        4 * epsilon * ((sigma / 0.3) ** 12 - (sigma / 0.3) ** 6), rel=1e-5
    )
    # 1.7972 and 0.1 of the combination rules', Grotz et al. 2021, with their own Cl-.
    assert sigma == pytest.approx(1.7972 * (found.sigma + 0.440939) / 2)
    assert epsilon == pytest.approx(0.1 * (found.epsilon * 0.283829) ** 0.5)
