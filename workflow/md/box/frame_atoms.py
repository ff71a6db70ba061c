"""What a trajectory holds of a system, and how each frame is imaged.

In this order: the protein with its caps, the metal, the solvent's ions, and `N_SLOTS` waters. Of an
integrin with several sites: the metals of the other sites after that of the titrated one, and
`N_SLOTS` waters for each site.
The waters of a frame are the ones nearest to the MIDAS at that moment, nearest first: a slot is
not a molecule, but in every frame the metal's first shell is complete, at a hundredth of the size
of a trajectory with all waters. The MIDAS is the Mg²⁺ or, without it, the centroid of the oxygens
that could hold it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from openmm import app, unit

from lfa1_analysis.io.errors import InputError
from lfa1_md.box.molecules import Model, nearest_image
from lfa1_md.study.ions import ANION, CATION, WATER

N_SLOTS = 12
"""Waters in each frame: twice a first shell of six."""


@dataclass(frozen=True)
class FrameAtoms:
    """Indices, in the whole system, of what a trajectory is made from.

    Attributes
    ----------
    protein : numpy.ndarray
        Atoms of the protein.
    molecules : tuple of numpy.ndarray
        The protein's covalently bound parts, as indices into `protein`.
    ions : numpy.ndarray
        The metal, if there is one, then Na⁺, Cl⁻ and Mg²⁺ of the solvent.
    site : numpy.ndarray
        Atoms whose centroid is the MIDAS.
    anchor : int
        Position in `molecules` of the part that the MIDAS belongs to.
    waters : numpy.ndarray
        Oxygen and hydrogens of each water, shape (waters, 3).
    others : tuple of (numpy.ndarray, int or None)
        Of an integrin's further sites: the oxygens whose centroid is the site, and the position in
        `ions` of the metal there.
    links : tuple of (int, int)
        For each of `molecules` after the anchor, in the order in which they are put together: an
        atom of those before and the nearest of its own, as indices into `protein`.
    """

    protein: np.ndarray
    molecules: tuple[np.ndarray, ...]
    ions: np.ndarray
    site: np.ndarray
    anchor: int
    waters: np.ndarray
    others: tuple[tuple[np.ndarray, int | None], ...] = ()
    links: tuple[tuple[int, int, int], ...] = ()

    @classmethod
    def of(cls, model: Model, sites: Sequence[dict[str, Any]] | None = None) -> FrameAtoms:
        """Find them in a model.

        Parameters
        ----------
        model : Model
        sites : sequence of dict, optional
            Of an integrin, as its manifest holds them (`lfa1_md.box.site_atoms`).

        Raises
        ------
        InputError
            There is neither a metal nor a residue that could hold one, or too little water.
        """
        if sites is not None:
            return cls._of_integrin(model, sites)
        protein, metal, donors = model.solute(), model.metal(), model.midas_donors()
        if metal is None and not len(donors):
            raise InputError(
                "the system has neither a metal nor a MIDAS",
                "number the residues of the αL I domain as in mature αL (128–307)",
            )
        waters = model.waters()
        if len(waters) < N_SLOTS:
            raise InputError(
                f"the box holds {len(waters)} waters, fewer than {N_SLOTS}",
                "raise chemistry.padding",
            )
        parts = _bound_parts(model, protein)
        anchor = 0
        if len(donors):
            place = int(np.searchsorted(protein, donors[0]))
            anchor = next(i for i, members in enumerate(parts) if place in members)
        metals = np.array([] if metal is None else [metal], dtype=int)
        salt = [model.atoms_of(CATION), model.atoms_of(ANION), model.bulk_metals()]
        return cls(
            protein,
            parts,
            np.concatenate([metals, *salt]),
            donors if metal is None else metals,
            anchor,
            waters,
        )

    @classmethod
    def _of_integrin(cls, model: Model, sites: Sequence[dict[str, Any]]) -> FrameAtoms:
        protein, metal = model.solute(), model.metal()
        fixed = model.fixed_metals()
        waters = model.waters()
        if len(waters) < N_SLOTS * len(sites):
            raise InputError(
                f"the box holds {len(waters)} waters, fewer than {N_SLOTS * len(sites)}",
                "raise chemistry.padding",
            )
        parts = _bound_parts(model, protein)
        metals = np.array([] if metal is None else [metal], dtype=int)
        salt = [model.atoms_of(CATION), model.atoms_of(ANION), model.bulk_metals()]
        ions = np.concatenate([metals, fixed, *salt])
        place = {int(index): i for i, index in enumerate(ions)}
        others = [
            (
                np.array(sorted(i for r in site["residues"] for i in r["atoms"]), dtype=int),
                place.get(site["metal_atom"]) if site["metal_atom"] is not None else None,
            )
            for site in sites
        ]
        return cls(
            protein,
            parts,
            ions,
            others[0][0],
            int(np.argmax([len(members) for members in parts])),
            waters,
            tuple(others),
            _links(model.positions[protein], parts),
        )

    @property
    def n_slots(self) -> int:
        """Waters in a frame."""
        return N_SLOTS * max(1, len(self.others))

    @property
    def n_atoms(self) -> int:
        """Atoms in a frame."""
        return len(self.protein) + len(self.ions) + 3 * self.n_slots

    def frame(self, positions: np.ndarray, box: np.ndarray) -> np.ndarray:
        """Positions of a frame's atoms, imaged.

        Parameters
        ----------
        positions : numpy.ndarray
            Of the whole system with whole molecules, as OpenMM keeps them, shape (atoms, 3), nm.
        box : numpy.ndarray
            Box vectors as rows, shape (3, 3), nm.

        Returns
        -------
        numpy.ndarray
            Shape (`n_atoms`, 3), nm: the protein whole, its parts together and its centroid in
            the middle of the box; ions and waters at their nearest image to the MIDAS.
        """
        if self.others:
            return self._integrin_frame(positions, box)
        protein = positions[self.protein]
        home = protein[self.molecules[self.anchor]].mean(axis=0)
        for members in self.molecules:
            middle = protein[members].mean(axis=0)
            protein[members] += home + nearest_image((middle - home)[None], box)[0] - middle
        shift = box.sum(axis=0) / 2 - protein.mean(axis=0)
        # The site's atoms are taken near the protein's own image, wherever the metal's is.
        near = home + nearest_image(positions[self.site] - home, box)
        site = near.mean(axis=0)
        ions = site + nearest_image(positions[self.ions] - site, box)
        oxygens = nearest_image(positions[self.waters[:, 0]] - site, box)
        squared = np.einsum("ij,ij->i", oxygens, oxygens)
        nearest = np.argpartition(squared, N_SLOTS - 1)[:N_SLOTS]
        nearest = nearest[np.argsort(squared[nearest], kind="stable")]
        chosen = self.waters[nearest]
        move = site + oxygens[nearest] - positions[chosen[:, 0]]
        waters = (positions[chosen] + move[:, None, :]).reshape(-1, 3)
        return np.concatenate([protein, ions, waters]) + shift

    def _integrin_frame(self, positions: np.ndarray, box: np.ndarray) -> np.ndarray:
        """Put the pieces of an elongated molecule together by their contacts, not their centres.

        Each site's metal and waters are taken near the site's own oxygens.
        """
        protein = positions[self.protein]
        for part, near, own in self.links:
            apart = protein[own] - protein[near]
            protein[self.molecules[part]] += nearest_image(apart[None], box)[0] - apart
        shift = box.sum(axis=0) / 2 - protein.mean(axis=0)
        centres = [
            protein[np.searchsorted(self.protein, atoms)].mean(axis=0) for atoms, _ in self.others
        ]
        middle = centres[0]
        ions = middle + nearest_image(positions[self.ions] - middle, box)
        for centre, (_, ion) in zip(centres, self.others, strict=True):
            if ion is not None:
                ions[ion] = centre + nearest_image((ions[ion] - centre)[None], box)[0]
        taken: set[int] = set()
        frames = []
        for centre in centres:
            oxygens = nearest_image(positions[self.waters[:, 0]] - centre, box)
            squared = np.einsum("ij,ij->i", oxygens, oxygens)
            count = min(len(squared), N_SLOTS + len(taken))
            nearest = np.argpartition(squared, count - 1)[:count]
            nearest = nearest[np.argsort(squared[nearest], kind="stable")]
            chosen = [i for i in nearest.tolist() if i not in taken][:N_SLOTS]
            taken.update(chosen)
            atoms = self.waters[chosen]
            move = centre + oxygens[chosen] - positions[atoms[:, 0]]
            frames.append((positions[atoms] + move[:, None, :]).reshape(-1, 3))
        return np.concatenate([protein, ions, *frames]) + shift


def _links(places: np.ndarray, parts: tuple[np.ndarray, ...]) -> tuple[tuple[int, int, int], ...]:
    """Return (part, atom of what is there, own nearest atom), from the largest part outwards."""
    from scipy.spatial import cKDTree

    first = int(np.argmax([len(members) for members in parts]))
    left = [i for i in range(len(parts)) if i != first]
    trees = {i: cKDTree(places[parts[i]]) for i in left}
    best = {i: (np.inf, 0, 0) for i in left}
    found, added = [], first
    while left:
        for i in left:
            apart, index = trees[i].query(places[parts[added]])
            apart, index = np.atleast_1d(apart), np.atleast_1d(index)
            nearest = int(np.argmin(apart))
            if apart[nearest] < best[i][0]:
                pair = int(parts[added][nearest]), int(parts[i][index[nearest]])
                best[i] = (float(apart[nearest]), *pair)
        added = min(left, key=lambda i: best[i][0])
        left.remove(added)
        found.append((added, best[added][1], best[added][2]))
    return tuple(found)


def _bound_parts(model: Model, protein: np.ndarray) -> tuple[np.ndarray, ...]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    place = {int(index): i for i, index in enumerate(protein)}
    pairs = [
        (place[a.index], place[b.index])
        for a, b, *_ in model.topology.bonds()
        if a.index in place and b.index in place
    ]
    rows, columns = np.array(pairs, dtype=int).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(protein),) * 2)
    count, labels = connected_components(graph, directed=False)
    return tuple(np.flatnonzero(labels == i) for i in range(count))


def subset(model: Model, slots: FrameAtoms) -> app.Topology:
    """Topology of a frame: the system's own residues, then the water slots."""
    atoms = list(model.topology.atoms())
    chosen = [
        atoms[i] for i in (*slots.protein, *slots.ions, *slots.waters[: slots.n_slots].ravel())
    ]
    topology, chain, residue, last, copies = app.Topology(), None, None, None, {}
    for atom in chosen:
        if chain is None or atom.residue.chain.id != chain.id:
            chain = topology.addChain(atom.residue.chain.id)
        if atom.residue is not last:
            last = atom.residue
            slot = str(sum(r.name == WATER for r in topology.residues()) + 1)
            number = slot if last.name == WATER else last.id
            residue = topology.addResidue(last.name, chain, number, last.insertionCode)
        copies[atom] = topology.addAtom(atom.name, atom.element, residue)
    for one, two, *_ in model.topology.bonds():
        if one in copies and two in copies:
            topology.addBond(copies[one], copies[two])
    topology.setPeriodicBoxVectors(model.topology.getPeriodicBoxVectors())
    return topology


def trajectory_pdb(model: Model, slots: FrameAtoms) -> str:
    """PDB text that names a trajectory's atoms, with the positions of `model`."""
    text = io.StringIO()
    remarks: tuple[str, ...] = (
        "ATOMS OF THE TRAJECTORIES BESIDE THIS FILE, IN THEIR ORDER.",
        f"THE {N_SLOTS} WATERS AT THE END ARE SLOTS, NOT MOLECULES: IN EVERY FRAME THEY HOLD THE",
        "WATERS NEAREST TO THE MIDAS (THE METAL OR, WITHOUT ONE, THE CENTROID OF",
        "THE OXYGENS OF ASP137, SER139, SER141, THR206 AND ASP239), NEAREST FIRST.",
    )
    if slots.others:
        remarks = (
            remarks[0],
            f"THE {slots.n_slots} WATERS AT THE END ARE SLOTS, NOT MOLECULES: {N_SLOTS} FOR EACH",
            "METAL SITE, THE WATERS NEAREST TO IT IN EVERY FRAME.",
        )
    for line in remarks:
        text.write(f"REMARK   6 {line}\n")
    app.PDBFile.writeFile(
        subset(model, slots),
        slots.frame(model.positions, model.box) * unit.nanometer,
        text,
        keepIds=True,
    )
    return text.getvalue()
