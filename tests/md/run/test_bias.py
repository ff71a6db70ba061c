"""The bias on the opening coordinate: its value, its forces, and what it needs."""

import numpy as np
import openmm
import pytest
from scipy.spatial.transform import Rotation

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.observables.coordinate import coordinate
from lfa1_md.box import molecules
from lfa1_md.box.molecules import Model, rearranged
from lfa1_md.protein import models
from lfa1_md.run import bias

CONSTANT = 1600.0


@pytest.fixture(scope="module", params=["closed", "open"])
def state(request):
    return molecules.read(str(models.path(request.param)))


def _context(model: Model, positions, name="Reference", centre=0.5):
    force = bias.opening_bias(model)
    system = openmm.System()
    for _ in range(len(model.positions)):
        system.addParticle(12.0)
    system.addForce(force)
    platform = openmm.Platform.getPlatformByName(name)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(positions)
    context.setParameter(bias.CONSTANT, CONSTANT)
    context.setParameter(bias.CENTRE, centre)
    return force, context


def _energy(context) -> float:
    return context.getState(energy=True).getPotentialEnergy()._value


@pytest.mark.parametrize("platform", ["Reference", "CPU"])
def test_it_is_the_analysis_s_coordinate_whole_and_turned(state, platform):
    expected = coordinate().value(state.positions[bias.alphas(state)] * 10)
    turned = Rotation.from_euler("xyz", [40, 70, -110], degrees=True).apply(state.positions) + 3.0
    for positions in (state.positions, turned):
        force, context = _context(state, positions, platform)
        assert bias.value(force, context) == pytest.approx(expected, abs=1e-6)
        assert _energy(context) == pytest.approx(0.5 * CONSTANT * (expected - 0.5) ** 2, rel=1e-4)


def test_forces_are_the_slope_of_the_energy(state):
    _, context = _context(state, state.positions)
    forces = context.getState(forces=True).getForces(asNumpy=True)._value
    step = 1e-4
    for atom in (bias.alphas(state)[0], bias.alphas(state)[-3]):
        for axis in range(3):
            energies = []
            for sign in (1, -1):
                moved = state.positions.copy()
                moved[atom, axis] += sign * step
                context.setPositions(moved)
                energies.append(_energy(context))
            slope = (energies[1] - energies[0]) / (2 * step)
            assert forces[atom, axis] == pytest.approx(slope, abs=1e-3 * np.abs(forces).max())
    assert np.abs(forces.sum(axis=0)).max() < 1e-3  # it pushes no centre of mass


def test_without_a_constant_it_does_nothing(state):
    _, context = _context(state, state.positions)
    context.setParameter(bias.CONSTANT, 0.0)
    assert _energy(context) == 0


def test_a_missing_atom_is_named(state):
    kept = [(r, r.chain.id) for r in state.topology.residues() if r.id != "298"]
    with pytest.raises(InputError, match="absent: 298"):
        bias.opening_bias(rearranged(state, kept, box=np.eye(3) * 9))
