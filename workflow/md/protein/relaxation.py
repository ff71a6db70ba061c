"""Minimising a prepared model in a small temporary box of water, which is then taken away again.

In vacuum nothing screens Mg²⁺ and the nearest carboxylates fall onto it; in water the second
shell keeps its hydrogen bonds. The first pass holds the metal's ligands where they were placed
and keeps the other carboxylate oxygens off; the second lets go of all of that, so that the judged
geometry is the force field's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_md.forcefield import forcefield
from lfa1_md.study import force_fields
from lfa1_md.study.sections import Chemistry

CHEMISTRY = Chemistry(force_field="ff19SB", water="OPC3")
"""Of every preparation, whatever is simulated with afterwards: all force fields start from the same
structure, and the gate judges the structure rather than the force field's own Mg–O distances."""
SPRING = 500.0
"""kJ/mol/nm²; on heavy atoms at their crystal places."""
SITE_SPRING = 5000.0
"""kJ/mol/nm²; on those of the MIDAS loops but for the donors' side chains."""
METAL_SPRING = 200_000.0
"""kJ/mol/nm²; on a metal that a crystal has there: simulations begin from that place, not from
where one force field has its minimum."""
OUTER = 3.8
"""Å; the first pass keeps carboxylates of the second shell at least this far from the metal."""
_PADDING = 0.6
_CUTOFF = 0.9
"""nm."""
_PASSES = ((1.0, 600), (0.0, 1200))
"""Strength of the guide and iterations at most."""
_TOLERANCE = 10.0
"""kJ/mol/nm; the root-mean-square force at which a pass ends."""


@dataclass(frozen=True)
class Guide:
    """What the first pass keeps in place (atom indices).

    Attributes
    ----------
    metal : int
        The metal.
    ligands : tuple of int
        Its six donors, drawn to 2.1 Å.
    outer : tuple of int
        Carboxylate oxygens that belong into the second shell, kept beyond 3.8 Å.
    """

    metal: int
    ligands: tuple[int, ...]
    outer: tuple[int, ...]


def relax(
    topology: app.Topology,
    positions: NDArray[np.float64],
    springs: Mapping[int, float],
    guide: Guide,
    compute: tuple[openmm.Platform, dict[str, str]],
) -> NDArray[np.float64]:
    """Minimise in explicit water and return the positions of the same atoms.

    Parameters
    ----------
    topology, positions
        Complete model with hydrogens, metal and shell waters; Å.
    springs : mapping of int to float
        Atoms that are held where they are, and how strongly (kJ/mol/nm²).
    guide : Guide
        The metal site of the first pass.
    compute : (Platform, properties)
        Where it runs.

    Returns
    -------
    ndarray, shape (n, 3)
        Å.
    """
    field = forcefield.load(CHEMISTRY)
    modeller = app.Modeller(topology, positions * unit.angstrom)
    modeller.addSolvent(
        field,
        model=force_fields.choose(CHEMISTRY).solvent,
        padding=_PADDING * unit.nanometer,
        neutralize=False,
        boxShape="dodecahedron",
    )
    system = field.createSystem(
        modeller.topology,
        nonbondedMethod=app.PME,
        nonbondedCutoff=_CUTOFF * unit.nanometer,
        constraints=None,
        rigidWater=False,
    )
    mapping = _mapping(topology, modeller.topology)
    start = np.array(modeller.positions.value_in_unit(unit.nanometer))
    _hold(system, springs, mapping, start)
    _guide(system, guide, mapping)
    platform, properties = compute
    if platform.getName() == "CPU":  # several threads would otherwise add forces in any order
        properties = {**properties, "DeterministicForces": "true"}
    integrator = openmm.VerletIntegrator(0.001)
    context = openmm.Context(system, integrator, platform, properties)
    context.setPositions(start)
    for strength, iterations in _PASSES:
        context.setParameter("guide", strength)
        openmm.LocalEnergyMinimizer.minimize(context, _TOLERANCE, iterations)
    state = context.getState(positions=True)
    final = state.getPositions(asNumpy=True).value_in_unit(unit.angstrom)
    del context
    return np.asarray(final, dtype=float)[mapping]


def _mapping(small: app.Topology, large: app.Topology) -> NDArray[np.intp]:
    """Return for each atom of the model its index in the solvated one."""
    keys: dict[tuple[int, int, str], int] = {}
    for residue in large.residues():
        for atom in residue.atoms():
            keys.setdefault((residue.chain.index, residue.index, atom.name), atom.index)
    return np.array(
        [keys[(a.residue.chain.index, a.residue.index, a.name)] for a in small.atoms()],
        dtype=np.intp,
    )


def _hold(
    system: openmm.System,
    springs: Mapping[int, float],
    mapping: NDArray[np.intp],
    start: NDArray[np.float64],
) -> None:
    force = openmm.CustomExternalForce("0.5*k*periodicdistance(x, y, z, x0, y0, z0)^2")
    for name in ("k", "x0", "y0", "z0"):
        force.addPerParticleParameter(name)
    for atom, strength in springs.items():
        index = int(mapping[atom])
        force.addParticle(index, [strength, *start[index].tolist()])
    system.addForce(force)


def _guide(system: openmm.System, guide: Guide, mapping: NDArray[np.intp]) -> None:
    bound = openmm.CustomBondForce("guide*0.5*50000*(r-0.21)^2")
    outer = openmm.CustomBondForce(f"guide*0.5*50000*min(0, r-{OUTER / 10})^2")
    for force, partners in ((bound, guide.ligands), (outer, guide.outer)):
        force.addGlobalParameter("guide", 1.0)
        for partner in partners:
            force.addBond(int(mapping[guide.metal]), int(mapping[partner]))
        force.setUsesPeriodicBoundaryConditions(True)
        system.addForce(force)
