"""Alanine dipeptide in vacuum, driven by the pipeline's bias between two of its conformers.

The references take the place of the closed and the open crystal: C7eq (φ, ψ ≈ −80°, 75°) and the
extended C5 (−155°, 160°), both minima. In vacuum the way between them is short and crossed
hundreds of times by an affordable unbiased run; φ > 0 is out of reach for every run here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openmm
from openmm import app, unit

from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.observables.coordinate import Coordinate
from lfa1_analysis.trajectory.geometry import rmsd
from lfa1_md.run import bias

TEMPERATURE, FRICTION, TIMESTEP = 310.0, 5.0, 0.003
"""K, 1/ps and ps (hydrogens of 4 u, their bonds rigid)."""
KT = GAS_CONSTANT * TEMPERATURE
C7EQ, C5 = (-80.0, 75.0), (-155.0, 160.0)
"""φ and ψ (°) from which the references are minimised."""
_RESIDUES = (
    ("ACE", ("CH3", "C", "O")),
    ("ALA", ("N", "CA", "CB", "C", "O")),
    ("NME", ("N", "C")),
)


@dataclass(frozen=True)
class Dipeptide:
    """The system, its references (nm, all atoms) and the coordinate between them."""

    system: openmm.System
    bias: openmm.CustomCVForce
    known: Coordinate
    closed: np.ndarray
    open: np.ndarray


def dipeptide() -> Dipeptide:
    """Build it from ideal geometry."""
    field = app.ForceField("amber14-all.xml")
    modeller = app.Modeller(_topology(), _heavy_atoms(*C7EQ) * unit.nanometer)
    modeller.addHydrogens(field, platform=_platform())
    system = field.createSystem(
        modeller.topology, constraints=app.HBonds, hydrogenMass=4 * unit.amu
    )
    names = [(atom.residue.name, atom.name) for atom in modeller.topology.atoms()]
    torsions = [
        [names.index(name) for name in four]
        for four in (
            (("ACE", "C"), ("ALA", "N"), ("ALA", "CA"), ("ALA", "C")),
            (("ALA", "N"), ("ALA", "CA"), ("ALA", "C"), ("NME", "N")),
        )
    ]
    closed, open_ = (
        _minimum(system, modeller.positions, torsions, angles) for angles in (C7EQ, C5)
    )
    # Backbone and Cβ, not the methyl carbons of the caps, as of the protein only Cα atoms.
    atoms = [i for i, atom in enumerate(modeller.topology.atoms()) if atom.element.symbol != "H"]
    references = closed[atoms] * 10, open_[atoms] * 10
    known = Coordinate(*references, rmsd(*references))
    force = bias.bias_between(known, atoms, len(names))
    system.addForce(force)
    return Dipeptide(system, force, known, closed, open_)


def simulate(molecule: Dipeptide, centre, constant, frames, steps_per_frame, seed, start=None):
    """Run Langevin dynamics under the bias; the coordinate of every frame.

    With `constant` 0 (kJ/mol) it is unbiased. It starts at the reference that is nearer to the
    centre unless told otherwise.
    """
    context = _context(molecule.system, seed)
    start = (molecule.closed if centre < 0.5 else molecule.open) if start is None else start
    context.setPositions(start)
    context.setVelocitiesToTemperature(TEMPERATURE, seed)
    context.setParameter(bias.CENTRE, centre)
    context.setParameter(bias.CONSTANT, constant)
    found = np.empty(frames)
    for i in range(frames):
        context.getIntegrator().step(steps_per_frame)
        found[i] = bias.value(molecule.bias, context, molecule.known)
    return found


def coordinate_of(molecule: Dipeptide, positions) -> float:
    """Return the biased coordinate of some positions (nm), as the engine computes it."""
    context = _context(molecule.system, 1)
    context.setPositions(positions)
    return bias.value(molecule.bias, context, molecule.known)


def _context(system, seed):
    integrator = openmm.LangevinMiddleIntegrator(TEMPERATURE, FRICTION, TIMESTEP)
    integrator.setRandomNumberSeed(seed)
    return openmm.Context(system, integrator, _platform())


def _platform():
    return openmm.Platform.getPlatformByName("Reference")


def _minimum(system, positions, torsions, angles):
    """Drive φ and ψ to the angles, then let go and minimise."""
    driven = openmm.XmlSerializer.clone(system)
    force = openmm.CustomTorsionForce("500*(1-cos(theta-target)); ")
    force.addPerTorsionParameter("target")
    for torsion, angle in zip(torsions, np.radians(angles), strict=True):
        force.addTorsion(*torsion, [float(angle)])
    driven.addForce(force)
    for stage in (driven, system):
        context = _context(stage, 1)
        context.setPositions(positions)
        openmm.LocalEnergyMinimizer.minimize(context, 0.1)
        positions = context.getState(positions=True).getPositions(asNumpy=True)
    return positions._value


def _topology():
    topology = app.Topology()
    chain = topology.addChain()
    for name, atoms in _RESIDUES:
        residue = topology.addResidue(name, chain)
        for atom in atoms:
            topology.addAtom(atom, app.Element.getBySymbol(atom[0]), residue)
    topology.createStandardBonds()
    return topology


def _heavy_atoms(phi, psi):
    """Ideal positions (nm) in the order of the topology."""
    ch3, c = np.zeros(3), np.array([1.51, 0.0, 0.0])
    n = c + 1.335 * np.array([np.cos(np.radians(64)), np.sin(np.radians(64)), 0.0])
    ca = _next(ch3, c, n, 1.45, 122, 180)
    carbonyl = _next(c, n, ca, 1.52, 111, phi)
    amide = _next(n, ca, carbonyl, 1.335, 117, psi)
    return 0.1 * np.array(
        [
            ch3,
            c,
            _next(ca, n, c, 1.23, 123, 0),
            n,
            ca,
            _next(c, n, ca, 1.53, 110, phi - 122),
            carbonyl,
            _next(n, ca, carbonyl, 1.23, 120, psi + 180),
            amide,
            _next(ca, carbonyl, amide, 1.45, 122, 180),
        ]
    )


def _next(a, b, c, length, angle, torsion):
    """Place an atom at a distance (Å) from c, an angle to b and a torsion to a (°)."""
    angle, torsion = np.radians(angle), np.radians(torsion)
    along = (c - b) / np.linalg.norm(c - b)
    normal = np.cross(b - a, along)
    normal /= np.linalg.norm(normal)
    across = np.cross(normal, along)
    return c + length * (
        -np.cos(angle) * along
        + np.sin(angle) * (np.cos(torsion) * across + np.sin(torsion) * normal)
    )
