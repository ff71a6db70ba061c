"""Minimising a large model in a layer of water, which is taken away again.

A box around an elongated molecule is mostly water far away; for a minimisation whose heavy atoms
are held, what screens the metals is the water next to them. As in
`lfa1_md.protein.relaxation`, a first pass keeps the metals' shells in place, the second lets go.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit
from scipy.spatial import cKDTree

Points = NDArray[np.float64]

LAYER = 0.6
"""nm; thickness of the layer of water."""
CUTOFF = 0.9
"""nm; beyond it a reaction field with the permittivity of water."""
PASSES = ((1.0, 250), (0.0, 500))
"""Strength of the guides and iterations at most."""
_TOLERANCE = 10.0
"""kJ/mol/nm."""


def relax(
    topology: app.Topology,
    positions: Points,
    springs: Mapping[int, float],
    guides: list[tuple[int, int, float, bool]],
    field: tuple[app.ForceField, str],
    compute: tuple[openmm.Platform, dict[str, str]],
) -> tuple[Points, tuple[float, float]]:
    """Minimise in a layer of water.

    Parameters
    ----------
    topology, positions
        With hydrogens; Å.
    springs : mapping of int to float
        Atoms that are held where they are, and how strongly (kJ/mol/nm²).
    guides : list of (int, int, float, bool)
        Of `lfa1_md.integrin.assembly.guides`.
    field : (ForceField, str)
        And the name of Modeller's water box that goes with it.
    compute : (Platform, properties)

    Returns
    -------
    positions : ndarray, shape (n, 3)
        Of the same atoms (Å).
    energies : (float, float)
        Before and after, with the restraints and without the guides (kJ/mol).
    """
    wet, start = _layer(topology, positions, *field)
    system = field[0].createSystem(
        wet,
        nonbondedMethod=app.CutoffNonPeriodic,
        nonbondedCutoff=CUTOFF * unit.nanometer,
        constraints=None,
        rigidWater=False,
    )
    _hold(system, springs, start)
    _guide(system, guides)
    platform, properties = compute
    if platform.getName() == "CPU":  # several threads would otherwise add forces in any order
        properties = {**properties, "DeterministicForces": "true"}
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform, properties)
    context.setPositions(start)
    context.setParameter("guide", 0.0)
    before = context.getState(energy=True).getPotentialEnergy()._value
    for strength, iterations in PASSES:
        context.setParameter("guide", strength)
        openmm.LocalEnergyMinimizer.minimize(context, _TOLERANCE, iterations)
    state = context.getState(positions=True, energy=True)
    after = state.getPotentialEnergy()._value
    final = state.getPositions(asNumpy=True).value_in_unit(unit.angstrom)
    del context
    return np.asarray(final, dtype=float)[: len(positions)], (float(before), float(after))


def _layer(
    topology: app.Topology, positions: Points, field: app.ForceField, solvent: str
) -> tuple[app.Topology, Points]:
    """Return the model in its layer of water (nm); the model's atoms come first."""
    modeller = app.Modeller(topology, positions * unit.angstrom)
    n = topology.getNumAtoms()
    modeller.addSolvent(
        field,
        model=solvent,
        boxSize=openmm.Vec3(*((np.ptp(positions, axis=0) / 10) + 2 * LAYER)) * unit.nanometer,
        neutralize=False,
    )
    places = np.array(modeller.positions.value_in_unit(unit.nanometer))
    tree = cKDTree(places[:n])
    far = [
        residue
        for residue in modeller.topology.residues()
        if residue.name == "HOH"
        and (first := next(residue.atoms()).index) >= n
        and tree.query(places[first])[0] > LAYER
    ]
    modeller.delete(far)
    modeller.topology.setPeriodicBoxVectors(None)
    return modeller.topology, np.array(modeller.positions.value_in_unit(unit.nanometer))


def _hold(system: openmm.System, springs: Mapping[int, float], start: Points) -> None:
    force = openmm.CustomExternalForce("0.5*k*((x-x0)^2+(y-y0)^2+(z-z0)^2)")
    for name in ("k", "x0", "y0", "z0"):
        force.addPerParticleParameter(name)
    for atom, strength in springs.items():
        force.addParticle(atom, [strength, *start[atom].tolist()])
    system.addForce(force)


def _guide(system: openmm.System, guides: list[tuple[int, int, float, bool]]) -> None:
    bound = openmm.CustomBondForce("guide*0.5*50000*(r-r0)^2")
    outer = openmm.CustomBondForce("guide*0.5*50000*min(0, r-r0)^2")
    for force in (bound, outer):
        force.addGlobalParameter("guide", 1.0)
        force.addPerBondParameter("r0")
        system.addForce(force)
    for metal, atom, distance, is_bound in guides:
        (bound if is_bound else outer).addBond(metal, atom, [distance / 10])
