"""Complete chains in canonical order, with caps: what comes out of PDBFixer, made a topology."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_md.protein.repair import caps

Points = NDArray[np.float64]
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
            cap = caps.acetyl(first["N"], first["CA"], first["C"], positions)
            add(target, "ACE", int(residues[0].id) - 1, _cap_atoms(cap))
        for residue in residues:
            atoms = {atom.name: (atom.element, positions[atom.index]) for atom in residue.atoms()}
            add(target, residue.name, int(residue.id), {n: atoms[n] for n in _canonical(atoms)})
        cap = caps.methylamide(last["N"], last["CA"], last["C"], last["O"])
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
