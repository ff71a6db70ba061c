"""The metal site of the αL I domain (MIDAS): who holds the metal, how closely, in which pattern.

Definitions and the values of the crystals: ``docs/observables.md``. All distances are in Å.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import gemmi
import numpy as np
import pandas as pd
from MDAnalysis import Universe
from MDAnalysis.analysis.results import ResultsGroup
from numpy.typing import NDArray

from lfa1_analysis.metal_site.coordination import CUTOFF, CUTOFFS, FirstShell, Kind
from lfa1_analysis.metal_site.expectation import UNKNOWN, Expected, expect
from lfa1_analysis.metal_site.gate import events
from lfa1_analysis.metal_site.rules import NOTE
from lfa1_analysis.metal_site.shells import SHELLS
from lfa1_analysis.metal_site.surroundings import (
    note_unknown,
    note_what_is_not_there,
    stubs,
    surroundings,
)
from lfa1_analysis.observables.frame_series import FrameSeries
from lfa1_analysis.observables.program import (
    add_trajectory_arguments,
    run_observable,
    said,
    standalone,
)
from lfa1_analysis.proteins.alphal import MIDAS, MIDAS_DONORS, STATE_DONORS, WILD_TYPE
from lfa1_analysis.proteins.domain import Domain, spans
from lfa1_analysis.proteins.ion_names import DIVALENT, MONOVALENT
from lfa1_analysis.proteins.presence import note, side_chains_there
from lfa1_analysis.proteins.species import is_oxygen, one_letter
from lfa1_analysis.trajectory.chunks import Chunk
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import images, lengths

SITE_RADIUS = 4.0
"""Å; an ion this near to the middle of the donor oxygens is in the site (Mg²⁺: 1.8–2.2 Å)."""
ENOUGH_RESIDUES = 3
"""Of the five of the site, with an oxygen that can hold a metal: the metal of 1CQP and 1MQ8 is then
at most 3.0 Å from their middle; of two, up to 3.5 Å, and of one, up to 4.3 Å."""
MOST_TOLD = 5
"""Alarms on the screen; the table of events has all."""
REACH = 6.0
"""Å; waters and ligand oxygens farther from the metal are not looked at."""
STUB_REACH = 7.5
"""Å; a glutamate's Cα is at most 4.9 Å from its carboxylate oxygens, which hold within 2.6 Å."""
WATER_DISTANCES = ("water_1_angstrom", "water_2_angstrom", "water_3_angstrom")
TEXTS = ("pattern", "donors")
COORDINATIONS = ("coordination_number", "coordination_smooth")
ROUNDING = 0.05
"""Å; two waters at distances this similar may have changed order when a file was written."""


class Midas(FrameSeries):
    """The metal site, frame by frame.

    The *middle of the site* is the centroid of the oxygens that can hold the metal: Oγ of Ser139
    and Ser141, Oγ1 of Thr206, Oδ1 and Oδ2 of Asp137 and Asp239. The *metal* is the divalent
    cation nearest to it within 4 Å, or else the monovalent one; where there is none, ``metal`` is
    ``none`` and all that is measured from it is missing; it is ``unknown`` where fewer than three
    of the five residues have such an oxygen, or the file holds no ions. Donors are every oxygen of
    the I domain, of other molecules (``ligand``; the Glu of ICAM-1) and of water, at the periodic
    image nearest to the metal.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Topology and trajectory; the box, where there is one, gives the periodic images.
    domain : Domain
        The I domain in it.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.proteins.numbering import find_domain
    >>> from lfa1_analysis.observables.midas import Midas
    >>> universe = examples.universe()
    >>> table = Midas(universe, find_domain(universe)).run(stop=2).results.table
    >>> table[["metal", "asp239_angstrom", "coordination_number", "pattern"]].round(2)
      metal  asp239_angstrom  coordination_number pattern
    0    Mg             1.88                    6  closed
    1    Mg             1.92                    6  closed
    >>> print(table["donors"][1])
    ASP239 OD1; HOH10001 O; HOH10002 O; HOH10003 O; SER139 OG; SER141 OG
    """

    columns: ClassVar = {
        "metal": "element in the site (Mg, Ca, Mn, Na …) or none; unknown where the file holds "
        "no ions; recognised under the names of AMBER, CHARMM, GROMACS and the PDB",
        "ser139_angstrom": "metal to Oγ",
        "ser141_angstrom": "metal to Oγ",
        "thr206_angstrom": "metal to Oγ1",
        "asp239_angstrom": "metal to the nearer Oδ",
        "asp239_far_angstrom": "metal to the farther Oδ",
        "asp137_angstrom": "metal to the nearer Oδ",
        "asp137_far_angstrom": "metal to the farther Oδ",
        "ligand_angstrom": "metal to the nearest oxygen of another molecule within 6 Å",
        **dict.fromkeys(WATER_DISTANCES, "metal to the three nearest waters within 6 Å"),
        "coordination_number": "oxygens within 2.6 Å (Mg, Mn, Zn), 3.0 Å (Ca, Na), 3.4 Å (K)",
        "coordination_smooth": "the same with a smooth switch, Σ 1/(1 + (r/cut-off)²⁴)",
        "n_waters": "waters among them",
        "asp137_denticity": "0 not bound, 1 by one oxygen, 2 by both",
        "asp239_denticity": "0 not bound, 1 by one oxygen, 2 by both",
        "pattern": "closed (Asp239 holds), open (Thr206 holds), mixed (both) or none",
        "donors": "the oxygens that hold the metal, nearest first",
        "nearest_other_ion": "next ion",
        "nearest_other_ion_angstrom": "its distance to the metal, or to the middle of an empty "
        "site",
    }
    integers = ("coordination_number", "n_waters", "asp137_denticity", "asp239_denticity")

    def __init__(self, universe: Universe, domain: Domain, **kwargs: object) -> None:
        super().__init__(universe, domain, **kwargs)
        site = site_oxygens(domain)
        self._site = np.array([self.row[i] for i in site], dtype=np.intp)
        own: list[tuple[int, tuple[str, str, Kind]]] = [
            (self.row[i], (name, _label(domain, number), "protein"))
            for number, atoms in domain.atoms.items()
            for name, i in atoms.items()
            if i in self.row and is_oxygen(name)
        ]
        self._unknown = _unknown(domain)
        ions, others = surroundings(universe, domain)
        told, wet = note_what_is_not_there(ions, others)
        if not wet:
            self._unknown |= {*COORDINATIONS, "n_waters", *WATER_DISTANCES}
        if site:
            note_unknown(universe, [("the MIDAS", site)])
        else:
            note(
                "the metal site is not measured: where it is cannot be told, since fewer than "
                f"{ENOUGH_RESIDUES} of its residues {spans(MIDAS)} have oxygens of the side chain"
            )
            ions = {}
        self._nothing = "none" if told and site else UNKNOWN
        if self._nothing == UNKNOWN:
            self._unknown |= {*TEXTS}
        self._elements = list(ions.values())
        self._ions, self._others = list(ions), list(others)
        around = stubs(universe, domain) if site else {}
        if around:
            note(
                f"coordination_number and coordination_smooth are left out in the frames in which "
                f"{', '.join(around.values())}, whose side chain lacks atoms, may hold the metal "
                f"(Cα within {STUB_REACH} Å)"
            )
        self.further = np.array([*ions, *others, *around], dtype=np.intp)
        self._own = np.array([row for row, _ in own], dtype=np.intp)
        labels = [label for _, label in own]
        self._shell = FirstShell(
            [*labels, *others.values()],
            {number: _label(domain, number) for number in MIDAS},
        )
        self._places = [f"{residue} (atom {i + 1})" for i, (_, residue, _) in others.items()]
        self._wet = np.flatnonzero([kind == "water" for _, _, kind in others.values()])

    def _prepare(self) -> None:
        super()._prepare()
        self.results.shells = []
        self.results.occupants = []

    def merges(self) -> dict[str, Callable[[list[Any]], Any]]:
        """Join the first-shell waters and the ions that worker processes have listed."""
        join = ResultsGroup.flatten_sequence
        return {"shells": join, "occupants": join}

    def occupants(self) -> list[int]:
        """Return the number (from 1) of the atom in the site in each frame; 0 where it is empty.

        Where the solvent holds the metal's element too, it tells one ion from the next.
        """
        return list(self.results.occupants)

    def waters(self) -> list[frozenset[str]] | None:
        """Return which water molecules each frame's first shell holds.

        Returns
        -------
        list of frozenset of str, or None
            None if a frame lists all its waters nearest to the metal first. Then they were sorted
            when the trajectory was written (as this study's are, or a set of closest waters), and
            an atom number is a place in that order, not a molecule.
        """
        if any(in_order for in_order, _ in self.results.shells):
            return None
        return [frozenset(self._places[i] for i in shell) for _, shell in self.results.shells]

    def measure(self, chunk: Chunk) -> tuple[Sequence[Any] | NDArray[Any], ...]:
        """Return the values of some frames; see the class for what they are."""
        ends = np.cumsum([len(self._ions), len(self._others)])
        ions, others, around = np.split(chunk.further, ends)
        middle = np.zeros((3, len(chunk)))  # is not used where there are no ions
        if len(self._site):
            middle = chunk.rows(self._site).mean(axis=0)
        near = images(ions - middle, chunk.boxes, chunk.free)
        chosen = occupant(self._elements, lengths(near))
        held = chosen >= 0
        metals = [self._elements[i] if i >= 0 else self._nothing for i in chosen.tolist()]
        self.results.occupants += [self._ions[i] + 1 if i >= 0 else 0 for i in chosen.tolist()]
        offset = np.zeros_like(middle)
        if len(self._ions):
            offset = np.where(held, near[chosen, :, np.arange(len(chunk))].T, 0.0)
        origin = middle + offset
        away = lengths(images(others - origin, chunk.boxes, chunk.free))
        cutoffs = np.array([CUTOFFS.get(metal, CUTOFF) for metal in metals])
        self._note_waters(away[self._wet], cutoffs, held)
        away[~(away <= REACH)] = np.inf
        own = lengths(chunk.rows(self._own) - origin)
        measured = self._shell.measure(np.concatenate([own, away]), cutoffs, held)
        reached = lengths(images(around - origin, chunk.boxes, chunk.free)) <= STUB_REACH
        unsure = reached.any(axis=0)
        site = [
            np.full(len(chunk), None if name in TEXTS else np.nan)
            if name in self._unknown
            else np.where(unsure, np.nan, values)
            if name in COORDINATIONS
            else values
            for name, values in zip(list(self.columns)[1:], measured, strict=False)
        ]
        return (metals, *site, *self._nearest_other(lengths(near - offset), chosen))

    def _nearest_other(self, away: Array, chosen: NDArray[np.intp]) -> tuple[list[str], Array]:
        frames = np.arange(len(chosen))
        if not len(away):
            return [self._nothing] * len(frames), np.full(len(frames), np.nan)
        held = chosen >= 0
        away[chosen[held], frames[held]] = np.inf
        nearest = np.argmin(away, axis=0)
        there: NDArray[np.bool_] = np.any(np.isfinite(away), axis=0, keepdims=True)[0]
        elements = [
            self._elements[i] if some else "none"
            for i, some in zip(nearest.tolist(), there.tolist(), strict=True)
        ]
        return elements, np.where(there, away[nearest, frames], np.nan)

    def _note_waters(self, away: Array, cutoffs: Array, held: NDArray[np.bool_]) -> None:
        """Keep whether the waters are listed nearest first, and those of the first shell."""
        in_order: NDArray[np.bool_] = (np.diff(away, axis=0) > -ROUNDING).all(axis=0) & held
        bound = [tuple(self._wet[inside].tolist()) for inside in (held & (away <= cutoffs)).T]
        self.results.shells += zip(map(bool, in_order), bound, strict=True)


def site_oxygens(domain: Domain) -> list[int]:
    """Return the atoms whose middle is that of the metal site.

    Parameters
    ----------
    domain : Domain

    Returns
    -------
    list of int
        Indices of the oxygens that can hold the metal; none where fewer than three of the five
        residues have one, since their middle may then be too far from the metal.
    """
    found = [
        (number, index)
        for number, names in MIDAS_DONORS.values()
        for name in names
        if (index := domain.index(number, name)) is not None
    ]
    if len({number for number, _ in found}) < ENOUGH_RESIDUES:
        return []
    return [index for _, index in found]


def occupant(elements: Sequence[str], away: Array) -> NDArray[np.intp]:
    """Return the ion in the site: the nearest divalent, else the nearest monovalent cation.

    Parameters
    ----------
    elements : sequence of str
        Of the ions.
    away : ndarray, shape (n, F)
        Their distances from the middle of the site in Å.

    Returns
    -------
    ndarray of int, shape (F,)
        −1 where there is none.
    """
    chosen = np.full(away.shape[1], -1, dtype=np.intp)
    for family in (DIVALENT, MONOVALENT):
        members = np.flatnonzero([element in family for element in elements])
        if len(members):
            inside = np.where(away[members] <= SITE_RADIUS, away[members], np.inf)
            found = (chosen < 0) & np.isfinite(inside).any(axis=0)
            chosen[found] = members[np.argmin(inside, axis=0)[found]]
    return chosen


def _unknown(domain: Domain) -> set[str]:
    """Return the columns that lack atoms of the site's residues decide, with a note on them."""
    lacking = [n for n in MIDAS if not domain.whole_side_chain(n)]
    if not lacking:
        return set()
    columns = set(COORDINATIONS)
    for key, (number, _) in MIDAS_DONORS.items():
        if number in lacking:
            columns |= {f"{key}_angstrom", f"{key}_far_angstrom", f"{key}_denticity"}
            columns |= {"pattern"} if key in ("thr206", "asp239") else set()
    empty = [name for name in Midas.columns if name in columns]
    side_chains_there(domain, lacking, f"{', '.join(empty)} are")
    return columns


def _label(domain: Domain, number: int) -> str:
    """Return ``ASP239`` whatever the force field calls a protonation state (ASH)."""
    code = one_letter(domain.names[number]) if number in domain.names else WILD_TYPE[number]
    return f"{gemmi.expand_one_letter(code, gemmi.ResidueKind.AA)}{number}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `lfa1 midas` takes."""
    add_trajectory_arguments(
        parser,
        "midas",
        "Measure the metal site (MIDAS) of the αL I domain, in every frame.",
        {
            **Midas.columns,
            "--events-output: event, severity, start_ns, end_ns, frames, detail": "what changed "
            "at the site and lasted (3 frames and 1 ps), by the judge described in "
            "docs/observables.md; warn and fail are alarms, note is none",
        },
    )
    parser.add_argument("--events-output", metavar="CSV", help="table of events to write")
    add_expectation(parser)


def add_expectation(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what the site must be."""
    parser.add_argument(
        "--state",
        choices=tuple(STATE_DONORS),
        help="whose donors the metal must have (default: what the first frames show)",
    )
    parser.add_argument(
        "--ion",
        choices=(*SHELLS, "apo"),
        help="what the site must hold (default: what the first frames show)",
    )


def judge(series: FrameSeries, args: argparse.Namespace) -> tuple[Expected, pd.DataFrame]:
    """Return what was expected of the site, and the events."""
    assert isinstance(series, Midas)
    expected = expect(series.results.table, args.ion, args.state)
    return expected, events(series.results.table, expected, series.waters(), series.occupants())


def run(args: argparse.Namespace) -> int:
    """Run `lfa1 midas`."""
    output = args.events_output
    further = {output: lambda series: judge(series, args)[1]} if output else {}
    series = run_observable(args, Midas, further)
    tell(series.results.table, *judge(series, args))
    return 0


def tell(table: pd.DataFrame, expected: Expected, found: pd.DataFrame) -> None:
    """Say in a few lines what the table shows and what happened."""
    if (table["metal"] == UNKNOWN).all():
        print("not judged: what is in the metal site is not known")
        return
    alarms = found[found["severity"] != NOTE]
    print(
        f"judged as {expected}: "
        + ("no alarm" if alarms.empty else f"{len(alarms)} alarm{'s' * (len(alarms) != 1)}")
    )
    for row in alarms.head(MOST_TOLD).to_dict("records"):
        since = "" if np.isnan(row["start_ns"]) else f" from {row['start_ns']:g} ns"
        print(f"  {row['event']} ({row['severity']}){since}: {row['detail']}")
    if len(alarms) > MOST_TOLD:
        print(f"  and {len(alarms) - MOST_TOLD} more in the table of events")
    held = table[~table["metal"].isin(["none", UNKNOWN])]
    if held.empty:
        print("no metal in the site in any frame")
        return
    metals = ", ".join(f"{metal} {n}" for metal, n in table["metal"].value_counts().items())
    patterns = ", ".join(f"{name} {n}" for name, n in held["pattern"].value_counts().items())
    number = said(held["coordination_number"].astype(float).mean(), ".2f")
    print(
        f"metal in the site: {metals}; coordination number {number}; "
        f"pattern: {patterns or 'not measured'}"
    )


if __name__ == "__main__":
    raise SystemExit(standalone(add_arguments, run))
