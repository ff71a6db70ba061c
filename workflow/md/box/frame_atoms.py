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
from typing import Any, NamedTuple

import numpy as np
from openmm import app, unit

from lfa1_analysis.io.errors import InputError
from lfa1_md.box.molecules import Model, nearest_image
from lfa1_md.study.ions import ANION, CATION, WATER

N_SLOTS = 12
"""Waters in each frame: twice a first shell of six."""


class ImagedSite(NamedTuple):
    """A metal site, for imaging.

    Attributes
    ----------
    near : numpy.ndarray
        Atoms, as indices into the frame's protein, to whose centroid the site's own are taken.
    atoms : numpy.ndarray
        Indices, in the whole system, of the atoms whose centroid is the site.
    ion : int or None
        Position among the frame's ions of the metal that is placed at this site.
    """

    near: np.ndarray
    atoms: np.ndarray
    ion: int | None = None


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
        The metal, if there is one, those of an integrin's other sites, then Na⁺, Cl⁻ and Mg²⁺ of
        the solvent.
    waters : numpy.ndarray
        Oxygen and hydrogens of each water, shape (waters, 3).
    sites : tuple of ImagedSite
        The MIDAS; of an integrin all its metal sites.
    anchor : int or None
        Position in `molecules` of the part that the others are put next to, by their centres; None
        where the parts are put together by `links`.
    links : tuple of (int, int, int)
        For each further part of an integrin, in the order in which they are put together: its
        position in `molecules`, an atom of those before and the nearest of its own, as indices
        into `protein`.
    """

    protein: np.ndarray
    molecules: tuple[np.ndarray, ...]
    ions: np.ndarray
    waters: np.ndarray
    sites: tuple[ImagedSite, ...]
    anchor: int | None
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
        protein, metal, donors = model.solute(), model.metal(), model.midas_donors()
        if sites is None and metal is None and not len(donors):
            raise InputError(
                "the system has neither a metal nor a MIDAS",
                "number the residues of the αL I domain as in mature αL (128–307)",
            )
        waters, needed = model.waters(), N_SLOTS * (1 if sites is None else len(sites))
        if len(waters) < needed:
            raise InputError(
                f"the box holds {len(waters)} waters, fewer than {needed}",
                "raise chemistry.padding",
            )
        parts = _bound_parts(model, protein)
        metals = np.array([] if metal is None else [metal], dtype=int)
        salt = [model.atoms_of(CATION), model.atoms_of(ANION), model.bulk_metals()]
        ions = np.concatenate([metals, model.fixed_metals(), *salt])
        if sites is None:
            anchor = 0
            if len(donors):
                place = int(np.searchsorted(protein, donors[0]))
                anchor = next(i for i, members in enumerate(parts) if place in members)
            site = ImagedSite(parts[anchor], donors if metal is None else metals)
            return cls(protein, parts, ions, waters, (site,), anchor)
        order = {int(index): i for i, index in enumerate(ions)}
        found = []
        for each in sites:
            atoms = np.array(sorted(i for r in each["residues"] for i in r["atoms"]), dtype=int)
            found.append(
                ImagedSite(np.searchsorted(protein, atoms), atoms, order.get(each["metal_atom"]))
            )
        links = _links(model.positions[protein], parts)
        return cls(protein, parts, ions, waters, tuple(found), None, links)

    @property
    def n_slots(self) -> int:
        """Return the number of waters in a frame."""
        return N_SLOTS * len(self.sites)

    @property
    def n_atoms(self) -> int:
        """Return the number of atoms in a frame."""
        return len(self.protein) + len(self.ions) + 3 * self.n_slots

    def frame(self, positions: np.ndarray, box: np.ndarray) -> np.ndarray:
        """Return the positions of a frame's atoms, imaged.

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
            the middle of the box; ions and waters at their nearest image to their metal site.
        """
        protein = positions[self.protein]
        if self.anchor is not None:
            home = protein[self.molecules[self.anchor]].mean(axis=0)
            for members in self.molecules:
                middle = protein[members].mean(axis=0)
                protein[members] += home + nearest_image((middle - home)[None], box)[0] - middle
        for part, near, own in self.links:
            # The pieces of an elongated molecule go together by contacts, not by their centres.
            apart = protein[own] - protein[near]
            protein[self.molecules[part]] += nearest_image(apart[None], box)[0] - apart
        centres = []
        for site in self.sites:
            # The site's atoms are taken near the protein's own image, wherever the metal's is.
            home = protein[site.near].mean(axis=0)
            centres.append((home + nearest_image(positions[site.atoms] - home, box)).mean(axis=0))
        ions = centres[0] + nearest_image(positions[self.ions] - centres[0], box)
        waters: list[np.ndarray] = []
        taken: set[int] = set()
        for centre, site in zip(centres, self.sites, strict=True):
            if site.ion is not None:
                ions[site.ion] = centre + nearest_image((ions[site.ion] - centre)[None], box)[0]
            oxygens = nearest_image(positions[self.waters[:, 0]] - centre, box)
            squared = np.einsum("ij,ij->i", oxygens, oxygens)
            count = min(len(squared), N_SLOTS + len(taken))
            nearest = np.argpartition(squared, count - 1)[:count]
            nearest = nearest[np.argsort(squared[nearest], kind="stable")]
            chosen = [i for i in nearest.tolist() if i not in taken][:N_SLOTS]
            taken.update(chosen)
            atoms = self.waters[chosen]
            move = centre + oxygens[chosen] - positions[atoms[:, 0]]
            waters.append((positions[atoms] + move[:, None, :]).reshape(-1, 3))
        return np.concatenate([protein, ions, *waters]) + box.sum(axis=0) / 2 - protein.mean(axis=0)


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


def subset(model: Model, chosen: FrameAtoms) -> app.Topology:
    """Return the topology of a frame: the system's own residues, then the water slots."""
    atoms = list(model.topology.atoms())
    topology, chain, residue, last, copies = app.Topology(), None, None, None, {}
    for index in (*chosen.protein, *chosen.ions, *chosen.waters[: chosen.n_slots].ravel()):
        atom = atoms[index]
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


def trajectory_pdb(model: Model, chosen: FrameAtoms) -> str:
    """Return PDB text that names a trajectory's atoms, with the positions of `model`."""
    text = io.StringIO()
    remarks: tuple[str, ...] = (
        "ATOMS OF THE TRAJECTORIES BESIDE THIS FILE, IN THEIR ORDER.",
        f"THE {N_SLOTS} WATERS AT THE END ARE SLOTS, NOT MOLECULES: IN EVERY FRAME THEY HOLD THE",
        "WATERS NEAREST TO THE MIDAS (THE METAL OR, WITHOUT ONE, THE CENTROID OF",
        "THE OXYGENS OF ASP137, SER139, SER141, THR206 AND ASP239), NEAREST FIRST.",
    )
    if chosen.anchor is None:
        remarks = (
            remarks[0],
            f"THE {chosen.n_slots} WATERS AT THE END ARE SLOTS, NOT MOLECULES: {N_SLOTS} FOR EACH",
            "METAL SITE, THE WATERS NEAREST TO IT IN EVERY FRAME.",
        )
    for line in remarks:
        text.write(f"REMARK   6 {line}\n")
    app.PDBFile.writeFile(
        subset(model, chosen),
        chosen.frame(model.positions, model.box) * unit.nanometer,
        text,
        keepIds=True,
    )
    # OpenMM's first line has the date: the same atoms are the same bytes on any day.
    lines = text.getvalue().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("REMARK   1 CREATED"))
