"""The coordinate along which opening is driven and sampled.

s = ½ + (R²closed − R²open) / (2 D²), with R the RMSD of the Cα atoms of the sheet core and of the
moving elements from the closed (3F74) and the open (3HI6) reference after superposition on
themselves, and D the RMSD between the references: 0 closed, 1 open. Were both superpositions the
same, s would be the projection on the way from one reference to the other, the
``opening_fraction`` of :class:`~lfa1_analysis.observables.opening.Opening`. Unlike that it needs
nothing but
RMSDs, which engines can bias, and unlike a difference of RMSDs its gradient has no singularity at
the references. What it gives for the crystals: ``docs/free_energy.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import MOVING, SHEET_CORE
from lfa1_analysis.trajectory.geometry import Array, rmsd

NUMBERS = tuple(sorted({*SHEET_CORE, *MOVING}))
"""Mature residue numbers whose Cα atoms it is made of."""
CLOSED, OPEN = 0.0, 1.0
CRYSTALS = {"3F74": CLOSED, "1CQP": -0.12, "1MQ8": 0.52, "3HI6": OPEN, "1MQ9": 0.99}
"""What it is in the crystals of :data:`lfa1_analysis.observables.crystals.STATES`; to two
decimals."""


@dataclass(frozen=True)
class Coordinate:
    """The coordinate of some residues.

    Attributes
    ----------
    closed, open : ndarray, shape (n, 3)
        Cα positions of the references (Å).
    apart : float
        RMSD between them (Å).

    Examples
    --------
    >>> from lfa1_analysis.observables.coordinate import coordinate
    >>> path = coordinate()
    >>> path.closed.shape, round(path.apart, 2), round(path.value(path.open), 3)
    ((70, 3), 2.88, 1.0)
    """

    closed: Array
    open: Array
    apart: float

    def value(self, xyz: Array) -> float:
        """Compute it.

        Parameters
        ----------
        xyz : ndarray, shape (n, 3)
            Cα positions (Å), whole, in any orientation.
        """
        return self.of_rmsds(rmsd(xyz, self.closed), rmsd(xyz, self.open))

    def of_rmsds(self, closed: float, open_: float) -> float:
        """Compute it from the RMSDs to the references (Å)."""
        return 0.5 + (closed**2 - open_**2) / (2 * self.apart**2)


@cache
def coordinate(numbers: tuple[int, ...] = NUMBERS) -> Coordinate:
    """Return the coordinate made of the Cα atoms of these residues.

    Examples
    --------
    >>> from lfa1_analysis.proteins import reference
    >>> from lfa1_analysis.observables.coordinate import NUMBERS, coordinate
    >>> abs(round(coordinate().value(reference.load().closed_ca(NUMBERS)), 3))
    0.0
    >>> round(coordinate().value(reference.load().open_ca(NUMBERS)), 3)
    1.0
    """
    known = reference.load()
    closed, open_ = known.closed_ca(numbers), known.open_ca(numbers)
    return Coordinate(closed, open_, rmsd(open_, closed))


def require(present: Sequence[int], name: str) -> None:
    """Check that every Cα atom is there.

    Raises
    ------
    InputError
        One is not.
    """
    if missing := sorted(set(NUMBERS) - set(present)):
        raise InputError(
            f"{name}: the opening coordinate needs the Cα atoms of {len(NUMBERS)} residues; "
            f"absent: {', '.join(map(str, missing))}",
            "model them: they lie in the sheet core, the MIDAS loops or α7",
        )
