"""Judge metal sites over time: what changed, when, for how long, and how bad it is.

The αI MIDAS by the table of :class:`lfa1_analysis.observables.midas.Midas`, an integrin's sites by
rows of :meth:`lfa1_analysis.metal_site.site_atoms.SiteAtoms.measure`. Definitions, thresholds
and what an event does not mean: ``docs/observables.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lfa1_analysis.metal_site import rules
from lfa1_analysis.metal_site.expectation import UNKNOWN, Expected
from lfa1_analysis.metal_site.rules import (
    FAIL,
    LOST_MARGIN,
    NOTE,
    WARN,
    Demand,
    Distances,
    Rule,
)
from lfa1_analysis.metal_site.shells import VISITOR_ANGSTROM
from lfa1_analysis.metal_site.site_atoms import SiteAtoms
from lfa1_analysis.statistics.hysteresis import Flags, hysteresis, persistence, settled, stretches

COLUMNS = ("event", "severity", "start_ns", "end_ns", "frames", "detail")
GOES_ON = "; still so in the last frame"
"""End of the detail of an alarm whose end is not known."""

ION_GONE = 5.0
"""Å; an ion that came within ``VISITOR_ANGSTROM`` (4.0 Å: two cations that share a donor oxygen
are at most that far apart) has gone again beyond this."""
IMAGE_ANGSTROM = 12.0
"""Å; a molecule nearer than this to its own periodic image may feel it: the longest cut-off of the
force fields here."""


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
    site = _AlphaI(table, expected)
    if known(table):
        site.ions()
    if known(table) and expected.metal != "none":
        site.metal()
        site.identity(occupants)
        for rule, flags in site.rules():
            site.add(rule.event, rule.severity, flags, rule.detail)
        site.waters(waters)
        site.add("site_intact_lost", FAIL, site.failed, site.reasons)
    return _as_table(site.rows)


def site_events(table: pd.DataFrame, sites: Sequence[SiteAtoms]) -> pd.DataFrame:
    """Find what changed at each of several sites, such as those of an integrin.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per frame and site, of `SiteAtoms.measure`, with ``time_ns``; and per frame
        ``image_angstrom``, NaN where it was not measured.
    sites : sequence of SiteAtoms

    Returns
    -------
    pandas.DataFrame
        Columns ``COLUMNS``; the site is named in ``detail``.
    """
    rows = []
    for site in sites:
        if site.metal == "na":
            continue  # one cation among many: whether it is this one in the site, nothing tells
        judge = _Judge(table[table["site"] == site.name], f"{site.name}: ")
        if site.atom is None:
            ion = judge.column("nearest_ion_angstrom")
            on = hysteresis(ion <= VISITOR_ANGSTROM, ion > ION_GONE)
            judge.add(
                "ion_moved_in",
                WARN,
                settled(on, judge.persist),
                partial(_visitor, ion),
            )
        else:
            measured = site.distances(judge.table)
            if donors := [measured.nearest[label] for label in site.demand.donors]:
                nearest = np.min(donors, axis=0)
                away = hysteresis(nearest > site.cutoff + LOST_MARGIN, nearest <= site.cutoff)
                gone = f"no residue of the site holds its {site.metal}"
                judge.add("metal_left", FAIL, settled(away, judge.persist), gone)
            for rule, flags in judge.judged(measured, site.demand):
                if rule.severity != NOTE:
                    judge.add(rule.event, rule.severity, flags, rule.detail)
        rows += judge.rows
    images = _Judge(table.drop_duplicates("time_ns"))
    apart = np.nan_to_num(images.column("image_angstrom"), nan=np.inf)
    images.add(
        "image_near",
        WARN,
        apart < IMAGE_ANGSTROM,
        lambda span: f"the molecule is {apart[span].min():.1f} Å from its own periodic image",
    )
    return _as_table(rows + images.rows)


def _visitor(ion: NDArray[np.float64], span: slice) -> str:
    return f"an ion in the empty site, {np.nanmin(ion[span]):.1f} Å"


class _Judge:
    """Judges one table; every method adds its rows. Here what is common to all sites."""

    def __init__(self, table: pd.DataFrame, prefix: str = "") -> None:
        self.table, self.prefix = table, prefix
        self.rows: list[tuple[int, int, tuple[str, str, float, float, int, str]]] = []
        """With the first frame of each, and the one after its last."""
        self.times = table["time_ns"].to_numpy(dtype=float)
        self.present: Flags = np.ones(len(table), dtype=bool)
        self.persist = persistence(self.times)
        self.failed: Flags = np.zeros(len(table), dtype=bool)

    def column(self, name: str) -> NDArray[np.float64]:
        return pd.to_numeric(self.table[name], errors="coerce").to_numpy(dtype=float)

    def add(
        self, event: str, severity: str, flags: Flags, detail: Callable[[slice], str] | str
    ) -> None:
        """Add a row for every stretch of frames."""
        if severity == FAIL:
            self.failed = self.failed | flags
        for a, b in stretches(flags):
            text = detail if isinstance(detail, str) else detail(slice(a, b))
            goes_on = GOES_ON if b == len(flags) and severity != NOTE else ""
            if np.isnan(self.times[a]):
                text += f" (from frame {self.table['frame'].iloc[a]})"
            span = (float(self.times[a]), float(self.times[b - 1]), b - a)
            self.rows.append((a, b, (event, severity, *span, self.prefix + text + goes_on)))

    def judged(self, measured: Distances, demand: Demand) -> list[tuple[Rule, Flags]]:
        """Return the site's rules, each with the frames in which it counts as broken."""
        return [
            (rule, rules.over_time(rule, self.present, self.persist))
            for rule in rules.rules(measured, demand)
        ]


def _as_table(
    rows: Sequence[tuple[int, int, tuple[str, str, float, float, int, str]]],
) -> pd.DataFrame:
    # By frame, since times may be unknown; stable: of one frame, in the order given.
    ordered = [row for _, _, row in sorted(rows, key=lambda each: each[0])]
    return pd.DataFrame(ordered, columns=list(COLUMNS)).astype(
        {"start_ns": float, "end_ns": float, "frames": int}
    )


class _AlphaI(_Judge):
    """Judges a table of `Midas`."""

    def __init__(self, table: pd.DataFrame, expected: Expected) -> None:
        super().__init__(table)
        self.expected = expected
        self.seated = table["metal"].astype(str).to_numpy()
        self.present = self.seated == expected.metal

    def switch(self, enter: Flags, leave: Flags) -> Flags:
        """Judge the frames that hold the metal: two thresholds, then the majority."""
        on = hysteresis(enter & self.present, leave | ~self.present)
        return settled(on, self.persist) & self.present

    def rules(self) -> list[tuple[Rule, Flags]]:
        """Return the rules of the site; those of the aspartates are called by their names."""
        measured = self.expected.distances(self.table)
        return [
            (_named(rule), flags) for rule, flags in self.judged(measured, self.expected.demand)
        ]

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

    def waters(self, shells: Sequence[frozenset[str]] | None) -> None:
        if not self.present.any():
            return
        if shells is None:
            if (self.column("n_waters") > 0).any():
                why = "the waters are listed nearest first: they are places, not molecules"
                self.add("water_exchange_unknown", NOTE, np.ones_like(self.present), why)
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
            for first, end, row in self.rows
            if row[1] == FAIL and first < span.stop and end > span.start
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
    site = _AlphaI(table, expected)
    gone = settled(~site.present, site.persist)
    wrong = {f"the {expected.metal} is not in the site": gone}
    for rule, flags in site.rules():
        if rule.severity == FAIL:
            wrong[rule.wrong] = flags
    return ~np.any(list(wrong.values()), axis=0), wrong


def _named(rule: Rule) -> Rule:
    """Call the events of the aspartates by their names: ``asp137_inner_sphere``."""
    known = {("donor_lost", "Asp239"): "asp239_lost"}
    known |= {("inner_sphere", f"Asp{n}"): f"asp{n}_inner_sphere" for n in (137, 239)}
    event = known.get((rule.event, rule.label), rule.event)
    return replace(rule, event=event)
