"""The judge of an integrin's metal sites over time: each site on its own, what changed and when.

Works on coordinates and on the record of the sites that a system's manifest holds. A change counts
when it lasts (`lfa1_analysis.statistics.hysteresis.persistence`), as for the αI MIDAS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from MDAnalysis.lib.distances import distance_array
from numpy.typing import NDArray

from lfa1_analysis.metal_site import rules
from lfa1_analysis.metal_site.coordination import CUTOFFS, smooth_number
from lfa1_analysis.metal_site.gate import COLUMNS, GOES_ON
from lfa1_analysis.metal_site.rules import FAIL, LOST_MARGIN, NOTE, WARN, Demand, Distances
from lfa1_analysis.metal_site.shells import SHELLS, VISITOR_ANGSTROM
from lfa1_analysis.statistics.hysteresis import hysteresis, persistence, settled, stretches

IMAGE_ANGSTROM = 12.0
"""Å; a molecule nearer than this to its own periodic image may feel it: the longest cut-off of the
force fields here."""


Role = Literal["donor", "outer", "other"]
"""A residue that must hold the metal, a carboxylate of its second shell, any other of the site."""


@dataclass(frozen=True)
class SiteResidue:
    """A residue of a site by the atoms of a trajectory's frames.

    Attributes
    ----------
    label : str
    atoms : ndarray of int
        Its oxygens that can hold the metal.
    role : {"donor", "outer", "other"}
    """

    label: str
    atoms: NDArray[np.intp]
    role: Role

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> SiteResidue:
        """Return a residue from the record of a site."""
        return cls(record["label"], np.array(record["atoms"], dtype=np.intp), record["role"])


@dataclass(frozen=True)
class WatchedSite:
    """A site by the atoms of a trajectory's frames.

    Attributes
    ----------
    name : str
    metal : str
        ``mg``, ``ca``, ``mn``, ``na`` or ``none``.
    atom : int or None
        The metal.
    residues : tuple of SiteResidue
    """

    name: str
    metal: str
    atom: int | None
    residues: tuple[SiteResidue, ...]

    @property
    def cutoff(self) -> float:
        """First shell (Å)."""
        return SHELLS[self.metal].cutoff if self.metal in SHELLS else CUTOFFS["Na"]

    @property
    def demand(self) -> Demand:
        """What the rules demand of it."""

        def of(role: Role) -> tuple[str, ...]:
            return tuple(r.label for r in self.residues if r.role == role)

        return Demand(self.metal, of("donor"), (), of("outer"))


def measure(
    site: WatchedSite,
    xyz: NDArray[np.float32],
    box: NDArray[np.float32] | None,
    oxygens: NDArray[np.intp],
    ions: NDArray[np.intp],
) -> dict[str, Any]:
    """Measure one site in one frame.

    Parameters
    ----------
    site : WatchedSite
    xyz : ndarray, shape (atoms, 3)
        Å.
    box : ndarray, shape (6,), or None
    oxygens : ndarray of int
        Every oxygen that may hold a metal: protein, sugars, waters.
    ions : ndarray of int
        Cations other than the site's own.

    Returns
    -------
    dict
        ``coordination_number``, ``coordination_smooth``, ``mean_angstrom``, ``{label}_angstrom``
        of each residue (nearest oxygen), ``{label}_far_angstrom`` of those with two,
        ``nearest_ion_angstrom`` from the metal or, without one,
        from the middle of the site's oxygens.
    """
    middle = np.mean([xyz[r.atoms].mean(axis=0) for r in site.residues], axis=0)
    place = (middle if site.atom is None else xyz[site.atom]).astype(np.float32)[None]
    row: dict[str, Any] = {"site": site.name, "metal": site.metal}
    apart = distance_array(place, xyz[oxygens], box=box)[0]
    bound = apart[apart <= site.cutoff]
    row["coordination_number"] = len(bound) if site.atom is not None else 0
    smooth = smooth_number(apart[apart < 6.0], site.cutoff) if site.atom is not None else 0.0
    row["coordination_smooth"] = float(smooth)
    row["mean_angstrom"] = float(bound.mean()) if len(bound) and site.atom is not None else np.nan
    for residue in site.residues:
        own = np.sort(distance_array(place, xyz[residue.atoms], box=box)[0])
        row[f"{residue.label}_angstrom"] = float(own[0])
        if len(own) > 1:
            row[f"{residue.label}_far_angstrom"] = float(own[1])
    others = ions[ions != site.atom] if site.atom is not None else ions
    nearest = distance_array(place, xyz[others], box=box)[0] if len(others) else np.array([np.inf])
    row["nearest_ion_angstrom"] = float(nearest.min())
    return row


def distances(site: WatchedSite, table: pd.DataFrame) -> Distances:
    """Return what the rules look at, from the rows of one site."""

    def column(name: str) -> NDArray[np.float64]:
        return table[name].to_numpy(dtype=float)

    labels = [residue.label for residue in site.residues]
    return Distances(
        site.cutoff,
        {label: column(f"{label}_angstrom") for label in labels},
        {x: column(f"{x}_far_angstrom") for x in labels if f"{x}_far_angstrom" in table},
        number=column("coordination_number"),
        smooth=column("coordination_smooth"),
    )


def events(table: pd.DataFrame, sites: Sequence[WatchedSite]) -> pd.DataFrame:
    """Find what changed at each site.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per frame and site, of `measure`, with ``time_ns``; and per frame
        ``image_angstrom``, NaN where it was not measured.
    sites : sequence of WatchedSite

    Returns
    -------
    pandas.DataFrame
        Columns of `lfa1_analysis.metal_site.gate.events`; the site is named in ``detail``.
    """
    rows: list[tuple[str, str, float, float, int, str]] = []
    for site in sites:
        rows += _of_site(site, table[table["site"] == site.name])
    near = table[["time_ns", "image_angstrom"]].drop_duplicates("time_ns")
    apart = near["image_angstrom"].to_numpy(dtype=float)
    close = np.nan_to_num(apart, nan=np.inf) < IMAGE_ANGSTROM
    for a, b in stretches(close):
        times = near["time_ns"].to_numpy(dtype=float)
        told = f"the molecule is {apart[a:b].min():.1f} Å from its own periodic image"
        rows.append(("image_near", WARN, float(times[a]), float(times[b - 1]), b - a, told))
    rows.sort(key=lambda row: row[2])
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        {"start_ns": float, "end_ns": float, "frames": int}
    )


def _of_site(site: WatchedSite, own: pd.DataFrame) -> list[tuple[str, str, float, float, int, str]]:
    if site.metal == "na":
        return []  # one cation among many: whether it is this one in the site, nothing tells
    times = own["time_ns"].to_numpy(dtype=float)
    frames = persistence(times)
    present = np.ones(len(own), dtype=bool)
    if site.atom is None:
        ion = own["nearest_ion_angstrom"].to_numpy(dtype=float)
        on = hysteresis(ion <= VISITOR_ANGSTROM, ion > VISITOR_ANGSTROM + 1.0)
        found = [
            (
                "ion_moved_in",
                WARN,
                settled(on, frames),
                lambda span: f"an ion in the empty site, {np.nanmin(ion[span]):.1f} Å",
            )
        ]
    else:
        measured = distances(site, own)
        found = [
            (rule.event, rule.severity, rules.over_time(rule, present, frames), rule.detail)
            for rule in rules.rules(measured, site.demand)
            if rule.severity != NOTE
        ]
        donors = [measured.nearest[label] for label in site.demand.donors]
        if donors:
            nearest = np.min(donors, axis=0)
            away = hysteresis(nearest > site.cutoff + LOST_MARGIN, nearest <= site.cutoff)
            told = f"no residue of the site holds its {site.metal}"
            found.insert(0, ("metal_left", FAIL, settled(away, frames), lambda span: told))
    return [
        (
            event,
            severity,
            float(times[a]),
            float(times[b - 1]),
            b - a,
            f"{site.name}: {detail(slice(a, b))}{GOES_ON if b == len(flags) else ''}",
        )
        for event, severity, flags, detail in found
        for a, b in stretches(flags)
    ]
