"""Complete chains in canonical order, with ACE and NME in ideal geometry where they were cut.

Bond lengths and angles of the caps: Engh and Huber 1991, Acta Cryst. A47, 392.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from openmm import app, unit

Points = NDArray[np.float64]

_C_N, _C_O, _C_CA, _N_CA = 1.329, 1.231, 1.525, 1.458
"""Å."""
_CA_C_N, _CA_C_O, _C_N_CA = 116.2, 120.8, 121.7
"""Degrees."""
_PHI = (-120.0, -70.0, -150.0, -90.0, -60.0, 60.0)
"""Degrees; φ of the first residue, the first with room is taken."""
_ROOM = 3.0
"""Å."""


def atom_at(a: Points, b: Points, c: Points, length: float, angle: float, torsion: float) -> Points:
    """Return the position bonded to `c` at `length` (Å), angle b–c–x and torsion a–b–c–x (°)."""
    axis = (c - b) / np.linalg.norm(c - b)
    normal = np.cross(b - a, axis)
    normal /= np.linalg.norm(normal)
    inward = np.cross(normal, axis)
    bend, turn = np.radians(angle), np.radians(torsion)
    step = np.array([-np.cos(bend), np.sin(bend) * np.cos(turn), np.sin(bend) * np.sin(turn)])
    return np.asarray(c + length * (step[0] * axis + step[1] * inward + step[2] * normal))


def _acetyl(n: Points, ca: Points, c: Points, others: Points) -> dict[str, Points]:
    """Return the heavy atoms of ACE before a residue, clear of other atoms."""
    options = []
    for phi in _PHI:
        carbonyl = atom_at(c, ca, n, _C_N, _C_N_CA, phi)
        atoms = {
            "CH3": atom_at(ca, n, carbonyl, _C_CA, _CA_C_N, 180.0),
            "C": carbonyl,
            "O": atom_at(ca, n, carbonyl, _C_O, 360.0 - _CA_C_N - _CA_C_O, 0.0),
        }
        outer = np.stack([atoms["CH3"], atoms["O"]])
        room = float(np.linalg.norm(outer[:, None] - others[None], axis=2).min(initial=_ROOM))
        options.append((min(room, _ROOM), atoms))
    return max(options, key=lambda option: option[0])[1]


def _methylamide(ca: Points, c: Points, o: Points) -> dict[str, Points]:
    """Return the heavy atoms of NME after a residue: the carbonyl oxygen leaves no choice."""
    axis = (c - ca) / np.linalg.norm(c - ca)
    # In the plane of Cα, C and O, on the side opposite to O.
    away = -((o - c) - np.dot(o - c, axis) * axis)
    away /= np.linalg.norm(away)
    bend = np.radians(_CA_C_N)
    nitrogen = c + _C_N * (-np.cos(bend) * axis + np.sin(bend) * away)
    return {"N": nitrogen, "C": atom_at(ca, c, nitrogen, _N_CA, _C_N_CA, 180.0)}


Atoms = dict[str, tuple[app.Element, Points]]

BACKBONE = ("N", "CA", "C", "O", "CB")


def capped(
    topology: app.Topology, positions: Points, amino_end: int = 0
) -> tuple[app.Topology, Points]:
    """Return the model with caps and in canonical order: atoms by remoteness, standard bonds.

    Parameters
    ----------
    topology, positions
        Complete heavy atoms (Å).
    amino_end : int
        A chain that begins with a residue of this number or less keeps its amino group; 0 caps
        every chain.

    Returns
    -------
    topology, positions
        With ACE before and NME after each chain, and disulfides.
    """
    new = app.Topology()
    xyz: list[Points] = []

    def add(chain: app.topology.Chain, name: str, number: int, atoms: Atoms) -> None:
        residue = new.addResidue(name, chain, str(number))
        for atom, (element, place) in atoms.items():
            new.addAtom(atom, element, residue)
            xyz.append(place)

    for chain in topology.chains():
        target = new.addChain(chain.id)
        residues = list(chain.residues())
        first, last = (_places(r, positions) for r in (residues[0], residues[-1]))
        if int(residues[0].id) > amino_end:
            cap = _acetyl(first["N"], first["CA"], first["C"], positions)
            add(target, "ACE", int(residues[0].id) - 1, _cap_atoms(cap))
        for residue in residues:
            atoms = {atom.name: (atom.element, positions[atom.index]) for atom in residue.atoms()}
            add(target, residue.name, int(residue.id), {n: atoms[n] for n in _canonical(atoms)})
        cap = _methylamide(last["CA"], last["C"], last["O"])
        add(target, "NME", int(residues[-1].id) + 1, _cap_atoms(cap))
    new.createStandardBonds()
    new.createDisulfideBonds(np.array(xyz) * unit.angstrom)
    return new, np.array(xyz)


def _places(residue: app.topology.Residue, positions: Points) -> dict[str, Points]:
    return {atom.name: positions[atom.index] for atom in residue.atoms()}


def _cap_atoms(places: dict[str, Points]) -> Atoms:
    return {name: (app.Element.getBySymbol(name[0]), xyz) for name, xyz in places.items()}


def _canonical(atoms: Iterable[str]) -> list[str]:
    """Order atoms alike in every structure, whichever of them were built."""
    first = [name for name in BACKBONE if name in atoms]
    rest = [name for name in atoms if name not in first and name != "OXT"]
    # By remoteness (G, D, E, Z, H), then branch number, as the wwPDB orders side chains.
    rest.sort(key=lambda n: ("GDEZH".find(n[1:2]), n[2:], n[0]))
    return first + rest
