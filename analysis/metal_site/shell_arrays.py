"""Who holds the metal in many frames at once: `coordination.classify` of all frames.

The same definitions, on distances of shape (donors, frames).
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.metal_site.coordination import SWITCH_POWER, Kind
from lfa1_analysis.proteins.alphal import MIDAS_DONORS
from lfa1_analysis.trajectory.geometry import Array

KEYS = ("ser139", "ser141", "thr206", "asp239", "asp137")
"""Of MIDAS_DONORS, in the order of the columns."""


class ShellSeries:
    """The atoms that may hold the metal.

    Parameters
    ----------
    labels : sequence of (atom name, residue label, kind)
        Of each donor, as in :class:`~lfa1_analysis.metal_site.coordination.Donor`.
    residues : dict of int to str
        Labels of the residues of the MIDAS: as in the wild type, or of a mutant.
    """

    def __init__(
        self, labels: Sequence[tuple[str, str, Kind]], residues: Mapping[int, str]
    ) -> None:
        self._names = [f"{residue} {name}" for name, residue, _ in labels]
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
        self._cache: dict[bytes, str] = {}

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
        number = bound.sum(axis=0)
        closed, open_ = (bound[rows].any(axis=0) for rows in (self._closed, self._open))
        patterns = np.array(["none", "closed", "open", "mixed"])[closed + 2 * open_]
        counts = (
            number,
            smooth_numbers(away, cutoffs),
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
        rows, frames = np.nonzero(bound)
        order = np.lexsort((away[rows, frames], frames))
        rows = rows[order]
        ends = np.cumsum(bound.sum(axis=0))
        listed = []
        begin = 0
        for end in ends.tolist():
            here = rows[begin:end]
            key = here.tobytes()
            if key not in self._cache:
                self._cache[key] = "; ".join(self._names[i] for i in here) or "none"
            listed.append(self._cache[key])
            begin = end
        return listed


def smooth_numbers(away: Array, cutoffs: Array) -> Array:
    """Return :func:`lfa1_analysis.metal_site.coordination.smooth_number` of many frames.

    Parameters
    ----------
    away : ndarray, shape (n, F)
        Å; infinite distances count nothing.
    cutoffs : ndarray, shape (F,)
        Å.
    """
    # Beyond this a donor counts less than is left of it in double precision beside one.
    near = (away <= 5 * cutoffs).any(axis=1)
    ratio = away[near] / cutoffs
    with np.errstate(over="ignore"):
        return np.asarray((1.0 / (1.0 + ratio**SWITCH_POWER)).sum(axis=0))


def _least(away: Array, count: int) -> Array:
    """Return the smallest distances of each frame, shape (count, F); infinite where too few."""
    if len(away) > count:
        away = np.partition(away, count - 1, axis=0)[:count]
    found = np.full((count, away.shape[1]), np.inf)
    found[: len(away)] = np.sort(away, axis=0)
    return found
