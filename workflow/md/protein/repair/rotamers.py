"""Turning built side chains into the staggered rotamer that has most room.

Building by template leaves the side-chain torsions to chance; a wrong one survives a minimisation.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import product

import numpy as np
from numpy.typing import NDArray
from openmm import app

from lfa1_md.protein.repair.stereo import dihedral

Points = NDArray[np.float64]

_CHI: dict[str, tuple[str, ...]] = {
    "ARG": ("N", "CA", "CB", "CG", "CD", "NE"),
    "ASN": ("N", "CA", "CB", "CG", "OD1"),
    "ASP": ("N", "CA", "CB", "CG", "OD1"),
    "CYS": ("N", "CA", "CB", "SG"),
    "GLN": ("N", "CA", "CB", "CG", "CD", "OE1"),
    "GLU": ("N", "CA", "CB", "CG", "CD", "OE1"),
    "HIS": ("N", "CA", "CB", "CG", "ND1"),
    "ILE": ("N", "CA", "CB", "CG1", "CD1"),
    "LEU": ("N", "CA", "CB", "CG", "CD1"),
    "LYS": ("N", "CA", "CB", "CG", "CD", "CE"),
    "MET": ("N", "CA", "CB", "CG", "SD", "CE"),
    "PHE": ("N", "CA", "CB", "CG", "CD1"),
    "SER": ("N", "CA", "CB", "OG"),
    "THR": ("N", "CA", "CB", "OG1"),
    "TRP": ("N", "CA", "CB", "CG", "CD1"),
    "TYR": ("N", "CA", "CB", "CG", "CD1"),
    "VAL": ("N", "CA", "CB", "CG1"),
}
"""Atoms along the side chain: four in a row make a torsion."""
_STAGGERED = (-65.0, 180.0, 65.0)
_WIDE = tuple(centre + shift for shift in (0.0, -15.0, 15.0) for centre in _STAGGERED)
_FLAT = (-30.0, 0.0, 30.0, 60.0, 90.0, -60.0)
_PLANAR = {"ASN": 1, "ASP": 1, "GLN": 2, "GLU": 2, "HIS": 1, "PHE": 1, "TRP": 1, "TYR": 1}
"""Which torsion turns a planar group, which is not staggered."""
_ROUNDS = 4
"""Passes over all side chains, since built ones may touch each other."""
_CONTACT = 3.6
"""Å; distance of two atoms at which the score is neutral."""


def settle(topology: app.Topology, positions: Points, built: Collection[int]) -> Points:
    """Return positions with every built side chain in its roomiest rotamer.

    Parameters
    ----------
    topology, positions
        Heavy atoms, Å.
    built : collection of int
        Atoms that were built; a torsion turns only where its outer atom is one of them.
    """
    moved = positions.copy()
    # In the first pass the others' chance positions must not decide.
    loose = [
        atom.index
        for atom in topology.atoms()
        if atom.index in built and atom.name not in ("N", "CA", "C", "O", "CB")
    ]
    for turn in range(_ROUNDS):
        before = moved
        for residue in topology.residues():
            if residue.name in _CHI:
                moved = _best(topology, moved, residue, built, loose if turn == 0 else [])
        if np.allclose(before, moved):
            break
    return moved


def _best(
    topology: app.Topology,
    positions: Points,
    residue: app.topology.Residue,
    built: Collection[int],
    ignored: list[int],
) -> Points:
    index = {atom.name: atom.index for atom in residue.atoms()}
    chain = _CHI[residue.name]
    choices: list[tuple[float | None, ...]] = [
        (None,)
        if index[chain[k + 3]] not in built
        else (_FLAT if _PLANAR.get(residue.name) == k else _WIDE if k < 2 else _STAGGERED)
        for k in range(len(chain) - 3)
    ]
    if all(choice == (None,) for choice in choices):
        return positions
    own = np.array(sorted(index.values()))
    side = np.array([i for name, i in index.items() if name not in ("N", "CA", "C", "O", "CB")])
    others = np.setdiff1d(np.arange(topology.getNumAtoms()), [*own, *ignored])
    near = others[np.linalg.norm(positions[others] - positions[index["CA"]], axis=1) < 14.0]
    backbone = np.array([index[name] for name in ("N", "C", "O")])
    best: tuple[float, Points] | None = None
    for torsions in product(*choices):
        trial = positions.copy()
        for k, torsion in enumerate(torsions):
            if torsion is None:
                continue
            a, b, c, d = (index[name] for name in chain[k : k + 4])
            turning = [i for name, i in index.items() if _beyond(name, chain[k + 2])]
            _turn(trial, (a, b, c, d), turning, torsion)
        score = _crowding(trial[side], trial[near]) + _crowding(trial[side[1:]], trial[backbone])
        if best is None or score < best[0] - 1e-9:
            best = score, trial
    return positions if best is None else best[1]


def _beyond(name: str, pivot: str) -> bool:
    """Whether an atom lies further out than `pivot`, by its remoteness letter."""
    order = "ABGDEZH"
    return len(name) > 1 and name[1] in order and order.index(name[1]) > order.index(pivot[1])


def _turn(
    positions: Points, atoms: tuple[int, int, int, int], turning: list[int], torsion: float
) -> None:
    """Rotate `turning` about the middle bond of `atoms` until their torsion is `torsion` (°)."""
    a, b, c, d = (positions[i] for i in atoms)
    angle = np.radians(torsion - dihedral(a, b, c, d))
    axis = (c - b) / np.linalg.norm(c - b)
    arms = positions[turning] - c
    along = (arms @ axis)[:, None] * axis
    across = arms - along
    positions[turning] = c + along + across * np.cos(angle) + np.cross(axis, across) * np.sin(angle)


def _crowding(ones: Points, others: Points) -> float:
    """Lennard-Jones-like energy of two sets of atoms, well depth 1, capped where they overlap."""
    if not len(ones) or not len(others):
        return 0.0
    squares = ((ones[:, None] - others[None]) ** 2).sum(axis=2)
    sixth = (_CONTACT**2 / np.maximum(squares, 4.0)) ** 3
    return float(np.minimum(sixth**2 - 2 * sixth, 100.0).sum())
