"""Where crystals have the ion of each metal site, relative to the backbone that carries its donors.

That backbone superposed on another structure gives the place of the ion and of its first shell in
it. A place is taken from a crystal that shows the ion; geometry alone (an octahedron among the
donors) put the Mg²⁺ of the closed MIDAS 0.9 Å from where crystals have it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.presence import ENOUGH
from lfa1_analysis.trajectory.geometry import Array, rmsd, superpose
from lfa1_analysis.trajectory.superposition import Motion

FILE = Path(__file__).parent / "data" / "metal_places.csv"
BACKBONE = ("N", "CA", "C")
ALPHA_I = "alpha_i_midas"
ENTRIES = {
    f"{ALPHA_I}.closed": "1CQP",
    f"{ALPHA_I}.open": "1MQ8",
    **dict.fromkeys(("beta_i_midas", "admidas", "symbs"), "4WJK"),
    **dict.fromkeys(("propeller_1", "propeller_2", "propeller_3", "propeller_4"), "4WJK"),
    "genu": "1L5G",
}
"""The crystal that each place comes from: of the αI MIDAS one in each state; the βI domain of 4WJK
is closed, and its resolution (1.85 Å) the best of the headpieces with all ions."""

Point = tuple[int, str]
"""Residue number (mature αL or β2) and atom name."""


@dataclass(frozen=True)
class CrystalSite:
    """The ion of a metal site among the crystal's backbone.

    Attributes
    ----------
    name : str
        Key of :data:`ENTRIES`.
    entry : str
        The crystal.
    metal : ndarray, shape (3,)
        Å.
    waters : ndarray, shape (n, 3)
        Oxygens of waters in the first shell.
    ligands : ndarray, shape (m, 3)
        Atoms of other molecules in the first shell; a water's place where the ligand is absent.
    donors : dict of (int, str) to ndarray
        The protein's oxygens in the first shell.
    backbone : dict of (int, str) to ndarray
        N, Cα and C of the site's residues and their neighbours in sequence.
    """

    name: str
    entry: str
    metal: Array
    waters: Array = field(default_factory=lambda: np.empty((0, 3)))
    ligands: Array = field(default_factory=lambda: np.empty((0, 3)))
    donors: dict[Point, Array] = field(default_factory=dict)
    backbone: dict[Point, Array] = field(default_factory=dict)

    def atoms(self, domain: Domain) -> list[Point]:
        """Return which of the backbone atoms a molecule has.

        None, if it has fewer than nine in ten: the place would be another one.
        """
        there = [atom for atom in self.backbone if domain.index(*atom) is not None]
        return there if len(there) >= ENOUGH * len(self.backbone) else []

    def locate(self, xyz: Array, atoms: list[Point]) -> Array:
        """Return the ion's place in many frames, shape (1, 3, F) in Å.

        Parameters
        ----------
        xyz : ndarray, shape (n, 3, F)
            Of `atoms`, which :meth:`atoms` has chosen.
        """
        fit = Motion(xyz, np.array([self.backbone[atom] for atom in atoms]))
        back = np.einsum("jif,j->if", fit.rotation, self.metal - fit.goal)
        return np.asarray(back + fit.centre)[None]

    def brought_to(self, backbone: Mapping[Point, Array]) -> tuple[CrystalSite, float]:
        """Return the place in the coordinates of another structure, and how well it fits there.

        Parameters
        ----------
        backbone : mapping of (int, str) to ndarray
            Positions in Å of the other structure's atoms; those that :attr:`backbone` names.

        Returns
        -------
        place : CrystalSite
            All its points moved by the best superposition of the backbone.
        misfit : float
            Root-mean-square deviation of the backbone atoms (Å); infinite where fewer than nine in
            ten of them are there.
        """
        common = [atom for atom in self.backbone if atom in backbone]
        if len(common) < ENOUGH * len(self.backbone):
            return self, float("inf")
        mobile = np.array([self.backbone[atom] for atom in common])
        target = np.array([backbone[atom] for atom in common])

        def moved(points: Array) -> Array:
            return superpose(points.reshape(-1, 3), mobile, target)

        def each(points: Mapping[Point, Array]) -> dict[Point, Array]:
            return {atom: moved(xyz)[0] for atom, xyz in points.items()}

        place = CrystalSite(
            self.name,
            self.entry,
            moved(self.metal)[0],
            moved(self.waters) if len(self.waters) else self.waters,
            moved(self.ligands) if len(self.ligands) else self.ligands,
            each(self.donors),
            each(self.backbone),
        )
        return place, rmsd(mobile, target)


def of_alpha_i(state: str) -> CrystalSite:
    """Return the place of the αI MIDAS's ion in a state: ``closed``, or else the open MIDAS."""
    return load()[f"{ALPHA_I}.{'closed' if state == 'closed' else 'open'}"]


@cache
def load(file: Path = FILE) -> dict[str, CrystalSite]:
    """Read the shipped places by name, or others made by `lfa1_md.protein.metal.place_table`."""
    found: dict[str, CrystalSite] = {}
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(line for line in stream if not line.startswith("#")):
            xyz = np.array([float(row[f"{axis}_angstrom"]) for axis in "xyz"])
            name, role = row["place"], row["role"]
            if role == "metal":  # the first row of a place
                found[name] = CrystalSite(name, row["entry"], xyz)
                continue
            place, atom = found[name], (int(row["residue"]), row["atom"])
            if role in ("donor", "backbone"):
                (place.donors if role == "donor" else place.backbone)[atom] = xyz
            else:
                old = place.waters if role == "water" else place.ligands
                key = "waters" if role == "water" else "ligands"
                found[name] = CrystalSite(**{**vars(place), key: np.concatenate([old, xyz[None]])})
    return found
