"""A metal site of an integrin that is prepared: its residues, its ion and its waters."""

from __future__ import annotations

from dataclasses import dataclass, field

import gemmi
import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.proteins.integrins.subunits import Binder
from lfa1_md.protein.input.integrin import Place

Points = NDArray[np.float64]


@dataclass
class Held:
    """A metal site of the model.

    Attributes
    ----------
    name : str
        As in `SITES`.
    metal : str
        ``mg``, ``mn``, ``ca`` or ``none``.
    source : str
        ``entry``, ``swapped``, ``removed``, ``empty``, ``geometry``, or the crystal whose ion's
        place it was given (``4WJK``).
    xyz : ndarray, shape (3,), or None
        Where the metal is (Å).
    places : list of (Place, tuple of str, Binder)
        Its residues, the oxygens that can hold the metal, and what the family knows of them.
    demanded : list of Place
        Residues that must hold the metal.
    waters : ndarray, shape (n, 3)
        Oxygens of waters in the first shell (Å).
    """

    name: str
    metal: str
    source: str
    xyz: Points | None
    places: list[tuple[Place, tuple[str, ...], Binder]]
    demanded: list[Place] = field(default_factory=list)
    waters: Points = field(default_factory=lambda: np.empty((0, 3)))

    @property
    def outer(self) -> list[Place]:
        """Carboxylates that belong into the second shell."""
        return [place for place, _, binder in self.places if binder.outer]

    @property
    def residues(self) -> list[Place]:
        """Its residues, first and second shell."""
        return [place for place, *_ in self.places]


def position(atom: gemmi.Atom) -> Points:
    """Return the position of an atom (Å), shape (3,)."""
    return np.array(atom.pos.tolist())


def oxygens_of(place: Place, names: tuple[str, ...]) -> Points:
    """Return the positions of a residue's atoms of these names (Å), shape (n, 3)."""
    return np.array([position(a) for a in place.residue if a.name in names]).reshape(-1, 3)


def residues_near(held: Held, xyz: Points, reach: float, first: bool = True) -> list[Place]:
    """Return the site's residues with an oxygen near a point."""
    return [
        place
        for place, names, binder in held.places
        if (binder.first_shell or not first)
        and not binder.outer
        and np.linalg.norm(oxygens_of(place, names) - xyz, axis=1).min() <= reach
    ]
