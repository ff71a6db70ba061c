"""Minimising a prepared model in water, which is then taken away again.

In vacuum nothing screens a metal and the nearest carboxylates fall onto it; in water the second
shell keeps its hydrogen bonds. The first pass holds the metals' ligands where they were placed
and keeps other oxygens off; the second lets go of all of that, so that the judged geometry is the
force field's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit
from scipy.spatial import cKDTree

from lfa1_analysis.metal_site.shells import SHELLS
from lfa1_analysis.metal_site.site_atoms import SiteAtoms
from lfa1_md.forcefield import forcefield
from lfa1_md.study import force_fields
from lfa1_md.study.sections import Chemistry

Points = NDArray[np.float64]
Compute = tuple[openmm.Platform, dict[str, str]]

CHEMISTRY = Chemistry(force_field="ff19SB", water="OPC3")
"""Of every preparation, whatever is simulated with afterwards: all force fields start from the same
structure, and the gate judges the structure rather than the force field's own Mg–O distances."""
SPRING = 500.0
"""kJ/mol/nm²; on heavy atoms at their crystal places."""
SITE_SPRING = 5000.0
"""kJ/mol/nm²; on those of the metal sites but for the donors' side chains."""
METAL_SPRING = 200_000.0
"""kJ/mol/nm²; on a metal that a crystal has there: simulations begin from that place, not from
where one force field has its minimum."""
OUTER = 3.8
"""Å; the first pass keeps carboxylates of the second shell at least this far from the metal."""
BACKBONE = frozenset({"N", "CA", "C", "O"})
_WATER = 0.6
"""nm; of water around the model."""
_CUTOFF = 0.9
"""nm; beyond it PME in a box, in a layer of water a reaction field with water's permittivity."""
_PASSES = {False: ((1.0, 600), (0.0, 1200)), True: ((1.0, 250), (0.0, 500))}
"""In a layer or not → strength of the guides and iterations at most."""
_TOLERANCE = 10.0
"""kJ/mol/nm; the root-mean-square force at which a pass ends."""


class Guide(NamedTuple):
    """The atoms that the first pass keeps near or off a metal.

    Attributes
    ----------
    metal, atom : int
        Indices.
    angstrom : float
        Distance of the two.
    bound : bool
        Whether the atom is drawn to the distance; otherwise it is kept beyond it.
    """

    metal: int
    atom: int
    angstrom: float
    bound: bool


def relax(
    topology: app.Topology,
    positions: Points,
    springs: Mapping[int, float],
    guides: Iterable[Guide],
    compute: Compute,
    chemistry: Chemistry = CHEMISTRY,
    sugars: bool = False,
    layer: bool = False,
) -> tuple[Points, tuple[float, float]]:
    """Minimise in explicit water and return the positions of the same atoms.

    Parameters
    ----------
    topology, positions
        Complete model with hydrogens, metals and shell waters; Å.
    springs : mapping of int to float
        Atoms that are held where they are, and how strongly (kJ/mol/nm²).
    guides : iterable of Guide
        The metal sites of the first pass.
    compute : (Platform, properties)
        Where it runs.
    chemistry : Chemistry
        Force field and water model.
    sugars : bool
        Whether the model has glycans.
    layer : bool
        A layer of water in place of a periodic box, which around an elongated molecule is mostly
        water far away: where heavy atoms are held, the water next to a metal is what screens it.

    Returns
    -------
    positions : ndarray, shape (n, 3)
        Å.
    energies : (float, float)
        Before and after, with the restraints and without the guides (kJ/mol).
    """
    field = forcefield.load(chemistry, sugars)
    wet, start = _solvated(topology, positions, field, chemistry, layer)
    system = field.createSystem(
        wet,
        nonbondedMethod=app.CutoffNonPeriodic if layer else app.PME,
        nonbondedCutoff=_CUTOFF * unit.nanometer,
        constraints=None,
        rigidWater=False,
    )
    own = _own(topology, wet)
    distance = "(x-x0)^2+(y-y0)^2+(z-z0)^2" if layer else "periodicdistance(x, y, z, x0, y0, z0)^2"
    held = openmm.CustomExternalForce(f"0.5*k*({distance})")
    for name in ("k", "x0", "y0", "z0"):
        held.addPerParticleParameter(name)
    for atom, strength in springs.items():
        held.addParticle(own[atom], [strength, *start[own[atom]].tolist()])
    system.addForce(held)
    for force, is_bound in (("(r-r0)^2", True), ("min(0, r-r0)^2", False)):
        kept = openmm.CustomBondForce(f"guide*0.5*50000*{force}")
        kept.addGlobalParameter("guide", 1.0)
        kept.addPerBondParameter("r0")
        kept.setUsesPeriodicBoundaryConditions(not layer)
        for metal, atom, angstrom, bound in guides:
            if bound == is_bound:
                kept.addBond(own[metal], own[atom], [angstrom / 10])
        system.addForce(kept)
    platform, properties = compute
    if platform.getName() == "CPU":  # several threads would otherwise add forces in any order
        properties = {**properties, "DeterministicForces": "true"}
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform, properties)
    context.setPositions(start)
    context.setParameter("guide", 0.0)
    before = context.getState(energy=True).getPotentialEnergy()._value
    for strength, iterations in _PASSES[layer]:
        context.setParameter("guide", strength)
        openmm.LocalEnergyMinimizer.minimize(context, _TOLERANCE, iterations)
    state = context.getState(positions=True, energy=True)
    after = state.getPotentialEnergy()._value
    final = state.getPositions(asNumpy=True).value_in_unit(unit.angstrom)
    del context
    return np.asarray(final, dtype=float)[own], (float(before), float(after))


def _solvated(
    topology: app.Topology,
    positions: Points,
    field: app.ForceField,
    chemistry: Chemistry,
    layer: bool,
) -> tuple[app.Topology, Points]:
    """Return the model in water (nm)."""
    modeller = app.Modeller(topology, positions * unit.angstrom)
    size: dict[str, object] = {
        "padding": _WATER * unit.nanometer,
        "boxShape": "dodecahedron",
    }
    if layer:
        lengths = np.ptp(positions, axis=0) / 10 + 2 * _WATER
        size = {"boxSize": openmm.Vec3(*lengths) * unit.nanometer}
    water = force_fields.choose(chemistry).solvent
    modeller.addSolvent(field, model=water, neutralize=False, **size)
    if layer:
        n = topology.getNumAtoms()  # in a box without padding the model's atoms come first
        places = np.array(modeller.positions.value_in_unit(unit.nanometer))
        tree = cKDTree(places[:n])
        far = [
            residue
            for residue in modeller.topology.residues()
            if residue.name == "HOH"
            and (first := next(residue.atoms()).index) >= n
            and tree.query(places[first])[0] > _WATER
        ]
        modeller.delete(far)
        modeller.topology.setPeriodicBoxVectors(None)
    return modeller.topology, np.array(modeller.positions.value_in_unit(unit.nanometer))


def _own(small: app.Topology, large: app.Topology) -> list[int]:
    """Return for each atom of the model its index in the solvated one."""
    keys: dict[tuple[int, int, str], int] = {}
    for residue in large.residues():
        for atom in residue.atoms():
            keys.setdefault((residue.chain.index, residue.index, atom.name), atom.index)
    return [keys[a.residue.chain.index, a.residue.index, a.name] for a in small.atoms()]


def springs(
    topology: app.Topology,
    sites: Sequence[SiteAtoms],
    free: Collection[int] = (),
    firm: Collection[int] = (),
) -> dict[int, float]:
    """Return how firmly each heavy atom is held where it is (kJ/mol/nm²), by its index.

    An ion is held where a crystal has it; where geometry has put it, nothing holds it. The sites
    are held most firmly, to stay as the crystal has them, but for their donors' side chains.

    Parameters
    ----------
    topology : openmm.app.Topology
    sites : sequence of SiteAtoms
    free : collection of int
        Atoms that nothing holds: those that were built. Nor are waters held.
    firm : collection of int
        Residues (by index) of the sites.
    """
    atoms = list(topology.atoms())
    donors = {
        atoms[i].residue.index
        for site in sites
        for residue in site.residues
        if residue.role == "donor"
        for i in residue.atoms
    }
    metals = {site.atom: site.source for site in sites if site.atom is not None}
    found = {}
    for atom in atoms:
        residue = atom.residue
        if atom.index in metals:
            if metals[atom.index] != "geometry":
                found[atom.index] = METAL_SPRING
        elif (
            atom.element not in (None, app.element.hydrogen)
            and residue.name != "HOH"
            and atom.index not in free
            and not (residue.index in donors and atom.name not in BACKBONE)
        ):
            found[atom.index] = SITE_SPRING if residue.index in firm else SPRING
    return found


def guides(topology: app.Topology, positions: Points, sites: Sequence[SiteAtoms]) -> list[Guide]:
    """Return what the first pass of the minimisation keeps around each metal.

    The nearest oxygen of each residue that must hold it and its waters are drawn to the usual
    distance; carboxylates of the second shell, the other oxygen of a carboxylate on an octahedral
    ion, and whatever else is near are kept off.
    """
    atoms = list(topology.atoms())
    found = []
    for site in sites:
        metal = site.atom
        if metal is None:
            continue
        shell = SHELLS[site.metal]
        apart = np.linalg.norm(positions - positions[metal], axis=1)
        judged = set()
        for residue in site.residues:
            if residue.role not in ("donor", "ligand", "outer"):
                continue
            own = sorted(residue.atoms.tolist(), key=lambda i: float(apart[i]))
            judged |= {atoms[i].residue.index for i in own}
            if residue.role != "outer":
                found.append(Guide(metal, own.pop(0), shell.usual, True))
            if residue.role == "outer" or (residue.role == "donor" and shell.least == shell.most):
                found += [Guide(metal, i, OUTER, False) for i in own]
        for i in np.flatnonzero(apart <= 5.0).tolist():
            atom = atoms[i]
            if atom.element is not app.element.oxygen or atom.residue.index in judged:
                continue
            if atom.residue.name == "HOH":
                if apart[i] <= shell.cutoff + 0.8:
                    found.append(Guide(metal, i, shell.usual, True))
            elif apart[i] > shell.cutoff:
                found.append(Guide(metal, i, shell.cutoff + 0.5, False))
    return found
