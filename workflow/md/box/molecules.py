"""Molecular models: atoms with positions, which of them are what, and rearranging them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from MDAnalysis.lib.distances import capped_distance
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins import alphal
from lfa1_analysis.proteins import known as proteins
from lfa1_md.protein import chains
from lfa1_md.study.ions import ANION, CATION, FIXED_CHAIN, SITE_IONS, WATER

METALS = frozenset(kind.residue for kind in SITE_IONS.values() if kind and kind.charge > 1)
"""Na⁺ at the site is distinguished from that of the solvent by its place alone."""
_SOLVENT = frozenset({WATER, CATION, ANION}) | METALS


@dataclass(frozen=True)
class Model:
    """A topology (with its periodic box, if any) and the positions of its atoms.

    Attributes
    ----------
    topology : openmm.app.Topology
    positions : numpy.ndarray
        Shape (atoms, 3), nm.
    """

    topology: app.Topology
    positions: np.ndarray

    @property
    def box(self) -> np.ndarray:
        """Return the box vectors as rows, shape (3, 3), nm."""
        vectors = self.topology.getPeriodicBoxVectors()
        return np.array(vectors.value_in_unit(unit.nanometer))

    @property
    def elements(self) -> np.ndarray:
        """Return element symbols; an empty text for sites without mass."""
        return np.array([a.element.symbol if a.element else "" for a in self.topology.atoms()])

    def atoms_of(self, *residue_names: str) -> np.ndarray:
        """Return indices of the atoms in residues of these names."""
        names = set(residue_names)
        return np.array(
            [a.index for a in self.topology.atoms() if a.residue.name in names], dtype=int
        )

    def waters(self) -> np.ndarray:
        """Return indices of each water's oxygen and hydrogens, shape (waters, 3)."""
        rows = [
            [a.index for a in residue.atoms() if a.element is not None]
            for residue in self.topology.residues()
            if residue.name == WATER
        ]
        return np.array(rows, dtype=int).reshape(-1, 3)

    def solute(self) -> np.ndarray:
        """Return indices of all that is neither water nor ion: the protein with its caps."""
        return np.array(
            [a.index for a in self.topology.atoms() if a.residue.name not in _SOLVENT], dtype=int
        )

    def heavy_solute(self) -> np.ndarray:
        """Return indices of the solute's atoms other than hydrogen."""
        solute = self.solute()
        return solute[~np.isin(self.elements[solute], ("H", "D", ""))]

    def restrained(self) -> np.ndarray:
        """Return indices of what is restrained at first: heavy atoms and site metals."""
        metal = self.metal()
        own = np.array([] if metal is None else [metal], dtype=int)
        return np.concatenate([self.heavy_solute(), own, self.fixed_metals()])

    def metal(self) -> int | None:
        """Return the index of the ion at the metal site; one of the solvent is none."""
        found = np.setdiff1d(self.atoms_of(*METALS), self.bulk_metals())
        found = np.setdiff1d(found, self.fixed_metals())
        return int(found[0]) if len(found) else None

    def fixed_metals(self) -> np.ndarray:
        """Return indices of the metals at an integrin's other sites, alike in all systems."""
        return np.array(
            [
                a.index
                for chain in self.topology.chains()
                if chain.id == FIXED_CHAIN
                for a in chain.atoms()
                if a.residue.name in METALS
            ],
            dtype=int,
        )

    def bulk_metals(self) -> np.ndarray:
        """Return indices of the solvent's divalent ions.

        They share a chain with Na⁺ and Cl⁻, while the metal at the site has one of its own: by
        their places, the answer would depend on where an ion has moved.
        """
        chains = self.topology.chains()
        salty = [c for c in chains if any(r.name in (CATION, ANION) for r in c.residues())]
        return np.array(
            [a.index for chain in salty for a in chain.atoms() if a.residue.name in METALS],
            dtype=int,
        )

    def midas_donors(self) -> np.ndarray:
        """Return indices of the protein oxygens that can hold the metal."""
        wanted = {
            (str(number), name) for number, names in alphal.MIDAS_DONORS.values() for name in names
        }
        whose = chains.proteins(self.topology)
        return np.array(
            [
                a.index
                for a in self.topology.atoms()
                if (a.residue.id, a.name) in wanted
                and a.residue.name not in _SOLVENT
                # Of further proteins the same numbers mean other residues.
                and whose[a.residue.chain.index] in ("", proteins.ALPHA_L.key)
            ],
            dtype=int,
        )


def read(path: str, box: Sequence[Sequence[float]] | np.ndarray | None = None) -> Model:
    """Read an mmCIF file.

    Parameters
    ----------
    path : str
    box : array, optional
        Box vectors (nm): the cell lengths and angles in the file are rounded.

    Raises
    ------
    InputError
        The file is missing, unreadable, empty or has a coordinate that is not a number.
    """
    try:
        with Path(path).open(encoding="utf-8") as stream:
            file = app.PDBxFile(stream)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", "run the step that writes it first") from None
    except Exception as error:  # the reader raises whatever it stumbles over
        raise InputError(
            f"{path}: cannot be read as mmCIF ({error})", "run the step that writes it again"
        ) from None
    positions = np.array(file.getPositions().value_in_unit(unit.nanometer)).reshape(-1, 3)
    if not len(positions) or not np.isfinite(positions).all():
        raise InputError(
            f"{path}: has no atoms or a coordinate that is not a number",
            "run the step that writes it again",
        )
    if box is not None:
        file.topology.setPeriodicBoxVectors(np.asarray(box) * unit.nanometer)
    return Model(file.topology, positions)


def as_cif(model: Model) -> str:
    """Write a model as mmCIF."""
    text = io.StringIO()
    app.PDBxFile.writeFile(model.topology, model.positions * unit.nanometer, text, keepIds=True)
    # OpenMM's first comment has the date: the same model is the same bytes on any day.
    lines = text.getvalue().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("# Created with"))


def rearranged(
    model: Model,
    residues: Iterable[tuple[app.Residue, str]],
    renamed: dict[app.Residue, tuple[str, app.Element]] | None = None,
    box: Sequence[Sequence[float]] | np.ndarray | None = None,
) -> Model:
    """Copy a model with its residues in another order, some left out or exchanged.

    Parameters
    ----------
    model : Model
    residues : iterable of (Residue, str)
        Those to keep with the chain to put each in; a chain's residues come together.
    renamed : dict, optional
        Residues that become an ion, at the place of their first atom: its name and element.
    box : array, optional
        New box vectors (nm); by default the model's own.
    """
    renamed = renamed or {}
    topology, order, copies = app.Topology(), [], {}
    chain = None
    for old, chain_id in residues:
        if chain is None or chain.id != chain_id:
            chain = topology.addChain(chain_id)
        name = renamed[old][0] if old in renamed else old.name
        residue = topology.addResidue(name, chain, old.id, old.insertionCode)
        for atom in old.atoms():
            new_name, element = renamed.get(old, (atom.name, atom.element))
            copies[atom] = topology.addAtom(new_name, element, residue)
            order.append(atom.index)
            if old in renamed:
                break
    for one, two, *_ in model.topology.bonds():
        if one in copies and two in copies:
            topology.addBond(copies[one], copies[two])
    vectors = model.box if box is None else np.asarray(box)
    topology.setPeriodicBoxVectors(vectors * unit.nanometer)
    return Model(topology, model.positions[np.array(order, dtype=int)])


def nearest_image(vectors: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Find the shortest periodic image of difference vectors.

    Parameters
    ----------
    vectors : numpy.ndarray
        Shape (n, 3), nm.
    box : numpy.ndarray
        Box vectors as rows in OpenMM's reduced form, shape (3, 3), nm.

    Returns
    -------
    numpy.ndarray
        Shape (n, 3). Exact for lengths up to half the width of the box, and for any length in
        the boxes used here: after the reduction along the three vectors the 26 neighbouring
        images are compared, which a rhombic dodecahedron needs near its edges.
    """
    reduced = np.array(vectors, dtype=float)
    for axis in (2, 1, 0):
        reduced -= np.round(reduced[:, axis] / box[axis, axis])[:, None] * box[axis]
    shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), axis=-1).reshape(-1, 3) @ box
    far = np.linalg.norm(reduced, axis=1) > 0.5 * min(np.diag(box))
    if far.any():
        images = reduced[far, None, :] + shifts
        best = np.argmin(np.linalg.norm(images, axis=2), axis=1)
        reduced[far] = images[np.arange(len(images)), best]
    return reduced


def distance_to_images(
    xyz: NDArray[np.float32], vectors: NDArray[np.float64], farthest: float = 30.0
) -> float:
    """Return the least distance between a molecule and its periodic images.

    Parameters
    ----------
    xyz : ndarray, shape (n, 3)
        A whole molecule or complex, Å; Cα atoms suffice to see whether it is near.
    vectors : ndarray, shape (3, 3)
        Box vectors as rows, Å.
    farthest : float
        Å; beyond it infinity is returned.
    """
    best = np.inf
    # Of two opposite images one is enough: the distances are the same.
    for shift in product((0, 1, -1), repeat=3):
        if shift <= (0, 0, 0):
            continue
        moved = (xyz + np.asarray(shift, dtype=float) @ vectors).astype(np.float32)
        low, high = moved.min(axis=0) - farthest, moved.max(axis=0) + farthest
        if (xyz.max(axis=0) < low).any() or (xyz.min(axis=0) > high).any():
            continue
        _, distances = capped_distance(xyz, moved, farthest, return_distances=True)
        if len(distances):
            best = min(best, float(distances.min()))
    return best
