"""Hydrogen bonds of a stretch of backbone in many frames, by the energy of Kabsch & Sander."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.trajectory.many_frames import lengths, squares

COUPLING = 27.888
"""kcal/mol Å: 332 times the partial charges 0.42 e of C=O and 0.20 e of N–H."""
BOND = -0.5
"""kcal/mol; below it two groups are bonded."""
DOUBT = 2e-6
"""kcal/mol around it, where single and double precision may decide differently, for each Å that an
atom is from the origin; ten times what they differed by in a simulation."""
NEAR = 100.0
"""Å; up to here the same is taken."""
FARTHEST = 5.6
"""Å between N and O, beyond which no geometry of bond lengths near 1.0 (N–H) and 1.2 Å (C=O) has
such an energy: in line at 5.2 Å it is −0.48."""
NEIGHBOURHOOD = 9.0
"""Å between the Cα atoms, beyond which DSSP does not look."""


class HydrogenBonds:
    """Which N–H of a stretch holds which C=O of the chain.

    Parameters
    ----------
    rows : ndarray of int, shape (residues, 4)
        Where N, Cα, C and O of each residue lie in the coordinates, in the order of the chain.
    donors : ndarray of int
        The residues whose N–H are looked at; each has a residue before it.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.observables.hydrogen_bonds import BOND, HydrogenBonds
    >>> from lfa1_analysis.proteins.numbering import find_domain
    >>> universe = examples.universe()
    >>> domain = find_domain(universe)
    >>> chain = [domain.atoms[n] for n in domain.has(range(129, 300))]
    >>> rows = np.array([[atoms[name] for name in ("N", "CA", "C", "O")] for atoms in chain])
    >>> xyz = universe.atoms.positions[:, :, None]
    >>> donors, acceptors, energies = HydrogenBonds(rows, np.arange(1, len(rows))).find(xyz, xyz)
    >>> int((energies < BOND).sum())
    123
    """

    def __init__(self, rows: NDArray[np.intp], donors: NDArray[np.intp]) -> None:
        self._n, self._ca, self._c, self._o = rows.T
        self._donors = donors
        residues = np.arange(len(rows))
        one, other = np.meshgrid(donors, residues, indexing="ij")
        # DSSP leaves out the bond to the residue before, and none binds itself.
        can = (other != one) & (other != one - 1)
        self._pairs = one[can], other[can]

    def find(
        self, xyz: NDArray[Any], fitted: NDArray[Any]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[Any]]:
        """Return the pairs of residues that may be bonded in some frame, and their energies.

        Parameters
        ----------
        xyz, fitted : ndarray, shape (n, 3, F)
            Coordinates in Å, and the same after any superposition.

        Returns
        -------
        donors, acceptors : ndarray of int, shape (p,)
        energies : ndarray, shape (p, F)
            kcal/mol.
        """
        first, second = self._pairs
        nitrogen, oxygen = fitted[self._n], fitted[self._o]
        ends = [group.mean(axis=2) for group in (nitrogen, oxygen)]
        spreads = [
            np.sqrt(squares(group - mean[:, :, None]).max(axis=1))
            for group, mean in zip((nitrogen, oxygen), ends, strict=True)
        ]
        gap = np.linalg.norm(ends[0][first] - ends[1][second], axis=1)
        near = gap - spreads[0][first] - spreads[1][second] <= FARTHEST
        first, second = first[near], second[near]
        carbonyl = xyz[self._c[self._donors - 1]] - xyz[self._o[self._donors - 1]]
        hydrogens = xyz[self._n[self._donors]] + carbonyl / lengths(carbonyl)[:, None]
        place = np.searchsorted(self._donors, first)
        h, n = np.take(hydrogens, place, axis=0), np.take(xyz, self._n[first], axis=0)
        c, o = (np.take(xyz, end[second], axis=0) for end in (self._c, self._o))
        energies = COUPLING * (
            1 / lengths(o - n) + 1 / lengths(c - h) - 1 / lengths(o - h) - 1 / lengths(c - n)
        )
        apart = squares(xyz[self._ca[first]] - xyz[self._ca[second]])
        energies[apart >= NEIGHBOURHOOD**2] = 0.0
        return first, second, energies
