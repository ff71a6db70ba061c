"""The metal sites of integrins: which ion, water or nothing is in each, and who holds it.

Definitions and the values of crystals: ``docs/integrin.md``. Distances are in Å.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from MDAnalysis import Universe

from lfa1_analysis.integrin.binders import (
    WATER_HELD,
    MoleculeSite,
    Occupant,
    assign,
    find_places,
    vicinity,
)
from lfa1_analysis.integrin.find import MAX_STEP, Layout
from lfa1_analysis.integrin.pairs import Integrin
from lfa1_analysis.metal_site.coordination import CUTOFF, CUTOFFS
from lfa1_analysis.metal_site.expectation import UNKNOWN
from lfa1_analysis.metal_site.surroundings import note_unknown, note_what_is_not_there, surroundings
from lfa1_analysis.observables.frame_series import FrameSeries
from lfa1_analysis.proteins.ion_names import DIVALENT, MONOVALENT
from lfa1_analysis.proteins.presence import note
from lfa1_analysis.trajectory.chunks import Chunk
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import images, lengths

MANY_IONS = 40
"""Divalent ions; of more, those that no protein oxygen holds are the solvent's, and not listed."""

COLUMNS: dict[str, str] = {
    "integrin": "number of the integrin, as in the other tables; empty for an unassigned metal",
    "site": "alpha_i_midas, propeller_1…4, genu, beta_i_midas, admidas, symbs, or unassigned",
    "residues": "the residues that stand for those of the site, with the numbers of the file",
    "changed": "residues that cannot hold a metal as αL's or β2's do, or are not there",
    "occupant": "element, water or none; unknown where the file holds no ions; empty if too few "
    "atoms of the site are there to say",
    "occupant_atom": "its number in the file, from 1",
    "n_holders": "residues of the site with an oxygen that can hold a metal within 3.6 Å of it; of "
    "those that are there",
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
UNSURE = ("coordination_number", "nearest_angstrom", "mean_angstrom")
"""What cannot be told of a site of which the file lacks oxygens."""


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
        for integrin in integrins:
            partial = [
                f"{place.site.name} ({place.partial})"
                for place in self.places
                if place.integrin == integrin.number and place.partial
            ]
            if partial:
                note(
                    f"integrin {integrin.number}: {', '.join(UNSURE)} of sites are left out where "
                    f"the file lacks oxygens: {'; '.join(partial)}"
                )
        ions, others = surroundings(universe, layout.domain)
        self._has_ions, wet = note_what_is_not_there(ions, others)
        self._dry = () if wet else ("coordination_number", "mean_angstrom", "n_waters")
        note_unknown(
            universe,
            [
                (place.site.name, self.group.ix[np.concatenate(place.binders)].tolist())
                for place in self.places
                if place.usable
            ],
        )
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
        around = [vicinity(chunk, ions, others, self._wet, place) for place in self.places]
        for f in range(len(chunk)):
            head = (int(chunk.frames[f]), float(chunk.times[f]) / 1000.0)
            taken = assign([near[0][:, :, f] for near in around], self.places, self._divalent)
            for i, place in enumerate(self.places):
                row = self._row(chunk, ions, others, place, taken.get(i), around[i][1], f)
                self.results.rows.append((*head, place.integrin, *row))
            free = set(np.flatnonzero(self._divalent).tolist()) - {
                held.ion for held in taken.values()
            }
            for ion in sorted(free):
                shell = self._shell(chunk, ions[ion, :, f], ions, others, ion, f)
                if self._divalent.sum() > MANY_IONS and not shell[-1]:
                    continue
                atom = self._ions[ion] + 1
                row = ("unassigned", "", "", self._elements[ion], atom, None, *shell[:-1])
                self.results.rows.append((*head, None, *row))

    def _row(
        self,
        chunk: Chunk,
        ions: Array,
        others: Array,
        place: MoleculeSite,
        chosen: Occupant | None,
        wet: Array,
        f: int,
    ) -> tuple[Any, ...]:
        about = (place.site.name, place.residues, place.changed)
        if chosen is not None:
            ion = chosen.ion
            shell = self._shell(chunk, ions[ion, :, f], ions, others, ion, f)
            row = (*about, self._elements[ion], self._ions[ion] + 1, chosen.holders, *shell[:-1])
            left_out = (*(UNSURE if place.partial else ()), *self._dry)
            if not left_out:
                return row
            named = zip(list(COLUMNS)[1:], row, strict=True)
            return tuple(None if name in left_out else value for name, value in named)
        nothing = (None, None, None, None, None, np.nan, np.nan, "")
        if not place.usable:
            return (*about, "", *nothing)
        empty = "none" if self._has_ions else UNKNOWN
        return (*about, "water" if wet[f] <= WATER_HELD else empty, *nothing)

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
