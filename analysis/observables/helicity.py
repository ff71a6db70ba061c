"""Helical fraction of residues by DSSP (Kabsch & Sander 1983, 10.1002/bip.360221211)."""

from __future__ import annotations

from typing import Any

import mdtraj
import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.proteins.domain import CARBONYL, Domain
from lfa1_analysis.proteins.presence import backbones_there
from lfa1_analysis.trajectory.geometry import Array

LONGEST_TURN = 5
"""Residues from the C=O to the N–H of the longest turn, that of a π helix."""


class Helicity:
    """The helical fraction of a stretch of residues, in which α, 3₁₀ and π helices count.

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
    >>> helix.fractions(universe.atoms.positions[helix.rows][:, :, None]).round(2).tolist()
    [0.83]
    """

    def __init__(self, domain: Domain, row: dict[int, int], stretch: tuple[int, ...]) -> None:
        counted = backbones_there(domain, stretch, LONGEST_TURN - 1, "alpha7_helicity is")
        self._topology = mdtraj.Topology()
        rows: list[int] = []
        numbers: list[int] = []
        for number, atoms in sorted(domain.atoms.items()):
            if not domain.whole_backbone(number):
                continue
            if not numbers or number != numbers[-1] + 1:
                chain = self._topology.add_chain()  # DSSP must not bridge a gap
            code = "PRO" if domain.names[number] == "PRO" else "ALA"  # a proline has no N–H
            residue = self._topology.add_residue(code, chain, resSeq=number)
            oxygen = next(name for name in CARBONYL if name in atoms)
            for name in ("N", "CA", "C", oxygen):
                element = mdtraj.element.get_by_symbol(name[0])
                self._topology.add_atom("O" if name == oxygen else name, element, residue)
                rows.append(row[atoms[name]])
            numbers.append(number)
        self.rows = np.array(rows, dtype=np.intp)
        """Where the backbone lies in the coordinates."""
        self._counted = np.flatnonzero(np.isin(numbers, counted))

    def fractions(self, xyz: NDArray[Any]) -> Array:
        """Return the helical fraction of the stretch, NaN if none of it is there.

        Parameters
        ----------
        xyz : ndarray, shape (backbone atoms, 3, F)
            Coordinates of the atoms in `rows` in Å.

        Returns
        -------
        ndarray, shape (F,)
        """
        if not len(self._counted):
            return np.full(xyz.shape[2], np.nan)
        frames = mdtraj.Trajectory(np.moveaxis(xyz, 2, 0) / 10.0, self._topology)  # nm
        codes = mdtraj.compute_dssp(frames)[:, self._counted]
        return np.asarray((codes == "H").mean(axis=1))
