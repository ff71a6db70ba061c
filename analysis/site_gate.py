"""The judge of an integrin's metal sites over time: each site on its own, what changed and when.

Works on coordinates and on the record of the sites that a system's manifest holds. A change counts
when it lasts (`lfa1_analysis.hysteresis.persistence`), as for the αI MIDAS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from MDAnalysis.lib.distances import distance_array
from numpy.typing import NDArray

from lfa1_analysis.comparison.relevance import VISITOR_ANGSTROM
from lfa1_analysis.coordination import CUTOFFS, smooth_number
from lfa1_analysis.gate import COLUMNS, FAIL, GOES_ON, LOST_MARGIN, NUMBER_MARGIN, WARN
from lfa1_analysis.hysteresis import Flags, hysteresis, persistence, settled, stretches
from lfa1_analysis.site_shells import SHELLS

IMAGE_ANGSTROM = 12.0
"""Å; a molecule nearer than this to its own periodic image may feel it: the longest cut-off of the
force fields here."""


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
    residues : tuple of (str, ndarray of int, bool)
        Label, oxygens, and whether it must hold the metal.
    """

    name: str
    metal: str
    atom: int | None
    residues: tuple[tuple[str, NDArray[np.intp], bool], ...]

    @property
    def cutoff(self) -> float:
        """First shell (Å)."""
        return SHELLS[self.metal].cutoff if self.metal in SHELLS else CUTOFFS["Na"]


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
        of each residue (nearest oxygen), ``nearest_ion_angstrom`` from the metal or, without one,
        from the middle of the site's oxygens.
    """
    middle = np.mean([xyz[atoms].mean(axis=0) for _, atoms, _ in site.residues], axis=0)
    place = (middle if site.atom is None else xyz[site.atom]).astype(np.float32)[None]
    row: dict[str, Any] = {"site": site.name, "metal": site.metal}
    apart = distance_array(place, xyz[oxygens], box=box)[0]
    bound = apart[apart <= site.cutoff]
    row["coordination_number"] = len(bound) if site.atom is not None else 0
    smooth = smooth_number(apart[apart < 6.0], site.cutoff) if site.atom is not None else 0.0
    row["coordination_smooth"] = float(smooth)
    row["mean_angstrom"] = float(bound.mean()) if len(bound) and site.atom is not None else np.nan
    for label, atoms, _ in site.residues:
        row[f"{label}_angstrom"] = float(distance_array(place, xyz[atoms], box=box).min())
    others = ions[ions != site.atom] if site.atom is not None else ions
    nearest = distance_array(place, xyz[others], box=box)[0] if len(others) else np.array([np.inf])
    row["nearest_ion_angstrom"] = float(nearest.min())
    return row


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
        Columns of `lfa1_analysis.gate.events`; the site is named in ``detail``.
    """
    rows: list[tuple[str, str, float, float, int, str]] = []
    for site in sites:
        own = table[table["site"] == site.name]
        times = own["time_ns"].to_numpy(dtype=float)
        frames = persistence(times)

        def add(
            event: str,
            severity: str,
            enter: Flags,
            leave: Flags,
            told: Callable[[slice], str],
            *,
            times: NDArray[np.float64] = times,
            frames: int = frames,
        ) -> None:
            on = settled(hysteresis(enter, leave), frames)
            for a, b in stretches(on):
                end = GOES_ON if b == len(on) else ""
                span = (float(times[a]), float(times[b - 1]), b - a)
                rows.append((event, severity, *span, told(slice(a, b)) + end))

        _judge_site(site, own, add)
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


def _judge_site(site: WatchedSite, own: pd.DataFrame, add: Callable[..., None]) -> None:
    def column(name: str) -> NDArray[np.float64]:
        return own[name].to_numpy(dtype=float)

    ion = column("nearest_ion_angstrom")
    if site.metal == "na":
        return  # one cation among many: whether it is this one in the site, nothing tells
    if site.atom is None:
        inside = ion <= VISITOR_ANGSTROM
        add(
            "ion_moved_in",
            WARN,
            inside,
            ion > VISITOR_ANGSTROM + 1.0,
            lambda span: f"{site.name}: an ion in the empty site, {np.nanmin(ion[span]):.1f} Å",
        )
        return
    lost = site.cutoff + LOST_MARGIN
    demanded = [(label, column(f"{label}_angstrom")) for label, _, must in site.residues if must]
    if demanded:
        nearest = np.min([r for _, r in demanded], axis=0)
        add(
            "metal_left",
            FAIL,
            nearest > lost,
            nearest <= site.cutoff,
            lambda span: f"{site.name}: no residue of the site holds its {site.metal}",
        )
    for label, r in demanded:
        add(
            "donor_lost",
            FAIL,
            r > lost,
            r <= site.cutoff,
            lambda span, label=label, r=r: (
                f"{site.name}: {label} at {np.nanmedian(r[span]):.2f} Å (lost beyond {lost:.1f} Å)"
            ),
        )
    shell = SHELLS.get(site.metal)
    if shell is None:
        return
    number, smooth = column("coordination_number"), column("coordination_smooth")
    few = (number < shell.least) & (smooth < shell.least - NUMBER_MARGIN)
    many = (number > shell.most) & (smooth > shell.most + NUMBER_MARGIN)
    add(
        "coordination_off",
        FAIL if shell.least == shell.most else WARN,
        few | many,
        (number >= shell.least) & (number <= shell.most),
        lambda span: f"{site.name}: {np.nanmean(number[span]):.1f} oxygens on average",
    )
