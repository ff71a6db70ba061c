"""The I domain's chain in every frame: made whole, and refused where it cannot be a protein's."""

from __future__ import annotations

from typing import Any

import numpy as np
from MDAnalysis import Universe
from MDAnalysis.lib.mdamath import triclinic_box
from numpy.typing import NDArray

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.trajectory.chunks import Chunk
from lfa1_analysis.trajectory.formats.damage import INTACT
from lfa1_analysis.trajectory.geometry import Array, make_whole, nearest_images
from lfa1_analysis.trajectory.many_frames import squares

MAX_STEP = 5.0
"""Å; Cα atoms of bonded residues are 3.8 Å apart (2.9 Å for a cis peptide)."""


MOST_CROSSINGS = 0.25
"""Of the bonds of a chain; a globular domain crosses the faces of a box fewer times."""


MAX_REACH = 12.0
"""Å; no heavy atom of an amino acid is this far from its Cα (Arg Nη 7.5)."""
REACH = {"N": 2.5, "C": 2.5, "B": 2.5, "O": 3.6, "G": 3.6, "D": 4.9, "E": 6.1, "Z": 7.4, "H": 8.5}
"""Å; the same by an atom's place in its residue (N, C, O; β, γ … η), 0.7 to 1.2 Å more than the
farthest in 1CQP, 1MQ8, 1MQ9, 3F74 and 3HI6 (N, C and β 1.6, O 2.4, γ 2.9, δ 4.2, ε 5.3, ζ 6.5,
η 7.3). What is farther was torn off: damaged bytes of a trajectory can move single atoms."""


class Chain:
    """The heavy atoms of the I domain, and how they hang together.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Topology and trajectory.
    domain : Domain
        The I domain in it.

    Attributes
    ----------
    group : MDAnalysis.AtomGroup
        The heavy atoms, in the order of the coordinates.
    row : dict of int to int
        Atom index → row in the coordinates.
    """

    def __init__(self, universe: Universe, domain: Domain) -> None:
        heavy = domain.heavy()
        self.domain = domain
        self.group = universe.atoms[heavy]
        self.row = {index: row for row, index in enumerate(heavy)}
        self.max_step = MAX_STEP
        """Å; bonded Cα atoms farther apart than this are refused."""
        self._trajectory = universe.trajectory
        numbers = domain.has(sorted(domain.atoms))
        self._alphas = np.array([self.row[i] for i in domain.indices(numbers)], dtype=np.intp)
        self._bonded = np.diff(numbers) == 1
        self._numbers = np.array(numbers)
        order = {number: i for i, number in enumerate(numbers)}
        nearest = {n: order[min(numbers, key=lambda k: abs(k - n))] for n in domain.atoms}
        residues = [
            n for n, atoms in sorted(domain.atoms.items()) for i in atoms.values() if i in self.row
        ]
        # Of residues without Cα, a neighbour's stands in.
        self._owned = np.array([n in order for n in residues])
        self._owner = np.array([nearest[n] for n in residues], dtype=np.intp)
        limits = [_reach_of(str(name)) for name in self.group.names]
        self._limit = np.where(self._owned, limits, np.inf)

    def make_whole(self, chunk: Chunk) -> None:
        """Make the domain whole in some frames, in place.

        Raises
        ------
        InputError
            The coordinates of a frame cannot be a protein's; names the first such frame.
        """
        alphas = chunk.xyz[self._alphas]
        steps = squares(np.diff(alphas, axis=0))
        away = squares(chunk.xyz - alphas[self._owner])
        # Of these lengths each vector is its own nearest image. What is no number is not below.
        limits = np.where(self._bonded[:, None], min(self.max_step, MAX_STEP), chunk.free)
        plain = (steps <= limits**2).all(axis=0) & (chunk.free >= MAX_REACH)
        plain &= (away <= np.minimum(self._limit, MAX_REACH)[:, None] ** 2).all(axis=0)
        for i in np.flatnonzero(~plain):
            vectors = chunk.boxes[i]
            box = None if np.isnan(vectors).any() else triclinic_box(*vectors)
            chunk.xyz[:, :, i] = self.whole(chunk.xyz[:, :, i], box, int(chunk.frames[i]))

    def where(self, frame: int) -> str:
        """Name the files and a frame."""
        files = getattr(self._trajectory, "filenames", None)
        files = [self._trajectory.filename] if files is None else files
        return f"{', '.join(map(str, files))}, frame {frame}"

    def whole(self, xyz: Array, box: NDArray[Any] | None, frame: int) -> Array:
        """Make the domain of one frame whole, and refuse what cannot be a protein."""
        if not np.isfinite(xyz).all():
            atom = self.group[int(np.argmin(np.isfinite(xyz).all(axis=1)))]
            raise InputError(
                f"{self.where(frame)}: the position of {atom.resname} {atom.resid} {atom.name} "
                "is not a number",
                f"the simulation failed there, or the file is damaged; {self._before(frame)}",
            )
        steps = nearest_images(np.diff(xyz[self._alphas], axis=0), box)
        lengths = np.linalg.norm(steps, axis=1) * self._bonded
        if lengths.max(initial=0.0) > self.max_step:
            raise self._broken(lengths, box is not None, frame)
        whole = make_whole(xyz, self._alphas, self._owner, box)
        away = np.linalg.norm(whole - whole[self._alphas][self._owner], axis=1)
        if (away > self._limit).any():
            far = int(np.argmax(away / self._limit))
            atom = self.group[far]
            raise InputError(
                f"{self.where(frame)}: {atom.resname} {atom.resid} {atom.name} is "
                f"{away[far]:.1f} Å from its Cα",
                f"the simulation failed there, or the file is damaged; {self._before(frame)}",
            )
        return whole

    def _broken(self, lengths: Array, has_box: bool, frame: int) -> InputError:
        """Say why a chain hangs together no longer: what no periodic boundary does is damage."""
        i = int(np.argmax(lengths))
        first, second = map(self.domain.said, self._numbers[i : i + 2])
        problem = (
            f"{self.where(frame)}: the Cα atoms of neighbouring residues {first} and {second} are "
            f"{lengths[i]:.1f} Å apart"
        )
        broken = int((lengths > self.max_step).sum())
        if broken > MOST_CROSSINGS * self._bonded.sum():
            return InputError(
                f"{problem}, and {broken - 1} more of {self._bonded.sum()} pairs are too far apart",
                "these are no coordinates of this protein: the file is damaged there, or the "
                f"topology is of other atoms; {self._before(frame)}",
            )
        if has_box:  # its images have been tried
            return InputError(
                problem,
                "no periodic image closes the gap: the file is damaged there, its box is wrong, or "
                f"the topology is of other atoms; {self._before(frame)}",
            )
        return InputError(
            problem,
            "the chain is broken by a periodic boundary and the file has no box: make the protein "
            "whole (for example `gmx trjconv -pbc whole`) or give the right topology",
        )

    def _before(self, frame: int) -> str:
        """Say how to do without a frame and those behind it."""
        return f"use --stop {frame} to analyse what comes before" if frame else INTACT


def _reach_of(name: str) -> float:
    """Return how far an atom can be from its Cα (Å), by its name."""
    place = name if name in ("N", "C", "O") else name[1:2]
    return REACH.get(place, MAX_REACH)
