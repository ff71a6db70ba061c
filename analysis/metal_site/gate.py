"""The judge of the metal site over time: what changed, when, for how long, and how bad it is.

Works on the table of :class:`lfa1_analysis.observables.midas.Midas`. Definitions, thresholds and
what an event does not mean: ``docs/observables.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lfa1_analysis.metal_site import rules
from lfa1_analysis.metal_site.coordination import CUTOFF, CUTOFFS
from lfa1_analysis.metal_site.expectation import UNKNOWN, Expected
from lfa1_analysis.metal_site.rules import FAIL, NOTE, WARN, Distances, Rule
from lfa1_analysis.metal_site.shells import VISITOR_ANGSTROM
from lfa1_analysis.proteins.alphal import MIDAS_DONORS
from lfa1_analysis.proteins.species import one_letter
from lfa1_analysis.statistics.hysteresis import Flags, hysteresis, persistence, settled, stretches

COLUMNS = ("event", "severity", "start_ns", "end_ns", "frames", "detail")
GOES_ON = "; still so in the last frame"
"""End of the detail of an alarm whose end is not known."""

ION_GONE = 5.0
"""Å; an ion that came within ``VISITOR_ANGSTROM`` (4.0 Å: two cations that share a donor oxygen
are at most that far apart) has gone again beyond this."""


def events(
    table: pd.DataFrame,
    expected: Expected,
    waters: Sequence[frozenset[str]] | None = None,
    occupants: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Find what changed at the metal site.

    Parameters
    ----------
    table : pandas.DataFrame
        Of :class:`~lfa1_analysis.observables.midas.Midas`, at least one row.
    expected : Expected
    waters : sequence of frozenset of str, optional
        Per frame, which molecules are in the first shell; None where waters have no identity.
    occupants : sequence of int, optional
        Per frame, which atom is in the site.

    Returns
    -------
    pandas.DataFrame
        Columns ``COLUMNS``, in the order of time; ``frames`` counts those of the table.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.proteins.numbering import find_domain
    >>> from lfa1_analysis.metal_site.expectation import expect
    >>> from lfa1_analysis.metal_site.gate import events
    >>> from lfa1_analysis.observables.midas import Midas
    >>> universe = examples.universe()
    >>> table = Midas(universe, find_domain(universe)).run().results.table
    >>> events(table, expect(table, "mg", "closed"))["severity"].tolist()
    ['note']

    Judged as an open site, the same closed one fails:

    >>> found = events(table, expect(table, "mg", "open"))
    >>> found[["event", "severity", "start_ns", "frames"]].head(3)
                        event severity  start_ns  frames
    0              donor_lost     fail    0.0005       6
    1     asp239_inner_sphere     fail    0.0005       6
    2  water_exchange_unknown     note    0.0005       6
    """
    site = _Site(table, expected)
    if known(table):
        site.ions()
    if known(table) and expected.metal != "none":
        site.metal()
        site.identity(occupants)
        for rule, flags in site.judged():
            site.add(rule.event, rule.severity, flags, rule.detail)
        site.waters(waters)
        site.add("site_intact_lost", FAIL, site.failed, site.reasons)
    # By frame, since times may be unknown; stable: of one frame, in the order above.
    rows = [row for _, row in sorted(site.rows, key=lambda each: each[0].start)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        {"start_ns": float, "end_ns": float, "frames": int}
    )


@dataclass
class _Site:
    """One table being judged; every method adds its rows."""

    table: pd.DataFrame
    expected: Expected
    rows: list[tuple[slice, tuple[str, str, float, float, int, str]]] = field(default_factory=list)
    """With the frames of each."""

    def __post_init__(self) -> None:
        self.times = self.table["time_ns"].to_numpy(dtype=float)
        self.seated = self.table["metal"].astype(str).to_numpy()
        self.present: Flags = self.seated == self.expected.metal
        self.persist = persistence(self.times)
        self.failed: Flags = np.zeros(len(self.table), dtype=bool)

    def column(self, name: str) -> NDArray[np.float64]:
        return pd.to_numeric(self.table[name], errors="coerce").to_numpy(dtype=float)

    def add(
        self, event: str, severity: str, flags: Flags, detail: Callable[[slice], str] | str
    ) -> None:
        """Add a row for every stretch of frames."""
        if severity == FAIL:
            self.failed = self.failed | flags
        for a, b in stretches(flags):
            said = detail if isinstance(detail, str) else detail(slice(a, b))
            goes_on = GOES_ON if b == len(flags) and severity != NOTE else ""
            if np.isnan(self.times[a]):
                said += f" (from frame {self.table['frame'].iloc[a]})"
            span = (float(self.times[a]), float(self.times[b - 1]), b - a)
            self.rows.append((slice(a, b), (event, severity, *span, said + goes_on)))

    def switch(self, enter: Flags, leave: Flags) -> Flags:
        """Judge the frames that hold the metal: two thresholds, then the majority."""
        on = hysteresis(enter & self.present, leave | ~self.present)
        return settled(on, self.persist) & self.present

    def ions(self) -> None:
        near, metal = self.column("nearest_other_ion_angstrom"), self.expected.metal
        other = self.table["nearest_other_ion"].astype(str).to_numpy()
        # The metal itself, on its way out of the site, is no ion that comes in.
        near = np.where((self.seated == "none") & (other == metal), np.inf, near)
        taken = (self.seated != "none") & ~self.present
        inside = hysteresis(taken | (near <= VISITOR_ANGSTROM), ~taken & ~(near <= ION_GONE))
        stays = settled(inside, self.persist)
        for a, b in stretches(inside):
            span, flags = slice(a, b), np.zeros_like(inside)
            flags[span] = True
            names = set(self.seated[span][taken[span]])
            names |= set(other[span][~taken[span] & (near[span] <= VISITOR_ANGSTROM)])
            instead = metal != "none" and taken[span].any()
            severity = NOTE if not stays[span].any() else FAIL if instead else WARN
            where = "in the metal’s place" if instead else "in the empty site"
            if metal != "none" and not instead:
                where = f"{np.nanmin(near[span]):.1f} Å from the metal"
            self.add("ion_moved_in", severity, flags, f"{' and '.join(sorted(names))} {where}")

    def metal(self) -> None:
        gone = settled(~self.present, self.persist)

        def detail(span: slice) -> str:
            instead = sorted(set(self.seated[span]) - {"none", self.expected.metal})
            return f"{self.expected.metal} is not within 4 Å of the middle of the site" + (
                f", {' and '.join(instead)} is" if instead else ""
            )

        self.add("metal_left", FAIL, gone, detail)

    def identity(self, occupants: Sequence[int] | None) -> None:
        if occupants is None or not self.present.any():
            return
        atoms = np.asarray(occupants)
        own = atoms[self.present][0]
        other = settled(self.present & (atoms != own), self.persist) & self.present

        def detail(span: slice) -> str:
            came = sorted(set(atoms[span][self.present[span]].tolist()) - {own})
            who = " and ".join(f"atom {atom}" for atom in came)
            return f"another {self.expected.metal} holds the site: {who} instead of atom {own}"

        self.add("metal_exchanged", WARN, other, detail)

    def judged(self) -> list[tuple[Rule, Flags]]:
        """Return the site's rules, each with the frames in which it counts as broken."""
        applied = rules.rules(distances(self.table, self.expected), self.expected.demand)
        return [
            (_named(rule), rules.over_time(rule, self.present, self.persist)) for rule in applied
        ]

    def waters(self, shells: Sequence[frozenset[str]] | None) -> None:
        if not self.present.any():
            return
        if shells is None:
            if (self.column("n_waters") > 0).any():
                said = "the waters are listed nearest first: they are places, not molecules"
                self.add("water_exchange_unknown", NOTE, np.ones_like(self.present), said)
            return
        holds: dict[str, Flags] = {}
        for frame in np.flatnonzero(self.present).tolist():
            for name in shells[frame]:
                holds.setdefault(name, np.zeros_like(self.present))[frame] = True
        holds = {name: self.switch(flags, ~flags) for name, flags in sorted(holds.items())}
        first = int(np.flatnonzero(self.present)[0])
        left = [(b, name) for name, flags in holds.items() for _, b in stretches(flags)]
        for name, flags in holds.items():
            if flags[first]:
                continue

            def detail(span: slice, name: str = name) -> str:
                gone = [x for b, x in left if abs(b - span.start) < self.persist and x != name]
                return f"{name} came" + (f" for {' and '.join(gone)}" if gone else "")

            self.add("water_exchanged", NOTE, flags, detail)

    def reasons(self, span: slice) -> str:
        rows = [
            row
            for frames, row in self.rows
            if row[1] == FAIL and frames.start < span.stop and frames.stop > span.start
        ]
        return ", ".join(dict.fromkeys(row[0] for row in rows))


def known(table: pd.DataFrame) -> bool:
    """Tell whether anything is known of what is in the site: not where the file held no ions."""
    return "metal" not in table or not (table["metal"].astype(str) == UNKNOWN).all()


def intact(table: pd.DataFrame, expected: Expected) -> tuple[Flags, dict[str, Flags]]:
    """Return the frames in which the site is as it should be, and what is wrong in the others.

    Parameters
    ----------
    table : pandas.DataFrame
        Of :class:`~lfa1_analysis.observables.midas.Midas`, at least one row.
    expected : Expected
        With a metal.

    Returns
    -------
    good : ndarray of bool, shape (n,)
        No event of the severity ``fail`` holds.
    wrong : dict of str to ndarray of bool
        In words → the frames.
    """
    site = _Site(table, expected)
    gone = settled(~site.present, site.persist)
    wrong = {f"the {expected.metal} is not in the site": gone}
    for rule, flags in site.judged():
        if rule.severity == FAIL:
            wrong[rule.wrong] = flags
    return ~np.any(list(wrong.values()), axis=0), wrong


def distances(table: pd.DataFrame, expected: Expected) -> Distances:
    """Return what the rules look at, from the columns of a table of `Midas`."""

    def column(name: str) -> NDArray[np.float64]:
        if name not in table:
            return np.full(len(table), np.nan)
        return pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)

    nearest = {key.capitalize(): column(f"{key}_angstrom") for key in MIDAS_DONORS}
    nearest = {key: r for key, r in nearest.items() if np.isfinite(r).any()}
    nearest |= {key.capitalize(): ligand_distance(table, key) for key in expected.ligands}
    farther = {f"Asp{n}": column(f"asp{n}_far_angstrom") for n in (137, 239)}
    # Every other oxygen of the protein is known by the names in `donors` alone.
    shells = table["donors"].astype(str)
    known = {f"{k.upper()} {a}" for k, (_, names) in MIDAS_DONORS.items() for a in names}
    parts = [frozenset(shell.split("; ")) for shell in shells]
    own = tuple(f":{key.upper()} " for key in expected.ligands)
    labels = {
        label
        for label in frozenset[str]().union(*parts) - known
        if _is_donor(label) and not any(name in label for name in own)
    }
    number, smooth = column("coordination_number"), column("coordination_smooth")
    told = bool(np.isfinite(number).any())
    return Distances(
        CUTOFFS.get(expected.metal, CUTOFF),
        nearest,
        farther,
        {label: np.array([label in part for part in parts]) for label in labels},
        frozenset(label for label in labels if ":" in label),
        number if told else None,
        smooth if told and np.isfinite(smooth).any() else None,
    )


def _named(rule: Rule) -> Rule:
    """Call the events of the aspartates by their names: ``asp137_inner_sphere``."""
    known = {("donor_lost", "Asp239"): "asp239_lost"}
    known |= {("inner_sphere", f"Asp{n}"): f"asp{n}_inner_sphere" for n in (137, 239)}
    event = known.get((rule.event, rule.label), rule.event)
    return replace(rule, event=event)


def ligand_distance(table: pd.DataFrame, key: str) -> NDArray[np.float64]:
    """Return how far a ligand's donor is from the metal, frame by frame (Å).

    Parameters
    ----------
    table : pandas.DataFrame
        Of :class:`~lfa1_analysis.observables.midas.Midas`; it has the nearest oxygen of the
        ligand, and by name those that hold the metal.
    key : str
        Of ``LIGAND_DONORS``, ``glu34``.

    Returns
    -------
    ndarray, shape (n,)
        Infinite where no oxygen of the ligand is within reach (6 Å), or another one holds the metal
        and this one does not.
    """
    r = pd.to_numeric(table["ligand_angstrom"], errors="coerce").fillna(np.inf).to_numpy(float)
    shells = table["donors"].astype(str)
    ours = shells.str.contains(rf":{key.upper()} O", regex=True).to_numpy()
    another = shells.str.contains(":", regex=False).to_numpy() & ~ours
    return np.where(another, np.inf, r)


def _is_donor(label: str) -> bool:
    """Tell oxygens of amino acids, as in ``donors``, from those of waters."""
    residue = re.match(r"(?:\S*:)?([A-Z]{3})\d+ ", label)
    return residue is not None and bool(one_letter(residue[1]))
