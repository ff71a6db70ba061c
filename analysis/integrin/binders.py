"""Where the metal sites are in a molecule, and which ion or water each holds best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from MDAnalysis import Universe
from numpy.typing import NDArray

from lfa1_analysis.integrin.find import Layout
from lfa1_analysis.integrin.pairs import Integrin
from lfa1_analysis.proteins.integrins.subunits import SIDE_CHAIN, SITES, MetalSite
from lfa1_analysis.proteins.species import one_letter
from lfa1_analysis.trajectory.chunks import Chunk
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import images, lengths

HELD = 3.6
"""Å; an oxygen this near to an ion counts towards its site: a first shell, or a loose one."""
CARBONYL = ("O", "OT1", "O1")
"""Names of the backbone oxygen."""

OXYGENS = {"D": 2, "E": 2}
"""Side-chain oxygens of the residues that have more than one."""


@dataclass(frozen=True)
class MoleculeSite:
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
) -> list[MoleculeSite]:
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
) -> MoleculeSite:
    binders, labels, changed, partial, unresolved = [], [], [], [], 0
    for binder in site.binders:
        found = integrin.residue(site.chain, binder.number)
        if found is None:
            changed.append(f"{binder.number} missing")
            continue
        serial = layout.serial[found]
        residue = universe.residues[found]
        labels.append(f"{residue.resname}{residue.resid}")
        code = one_letter(str(residue.resname))
        able = binder.backbone or code in binder.expected
        if not able:
            changed.append(f"{residue.resname}{residue.resid} for {binder.expected}")
        names = CARBONYL if binder.backbone else SIDE_CHAIN
        atoms = layout.domain.atoms[serial]
        rows = [row[atoms[name]] for name in names if name in atoms and atoms[name] in row]
        wanted = 1 if binder.backbone else OXYGENS.get(code, 1)
        if able and len(rows) < wanted:
            partial.append(labels[-1])
        if rows:
            binders.append(np.array(rows, dtype=np.intp))
        elif able and binder.first_shell:
            unresolved += 1
    return MoleculeSite(
        integrin.number,
        site,
        tuple(binders),
        " ".join(labels),
        ", ".join(changed),
        unresolved,
        ", ".join(partial),
    )


MIN_HOLDERS = 2
"""Residues of a site that must reach an ion for it to be the site's."""
WATER_HELD = 3.3
"""Å; a water this near to all residues of a site's first shell but one, and at least three, sits
in it where there is no ion."""
WATER_HOLDERS = 3


class Occupant(NamedTuple):
    """Who may be in a site in one frame: the ion, its holders and their mean distance."""

    ion: int
    holders: int
    mean: float


def vicinity(
    chunk: Chunk, ions: Array, others: Array, waters: NDArray[np.intp], place: MoleculeSite
) -> tuple[Array, Array]:
    """Return the distances of each ion from each residue of a site, and of the best water.

    Shapes (ions, residues, F) and (F,): of the water that `WATER_HOLDERS` residues or more
    hold closest, the distance from the last of them.
    """
    frames = len(chunk)
    near = np.full((len(ions), len(place.binders), frames), np.inf)
    wet = np.full(frames, np.inf)
    if not place.usable:
        return near, wet
    middle = chunk.rows(np.concatenate(place.binders)).mean(axis=0)

    def nearest(points: Array) -> Array:
        moved = images(points - middle, chunk.boxes, chunk.free) + middle
        far = np.full((len(points), len(place.binders), frames), np.inf)
        for k, rows in enumerate(place.binders):
            for row in rows:
                away = lengths(moved - chunk.xyz[row])
                far[:, k] = np.minimum(far[:, k], away)
        return far

    if len(ions):
        near = nearest(ions)
    needed = max(WATER_HOLDERS, sum(b.first_shell for b in place.site.binders) - 1)
    if len(waters) and len(place.binders) >= needed:
        # Few waters are near: the others need no closer look.
        apart = lengths(images(others[waters] - middle, chunk.boxes, chunk.free))
        close = np.flatnonzero((apart <= 2 * WATER_HELD).any(axis=1))
        if len(close):
            far = np.sort(nearest(others[waters[close]]), axis=1)
            wet = far[:, needed - 1].min(axis=0)
    return near, wet


def assign(
    near: Sequence[Array], places: Sequence[MoleculeSite], divalent: NDArray[np.bool_]
) -> dict[int, Occupant]:
    """Return site → occupant in one frame."""
    offers: dict[int, list[tuple[int, Occupant]]] = {}
    for site, away in enumerate(near):
        for ion in np.flatnonzero((away <= HELD).sum(axis=1) >= MIN_HOLDERS).tolist():
            inside = away[ion][away[ion] <= HELD]
            held = Occupant(ion, len(inside), float(inside.mean()))
            offers.setdefault(ion, []).append((site, held))
    best: dict[int, Occupant] = {}
    for choices in offers.values():
        site, held = max(choices, key=lambda choice: (choice[1].holders, -choice[1].mean))
        if site not in best or _rank(held, divalent) > _rank(best[site], divalent):
            best[site] = held
    # Where the file lacks side chains of a site, its metal shows fewer holders.
    used = {held.ion for held in best.values()}
    for site, away in enumerate(near):
        if site in best or not (places[site].unresolved and places[site].usable):
            continue
        for ion in np.flatnonzero((away <= HELD).any(axis=1) & divalent).tolist():
            inside = away[ion][away[ion] <= HELD]
            held = Occupant(ion, len(inside), float(inside.mean()))
            if ion not in used and (site not in best or held.mean < best[site].mean):
                best[site] = held
        used |= {best[site].ion} if site in best else set()
    return best


def _rank(held: Occupant, divalent: NDArray[np.bool_]) -> tuple[bool, int, float]:
    return bool(divalent[held.ion]), held.holders, -held.mean
