"""Was the metal site what its state demands, frame by frame, and did Na⁺ visit the empty one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lfa1_analysis.alphal import STATE_DONORS, STATE_LIGANDS
from lfa1_analysis.comparison.relevance import INTACT_FRACTION, OCTAHEDRAL, VISITOR_ANGSTROM
from lfa1_analysis.comparison.study_tables import StudyTables, element, split
from lfa1_analysis.comparison.verdicts import duration
from lfa1_analysis.coordination import CUTOFFS
from lfa1_analysis.gate import ligand_distance


@dataclass(frozen=True)
class SiteControl:
    """The metal site of one replica.

    Attributes
    ----------
    coordination_fraction : float
        Share of frames with the coordination number demanded (6 for Mg²⁺ and Mn²⁺); NaN where the
        files lack atoms of the site, and for ions that keep several geometries.
    donor_fraction : float
        Share of frames in which every protein donor of the state is in the first shell.
    bidentate_fraction : float
        Share of frames in which Asp137 or Asp239 holds the metal with both oxygens.
    intact_fraction : float
        Share of frames that satisfy all of it.
    first_loss_ns : float
        Time of the first frame that does not; NaN if there is none.
    """

    system: str
    replica: int
    ion: str
    n_frames: int
    coordination_mean: float
    coordination_fraction: float
    donor_fraction: float
    bidentate_fraction: float
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
            if table is not None:
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
            if table is None:
                continue
            inside, who, nearest = visitors(table)
            runs = _runs(inside)
            frame_ns = study.frame_ns(system, n, "midas")
            longest = max(runs, default=0) * frame_ns
            fraction = float(inside.mean())
            if runs:
                sentence = (
                    f"{system}, replica {n}: {' and '.join(who) or 'an ion'} in the empty site in "
                    f"{fraction:.0%} of the frames ({len(runs)} "
                    f"{'visits' if len(runs) > 1 else 'visit'}, longest {duration(longest)})."
                )
            else:
                sentence = f"{system}, replica {n}: no ion came into the empty site."
            rows.append(
                Visit(
                    system,
                    n,
                    " ".join(who),
                    len(runs),
                    fraction,
                    longest,
                    nearest,
                    sentence,
                )
            )
    return rows


@dataclass(frozen=True)
class SiteFrames:
    """What holds in each frame of one replica; boolean arrays of shape (n_frames,)."""

    present: np.ndarray
    complete: np.ndarray
    held: np.ndarray
    bidentate: np.ndarray
    lost: tuple[str, ...]

    @property
    def good(self) -> np.ndarray:
        """Frames in which the site is as its state demands."""
        good: np.ndarray = self.present & self.complete & self.held & ~self.bidentate
        return good


def site_frames(table: pd.DataFrame, ion: str, state: str) -> SiteFrames:
    """Judge every frame of a ``midas`` table.

    Parameters
    ----------
    ion, state : str
        What the site holds (``mg`` …) and which state's donors it must show; a state whose name
        does not begin with ``closed``, ``open`` or ``bound`` is judged without its donors.
    """
    n, ion = len(table), element(ion)
    present = np.ones(n, dtype=bool)
    if "metal" in table:
        present = (table["metal"].astype(str).str.lower() == ion).to_numpy()
    demanded = OCTAHEDRAL.get(ion)
    number = _numbers(table, "coordination_number")
    judged = demanded is not None and _known(number, present)
    complete = number == demanded if judged else np.ones(n, dtype=bool)
    cutoff = CUTOFFS[ion.capitalize()]
    held = present.copy()
    lost = []
    for donor in STATE_DONORS.get(state.split("_")[0], ()):
        away = _numbers(table, f"{donor}_angstrom")
        if not _known(away, present):
            continue
        near = away <= cutoff
        held &= near
        if near.mean() < INTACT_FRACTION:
            lost.append(donor.capitalize())
    for donor in STATE_LIGANDS.get(state.split("_")[0], ()):
        near = ligand_distance(table, donor) <= cutoff
        held &= near
        if near.mean() < INTACT_FRACTION:
            lost.append(f"{donor.capitalize()} of ICAM-1")
    bidentate = np.zeros(n, dtype=bool)
    for acid in ("asp137", "asp239"):
        bidentate |= _numbers(table, f"{acid}_denticity") >= 2
    return SiteFrames(present, complete, held, bidentate, tuple(lost))


def _judge(system: str, replica: int, ion: str, state: str, table: pd.DataFrame) -> SiteControl:
    n = len(table)
    frames = site_frames(table, ion, state)
    present, complete, lost = frames.present, frames.complete, frames.lost
    held, bidentate, good = frames.held, frames.bidentate, frames.good
    number, demanded = _numbers(table, "coordination_number"), OCTAHEDRAL.get(element(ion))
    fraction = float(good.mean())
    intact = fraction >= INTACT_FRACTION
    bad = np.flatnonzero(~good)
    first_loss = float(table["time_ns"].iloc[bad[0]]) if bad.size else math.nan
    where = f"{system}, replica {replica}"
    if intact:
        sentence = f"{where}: the metal site is as it should be in {fraction:.0%} of the frames."
    else:
        why = []
        if not present.all():
            why.append(f"the metal is missing in {1 - present.mean():.0%} of the frames")
        if lost:
            why.append(f"{' and '.join(lost)} no longer hold{'s' * (len(lost) == 1)} it")
        if demanded is not None and complete.mean() < INTACT_FRACTION:
            why.append(
                f"it has {demanded} oxygens around it in only {complete.mean():.0%} of the frames "
                f"(mean {np.nanmean(number):.1f})"
            )
        if bidentate.mean() > 1 - INTACT_FRACTION:
            why.append(f"an Asp holds it with both oxygens in {bidentate.mean():.0%}")
        sentence = (
            f"{where}: the metal site is not intact ({fraction:.0%} of the frames are as they "
            f"should be{', first loss at ' + duration(first_loss) if bad.size else ''}): "
            f"{'; '.join(why) or 'no single cause stands out'}. Do not read this replica as one "
            f"with the crystal's metal site."
        )
    return SiteControl(
        system,
        replica,
        ion,
        n,
        float(np.nanmean(number)) if np.isfinite(number).any() else math.nan,
        float(complete.mean()) if demanded and _known(number, present) else math.nan,
        float(held.mean()),
        float(bidentate.mean()),
        fraction,
        first_loss,
        intact,
        sentence,
    )


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


def _known(values: np.ndarray, present: np.ndarray) -> bool:
    """Tell whether a column is judged: not where it is empty beside a metal, for lack of atoms."""
    return not present.any() or bool(np.isfinite(values[present]).any())


def _numbers(table: pd.DataFrame, column: str) -> np.ndarray:
    if column not in table:
        return np.full(len(table), math.nan)
    return pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)


def _runs(flags: np.ndarray) -> list[int]:
    """Lengths of the stretches of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(int)))
    return [int(length) for length in edges[1::2] - edges[::2]]
