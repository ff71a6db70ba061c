import dataclasses

import numpy as np
import openmm
import pytest
from openmm import unit

from lfa1_analysis.io.errors import SimulationError
from lfa1_md.box import system
from lfa1_md.box.molecules import Model
from lfa1_md.run import minimise as module
from lfa1_md.run import states
from lfa1_md.run.minimise import minimise
from lfa1_md.study.sections import Minimisation


@pytest.fixture
def solvated(systems):
    return system.load(systems / "closed-mg")


def moved(solvated, positions):
    model = Model(solvated.model.topology, positions)
    return dataclasses.replace(solvated, model=model)


def positions_of(path, solvated):
    state = states.read(path, solvated.system.getNumParticles())
    return state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)


def test_energy_falls_below_that_of_the_liquid(solvated, cpu, tmp_path, make_study):
    before, after = minimise(solvated, make_study().minimisation, *cpu, tmp_path / "m.xml.gz")
    per_water = after / len(solvated.model.waters())
    assert after < before
    # OPC3's potential energy in the liquid is about −46 kJ/mol a molecule; a quenched one is lower.
    assert per_water < -46


def test_constraints_hold_and_velocities_are_zero(minimised, solvated):
    path = minimised / "closed-mg" / "minimised.state.xml.gz"
    found = positions_of(path, solvated)
    for i in range(solvated.system.getNumConstraints()):
        one, two, length = solvated.system.getConstraintParameters(i)
        assert np.linalg.norm(found[one] - found[two]) == pytest.approx(length._value, rel=1e-4)
    velocities = states.read(path, len(found)).getVelocities(asNumpy=True)._value
    assert not velocities.any()


def test_water_on_top_of_another_is_pushed_away(solvated, cpu, tmp_path, make_study):
    positions = solvated.model.positions.copy()
    one, two = solvated.model.waters()[[50, 51]]
    positions[one] += positions[two[0]] - positions[one[0]] + [0.005, 0, 0]
    minimise(moved(solvated, positions), make_study().minimisation, *cpu, tmp_path / "m.xml.gz")
    found = positions_of(tmp_path / "m.xml.gz", solvated)
    assert np.linalg.norm(found[one[0]] - found[two[0]]) > 0.24


def test_restraint_holds_the_protein_in_the_first_pass(systems, cpu, tmp_path, monkeypatch):
    def heavy_moves(restraint, skip_free_pass):
        solvated = system.load(systems / "closed-mg")
        descend = module._descend

        def only_first(*args):
            if args[-1] == 0 or not skip_free_pass:
                descend(*args)

        monkeypatch.setattr(module, "_descend", only_first)
        path = tmp_path / f"{restraint}.xml.gz"
        settings = Minimisation(max_iterations=40, restraint=f"{restraint} kJ/mol/nm^2")
        minimise(solvated, settings, *cpu, path)
        monkeypatch.setattr(module, "_descend", descend)
        heavy = solvated.model.heavy_solute()
        found = positions_of(path, solvated)
        return np.linalg.norm((found - solvated.model.positions)[heavy], axis=1).mean()

    held, free = heavy_moves(100_000, True), heavy_moves(0, False)
    assert held < 0.004 < free


def test_tolerance_ends_a_pass_early(solvated, cpu, tmp_path, capsys):
    settings = Minimisation(max_iterations=5000, tolerance="500 kJ/mol/nm")
    minimise(solvated, settings, *cpu, tmp_path / "m.xml.gz")
    last = capsys.readouterr().err.splitlines()[-1]
    assert "closed-mg minimise" in last and "iterations" in last


def test_nan_leaves_no_output(solvated, cpu, tmp_path, make_study):
    positions = solvated.model.positions.copy()
    positions[5] = np.nan
    with pytest.raises(SimulationError, match="before minimisation"):
        minimise(moved(solvated, positions), make_study().minimisation, *cpu, tmp_path / "m.xml.gz")
    assert list(tmp_path.iterdir()) == []


def test_force_excludes_what_constraints_take_up(cpu):
    """A rigid dumbbell pulled along its axis and across it: only the pull across is left."""
    dumbbell = openmm.System()
    for _ in range(2):
        dumbbell.addParticle(1.0)
    dumbbell.addConstraint(0, 1, 0.1)
    pull = openmm.CustomExternalForce("-fx*x - fy*y")
    pull.addPerParticleParameter("fx")
    pull.addPerParticleParameter("fy")
    pull.addParticle(0, [-50.0, 3.0])
    pull.addParticle(1, [50.0, 3.0])
    dumbbell.addForce(pull)
    integrator = module.fire()
    context = openmm.Context(dumbbell, integrator, *cpu)
    context.setPositions([[0, 0, 0], [0.1, 0, 0]])
    integrator.setGlobalVariableByName("measure", 1)
    integrator.step(1)
    assert integrator.getGlobalVariableByName("force_squared") == pytest.approx(18, rel=1e-3)
