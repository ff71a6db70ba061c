"""What lies around the domain in the page's 3-D view: the metal, what holds it, and ICAM-1."""

from __future__ import annotations

import numpy as np
from MDAnalysis import Universe

from lfa1_analysis.interface.ligand import find_ligand
from lfa1_analysis.metal_site.coordination import CUTOFF
from lfa1_analysis.metal_site.surroundings import surroundings
from lfa1_analysis.observables.midas import SITE_RADIUS
from lfa1_analysis.proteins.chain import Chain
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.ion_names import DIVALENT
from lfa1_analysis.proteins.known import GLU34
from lfa1_analysis.trajectory.geometry import Array, nearest_images
from lfa1_analysis.trajectory.universe import usable_box

SHELL = 8
"""Places for oxygens of waters and of other molecules around the metal, nearest first."""


class Around:
    """Finds the metal and the oxygens in each frame, and takes ICAM-1 at its nearest image.

    Parameters
    ----------
    universe : MDAnalysis.Universe
    domain : Domain
        The I domain in it.

    Attributes
    ----------
    numbers : list of int
        Mature residue numbers of ICAM-1's Cα atoms; empty without ICAM-1.
    """

    def __init__(self, universe: Universe, domain: Domain) -> None:
        self._universe = universe
        ions, self._oxygens = surroundings(universe, domain)
        self._elements = list(ions.values())
        self._near = universe.atoms[[*ions, *self._oxygens]]
        self._ligand = find_ligand(universe, domain)
        self._chain = None if self._ligand is None else Chain(universe, self._ligand)
        self.numbers = [] if self._ligand is None else self._ligand.has(self._ligand.atoms)
        self._own: dict[int, str] = {}
        if self._ligand is not None:
            for n, atoms in self._ligand.atoms.items():
                residue = f"{self._ligand.names[n].capitalize()}{n}"
                self._own |= {i: f"ICAM-1 {residue} {name}" for name, i in atoms.items()}

    def metal(self, site: Array) -> tuple[Array, str, Array, list[str]]:
        """Find the metal of the present frame and the oxygens that hold it.

        Parameters
        ----------
        site : ndarray, shape (3,)
            Where the oxygens of the MIDAS lie, Å.

        Returns
        -------
        metal : ndarray, shape (3,)
            Å; NaN without one.
        element : str
            ``""`` without one.
        oxygens : ndarray, shape (SHELL, 3)
            Of waters and other molecules, nearest first; NaN where there are fewer.
        names : list of str
            Of these oxygens.
        """
        box = usable_box(self._universe.trajectory.ts.dimensions)
        near = site + nearest_images(self._near.positions - site, box)
        count = len(self._elements)
        place, element = _occupant(near[:count], self._elements, site)
        shell = np.full((SHELL, 3), np.nan)
        names: list[str] = []
        if element:
            apart = np.linalg.norm(near[count:] - place, axis=1)
            held = [i for i in np.argsort(apart)[:SHELL] if apart[i] <= CUTOFF]
            shell[: len(held)] = near[count:][held]
            names = [self._name(int(self._near.ix[count + i])) for i in held]
        return place, element, shell, names

    def _name(self, atom: int) -> str:
        """Name an oxygen as a reader knows it."""
        name, residue, kind = self._oxygens[atom]
        return "water O" if kind == "water" else self._own.get(atom, f"{residue} {name}")

    def ligand(self, site: Array) -> Array:
        """Return ICAM-1's Cα atoms in the present frame, shape (n, 3), Glu34 nearest to `site`."""
        if self._ligand is None or self._chain is None:
            return np.zeros((0, 3))
        step = self._universe.trajectory.ts
        box = usable_box(step.dimensions)
        xyz = self._chain.whole(self._chain.group.positions.astype(float), box, step.frame)
        row = {int(i): k for k, i in enumerate(self._chain.group.ix)}
        alphas = xyz[[row[int(i)] for i in self._ligand.indices(self.numbers)]]
        gap = alphas[self.numbers.index(GLU34)] - site
        return np.asarray(alphas + nearest_images(gap[None], box) - gap)


def _occupant(near: Array, elements: list[str], site: Array) -> tuple[Array, str]:
    """Return the ion in the site as the analysis has it: a divalent one before others."""
    apart = np.linalg.norm(near - site, axis=1) if len(near) else np.zeros(0)
    inside = [i for i in range(len(near)) if apart[i] <= SITE_RADIUS]
    if not inside:
        return np.full(3, np.nan), ""
    best = min(inside, key=lambda i: (elements[i] not in DIVALENT, apart[i]))
    return near[best], elements[best]
