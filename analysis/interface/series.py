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

from lfa1_analysis import reference
from lfa1_analysis.alphal import MIDAS, MIDAS_DONORS, SHEET_CORE
from lfa1_analysis.chunks import Chunk
from lfa1_analysis.contacts import BROKEN, FORMED
from lfa1_analysis.coordination import CUTOFF, CUTOFFS
from lfa1_analysis.domain import Domain
from lfa1_analysis.fits import Motion, angles, rmsds
from lfa1_analysis.geometry import Array
from lfa1_analysis.interface import bonds, place
from lfa1_analysis.interface.buried import REACH, buried_area
from lfa1_analysis.interface.closeness import Near, near
from lfa1_analysis.interface.icam1 import CARBOXYLATE, D1, GLU34
from lfa1_analysis.interface.occupancy import Held, Key, held, pair_table
from lfa1_analysis.interface.pose import Atom, Pose, anchors, chain_of, row_numbers, take_pose
from lfa1_analysis.many_frames import images, lengths, squares
from lfa1_analysis.midas import occupant
from lfa1_analysis.series import FrameSeries
from lfa1_analysis.species import one_letter
from lfa1_analysis.surroundings import surroundings

BACKBONE = ("N", "CA", "C", "O")
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
        :func:`~lfa1_analysis.interface.occupancy.pair_table`.

    Raises
    ------
    InputError
        Atoms are missing that the definitions cannot do without, or the reference is no complex.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.inputs import open_universe
    >>> from lfa1_analysis.interface.ligand import find_ligand
    >>> from lfa1_analysis.interface.series import Interface
    >>> from lfa1_analysis.numbering import find_domain
    >>> universe = open_universe(examples.bound())
    >>> domain = find_domain(universe)
    >>> series = Interface(universe, domain, find_ligand(universe, domain)).run()
    >>> series.results.table[["glu34_metal_angstrom", "contacts"]].round(2)
       glu34_metal_angstrom  contacts
    0                  1.92        37
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
        domain.require(MIDAS, "the metal site")
        super().__init__(universe, domain, **kwargs)
        self.ligand, self.ligand_chain = ligand, chain_of(universe, ligand)
        if pose is None:
            pose = take_pose(universe, domain, ligand, first, f"frame {first} of the trajectory")
        self.pose = pose
        self._core, self._goal = self.rows(SHEET_CORE), reference.load().closed_ca(SHEET_CORE)
        known = place.load()
        self._loop = known.atoms(domain)
        self._loop_rows = np.array([self.row[domain.atoms[n][name]] for n, name in self._loop])
        site = [self.row_of(n, name) for n, names in MIDAS_DONORS.values() for name in names]
        self._site = np.array([row for row in site if row is not None], dtype=np.intp)
        self._set_rows(anchors(domain, ligand))
        ions, _ = surroundings(universe, domain)
        self._elements = list(ions.values())
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
        self._numbers = row_numbers(domain, self.row), row_numbers(ligand, self.ligand_chain.row)
        self._symbols = _symbols(domain, self.row), _symbols(ligand, self.ligand_chain.row)
        self._set_reference()

    def _set_rows(self, ends: tuple[list[int], list[int]]) -> None:
        """Note where the atoms that are compared with the reference lie."""
        pose, row = self.pose, self.ligand_chain.row
        self._anchors = (
            np.array([self.row[i] for i in ends[0]]),
            np.array([row[i] for i in ends[1]]),
        )
        carboxylate = [self.ligand.index(GLU34, name) for name in CARBOXYLATE]
        self._glu = np.array([row[i] for i in carboxylate if i is not None], dtype=np.intp)
        sides = pose.interface()

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
        self._d1, self._d1_goal = shared(self.ligand, row, pose.other, D1, BACKBONE)

    def _set_reference(self) -> None:
        """Find what the reference holds, by the same code that looks at the frames."""
        pairs = self.pose.residue_distances(BROKEN)
        present = set(self.domain.atoms), set(self.ligand.atoms)
        self._touching = {pair for pair in pairs if pair[0] in present[0] and pair[1] in present[1]}
        self._native = {pair for pair in self._touching if pairs[pair] <= FORMED}
        self._bonds = {
            key for key in self.pose.bonds if key[1] in present[0] and key[2] in present[1]
        }

    @property
    def native(self) -> set[Key]:
        """What the reference holds: kind and residue pair."""
        return {("contact", *pair) for pair in self._native} | self._bonds

    def _prepare(self) -> None:
        super()._prepare()
        self.results.held = []

    def merges(self) -> dict[str, Callable[[list[Any]], Any]]:
        """Join what worker processes have noted of the residue pairs."""
        return {"held": ResultsGroup.flatten_sequence}

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
        pairs = near(one, other, REACH)
        d1 = other[self._d1]
        turn = Motion(d1, self._d1_goal)
        ends = np.concatenate([one[self._interface[0]], other[self._interface[1]]])
        apart = d1 - self._d1_goal[:, :, None]
        return (
            *self._glu34(chunk, ions, core, other),
            *self._held(len(chunk), pairs, (one, other), (moved[0], moved[1])),
            buried_area(one, other, self._symbols, pairs),
            *rmsds(ends, self._interface_goal),
            np.sqrt(squares(apart).mean(axis=0)),
            angles(turn.rotation),
            np.linalg.norm(turn.centre - self._d1_goal.mean(axis=0)[:, None], axis=0),
        )

    def _whole(self, chunk: Chunk, other: Array) -> Array:
        """Make ICAM-1 whole and take it at its image nearest to the MIDAS."""
        nothing = np.zeros((0, 3, len(chunk)))
        part = Chunk(chunk.frames, chunk.times, other.copy(), nothing, chunk.boxes)
        self.ligand_chain.make_whole(part)
        middle = chunk.rows(self._anchors[0]).mean(axis=0)
        gap = part.xyz[self._anchors[1]].mean(axis=0)[None] - middle
        return np.asarray(part.xyz + images(gap, chunk.boxes, chunk.free) - gap)

    def _glu34(
        self, chunk: Chunk, ions: Array, core: Motion, other: Array
    ) -> tuple[Sequence[Any] | Array, ...]:
        frames = np.arange(len(chunk))
        middle = (
            chunk.rows(self._site).mean(axis=0)
            if len(self._site)
            else chunk.rows(self._anchors[0]).mean(axis=0)
        )
        around = images(ions - middle, chunk.boxes, chunk.free)
        chosen = occupant(self._elements, lengths(around))
        there = chosen >= 0
        metals = [self._elements[i] if i >= 0 else "none" for i in chosen.tolist()]
        centre = core.apply(chunk.rows(self._loop_rows))
        spot = place.load().locate(centre, self._loop)
        glu = other[self._glu]
        nothing = np.full(len(chunk), np.nan)
        if not len(glu):
            return metals, nothing, nothing, nothing, nothing
        to_place = lengths(glu - spot).min(axis=0)
        if not there.any():
            return metals, nothing, nothing, nothing, to_place
        metal = core.apply((middle + around[chosen, :, frames].T)[None])
        away = np.where(there, lengths(glu - metal), np.nan)
        cutoffs = np.array([CUTOFFS.get(element, CUTOFF) for element in metals])
        count = np.where(there, (away <= cutoffs).sum(axis=0), np.nan)
        bound = np.where(there, count > 0, np.nan)
        return metals, away.min(axis=0), count, bound, to_place

    def _held(
        self, frames: int, pairs: Near, xyz: tuple[Array, Array], protons: tuple[Array, Array]
    ) -> tuple[Array, ...]:
        """Count residue pairs, and note which frames hold each of them."""
        least = self._by_residue(frames, pairs)
        formed = {key: away <= FORMED for key, away in least.items()}
        within = {key: away <= BROKEN for key, away in least.items()}
        hydrogen = self._by_residue(frames, bonds.hydrogen_bonds(pairs, *self._polar, xyz, protons))
        salt = self._by_residue(frames, bonds.salt_bridges(pairs, *self._polar))
        noted = Held(frames)
        noted.add("contact", {key: flags for key, flags in formed.items() if flags.any()})
        counts: list[Array] = []
        for kind, found in (("hydrogen_bond", hydrogen), ("salt_bridge", salt)):
            flags = {key: np.isfinite(away) for key, away in found.items()}
            noted.add(kind, flags)
            native = {key: f for key, f in flags.items() if (kind, *key) in self._bonds}
            counts += [_sum(flags, frames), _sum(native, frames)]
        self.results.held.append(noted)
        kept = _sum({key: f for key, f in within.items() if key in self._native}, frames)
        new = {key: f for key, f in formed.items() if key not in self._touching}
        total = max(len(self._native), 1)
        return (_sum(formed, frames), kept, kept / total, _sum(new, frames), *counts)

    def _by_residue(self, frames: int, pairs: Near) -> dict[tuple[int, int], Array]:
        """Return the least distance of each pair of residues in each frame, infinite beyond."""
        one, other = self._numbers[0][pairs.first], self._numbers[1][pairs.second]
        keys, place_of = np.unique(np.stack([one, other]), axis=1, return_inverse=True)
        least = np.full((keys.shape[1], frames), np.inf)
        np.minimum.at(least, (place_of.ravel(), pairs.frame), pairs.distance)
        return {(int(a), int(b)): row for (a, b), row in zip(keys.T, least, strict=True)}

    def _conclude(self) -> None:
        super()._conclude()
        total = len(self.results.table)
        self.results.pairs = pair_table(
            held(self.results.held), self.native, total, (_label(self.domain), _label(self.ligand))
        )


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


def _sum(flags: dict[tuple[int, int], Any], frames: int) -> Array:
    return np.asarray(sum(flags.values(), start=np.zeros(frames)))
