"""Who holds the metal: coordination number, denticity and donor pattern of a site.

Pure geometry on coordinates in Å, no trajectory and no topology: `classify` of one site, as the
set-up judges it, and `FirstShell` of many frames (:mod:`lfa1_analysis.observables.midas`).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfa1_analysis.proteins.alphal import MIDAS_DONORS
from lfa1_analysis.trajectory.geometry import Array

Kind = Literal["protein", "water", "ligand"]
Pattern = Literal["closed", "open", "mixed", "none"]
PATTERNS: tuple[Pattern, ...] = ("none", "closed", "open", "mixed")
"""By 1 where Asp239 holds the metal, plus 2 where Thr206 does."""

CUTOFF = 2.6
"""Å; first shell of Mg²⁺ (Mg–O 2.1 Å, next oxygens beyond 3.5 Å)."""

CUTOFFS: dict[str, float] = {"Mg": 2.6, "Mn": 2.6, "Zn": 2.6, "Ca": 3.0, "Na": 3.0, "K": 3.4}
"""Å; first shell by element, for the larger ions that may take the place of Mg²⁺."""

SWITCH_POWER = 24
"""Exponent of the smooth switch: 0.994 at 2.1 Å and 0.0004 at 3.6 Å for a cut-off of 2.6 Å."""


@dataclass(frozen=True)
class Donor:
    """An atom that may hold the metal.

    Parameters
    ----------
    name : str
        Atom name, for example ``OD1``.
    residue : str
        Residue name and mature number (``ASP239``); anything unique for waters and ligands.
    kind : {"protein", "water", "ligand"}
        What it belongs to.
    xyz : array_like of 3 floats
        Position in Å, already at the periodic image nearest to the metal.

    Examples
    --------
    >>> from lfa1_analysis.metal_site.coordination import Donor
    >>> Donor("OD1", "ASP239", "protein", (2.0, 0.0, 0.0)).label
    'ASP239 OD1'
    """

    name: str
    residue: str
    kind: Kind
    xyz: ArrayLike

    @property
    def label(self) -> str:
        """Residue and atom name, ``ASP239 OD1``."""
        return f"{self.residue} {self.name}"


@dataclass(frozen=True)
class Site:
    """A metal with its donors, nearest first.

    Attributes
    ----------
    donors : tuple of Donor
        Every donor that was offered, sorted by distance.
    distances : ndarray, shape (n,)
        Their distances to the metal in Å.
    cutoff : float
        Å; a donor within it is bound.

    Examples
    --------
    >>> from lfa1_analysis.metal_site.coordination import Donor, classify
    >>> asp = Donor("OD1", "ASP239", "protein", (2.0, 0.0, 0.0))
    >>> far = Donor("OG1", "THR206", "protein", (0.0, 0.0, 4.2))
    >>> site = classify((0.0, 0.0, 0.0), [far, asp])
    >>> site.distances.tolist(), site.coordination_number
    ([2.0, 4.2], 1)
    """

    donors: tuple[Donor, ...]
    distances: NDArray[np.float64]
    cutoff: float

    @property
    def bound(self) -> tuple[Donor, ...]:
        """Donors of the first shell, nearest first."""
        return self.donors[: self.coordination_number]

    @property
    def coordination_number(self) -> int:
        """Donors within the cut-off."""
        return int(np.count_nonzero(self.distances <= self.cutoff))

    @property
    def coordination_smooth(self) -> float:
        """Sum over the smooth switch, see :func:`smooth_number`."""
        return float(smooth_number(self.distances, self.cutoff))

    @property
    def n_waters(self) -> int:
        """Waters in the first shell."""
        return sum(donor.kind == "water" for donor in self.bound)

    def distances_to(self, residue: str) -> NDArray[np.float64]:
        """Return the distances (Å, nearest first) to the donors of one residue.

        Parameters
        ----------
        residue : str
            As in :attr:`Donor.residue`; a residue that was not offered gives an empty array.
        """
        return self.distances[[donor.residue == residue for donor in self.donors]]

    def denticity(self, residue: str) -> int:
        """Return how many side-chain atoms of a residue hold the metal.

        Two means a bidentate carboxylate; the backbone oxygen does not count.
        """
        return sum(donor.residue == residue and donor.name != "O" for donor in self.bound)

    @property
    def pattern(self) -> Pattern:
        """Which state's crystals show these donors.

        Asp239 bound and Thr206 not: ``closed`` (1CQP); Thr206 bound and Asp239 not: ``open``
        (1MQ8, 1T0P); both: ``mixed``; neither: ``none``.
        """
        return PATTERNS[(self.denticity("ASP239") > 0) + 2 * (self.denticity("THR206") > 0)]


def smooth_number(distances: ArrayLike, cutoff: ArrayLike = CUTOFF) -> Any:
    """Return the coordination number as a differentiable function of the distances.

    Σ (1 − x²⁴)/(1 − x⁴⁸) = Σ 1/(1 + x²⁴) with x = r/cutoff: the rational switch of PLUMED's
    COORDINATION with ``R_0`` = cutoff, ``NN`` = 24, ``MM`` = 48.

    Parameters
    ----------
    distances : array_like, shape (n,) or (n, F)
        Å, of one frame or of several.
    cutoff : float or array_like, shape (F,)
        Å; the distance at which a donor counts one half.

    Returns
    -------
    float or ndarray, shape (F,)

    Examples
    --------
    >>> from lfa1_analysis.metal_site.coordination import smooth_number
    >>> round(float(smooth_number([2.1, 2.1, 2.6])), 2)
    2.49
    """
    ratio = np.minimum(np.asarray(distances, dtype=float) / cutoff, 100.0)
    return np.sum(1.0 / (1.0 + ratio**SWITCH_POWER), axis=0)


def classify(metal_xyz: ArrayLike, donors: Iterable[Donor], cutoff: float = CUTOFF) -> Site:
    """Sort the donors of a metal by distance and say which of them hold it.

    Parameters
    ----------
    metal_xyz : array_like of 3 floats
        Position of the metal in Å.
    donors : iterable of Donor
        Candidates; offering atoms that are far away does no harm.
    cutoff : float
        Å; a donor within it is bound.

    Returns
    -------
    Site
        Donors sorted by distance, with coordination number, denticity and pattern.

    Raises
    ------
    ValueError
        If a coordinate is not finite.

    Examples
    --------
    >>> from lfa1_analysis.metal_site.coordination import Donor, classify
    >>> asp = Donor("OD1", "ASP239", "protein", (2.0, 0.0, 0.0))
    >>> water = Donor("O", "HOH1", "water", (0.0, 2.1, 0.0))
    >>> far = Donor("OG1", "THR206", "protein", (0.0, 0.0, 4.2))
    >>> site = classify((0.0, 0.0, 0.0), [far, water, asp])
    >>> site.coordination_number, site.n_waters, site.pattern, site.donors[0].label
    (2, 1, 'closed', 'ASP239 OD1')
    """
    offered = tuple(donors)
    metal = np.asarray(metal_xyz, dtype=float)
    xyz = np.array([donor.xyz for donor in offered], dtype=float).reshape(-1, 3)
    if not (np.isfinite(xyz).all() and np.isfinite(metal).all()):
        raise ValueError("a coordinate of the metal site is not finite")
    distances = np.linalg.norm(xyz - metal, axis=1)
    order = np.argsort(distances, kind="stable")
    return Site(tuple(offered[i] for i in order), distances[order], float(cutoff))


KEYS = ("ser139", "ser141", "thr206", "asp239", "asp137")
"""Of MIDAS_DONORS, in the order of the columns."""


class FirstShell:
    """The atoms that may hold the metal, in many frames at once.

    Parameters
    ----------
    labels : sequence of (atom name, residue label, kind)
        Of each donor, as in :class:`Donor`.
    residues : dict of int to str
        Labels of the residues of the MIDAS: as in the wild type, or of a mutant.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.metal_site.coordination import FirstShell
    >>> from lfa1_analysis.proteins.alphal import MIDAS
    >>> labels = [("OG", "SER139", "protein"), ("O", "HOH1", "water")]
    >>> shell = FirstShell(labels, {n: f"SER{n}" for n in MIDAS})
    >>> away = np.array([[2.1, 2.1], [2.0, 4.0]])
    >>> shell.measure(away, np.array([2.6, 2.6]), np.array([True, True]))[-1]
    ['HOH1 O; SER139 OG', 'SER139 OG']
    """

    def __init__(
        self, labels: Sequence[tuple[str, str, Kind]], residues: Mapping[int, str]
    ) -> None:
        self._labels = [f"{residue} {name}" for name, residue, _ in labels]
        kinds = np.array([kind for _, _, kind in labels])
        self._ligand, self._water = (np.flatnonzero(kinds == kind) for kind in ("ligand", "water"))

        def rows(residue: str, names: Container[str]) -> NDArray[np.intp]:
            found = [i for i, (n, r, _) in enumerate(labels) if r == residue and n in names]
            return np.array(found, dtype=np.intp)

        side_chain = {name for name, _, _ in labels} - {"O"}
        self._donors = {
            key: rows(residues[number], names) for key, (number, names) in MIDAS_DONORS.items()
        }
        self._asp137, self._asp239 = (rows(residues[n], side_chain) for n in (137, 239))
        self._closed, self._open = (rows(label, side_chain) for label in ("ASP239", "THR206"))

    def measure(
        self, away: Array, cutoffs: Array, held: NDArray[np.bool_]
    ) -> tuple[Sequence[Any] | NDArray[Any], ...]:
        """Return the columns of `lfa1 midas` from ``ser139_angstrom`` to ``donors``.

        Parameters
        ----------
        away : ndarray, shape (n, F)
            Distances of the donors from the metal in Å; infinite for those not looked at.
        cutoffs : ndarray, shape (F,)
            First shell of the metal in Å.
        held : ndarray of bool, shape (F,)
            There is a metal; where there is none all is missing.
        """
        bound = (away <= cutoffs) & held
        closed, open_ = (bound[rows].any(axis=0) for rows in (self._closed, self._open))
        patterns = np.array(PATTERNS)[closed + 2 * open_]
        counts = (
            bound.sum(axis=0),
            # Beyond this a donor counts nothing in double precision.
            smooth_number(away[(away <= 5 * cutoffs).any(axis=1)], cutoffs),
            *(bound[rows].sum(axis=0) for rows in (self._water, self._asp137, self._asp239)),
        )
        distances = [
            *(
                row
                for key in KEYS
                for row in _least(away[self._donors[key]], len(MIDAS_DONORS[key][1]))
            ),
            *_least(away[self._ligand], 1),
            *_least(away[self._water], 3),
        ]
        return (
            *(np.where(held & np.isfinite(row), row, np.nan) for row in distances),
            *(np.where(held, count, np.nan) for count in counts),
            patterns.tolist(),
            self._lists(away, bound),
        )

    def _lists(self, away: Array, bound: NDArray[np.bool_]) -> list[str]:
        """Name the first shell of each frame, nearest first."""
        lists = []
        for distances, inside in zip(away.T, bound.T, strict=True):
            rows = np.flatnonzero(inside)
            rows = rows[np.argsort(distances[rows], kind="stable")]
            lists.append("; ".join(self._labels[i] for i in rows) or "none")
        return lists


def _least(away: Array, count: int) -> Array:
    """Return the smallest distances of each frame, shape (count, F); infinite where too few."""
    if len(away) > count:
        away = np.partition(away, count - 1, axis=0)[:count]
    found = np.full((count, away.shape[1]), np.inf)
    found[: len(away)] = np.sort(away, axis=0)
    return found
