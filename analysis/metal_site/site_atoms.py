"""A metal site by its atoms: what it should be, and what is measured of it in one frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from MDAnalysis.lib.distances import distance_array
from numpy.typing import NDArray

from lfa1_analysis.metal_site.coordination import CUTOFFS, smooth_number
from lfa1_analysis.metal_site.rules import Demand, Distances
from lfa1_analysis.metal_site.shells import SHELLS

Role = Literal["donor", "ligand", "outer", "unwanted", "other"]
"""A residue that must hold the metal; one of another molecule that must; a carboxylate of its
second shell; one that could hold it and should not; any other of the site."""


@dataclass(frozen=True)
class SiteResidue:
    """A residue of a site by the atoms of a topology or of a trajectory's frames.

    Attributes
    ----------
    label : str
    atoms : ndarray of int
        Its oxygens that can hold the metal.
    role : {"donor", "ligand", "outer", "unwanted", "other"}
    """

    label: str
    atoms: NDArray[np.intp]
    role: Role


@dataclass(frozen=True)
class SiteAtoms:
    """A metal site by the atoms of a topology or of a trajectory's frames.

    Attributes
    ----------
    name : str
        As in `lfa1_analysis.proteins.integrins.subunits.SITES`.
    metal : str
        ``mg``, ``ca``, ``mn``, ``na`` or ``none``.
    atom : int or None
        The metal.
    residues : tuple of SiteResidue
    source : str
        Where a prepared model's metal comes from: ``entry``, the crystal whose place it was given
        (``1CQP``), ``geometry`` …
    """

    name: str
    metal: str
    atom: int | None
    residues: tuple[SiteResidue, ...]
    source: str = ""

    @classmethod
    def of(cls, record: Mapping[str, Any], atom: int | None) -> SiteAtoms:
        """Return a site from its record in a system's manifest; `atom` is its metal."""
        residues = (
            SiteResidue(r["label"], np.array(r["atoms"], dtype=np.intp), r["role"])
            for r in record["residues"]
        )
        return cls(record["name"], record["metal"], atom, tuple(residues))

    def renumbered(self, index: Sequence[int]) -> SiteAtoms:
        """Return the site in another topology, where atom i is atom ``index[i]``."""
        new = np.asarray(index, dtype=np.intp)
        return replace(
            self,
            atom=None if self.atom is None else int(new[self.atom]),
            residues=tuple(replace(r, atoms=new[r.atoms]) for r in self.residues),
        )

    @property
    def cutoff(self) -> float:
        """First shell (Å)."""
        return SHELLS[self.metal].cutoff if self.metal in SHELLS else CUTOFFS["Na"]

    @property
    def demand(self) -> Demand:
        """Return what the rules demand of it."""
        roles: tuple[Role, ...] = ("donor", "ligand", "outer", "unwanted", "other")
        return Demand(
            self.metal, *(tuple(r.label for r in self.residues if r.role == role) for role in roles)
        )

    def measure(
        self,
        xyz: NDArray[np.float32],
        box: NDArray[np.float32] | None,
        oxygens: NDArray[np.intp],
        ions: NDArray[np.intp],
    ) -> dict[str, Any]:
        """Measure the site in one frame.

        Parameters
        ----------
        xyz : ndarray, shape (atoms, 3)
            Å.
        box : ndarray, shape (6,), or None
        oxygens : ndarray of int
            Every oxygen that may hold a metal: protein, sugars, waters.
        ions : ndarray of int
            Cations other than the site's own.

        Returns
        -------
        dict
            ``coordination_number``, ``coordination_smooth``, ``mean_angstrom``,
            ``{label}_angstrom`` of each residue (nearest oxygen), ``{label}_far_angstrom`` of those
            with two, ``nearest_ion_angstrom`` from the metal or, without one, from the middle of
            the site's oxygens.
        """
        middle = np.mean([xyz[r.atoms].mean(axis=0) for r in self.residues], axis=0)
        place = (middle if self.atom is None else xyz[self.atom]).astype(np.float32)[None]
        row: dict[str, Any] = {"site": self.name, "metal": self.metal}
        apart = distance_array(place, xyz[oxygens], box=box)[0]
        if self.atom is None:
            apart = apart[:0]
        bound = apart[apart <= self.cutoff]
        row["coordination_number"] = len(bound)
        row["coordination_smooth"] = float(smooth_number(apart[apart < 6.0], self.cutoff))
        row["mean_angstrom"] = float(bound.mean()) if len(bound) else np.nan
        for residue in self.residues:
            own = np.sort(distance_array(place, xyz[residue.atoms], box=box)[0])
            row[f"{residue.label}_angstrom"] = float(own[0])
            if len(own) > 1:
                row[f"{residue.label}_far_angstrom"] = float(own[1])
        others = ions[ions != self.atom] if self.atom is not None else ions
        near = distance_array(place, xyz[others], box=box)[0] if len(others) else np.array([np.inf])
        row["nearest_ion_angstrom"] = float(near.min())
        return row

    def distances(self, table: pd.DataFrame) -> Distances:
        """Return what the rules look at, from rows of :meth:`measure`."""

        def column(name: str) -> NDArray[np.float64]:
            return table[name].to_numpy(dtype=float)

        labels = [residue.label for residue in self.residues]
        return Distances(
            self.cutoff,
            {label: column(f"{label}_angstrom") for label in labels},
            {x: column(f"{x}_far_angstrom") for x in labels if f"{x}_far_angstrom" in table},
            number=column("coordination_number"),
            smooth=column("coordination_smooth"),
        )
