"""A complex that others are compared with: where its atoms are, and what touches what in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from MDAnalysis import Universe
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lfa1_analysis.interface import bonds
from lfa1_analysis.interface.closeness import near
from lfa1_analysis.interface.ligand import find_ligand
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.observables.contacts import FORMED
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import MIDAS, SHEET_CORE
from lfa1_analysis.proteins.chain import Chain
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.known import D1, GLU34, Scheme
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.proteins.presence import ENOUGH
from lfa1_analysis.trajectory.geometry import Array, nearest_images, superpose
from lfa1_analysis.trajectory.universe import open_universe, usable_box

Atom = tuple[int, str]
"""Mature residue number and atom name."""
Key = tuple[str, int, int]
"""Kind, residue of αL, residue of ICAM-1."""
INTERFACE = 10.0
"""Å; a residue with a heavy atom this near to the other molecule belongs to the interface (CAPRI;
Méndez et al. 2003, 10.1002/prot.10393)."""


@dataclass(frozen=True)
class Pose:
    """One complex, its sheet core superposed on the closed reference.

    Attributes
    ----------
    name : str
        What it is, for the record.
    one, other : dict of (int, str) to ndarray of shape (3,)
        Heavy atoms of αL and of ICAM-1 by mature residue number and name; Å.
    bonds : frozenset of (str, int, int)
        Its hydrogen bonds and salt bridges: kind, residue of αL, residue of ICAM-1.
    lacking : (frozenset of int, frozenset of int)
        Residues of αL and of ICAM-1 that lack heavy atoms in it.
    """

    name: str
    one: dict[Atom, Array]
    other: dict[Atom, Array]
    bonds: frozenset[Key]
    lacking: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())

    def residue_distances(self, cutoff: float) -> dict[tuple[int, int], float]:
        """Return residue pairs with heavy atoms within a distance, and the least distance (Å)."""
        first, second = list(self.one), list(self.other)
        tree = cKDTree(np.array(list(self.other.values())))
        found: dict[tuple[int, int], float] = {}
        for atom, xyz in zip(first, self.one.values(), strict=True):
            for j in tree.query_ball_point(xyz, cutoff):
                key = atom[0], second[j][0]
                away = float(np.linalg.norm(xyz - self.other[second[j]]))
                found[key] = min(away, found.get(key, np.inf))
        return found

    def interface(self) -> tuple[set[int], set[int]]:
        """Return the residues of αL and of ICAM-1 that belong to the interface."""
        pairs = self.residue_distances(INTERFACE)
        return {one for one, _ in pairs}, {other for _, other in pairs}


def chain_of(universe: Universe, ligand: Domain) -> Chain:
    """Return ICAM-1 as a chain that can be made whole.

    Raises
    ------
    InputError
        Too few Cα atoms of its first domain.
    """
    there = ligand.has(D1)
    if len(there) < 0.75 * len(D1) or not ligand.has((GLU34,)):
        raise InputError(
            f"{ligand.source}, {ligand.where}: only {len(there)} of the {len(D1)} Cα atoms of "
            "ICAM-1's first domain are there, or Glu34 has none",
            "use a file with all of domain 1 (mature residues 1–82)",
        )
    return Chain(universe, ligand)


def anchors(domain: Domain, ligand: Domain) -> tuple[list[int], list[int]]:
    """Return the atoms by which ICAM-1 is taken at its image nearest to the I domain.

    The Cα atoms of the MIDAS and that of Glu34, which lies on it in the complex.
    """
    return (
        [int(i) for i in domain.indices(domain.has(MIDAS))],
        [int(i) for i in ligand.indices((GLU34,))],
    )


def take_pose(universe: Universe, domain: Domain, ligand: Domain, frame: int, name: str) -> Pose:
    """Take a frame of a trajectory as the complex to compare with.

    Raises
    ------
    InputError
        The frame cannot be a protein's, or the two molecules do not touch in it.
    """
    timestep = universe.trajectory[frame]
    box = usable_box(timestep.dimensions)
    chains = Chain(universe, domain), chain_of(universe, ligand)
    one, other = (
        chain.whole(chain.group.positions.astype(np.float64), box, timestep.frame)
        for chain in chains
    )
    site, glu = anchors(domain, ligand)
    middle = one[[chains[0].row[i] for i in site]].mean(axis=0)
    gap = other[[chains[1].row[i] for i in glu]].mean(axis=0) - middle
    other = other + nearest_images(gap[None], box)[0] - gap
    core = np.array([chains[0].row[i] for i in domain.indices(SHEET_CORE)])
    goal = reference.load().closed_ca(SHEET_CORE)
    mobile = one[core]
    molecules = (domain, chains[0], one), (ligand, chains[1], other)
    polar, heavy, protons, named, numbers = [], [], [], [], []
    for molecule, chain, xyz in molecules:
        ends = bonds.polar(universe, molecule, chain.row)
        owners = xyz[ends.owners]
        bare = universe.atoms.positions[ends.hydrogens].astype(np.float64).reshape(-1, 3)
        bare = owners + nearest_images(bare - owners, box)
        fitted = superpose(xyz, mobile, goal)
        polar.append(ends)
        heavy.append(fitted[:, :, None])
        protons.append(superpose(bare, mobile, goal)[:, :, None])
        numbers.append(row_numbers(molecule, chain.row))
        named.append(
            {
                (number, atom): fitted[chain.row[i]]
                for number, atoms in sorted(molecule.atoms.items())
                for atom, i in atoms.items()
                if i in chain.row
            }
        )
    universe.trajectory[0]
    pairs = near(heavy[0], heavy[1], bonds.SALT_BRIDGE)
    bonded = {
        "hydrogen_bond": bonds.hydrogen_bonds(
            pairs, polar[0], polar[1], (heavy[0], heavy[1]), (protons[0], protons[1])
        ),
        "salt_bridge": bonds.salt_bridges(pairs, polar[0], polar[1]),
    }
    pose = Pose(
        name,
        named[0],
        named[1],
        frozenset(
            (kind, int(numbers[0][i]), int(numbers[1][j]))
            for kind, here in bonded.items()
            for i, j in zip(here.first, here.second, strict=True)
        ),
        (frozenset(domain.incomplete(domain.atoms)), frozenset(ligand.incomplete(ligand.atoms))),
    )
    # Without side chains, as in a file of Cα atoms, two molecules that touch are farther apart.
    sparse = sum(map(len, pose.lacking)) > (1 - ENOUGH) * (len(domain.atoms) + len(ligand.atoms))
    reach = INTERFACE if sparse else FORMED
    if not pose.residue_distances(reach):
        raise InputError(
            f"{name}: no atom of ICAM-1 is within {reach} Å of the I domain",
            "give a complex as --reference, such as the structure that the run began with",
        )
    return pose


def read_pose(
    file: str | Path, ligand_chain: str = "", chain: str = "", numbering: Scheme = "auto"
) -> Pose:
    """Read the complex to compare with from a structure file.

    Parameters
    ----------
    file : path
        PDB, mmCIF, GRO …
    ligand_chain, chain, numbering
        Of :func:`~lfa1_analysis.interface.ligand.find_ligand` and
        :func:`~lfa1_analysis.proteins.numbering.find_domain`.

    Raises
    ------
    InputError
        The file holds no such complex.
    """
    universe = open_universe(file)
    domain = find_domain(universe, numbering, chain)
    domain.require(SHEET_CORE, "the superposition")
    ligand = find_ligand(universe, domain, ligand_chain)
    if ligand is None:
        raise InputError(
            f"{file} holds no ICAM-1 beside the αL I domain",
            "give --reference a structure of the complex, such as 1MQ8",
        )
    return take_pose(universe, domain, ligand, 0, str(file))


def row_numbers(molecule: Domain, row: dict[int, int]) -> NDArray[np.intp]:
    """Return the mature residue number of each row of heavy atoms."""
    numbers = np.zeros(len(row), dtype=np.intp)
    for number, atoms in molecule.atoms.items():
        for i in atoms.values():
            if i in row:
                numbers[row[i]] = number
    return numbers
