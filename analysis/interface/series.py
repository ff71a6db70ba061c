"""The complex of the αL I domain with ICAM-1, frame by frame.

Definitions, sources and the values of the crystal: ``docs/interface.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gemmi
import numpy as np
from MDAnalysis import Universe
from MDAnalysis.analysis.results import ResultsGroup
from numpy.typing import NDArray

from lfa1_analysis.interface import bonds
from lfa1_analysis.interface.buried import REACH, buried_area
from lfa1_analysis.interface.closeness import near
from lfa1_analysis.interface.glu34 import Glu34
from lfa1_analysis.interface.pose import Atom, Key, Pose, anchors, chain_of, row_numbers, take_pose
from lfa1_analysis.interface.residue_pairs import ResiduePairs, joined, pair_table
from lfa1_analysis.metal_site.surroundings import surroundings
from lfa1_analysis.observables.frame_series import FrameSeries
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import SHEET_CORE
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.known import D1
from lfa1_analysis.proteins.presence import atoms_there, share_there
from lfa1_analysis.proteins.species import one_letter
from lfa1_analysis.trajectory.chunks import Chunk
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import images, squares
from lfa1_analysis.trajectory.superposition import Motion, angles, rmsds

BACKBONE = ("N", "CA", "C", "O")
COUNTS = 8
"""Columns that count pairs of residues, from ``contacts`` to ``salt_bridges_kept``."""
Rows = NDArray[np.intp]


class Interface(FrameSeries):
    """How the I domain holds ICAM-1.

    Everything is compared with one complex, the *reference*: by default the first frame analysed.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Topology and trajectory.
    domain, ligand : Domain
        The I domain and ICAM-1 in it, of
        :func:`~lfa1_analysis.interface.ligand.find_ligand`.
    pose : Pose, optional
        The reference.
    first : int
        The frame that is the reference where `pose` is not given.

    Attributes
    ----------
    results.pairs : pandas.DataFrame
        Residue pairs with the share of frames that hold them; see
        :func:`~lfa1_analysis.interface.residue_pairs.pair_table`.

    Raises
    ------
    InputError
        Atoms are missing that the definitions cannot do without, or the reference is no complex.

    Examples
    --------
    >>> from lfa1_analysis import Interface, examples, find_domain, find_ligand, open_universe
    >>> universe = open_universe(examples.bound())
    >>> domain = find_domain(universe)
    >>> series = Interface(universe, domain, find_ligand(universe, domain)).run()
    >>> series.results.table[["glu34_metal_angstrom", "contacts"]].round(2)
       glu34_metal_angstrom  contacts
    0                  1.95        36
    """

    columns = (
        "metal",
        "glu34_metal_angstrom",
        "glu34_denticity",
        "metal_bound_to_ligand",
        "glu34_midas_angstrom",
        "contacts",
        "contacts_kept",
        "contacts_kept_fraction",
        "contacts_won",
        "hydrogen_bonds",
        "hydrogen_bonds_kept",
        "salt_bridges",
        "salt_bridges_kept",
        "buried_area_angstrom2",
        "interface_rmsd_angstrom",
        "ligand_rmsd_angstrom",
        "rotation_degree",
        "shift_angstrom",
    )
    integers = (
        "glu34_denticity",
        "metal_bound_to_ligand",
        "contacts",
        "contacts_kept",
        "contacts_won",
        "hydrogen_bonds",
        "hydrogen_bonds_kept",
        "salt_bridges",
        "salt_bridges_kept",
    )

    def __init__(
        self,
        universe: Universe,
        domain: Domain,
        ligand: Domain,
        pose: Pose | None = None,
        first: int = 0,
        **kwargs: Any,
    ) -> None:
        domain.require(SHEET_CORE, "the superposition")
        super().__init__(universe, domain, **kwargs)
        self.ligand, self.ligand_chain = ligand, chain_of(universe, ligand)
        if pose is None:
            pose = take_pose(universe, domain, ligand, first, f"frame {first} of the trajectory")
        self.pose = pose
        self._core, self._goal = self.rows(SHEET_CORE), reference.load().closed_ca(SHEET_CORE)
        self._set_rows(anchors(domain, ligand))
        ions, _ = surroundings(universe, domain)
        self._glu34 = Glu34(
            list(ions.values()), domain, self.row, self._anchors[0], ligand, self.ligand_chain.row
        )
        polar = [
            bonds.polar(universe, molecule, chain.row)
            for molecule, chain in ((domain, self.chain), (ligand, self.ligand_chain))
        ]
        self._polar = polar[0], polar[1]
        parts = [
            list(ions),
            self.ligand_chain.group.indices.tolist(),
            polar[0].hydrogens,
            polar[1].hydrogens,
        ]
        self._parts = np.cumsum([len(part) for part in parts])[:-1]
        self.further = np.array([i for part in parts for i in part], dtype=np.intp)
        numbers = row_numbers(domain, self.row), row_numbers(ligand, self.ligand_chain.row)
        self._symbols = _symbols(domain, self.row), _symbols(ligand, self.ligand_chain.row)
        present = set(domain.atoms), set(ligand.atoms)
        self._pairs = ResiduePairs(pose, present, numbers, self._polar)

    def _set_rows(self, ends: tuple[list[int], list[int]]) -> None:
        """Note where the atoms that are compared with the reference lie."""
        pose, row = self.pose, self.ligand_chain.row
        self._anchors = (
            np.array([self.row[i] for i in ends[0]]),
            np.array([row[i] for i in ends[1]]),
        )
        sides = pose.interface()
        counted = "contacts, hydrogen_bonds, salt_bridges and buried_area_angstrom2"
        there = [
            # Each of these few residues has its share in the numbers.
            atoms_there(
                molecule, numbers, f"{counted}, on the side of {name}, are", lacking, share=1.0
            )
            for molecule, name, numbers, lacking in zip(
                (self.domain, self.ligand), ("αL", "ICAM-1"), sides, pose.lacking, strict=True
            )
        ]
        self._solid = all(there)

        def shared(
            molecule: Domain,
            rows: dict[int, int],
            known: dict[Atom, Array],
            numbers: Any,
            names: Sequence[str],
        ) -> tuple[Rows, Array]:
            atoms = [
                (n, name)
                for n in sorted(numbers)
                for name in names
                if (n, name) in known and molecule.index(n, name) is not None
            ]
            places = np.array([rows[molecule.atoms[n][name]] for n, name in atoms], dtype=np.intp)
            return places, np.array([known[atom] for atom in atoms]).reshape(-1, 3)

        one = shared(self.domain, self.row, pose.one, sides[0], BACKBONE)
        other = shared(self.ligand, row, pose.other, sides[1], BACKBONE)
        self._interface = one[0], other[0]
        self._interface_goal = np.concatenate([one[1], other[1]])
        self._framed = share_there(
            len(self._interface_goal),
            len(BACKBONE) * sum(map(len, sides)),
            "interface_rmsd_angstrom is",
        )
        self._d1, self._d1_goal = shared(self.ligand, row, pose.other, D1, BACKBONE)
        self._placed = share_there(
            len(self._d1),
            len(BACKBONE) * len(D1),
            "ligand_rmsd_angstrom, rotation_degree and shift_angstrom are",
        )

    @property
    def native(self) -> set[Key]:
        """Return what the reference holds: kind and residue pair."""
        return self._pairs.native if self._solid else set()

    def _prepare(self) -> None:
        super()._prepare()
        self.results.held_by_chunk = []

    def merges(self) -> dict[str, Callable[[list[Any]], Any]]:
        """Join what worker processes have noted of the residue pairs."""
        return {"held_by_chunk": ResultsGroup.flatten_sequence}

    def measure(self, chunk: Chunk) -> tuple[Sequence[Any] | NDArray[Any], ...]:
        """Return the values of some frames; see ``docs/interface.md`` for what they are."""
        ions, other, *protons = np.split(chunk.further, self._parts)
        other = self._whole(chunk, other)
        domain = chunk.xyz.astype(np.float64, copy=False)
        # Hydrogens follow their heavy atoms, at whatever image the file has them.
        sources = (domain, other)
        at = [
            source[polar.owners] + images(found - source[polar.owners], chunk.boxes, chunk.free)
            for source, polar, found in zip(sources, self._polar, protons, strict=True)
        ]
        core = chunk.once("core", lambda: Motion(chunk.rows(self._core), self._goal))
        one, other, *moved = (core.apply(x) for x in (domain, other, *at))
        missing = np.full(len(chunk), np.nan)
        counts, area, deviation = (missing,) * COUNTS, missing, missing
        place: tuple[Array, ...] = (missing,) * 3
        if self._solid:
            pairs = near(one, other, REACH)
            noted, counts = self._pairs.count(len(chunk), pairs, (one, other), (moved[0], moved[1]))
            self.results.held_by_chunk.append(noted)
            area = buried_area(one, other, self._symbols, pairs)
        if self._framed:
            ends = np.concatenate([one[self._interface[0]], other[self._interface[1]]])
            (deviation,) = rmsds(ends, self._interface_goal)
        if self._placed:
            d1 = other[self._d1]
            turn = Motion(d1, self._d1_goal)
            place = (
                np.sqrt(squares(d1 - self._d1_goal[:, :, None]).mean(axis=0)),
                angles(turn.rotation),
                np.linalg.norm(turn.centre - self._d1_goal.mean(axis=0)[:, None], axis=0),
            )
        return (*self._glu34.measure(chunk, ions, core, other), *counts, area, deviation, *place)

    def _whole(self, chunk: Chunk, other: Array) -> Array:
        """Make ICAM-1 whole and take it at its image nearest to the MIDAS."""
        nothing = np.zeros((0, 3, len(chunk)))
        part = Chunk(chunk.frames, chunk.times, other.copy(), nothing, chunk.boxes)
        self.ligand_chain.make_whole(part)
        middle = chunk.rows(self._anchors[0]).mean(axis=0)
        gap = part.xyz[self._anchors[1]].mean(axis=0)[None] - middle
        return np.asarray(part.xyz + images(gap, chunk.boxes, chunk.free) - gap)

    def _conclude(self) -> None:
        super()._conclude()
        labels = _label(self.domain), _label(self.ligand)
        found, total = joined(self.results.held_by_chunk), len(self.results.table)
        self.results.pairs = pair_table(found, self.native, total, labels)


def _label(molecule: Domain) -> Callable[[int], str]:
    def label(number: int) -> str:
        code = one_letter(molecule.names[number])
        return f"{gemmi.expand_one_letter(code, gemmi.ResidueKind.AA).capitalize()}{number}"

    return label


def _symbols(molecule: Domain, row: dict[int, int]) -> list[str]:
    symbols = [""] * len(row)
    for atoms in molecule.atoms.values():
        for name, i in atoms.items():
            if i in row:
                plain = name.lstrip("0123456789").upper()
                symbols[row[i]] = "Se" if plain.startswith("SE") else plain[:1]
    return symbols
