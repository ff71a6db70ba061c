"""Helical fraction of a stretch of residues by DSSP, fast where the answer is plain.

DSSP (Kabsch & Sander 1983, 10.1002/bip.360221211) as mdtraj has it, simplified codes, in which α,
3₁₀ and π helices are ``H``. Whether a residue is in an α helix depends on nothing but the hydrogen
bonds of the N–H near it; 3₁₀ and π helices give way to strands. What these rules leave open, and
whatever is near a threshold, is left to mdtraj.
"""

from __future__ import annotations

from typing import Any

import mdtraj
import numpy as np
from mdtraj.geometry import _geometry
from mdtraj.geometry.hbond import _prep_kabsch_sander_arrays
from numpy.typing import NDArray

from lfa1_analysis.observables.hydrogen_bonds import BOND, DOUBT, NEAR, HydrogenBonds
from lfa1_analysis.proteins.domain import CARBONYL, Domain
from lfa1_analysis.proteins.presence import backbones_there
from lfa1_analysis.trajectory.geometry import Array

BACKBONE = ("N", "CA", "C", "O")
MARGIN = 12
"""Residues beside the stretch whose hydrogen bonds count: ladders of strands reach that far."""
TURNS = (3, 4, 5)
LADDER = 6
"""Residues; a strand's bulge is shorter."""
HELICES = (b"H", b"G", b"I")


class Helicity:
    """The helical fraction of a stretch of residues.

    Parameters
    ----------
    domain : Domain
        The I domain.
    row : dict of int to int
        Atom index → row in the coordinates.
    stretch : sequence of int
        Residues counted, by :func:`~lfa1_analysis.proteins.presence.backbones_there`.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.proteins.alphal import ALPHA7_HELIX
    >>> from lfa1_analysis.observables.helicity import Helicity
    >>> from lfa1_analysis.proteins.numbering import find_domain
    >>> universe = examples.universe()
    >>> row = {i: i for i in range(len(universe.atoms))}
    >>> helix = Helicity(find_domain(universe), row, ALPHA7_HELIX)
    >>> backbone = universe.atoms.positions[helix.rows][:, :, None]
    >>> helix.fractions(backbone, backbone).round(2).tolist()
    [0.83]
    """

    def __init__(self, domain: Domain, row: dict[int, int], stretch: tuple[int, ...]) -> None:
        counted = backbones_there(domain, stretch, max(TURNS) - 1, "alpha7_helicity is")
        topology = mdtraj.Topology()
        rows: list[int] = []
        numbers: list[int] = []
        for number, atoms in sorted(domain.atoms.items()):
            if not domain.whole_backbone(number):
                continue
            oxygen = next(atoms[name] for name in CARBONYL if name in atoms)
            if not numbers or number != numbers[-1] + 1:
                chain = topology.add_chain()  # DSSP must not bridge a gap
            code = domain.names[number] if domain.names[number] == "PRO" else "ALA"
            residue = topology.add_residue(code, chain, resSeq=number)
            for name, index in zip(
                BACKBONE, (*(atoms[n] for n in ["N", "CA", "C"]), oxygen), strict=True
            ):
                topology.add_atom(name, mdtraj.element.get_by_symbol(name[0]), residue)
                rows.append(row[index])
            numbers.append(number)
        self.rows = np.array(rows, dtype=np.intp)
        """Where the backbone lies in the coordinates."""
        self._counted: NDArray[np.intp] = np.array(
            [i for i, number in enumerate(numbers) if number in counted], dtype=np.intp
        )
        if not len(self._counted):
            return
        # What mdtraj.compute_dssp finds out about the topology, which takes longer than a frame.
        empty = mdtraj.Trajectory(np.zeros((1, len(rows), 3), np.float32), topology)
        _, nco, alphas, prolines, _ = _prep_kabsch_sander_arrays(empty)
        chains = np.array([r.chain.index for r in topology.residues], dtype=np.int32)
        self._topology = nco, alphas, prolines, chains
        self._begin = int(self._counted[0]) - MARGIN
        end = min(int(self._counted[-1]) + MARGIN, len(numbers) - 1)
        self._bonds: HydrogenBonds | None = None
        if self._begin >= 1 and numbers[end] - numbers[self._begin - 1] == end - self._begin + 1:
            self._size = end - self._begin + 1
            region = np.arange(self._begin, end + 1)
            self._bonds = HydrogenBonds(
                np.arange(len(rows)).reshape(-1, 4), region[prolines[region] == 0]
            )

    def fractions(self, xyz: NDArray[Any], fitted: NDArray[Any]) -> Array:
        """Return the helical fraction of the stretch, NaN if none of it is there.

        Parameters
        ----------
        xyz, fitted : ndarray, shape (backbone atoms, 3, F)
            Coordinates of the atoms in `rows` in Å, and the same after any superposition; single
            precision is enough.

        Returns
        -------
        ndarray, shape (F,)
        """
        if not len(self._counted):
            return np.full(xyz.shape[2], np.nan)
        found, left = np.empty(xyz.shape[2]), np.ones(xyz.shape[2], dtype=bool)
        if self._bonds is not None:
            doubt = DOUBT * np.maximum(np.abs(xyz).max(axis=(0, 1)), NEAR)
            helical, left = self._by_rule(doubt, *self._bonds.find(xyz, fitted))
            found = helical[self._counted - self._begin].mean(axis=0)
        if left.any():
            found[left] = self._by_mdtraj(xyz[:, :, left])
        return found

    def _by_rule(
        self, doubt: Array, donors: NDArray[np.intp], acceptors: NDArray[np.intp], energies: Array
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which residues are helical, shape (residues, F), and the frames left open."""
        size, frames = self._size, energies.shape[1]
        bound = energies < BOND
        if not len(donors):
            return np.zeros((size, frames), dtype=bool), np.ones(frames, dtype=bool)
        left = (np.abs(energies - BOND) < doubt).any(axis=0)
        starts = np.flatnonzero(np.diff(donors, prepend=-1))  # the pairs are sorted by donor
        bonds = np.add.reduceat(bound, starts, axis=0, dtype=np.int8)
        for donor in donors[starts[(bonds > 2).any(axis=1)]]:
            # DSSP knows the two strongest bonds of each N–H.
            rows = np.flatnonzero(donors == donor)
            second, third = np.sort(energies[rows], axis=0)[1:3]
            bound[rows] &= energies[rows] <= second
            left |= (third - second < 2 * doubt) & (third < BOND + doubt)
        turn = {}
        for n in TURNS:
            begins = np.zeros((size + 2 * n, frames), dtype=bool)  # from the residue n before
            rows = np.flatnonzero(donors - acceptors == n)
            begins[donors[rows] - self._begin] = bound[rows]
            # Two turns in a row begin a helix; `begins` is at their donors, n residues later.
            turn[n] = begins[1:] & begins[:-1]
        alpha, three, five = (np.zeros((size, frames), dtype=bool) for _ in TURNS)
        for n, helix, blocked in ((4, alpha, None), (3, three, alpha), (5, five, None)):
            for first in range(size - n + 1):
                here = turn[n][first + n - 1]
                if blocked is not None:
                    here = here & ~blocked[first : first + n].any(axis=0)
                helix[first : first + n] |= here
        counted = self._counted - self._begin
        beside = slice(max(counted[0] - max(TURNS), 0), counted[-1] + max(TURNS) + 1)
        strand = self._may_be_strand(donors, acceptors, bound)
        left |= (strand & (three | five))[beside].any(axis=0)
        left |= np.logical_and(
            three.any(axis=0), five.any(axis=0)
        )  # π helices give way to 3₁₀ ones
        return alpha | three | five, np.asarray(left)

    def _may_be_strand(
        self, donors: NDArray[np.intp], acceptors: NDArray[np.intp], bound: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Return the residues, shape (residues, F), that a 3₁₀ or π helix may give way to.

        Of the two bonds of a bridge between residues i < j, the N–H of i or the next holds the C=O
        of j or the one before, and the N–H of j or the next holds one at or before i; unless that
        is farther back than in a π helix, the first is among the bonds looked at. A ladder goes on
        from one bridge to the next less than six residues away.
        """
        bridged = np.zeros((self._size + 2 * LADDER, bound.shape[1]), dtype=bool)
        offset = LADDER - self._begin
        ahead = donors - acceptors
        for k in np.flatnonzero(((ahead < 0) | (ahead > max(TURNS))) & bound.any(axis=1)):
            last = int(donors[k]) + offset
            bridged[last - 1 : last + 1] |= bound[k]
            first = int(acceptors[k]) + offset
            if ahead[k] < 0 and first < len(bridged) - 1:
                bridged[first : first + 2] |= bound[k]
        before, after = bridged.copy(), bridged.copy()
        for step in range(1, LADDER):
            before[step:] |= bridged[:-step]
            after[:-step] |= bridged[step:]
        return (before & after)[LADDER:-LADDER]

    def _by_mdtraj(self, xyz: NDArray[Any]) -> Array:
        frames = np.ascontiguousarray(
            np.moveaxis(xyz, 2, 0).astype(np.float64) / 10.0, dtype=np.float32
        )
        codes = np.frombuffer(_geometry._dssp(frames, *self._topology).encode("ascii"), dtype="S1")
        helical = np.isin(codes.reshape(len(frames), -1)[:, self._counted], HELICES)
        return np.asarray(helical.mean(axis=1))
