"""The metal site of the αL I domain (MIDAS): who holds the metal, how closely, in which pattern.

Definitions and the values of the crystals: ``docs/observables.md``. All distances are in Å.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import gemmi
import numpy as np
import pandas as pd
from MDAnalysis import Universe
from MDAnalysis.analysis.results import ResultsGroup
from numpy.typing import NDArray

from lfa1_analysis.alphal import MIDAS, MIDAS_DONORS, STATE_DONORS
from lfa1_analysis.coordination import CUTOFF, CUTOFFS, Donor, Site, classify
from lfa1_analysis.domain import Domain
from lfa1_analysis.errors import InputError
from lfa1_analysis.expectation import COORDINATION, Expected, expect
from lfa1_analysis.gate import NOTE, events
from lfa1_analysis.geometry import Array, nearest_images
from lfa1_analysis.program import add_trajectory_arguments, run_observable, standalone
from lfa1_analysis.series import FrameSeries
from lfa1_analysis.species import DIVALENT, MONOVALENT, is_oxygen, one_letter
from lfa1_analysis.surroundings import surroundings

SITE_RADIUS = 4.0
"""Å; an ion this near to the middle of the donor oxygens is in the site (Mg²⁺: 1.8–2.2 Å)."""
REACH = 6.0
"""Å; waters and ligand oxygens farther from the metal are not looked at."""
ROUNDING = 0.05
"""Å; two waters at distances this similar may have changed order when a file was written."""


class Midas(FrameSeries):
    """The metal site, frame by frame.

    The *middle of the site* is the centroid of the oxygens that can hold the metal: Oγ of Ser139
    and Ser141, Oγ1 of Thr206, Oδ1 and Oδ2 of Asp137 and Asp239. The *metal* is the divalent
    cation nearest to it within 4 Å, or else the monovalent one; where there is none, ``metal`` is
    ``none`` and all that is measured from it is missing. Donors are every oxygen of the I domain,
    of other molecules (``ligand``; the Glu of ICAM-1) and of water, at the periodic image nearest
    to the metal.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Topology and trajectory; the box, where there is one, gives the periodic images.
    domain : Domain
        The I domain in it.

    Raises
    ------
    InputError
        If none of the donor oxygens is there.

    Examples
    --------
    >>> universe = open_universe("protein.pdb", ["run.xtc"])
    >>> Midas(universe, find_domain(universe)).run().results.table
    """

    columns = (
        "metal",
        "ser139_angstrom",
        "ser141_angstrom",
        "thr206_angstrom",
        "asp239_angstrom",
        "asp239_far_angstrom",
        "asp137_angstrom",
        "asp137_far_angstrom",
        "ligand_angstrom",
        "water_1_angstrom",
        "water_2_angstrom",
        "water_3_angstrom",
        "coordination_number",
        "coordination_smooth",
        "n_waters",
        "asp137_denticity",
        "asp239_denticity",
        "pattern",
        "donors",
        "nearest_other_ion",
        "nearest_other_ion_angstrom",
    )
    integers = ("coordination_number", "n_waters", "asp137_denticity", "asp239_denticity")

    def __init__(self, universe: Universe, domain: Domain, **kwargs: object) -> None:
        domain.require(MIDAS, "the metal site")
        super().__init__(universe, domain, **kwargs)
        site = [
            self.row_of(number, name) for number, names in MIDAS_DONORS.values() for name in names
        ]
        self._site = np.array([row for row in site if row is not None], dtype=np.intp)
        if not len(self._site):
            raise InputError(
                "none of the MIDAS oxygens (Asp137, Ser139, Ser141, Thr206, Asp239) is there",
                "use a structure with side chains",
            )
        self._own = [
            (self.row[i], name, _label(domain, number))
            for number, atoms in domain.atoms.items()
            for name, i in atoms.items()
            if i in self.row and is_oxygen(name)
        ]
        ions, others = surroundings(universe, domain)
        self._elements = list(ions.values())
        self._ions = universe.atoms[list(ions)]
        self._other_labels = list(others.values())
        self._others = universe.atoms[list(others)]
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
        names = [
            f"{residue} (atom {atom.index + 1})"
            for atom, (_, residue, _) in zip(self._others, self._other_labels, strict=True)
        ]
        return [frozenset(names[i] for i in shell) for _, shell in self.results.shells]

    def measure(self, xyz: Array, box: NDArray[np.float32] | None) -> tuple[object, ...]:
        """Return one frame's values; see the class for what they are."""
        middle = xyz[self._site].mean(axis=0)
        around = nearest_images(self._ions.positions.astype(np.float64) - middle, box)
        away = np.linalg.norm(around, axis=1)
        chosen = self._occupant(away)
        metal = None if chosen is None else self._elements[chosen]
        self.results.occupants.append(0 if chosen is None else int(self._ions.indices[chosen]) + 1)
        origin = middle if chosen is None else middle + around[chosen]
        vectors = nearest_images(self._others.positions.astype(np.float64) - origin, box)
        self.results.shells.append(self._shell(vectors, metal))
        return (
            metal or "none",
            *self._held(xyz, origin, metal, vectors),
            *self._nearest_other(around + middle - origin, chosen),
        )

    def _occupant(self, away: Array) -> int | None:
        """Return the ion in the site: the nearest divalent, else the nearest monovalent cation."""
        for family in (DIVALENT, MONOVALENT):
            inside = [
                (away[i], i)
                for i in np.flatnonzero(away <= SITE_RADIUS)
                if self._elements[i] in family
            ]
            if inside:
                return int(min(inside)[1])
        return None

    def _nearest_other(self, vectors: Array, chosen: int | None) -> tuple[str, float]:
        distances = np.linalg.norm(vectors, axis=1)
        if chosen is not None:
            distances[chosen] = np.inf
        if not np.isfinite(distances).any():
            return "none", np.nan
        nearest = int(np.argmin(distances))
        return self._elements[nearest], float(distances[nearest])

    def _shell(self, vectors: Array, metal: str | None) -> tuple[bool, tuple[int, ...]]:
        """Return whether the waters are listed nearest first, and those of the first shell."""
        if metal is None:
            return False, ()
        away = np.linalg.norm(vectors[self._wet], axis=1)
        bound = self._wet[away <= CUTOFFS.get(metal, CUTOFF)]
        return bool((np.diff(away) > -ROUNDING).all()), tuple(bound.tolist())

    def _held(
        self, xyz: Array, metal: Array, element: str | None, vectors: Array
    ) -> tuple[object, ...]:
        """Return the columns from ``ser139_angstrom`` to ``donors``."""
        if element is None:
            return (*[np.nan] * 11, pd.NA, np.nan, pd.NA, pd.NA, pd.NA, "none", "none")
        site = classify(metal, self._donors(xyz, metal, vectors), CUTOFFS.get(element, CUTOFF))
        to = {key: self._to(site, key) for key in MIDAS_DONORS}
        ligand = _padded(site.distances_of("ligand"), 1)
        waters = _padded(site.distances_of("water"), 3)
        asp137, asp239 = (_label(self.domain, n) for n in (137, 239))
        return (
            *(to[key][0] for key in ("ser139", "ser141", "thr206")),
            *to["asp239"],
            *to["asp137"],
            *ligand,
            *waters,
            site.coordination_number,
            site.coordination_smooth,
            site.n_waters,
            site.denticity(asp137),
            site.denticity(asp239),
            site.pattern,
            "; ".join(donor.label for donor in site.bound) or "none",
        )

    def _donors(self, xyz: Array, metal: Array, vectors: Array) -> list[Donor]:
        own = [Donor(name, residue, "protein", xyz[row]) for row, name, residue in self._own]
        near = np.flatnonzero((vectors**2).sum(axis=1) <= REACH**2)
        return own + [Donor(*self._other_labels[i], metal + vectors[i]) for i in near]

    def _to(self, site: Site, key: str) -> tuple[float, ...]:
        """Return the distances to one residue's donor oxygens, nearest first."""
        number, names = MIDAS_DONORS[key]
        residue = _label(self.domain, number)
        found = [
            float(distance)
            for donor, distance in zip(site.donors, site.distances, strict=True)
            if donor.residue == residue and donor.name in names
        ]
        return _padded(found, len(names))


def _label(domain: Domain, number: int) -> str:
    """Return ``ASP239`` whatever the force field calls a protonation state (ASH)."""
    code = one_letter(domain.names[number])
    return f"{gemmi.expand_one_letter(code, gemmi.ResidueKind.AA)}{number}"


def _padded(distances: object, length: int) -> tuple[float, ...]:
    found = [float(d) for d in np.ravel(np.asarray(distances, dtype=float))][:length]
    return tuple(found + [np.nan] * (length - len(found)))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `lfa1 midas` takes."""
    add_trajectory_arguments(
        parser,
        "midas",
        "Measure the metal site (MIDAS) of the αL I domain, in every frame.",
        {
            "metal": "element in the site (Mg, Ca, Mn, Na …) or none; recognised under the names "
            "of AMBER, CHARMM, GROMACS and the PDB",
            "ser139/ser141/thr206_angstrom": "metal to Oγ (Ser) and Oγ1 (Thr)",
            "asp239/asp137_angstrom, …_far_angstrom": "metal to the nearer and farther Oδ",
            "ligand_angstrom": "metal to the nearest oxygen of another molecule within 6 Å",
            "water_1…3_angstrom": "metal to the three nearest waters within 6 Å",
            "coordination_number": "oxygens within 2.6 Å (Mg, Mn, Zn), 3.0 Å (Ca, Na), 3.4 Å (K)",
            "coordination_smooth": "the same with a smooth switch, Σ 1/(1 + (r/cut-off)²⁴)",
            "n_waters": "waters among them",
            "asp137/asp239_denticity": "0 not bound, 1 by one oxygen, 2 by both",
            "pattern": "closed (Asp239 holds), open (Thr206 holds), mixed (both) or none",
            "donors": "the oxygens that hold the metal, nearest first",
            "nearest_other_ion, nearest_other_ion_angstrom": "next ion and its distance to the "
            "metal, or to the middle of an empty site",
            "--events-output: event, severity, start_ns, end_ns, frames, detail": "what changed "
            "at the site and lasted (3 frames and 1 ps), by the judge described in "
            "docs/observables.md; warn and fail are alarms, note is none",
        },
    )
    parser.add_argument("--events-output", metavar="CSV", help="table of events to write")
    parser.add_argument(
        "--state",
        choices=tuple(STATE_DONORS),
        help="whose donors the metal must have (default: what the first frames show)",
    )
    parser.add_argument(
        "--ion",
        choices=(*(element.lower() for element in COORDINATION), "apo"),
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
    table, series = run_observable(args, Midas, further)
    expected, found = judge(series, args)
    alarms = found[found["severity"] != NOTE]
    print(
        f"judged as {expected}: "
        + ("no alarm" if alarms.empty else f"{len(alarms)} alarm{'s' * (len(alarms) != 1)}")
    )
    for row in alarms.head(5).itertuples():
        print(f"  {row.event} ({row.severity}) from {row.start_ns:g} ns: {row.detail}")
    held = table[table["metal"] != "none"]
    if held.empty:
        print("no metal in the site in any frame")
        return 0
    metals = ", ".join(f"{metal} {n}" for metal, n in table["metal"].value_counts().items())
    patterns = ", ".join(f"{name} {n}" for name, n in held["pattern"].value_counts().items())
    number = held["coordination_number"].astype(float).mean()
    print(f"metal in the site: {metals}; coordination number {number:.2f}; pattern: {patterns}")
    return 0


if __name__ == "__main__":
    raise SystemExit(standalone(add_arguments, run))
