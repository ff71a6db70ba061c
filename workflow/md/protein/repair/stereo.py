"""Stereochemistry of a model: D-amino acids and cis peptide bonds, which repairs may introduce."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from openmm import app

Positions = NDArray[np.float64]


def mirrored(topology: app.Topology, positions: Positions) -> list[app.topology.Residue]:
    """Return residues with the wrong configuration: D-amino acids, threonines, isoleucines.

    Seen from the hydrogen, an L-amino acid reads CO, R, N clockwise: (N − Cα) × (C − Cα) points
    to the side of Cβ. In (2S,3R)-threonine and (2S,3S)-isoleucine the triple product of Cα, Oγ1 (or
    Cγ1) and Cγ2 as seen from Cβ is positive.
    """
    wrong = []
    for residue in topology.residues():
        atoms = {atom.name: positions[atom.index] for atom in residue.atoms()}
        sides = [("CA", ("N", "C", "CB"))]
        if first := {"THR": "OG1", "ILE": "CG1"}.get(residue.name):
            sides.append(("CB", ("CA", first, "CG2")))
        for centre, names in sides:
            if atoms.keys() >= {centre, *names}:
                one, two, three = (atoms[name] - atoms[centre] for name in names)
                if np.dot(np.cross(one, two), three) < 0:
                    wrong.append(residue)
                    break
    return wrong


def cis_peptides(topology: app.Topology, positions: Positions) -> list[str]:
    """Return residues (``PRO150``) whose peptide bond to the residue before is cis (|ω| < 90°)."""
    cis = []
    for chain in topology.chains():
        residues = list(chain.residues())
        for before, after in pairwise(residues):
            one = {atom.name: positions[atom.index] for atom in before.atoms()}
            two = {atom.name: positions[atom.index] for atom in after.atoms()}
            first = one.get("CA", one.get("CH3"))
            last = two.get("CA")
            if first is None or last is None or "C" not in one or "N" not in two:
                continue
            if abs(dihedral(first, one["C"], two["N"], last)) < 90.0:
                cis.append(f"{after.name}{after.id}")
    return cis


def dihedral(a: Positions, b: Positions, c: Positions, d: Positions) -> float:
    """Return the dihedral angle of four points in degrees, −180 to 180 (IUPAC sign)."""
    axis = (c - b) / np.linalg.norm(c - b)
    left = (a - b) - np.dot(a - b, axis) * axis
    right = (d - c) - np.dot(d - c, axis) * axis
    return float(np.degrees(np.arctan2(np.dot(np.cross(axis, left), right), np.dot(left, right))))
