import openmm
import pytest
from openmm import unit

from lfa1_analysis.io.errors import ConfigError
from lfa1_md.box import matched_systems as pair
from lfa1_md.box import molecules, solvate, system
from lfa1_md.forcefield import forcefield
from lfa1_md.study import force_fields
from lfa1_md.study.sections import Chemistry, Dynamics

FIELDS, WATERS = ("ff19SB", "ff14SB", "CHARMM36"), ("OPC3", "OPC", "TIP3P", "CHARMM-TIP3P")
STRANGERS = [(f, w) for f in FIELDS for w in WATERS if (f, w) not in force_fields.SETS]
# σ (nm) and ε (kJ/mol) as published with the water models.
MAGNESIUM = {
    "OPC3": (0.24286, 0.04416),
    "OPC": (0.23698, 0.03000),
    "TIP3P": (0.24232, 0.04269),
    "CHARMM-TIP3P": (0.21114, 0.06276),
}


@pytest.mark.parametrize(("field", "water"), STRANGERS)
def test_strangers_are_refused_with_what_goes_together(field, water):
    with pytest.raises(ConfigError) as caught:
        force_fields.check(Chemistry(force_field=field, water=water), Dynamics())
    assert "chemistry.water" in caught.value.problem
    assert f"{field} goes with" in caught.value.remedy


def test_charmm_wants_its_own_cutoff():
    chemistry = Chemistry(force_field="CHARMM36", water="CHARMM-TIP3P")
    with pytest.raises(ConfigError, match=r"dynamics\.cutoff: 0\.9 nm"):
        force_fields.check(chemistry, Dynamics())
    force_fields.check(chemistry, Dynamics(cutoff="1.2 nm"))


@pytest.mark.parametrize(("field", "water"), list(force_fields.SETS))
def test_each_combination_builds_a_neutral_pair(field, water, make_study, prepared):
    study = make_study(f"force_field: {field}, water: {water}")
    chosen = force_fields.check(study.chemistry, study.dynamics)
    field_files = forcefield.load(study.chemistry)
    protein = molecules.read(str(prepared / "protein.cif"))
    box = solvate.solvate(protein, field_files, chosen.solvent, study.chemistry.padding, 0.3, 1)
    for ion in ("mg", "apo"):
        model = pair.matched(box, ion).model
        made = system.parametrise(model, field_files, chosen, study.dynamics)
        assert system.charge(made) == pytest.approx(0, abs=1e-4)
        assert made.getNumParticles() == len(model.positions)
        sites = sum(made.isVirtualSite(i) for i in range(made.getNumParticles()))
        assert sites == (len(model.waters()) if water == "OPC" else 0)
        if ion == "mg":
            _check_magnesium(made, model.metal(), MAGNESIUM[water])
        _check_cutoff(made, chosen)


def _check_magnesium(made, index, expected):
    force = next(f for f in made.getForces() if isinstance(f, openmm.NonbondedForce))
    charge, sigma, epsilon = force.getParticleParameters(index)
    assert charge == 2 * unit.elementary_charge
    if epsilon._value:  # CHARMM's Lennard-Jones parameters sit in a table of a custom force
        assert (sigma._value, epsilon._value) == pytest.approx(expected, abs=1e-5)


def _check_cutoff(made, chosen):
    lennard_jones = [
        f
        for f in made.getForces()
        if isinstance(f, openmm.NonbondedForce | openmm.CustomNonbondedForce)
    ]
    for force in lennard_jones:
        correct = (
            force.getUseDispersionCorrection()
            if isinstance(force, openmm.NonbondedForce)
            else force.getUseLongRangeCorrection()
        )
        assert correct == chosen.dispersion_correction
        assert force.getUseSwitchingFunction() == (chosen.switch is not None)
        if chosen.switch is not None:
            assert force.getSwitchingDistance()._value == pytest.approx(chosen.switch)
            assert force.getCutoffDistance()._value == pytest.approx(chosen.cutoff)
