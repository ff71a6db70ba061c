"""Where the metal sites are in a molecule: the oxygens that stand for those of αL and β2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from MDAnalysis import Universe
from numpy.typing import NDArray

from lfa1_analysis.integrin.find import Layout
from lfa1_analysis.integrin.pairs import Integrin
from lfa1_analysis.proteins.integrins.subunits import SIDE_CHAIN, SITES, MetalSite
from lfa1_analysis.proteins.species import one_letter

HELD = 3.6
"""Å; an oxygen this near to an ion counts towards its site: a first shell, or a loose one."""
CARBONYL = ("O", "OT1", "O1")
"""Names of the backbone oxygen."""

OXYGENS = {"D": 2, "E": 2}
"""Side-chain oxygens of the residues that have more than one."""


@dataclass(frozen=True)
class Place:
    """A metal site of one integrin.

    Attributes
    ----------
    integrin : int
        Its number.
    site : MetalSite
    binders : tuple of ndarray of int
        For each residue that has any, the rows of its oxygens in the coordinates.
    residues : str
        The residues, as the file numbers them.
    changed : str
        Those that are missing, or cannot hold the metal, with what αL or β2 has there.
    unresolved : int
        Residues of the first shell that could hold the metal, had the file their oxygens.
    partial : str
        Residues that could hold the metal, of which the file lacks an oxygen or more.
    """

    integrin: int
    site: MetalSite
    binders: tuple[NDArray[np.intp], ...]
    residues: str
    changed: str
    unresolved: int
    partial: str

    @property
    def usable(self) -> bool:
        """Whether enough of the site is there to say that it is empty."""
        return len(self.binders) >= 2


def find_places(
    universe: Universe, integrins: Sequence[Integrin], layout: Layout, row: dict[int, int]
) -> list[Place]:
    """Find the sites of the domains that each integrin has.

    Parameters
    ----------
    universe : MDAnalysis.Universe
    integrins : sequence of Integrin
    layout : Layout
        That has their oxygens.
    row : dict of int to int
        Atom index → row of the coordinates.
    """
    places = []
    for integrin in integrins:
        for site in SITES:
            if integrin.found.get(site.domain, 0):
                place = _place(universe, integrin, site, layout, row)
                if place.residues:
                    places.append(place)
    return places


def _place(
    universe: Universe,
    integrin: Integrin,
    site: MetalSite,
    layout: Layout,
    row: dict[int, int],
) -> Place:
    binders, said, changed, partial, unresolved = [], [], [], [], 0
    for binder in site.binders:
        found = integrin.residue(site.chain, binder.number)
        if found is None:
            changed.append(f"{binder.number} missing")
            continue
        serial = layout.serial[found]
        residue = universe.residues[found]
        said.append(f"{residue.resname}{residue.resid}")
        code = one_letter(str(residue.resname))
        able = binder.backbone or code in binder.expected
        if not able:
            changed.append(f"{residue.resname}{residue.resid} for {binder.expected}")
        names = CARBONYL if binder.backbone else SIDE_CHAIN
        atoms = layout.domain.atoms[serial]
        rows = [row[atoms[name]] for name in names if name in atoms and atoms[name] in row]
        wanted = 1 if binder.backbone else OXYGENS.get(code, 1)
        if able and len(rows) < wanted:
            partial.append(said[-1])
        if rows:
            binders.append(np.array(rows, dtype=np.intp))
        elif able and binder.first_shell:
            unresolved += 1
    return Place(
        integrin.number,
        site,
        tuple(binders),
        " ".join(said),
        ", ".join(changed),
        unresolved,
        ", ".join(partial),
    )
