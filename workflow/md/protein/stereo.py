"""Stereochemistry of a model: D-amino acids and cis peptide bonds, which repairs may introduce."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from openmm import app

Positions = NDArray[np.float64]


def d_amino_acids(topology: app.Topology, positions: Positions) -> list[str]:
    """Return residues (``ASP137``) whose Cα has the D configuration.

    Seen from the hydrogen, an L-amino acid reads CO, R, N clockwise: (N − Cα) × (C − Cα) points
    to the side of Cβ.
    """
    wrong = []
    for residue in topology.residues():
        atoms = {atom.name: positions[atom.index] for atom in residue.atoms()}
        if {"N", "CA", "C", "CB"} <= atoms.keys():
            n, c, cb = (atoms[name] - atoms["CA"] for name in ("N", "C", "CB"))
            if np.dot(np.cross(n, c), cb) < 0:
                wrong.append(f"{residue.name}{residue.id}")
    return wrong


def wrong_side_chains(topology: app.Topology, positions: Positions) -> list[str]:
    """Return threonines and isoleucines whose Cβ has the wrong configuration.

    In (2S,3R)-threonine and (2S,3S)-isoleucine the triple product of Cα, Oγ1 (or Cγ1) and Cγ2 as
    seen from Cβ is positive.
    """
    wrong = []
    for residue in topology.residues():
        first = {"THR": "OG1", "ILE": "CG1"}.get(residue.name)
        if first is None:
            continue
        atoms = {atom.name: positions[atom.index] for atom in residue.atoms()}
        ca, one, two = (atoms[name] - atoms["CB"] for name in ("CA", first, "CG2"))
        if np.dot(np.cross(ca, one), two) < 0:
            wrong.append(f"{residue.name}{residue.id}")
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
