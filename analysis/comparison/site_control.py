"""Was the metal site what its state demands, frame by frame, and did Na⁺ visit the empty one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lfa1_analysis.comparison.relevance import INTACT_FRACTION
from lfa1_analysis.comparison.study_tables import StudyTables, element, split
from lfa1_analysis.comparison.verdicts import duration
from lfa1_analysis.metal_site import gate
from lfa1_analysis.metal_site.expectation import Expected
from lfa1_analysis.metal_site.shells import VISITOR_ANGSTROM
from lfa1_analysis.proteins.alphal import STATE_DONORS
from lfa1_analysis.statistics.hysteresis import stretches


@dataclass(frozen=True)
class SiteControl:
    """The metal site of one replica, by the rules of `lfa1_analysis.metal_site.rules`.

    Attributes
    ----------
    intact_fraction : float
        Share of frames in which no event of the severity ``fail`` holds.
    first_loss_ns : float
        Time of the first frame that is not intact; NaN if there is none.
    intact : bool
        Whether nine frames in ten are.
    """

    system: str
    replica: int
    ion: str
    n_frames: int
    coordination_mean: float
    intact_fraction: float
    first_loss_ns: float
    intact: bool
    sentence: str


@dataclass(frozen=True)
class Visit:
    """Another ion in the empty site of one replica."""

    system: str
    replica: int
    ions: str
    events: int
    fraction: float
    longest_ns: float
    nearest_angstrom: float
    sentence: str


def metal_sites(study: StudyTables) -> list[SiteControl]:
    """Judge every replica that holds a metal and has a ``midas`` table."""
    rows = []
    for system in study.systems:
        state, ion = split(system)
        if ion == "apo":
            continue
        for n in study.replicas(system):
            table = study.tables[system, n].get("midas")
            if table is not None and gate.known(table):
                rows.append(_judge(system, n, ion, state, table))
    return rows


def visits(study: StudyTables) -> list[Visit]:
    """Find ions that ``midas`` saw in the empty site or within ``VISITOR_ANGSTROM`` of it."""
    rows = []
    for system in study.systems:
        if split(system)[1] != "apo":
            continue
        for n in study.replicas(system):
            table = study.tables[system, n].get("midas")
            if table is None or not gate.known(table):
                continue
            inside, who, nearest = visitors(table)
            runs = [end - begin for begin, end in stretches(inside)]
            longest = max(runs, default=0) * study.frame_ns(system, n, "midas")
            fraction = float(inside.mean())
            sentence = f"{system}, replica {n}: no ion came into the empty site."
            if runs:
                sentence = (
                    f"{system}, replica {n}: {' and '.join(who) or 'an ion'} in the empty site in "
                    f"{fraction:.0%} of the frames ({len(runs)} "
                    f"{'visits' if len(runs) > 1 else 'visit'}, longest {duration(longest)})."
                )
            what = (" ".join(who), len(runs), fraction, longest, nearest, sentence)
            rows.append(Visit(system, n, *what))
    return rows


def site_frames(table: pd.DataFrame, ion: str, state: str) -> np.ndarray:
    """Return in which frames of a ``midas`` table the site is as it should be.

    Parameters
    ----------
    ion, state : str
        What the site holds (``mg`` …) and which state's donors it must show; of a state whose name
        does not begin with ``closed``, ``open`` or ``bound`` only Ser139 and Ser141 are demanded.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    return gate.intact(table, _expected(ion, state))[0]


def _expected(ion: str, state: str) -> Expected:
    known = state.split("_")[0]
    return Expected(element(ion).capitalize(), known if known in STATE_DONORS else "")


def _judge(system: str, replica: int, ion: str, state: str, table: pd.DataFrame) -> SiteControl:
    good, wrong = gate.intact(table, _expected(ion, state))
    number = _numbers(table, "coordination_number")
    fraction = float(good.mean())
    intact = fraction >= INTACT_FRACTION
    bad = np.flatnonzero(~good)
    first_loss = float(table["time_ns"].iloc[bad[0]]) if bad.size else math.nan
    where = f"{system}, replica {replica}"
    if intact:
        sentence = f"{where}: the metal site is as it should be in {fraction:.0%} of the frames."
    else:
        why = [
            f"{what} in {flags.mean():.0%} of them" for what, flags in wrong.items() if flags.any()
        ]
        sentence = (
            f"{where}: the metal site is not intact ({fraction:.0%} of the frames are as they "
            f"should be, first loss at {duration(first_loss)}): {'; '.join(why)}. Do not read this "
            "replica as one with the crystal's metal site."
        )
    mean = float(np.nanmean(number)) if np.isfinite(number).any() else math.nan
    what = (ion, len(table), mean, fraction, first_loss, intact, sentence)
    return SiteControl(system, replica, *what)


def visitors(table: pd.DataFrame) -> tuple[np.ndarray, list[str], float]:
    """Find the frames with an ion in the site, its elements, and how near another came (Å)."""
    near = _numbers(table, "nearest_other_ion_angstrom")
    beside = near <= VISITOR_ANGSTROM
    empty = np.full(len(table), "none")
    held = table["metal"].astype(str).to_numpy() if "metal" in table else empty
    seated = (held != "none") & (held != "nan")
    other = table.get("nearest_other_ion", pd.Series(empty)).astype(str).to_numpy()
    who = sorted(set(held[seated]) | set(other[beside & ~seated]))
    nearest = float(np.nanmin(near)) if np.isfinite(near).any() else math.nan
    return seated | beside, who, nearest


def _numbers(table: pd.DataFrame, column: str) -> np.ndarray:
    if column not in table:
        return np.full(len(table), math.nan)
    return pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)
