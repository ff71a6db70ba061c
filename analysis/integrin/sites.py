"""The metal sites of integrins: which ion, water or nothing is in each, and who holds it.

Definitions and the values of crystals: ``docs/integrin.md``. Distances are in Å.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from MDAnalysis import Universe

from lfa1_analysis.chunks import Chunk
from lfa1_analysis.coordination import CUTOFF, CUTOFFS
from lfa1_analysis.geometry import Array
from lfa1_analysis.integrin.binders import HELD, Place, find_places
from lfa1_analysis.integrin.find import MAX_STEP, Layout
from lfa1_analysis.integrin.pairs import Integrin
from lfa1_analysis.many_frames import images, lengths
from lfa1_analysis.series import FrameSeries
from lfa1_analysis.species import DIVALENT, MONOVALENT
from lfa1_analysis.surroundings import surroundings

MIN_HOLDERS = 2
"""Residues of a site that must reach an ion for it to be the site's."""
WATER_HELD = 3.3
"""Å; a water this near to all residues of a site's first shell but one, and at least three, sits
in it where there is no ion."""
WATER_HOLDERS = 3
MANY_IONS = 40
"""Divalent ions; of more, those that no protein oxygen holds are the solvent's, and not listed."""

COLUMNS: dict[str, str] = {
    "integrin": "number of the integrin, as in the other tables; empty for an unassigned metal",
    "site": "alpha_i_midas, propeller_1…4, genu, beta_i_midas, admidas, symbs, or unassigned",
    "residues": "the residues that stand for those of the site, with the numbers of the file",
    "changed": "residues that cannot hold a metal as αL's or β2's do, or are not there",
    "occupant": "element, water or none; empty if too few atoms of the site are there to say",
    "occupant_atom": "its number in the file, from 1",
    "n_holders": "residues of the site with an oxygen that can hold a metal within 3.6 Å of it",
    "coordination_number": "oxygens within 2.6 Å (Mg, Mn, Zn), 3.0 Å (Ca, Na), 3.4 Å (K)",
    "n_waters": "waters among them",
    "n_ligand": "oxygens of other molecules among them",
    "nearest_angstrom": "to the nearest oxygen of the first shell",
    "mean_angstrom": "mean distance to the first shell",
    "donors": "the first shell, nearest first, with distances in Å",
}


INTEGERS = (
    *("integrin", "occupant_atom", "n_holders"),
    *("coordination_number", "n_waters", "n_ligand"),
)


class _Held(NamedTuple):
    """Who may be in a site in one frame: the ion, its holders and their mean distance."""

    ion: int
    holders: int
    mean: float


class Sites(FrameSeries):
    """The metal sites, frame by frame.

    An ion belongs to the site of which most residues, and at least two, have an oxygen that can
    hold a metal within 3.6 Å of it; one is enough for a divalent ion where the file lacks the side
    chain of another. A site has one occupant, divalent ions first.

    Parameters
    ----------
    universe : MDAnalysis.Universe
    integrins : sequence of Integrin

    Attributes
    ----------
    results.table : pandas.DataFrame
        A row for each frame and site, and for each metal that is in none.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.integrin.find import find_integrins
    >>> from lfa1_analysis.integrin.sites import Sites
    >>> universe = examples.universe()
    >>> table = Sites(universe, find_integrins(universe)).run(stop=1).results.table
    >>> "Mg" in set(table["occupant"])
    True
    """

    def __init__(self, universe: Universe, integrins: Sequence[Integrin], **kwargs: object) -> None:
        names = _oxygen_names(universe)
        layout = Layout(universe, integrins, names)
        super().__init__(universe, layout.domain, **kwargs)
        self.chain.max_step = MAX_STEP
        self.places = find_places(universe, integrins, layout, self.row)
        ions, others = surroundings(universe, layout.domain)
        ions = {i: e for i, e in ions.items() if e in DIVALENT | MONOVALENT}
        self._elements = list(ions.values())
        self._ions = list(ions)
        self._divalent = np.array([e in DIVALENT for e in self._elements], dtype=bool)
        self._others = list(others)
        self.further = np.array([*ions, *others], dtype=np.intp)
        own = [
            (self.row[i], f"{layout.labels[n]} {name}")
            for n, atoms in layout.domain.atoms.items()
            for name, i in atoms.items()
            if name != "CA" and i in self.row
        ]
        self._own = np.array([row for row, _ in own], dtype=np.intp)
        kinds = [("protein", label) for _, label in own]
        kinds += [(kind, f"{residue} {name}") for name, residue, kind in others.values()]
        self._labels = [label for _, label in kinds]
        self._kinds = np.array([kind for kind, _ in kinds])
        self._wet = np.flatnonzero([kind == "water" for _, _, kind in others.values()])

    def take(self, chunk: Chunk) -> None:
        """Measure some frames and keep their rows."""
        ions, others = np.split(chunk.further, [len(self._ions)])
        vicinity = [self._around(chunk, ions, others, place) for place in self.places]
        for f in range(len(chunk)):
            head = (int(chunk.frames[f]), float(chunk.times[f]) / 1000.0)
            taken = self._assign([near[0][:, :, f] for near in vicinity])
            for i, place in enumerate(self.places):
                row = self._row(chunk, ions, others, place, taken.get(i), vicinity[i][1], f)
                self.results.rows.append((*head, place.integrin, *row))
            free = set(np.flatnonzero(self._divalent).tolist()) - {
                held.ion for held in taken.values()
            }
            for ion in sorted(free):
                shell = self._shell(chunk, ions[ion, :, f], ions, others, ion, f)
                if self._divalent.sum() > MANY_IONS and not shell[-1]:
                    continue
                atom = self._ions[ion] + 1
                said = ("unassigned", "", "", self._elements[ion], atom, None, *shell[:-1])
                self.results.rows.append((*head, None, *said))

    def _around(
        self, chunk: Chunk, ions: Array, others: Array, place: Place
    ) -> tuple[Array, Array]:
        """Return the distances of each ion from each residue of a site, and of the best water.

        Shapes (ions, residues, F) and (F,): of the water that `WATER_HOLDERS` residues or more
        hold closest, the distance from the last of them.
        """
        frames = len(chunk)
        near = np.full((len(self._ions), len(place.binders), frames), np.inf)
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

        if len(self._ions):
            near = nearest(ions)
        needed = max(WATER_HOLDERS, sum(b.first_shell for b in place.site.binders) - 1)
        if len(self._wet) and len(place.binders) >= needed:
            # Few waters are near: the others need no closer look.
            apart = lengths(images(others[self._wet] - middle, chunk.boxes, chunk.free))
            close = np.flatnonzero((apart <= 2 * WATER_HELD).any(axis=1))
            if len(close):
                far = np.sort(nearest(others[self._wet[close]]), axis=1)
                wet = far[:, needed - 1].min(axis=0)
        return near, wet

    def _assign(self, near: list[Array]) -> dict[int, _Held]:
        """Return site → occupant in one frame."""
        offers: dict[int, list[tuple[int, _Held]]] = {}
        for site, away in enumerate(near):
            for ion in np.flatnonzero((away <= HELD).sum(axis=1) >= MIN_HOLDERS).tolist():
                inside = away[ion][away[ion] <= HELD]
                held = _Held(ion, len(inside), float(inside.mean()))
                offers.setdefault(ion, []).append((site, held))
        best: dict[int, _Held] = {}
        for choices in offers.values():
            site, held = max(choices, key=lambda choice: (choice[1].holders, -choice[1].mean))
            if site not in best or self._rank(held) > self._rank(best[site]):
                best[site] = held
        # Where the file lacks side chains of a site, its metal shows fewer holders.
        used = {held.ion for held in best.values()}
        for site, away in enumerate(near):
            if site in best or not (self.places[site].unresolved and self.places[site].usable):
                continue
            for ion in np.flatnonzero((away <= HELD).any(axis=1) & self._divalent).tolist():
                inside = away[ion][away[ion] <= HELD]
                held = _Held(ion, len(inside), float(inside.mean()))
                if ion not in used and (site not in best or held.mean < best[site].mean):
                    best[site] = held
            used |= {best[site].ion} if site in best else set()
        return best

    def _rank(self, held: _Held) -> tuple[bool, int, float]:
        return bool(self._divalent[held.ion]), held.holders, -held.mean

    def _row(
        self,
        chunk: Chunk,
        ions: Array,
        others: Array,
        place: Place,
        chosen: _Held | None,
        wet: Array,
        f: int,
    ) -> tuple[Any, ...]:
        about = (place.site.name, place.residues, place.changed)
        if chosen is not None:
            ion = chosen.ion
            shell = self._shell(chunk, ions[ion, :, f], ions, others, ion, f)
            held = (self._elements[ion], self._ions[ion] + 1, chosen.holders)
            return (*about, *held, *shell[:-1])
        nothing = (None, None, None, None, None, np.nan, np.nan, "")
        if not place.usable:
            return (*about, "", *nothing)
        return (*about, "water" if wet[f] <= WATER_HELD else "none", *nothing)

    def _shell(
        self, chunk: Chunk, at: Array, ions: Array, others: Array, ion: int, f: int
    ) -> tuple[Any, ...]:
        """Return the columns of the first shell of an ion, and how many protein oxygens it has."""
        one = slice(f, f + 1)
        points = np.concatenate([chunk.rows(self._own)[:, :, one], others[:, :, one]])
        vectors = images(points - at[None, :, None], chunk.boxes[one], chunk.free[one])
        away = lengths(vectors)[:, 0]
        cutoff = CUTOFFS.get(self._elements[ion], CUTOFF)
        inside = np.flatnonzero(away <= cutoff)
        inside = inside[np.argsort(away[inside], kind="stable")]
        kinds = self._kinds[inside]
        return (
            len(inside),
            int((kinds == "water").sum()),
            int((kinds == "ligand").sum()),
            float(away[inside[0]]) if len(inside) else np.nan,
            float(away[inside].mean()) if len(inside) else np.nan,
            "; ".join(f"{self._labels[i]} {away[i]:.2f}" for i in inside.tolist()),
            int((kinds == "protein").sum()),
        )

    def _conclude(self) -> None:
        table = pd.DataFrame(self.results.rows, columns=["frame", "time_ns", *COLUMNS])
        for column in INTEGERS:
            table[column] = table[column].astype("Int64")
        self.results.table = table


def _oxygen_names(universe: Universe) -> frozenset[str]:
    """Return the names of the protein's oxygens in this file."""
    names = {str(name) for name in set(universe.atoms.names)}
    return frozenset(name for name in names if name.lstrip("0123456789")[:1] == "O")
