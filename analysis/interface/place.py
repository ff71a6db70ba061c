"""Where the metal of the MIDAS belongs, with or without a metal in it.

The crystal of the complex (1MQ8) says where Mg²⁺ lies relative to the backbone that carries its
donors. That backbone superposed on a frame gives the place in the frame, the same one for every
ion and for an empty site, so that Glu34 can be followed in all of them by one number.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from lfa1_analysis.domain import Domain
from lfa1_analysis.errors import InputError
from lfa1_analysis.fits import Motion
from lfa1_analysis.geometry import Array
from lfa1_analysis.inputs import open_universe
from lfa1_analysis.numbering import find_domain
from lfa1_analysis.presence import ENOUGH
from lfa1_analysis.species import find_ions
from lfa1_analysis.table import digest, write_text

FILE = Path(__file__).parents[1] / "data" / "midas_place.csv"
RESIDUES = (137, 138, 139, 140, 141, 205, 206, 207, 238, 239, 240)
"""The three loops of the MIDAS: each donor with its neighbours in sequence."""
BACKBONE = ("N", "CA", "C")
_HEADER = """\
# Where Mg²⁺ lies in PDB entry {entry} (wwPDB, CC0 1.0), and the backbone of the MIDAS around it. Å.
# Source: {source}
# residue: mature αL number (UniProt P20701 minus 25); 0: the metal.
# Made by lfa1_analysis.interface.place.build.
"""


@dataclass(frozen=True)
class Place:
    """The crystal's metal among the crystal's backbone.

    Attributes
    ----------
    metal : ndarray, shape (3,)
        Å.
    backbone : dict of (int, str) to ndarray
        Mature residue number and atom name → position in Å.
    """

    metal: Array
    backbone: dict[tuple[int, str], Array]

    def atoms(self, domain: Domain) -> list[tuple[int, str]]:
        """Return which of the backbone atoms a molecule has.

        None, if it has fewer than nine in ten: the place would be another one.
        """
        there = [atom for atom in self.backbone if domain.index(*atom) is not None]
        return there if len(there) >= ENOUGH * len(self.backbone) else []

    def locate(self, xyz: Array, atoms: list[tuple[int, str]]) -> Array:
        """Return the place in many frames, shape (1, 3, F) in Å.

        Parameters
        ----------
        xyz : ndarray, shape (n, 3, F)
            Of `atoms`, which :meth:`atoms` has chosen.
        """
        fit = Motion(xyz, np.array([self.backbone[atom] for atom in atoms]))
        back = np.einsum("jif,j->if", fit.rotation, self.metal - fit.goal)
        return np.asarray(back + fit.centre)[None]


@cache
def load(file: Path = FILE) -> Place:
    """Read the shipped place, or another one made by :func:`build`."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(line for line in stream if not line.startswith("#")))
    points = {
        (int(row["residue"]), row["atom"]): np.array(
            [float(row[f"{axis}_angstrom"]) for axis in "xyz"]
        )
        for row in rows
    }
    metal = next(key for key in points if key[0] == 0)
    return Place(points.pop(metal), points)


def build(structure: str | Path, output: str | Path) -> None:
    """Make the table from a structure with a metal in the MIDAS.

    Parameters
    ----------
    structure : path
        1MQ8, in any format and numbering.
    output : path
        CSV to write, with its provenance in comment lines.

    Raises
    ------
    InputError
        There is no metal, or a backbone atom is missing.
    """
    universe = open_universe(structure)
    domain = find_domain(universe)
    for name in BACKBONE:
        domain.require(RESIDUES, "the place of the metal", name)
    atoms, xyz = universe.atoms, universe.atoms.positions.astype(float)
    sizes = np.bincount(atoms.resindices)[atoms.resindices]
    ions = find_ions(np.asarray(atoms.names), np.asarray(atoms.resnames), sizes)
    metals = [i for i, element in ions.items() if element == "Mg"]
    if not metals:
        raise InputError(f"{structure} holds no Mg²⁺", "use an entry with the metal in its MIDAS")
    centre = xyz[domain.indices((139, 141, 206))].mean(axis=0)
    metal = min(metals, key=lambda i: float(np.linalg.norm(xyz[i] - centre)))
    rows = [(0, "MG", xyz[metal])]
    rows += [(n, name, xyz[domain.atoms[n][name]]) for n in RESIDUES for name in BACKBONE]
    lines = ["residue,atom,x_angstrom,y_angstrom,z_angstrom"]
    lines += [f"{n},{name}," + ",".join(f"{x:.3f}" for x in point) for n, name, point in rows]
    entry = Path(structure).stem.upper()
    source = f"{Path(structure).name} sha256:{digest(structure)}"
    write_text(output, _HEADER.format(entry=entry, source=source) + "\n".join(lines) + "\n")
