"""Secondary structure of one frame by DSSP, through mdtraj."""

from __future__ import annotations

import mdtraj
import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.domain import Domain
from lfa1_analysis.geometry import Array

BACKBONE = ("N", "CA", "C", "O")
_OXYGENS = ("O", "OT1", "O1", "OC1")


class Helicity:
    """The helical fraction of a stretch of residues.

    DSSP (Kabsch & Sander 1983, 10.1002/bip.360221211; mdtraj's implementation, simplified codes,
    in which α, 3₁₀ and π helices are ``H``) sees the whole domain's backbone.

    Parameters
    ----------
    domain : Domain
        The I domain.
    row : dict of int to int
        Atom index → row in the coordinates.
    stretch : sequence of int
        Residues counted; those whose backbone is missing are left out.
    """

    def __init__(self, domain: Domain, row: dict[int, int], stretch: tuple[int, ...]) -> None:
        topology = mdtraj.Topology()
        rows: list[int] = []
        numbers: list[int] = []
        for number, atoms in sorted(domain.atoms.items()):
            oxygen = next((atoms[name] for name in _OXYGENS if name in atoms), None)
            if oxygen is None or not {"N", "CA", "C"} <= atoms.keys():
                continue
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
        self._topology = topology
        self._rows = np.array(rows, dtype=np.intp)
        self._counted: NDArray[np.intp] = np.array(
            [i for i, number in enumerate(numbers) if number in stretch], dtype=np.intp
        )

    def fractions(self, xyz: Array) -> Array:
        """Return the helical fraction of the stretch, NaN if none of it is there.

        Parameters
        ----------
        xyz : ndarray, shape (n, 3, F)
            Coordinates in Å.

        Returns
        -------
        ndarray, shape (F,)
        """
        if not len(self._counted):
            return np.full(xyz.shape[2], np.nan)
        backbone = np.moveaxis(xyz[self._rows], 2, 0) / 10.0
        frames = mdtraj.Trajectory(np.ascontiguousarray(backbone, np.float32), self._topology)
        codes = mdtraj.compute_dssp(frames, simplified=True)[:, self._counted]
        return np.asarray((codes == "H").mean(axis=1))
