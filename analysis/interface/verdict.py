"""Did Glu34 stay on the ion, and ICAM-1 on the I domain? One row per question and replica.

Two thresholds and a dwell time tell a loss from a flicker, as they do for the donors of the metal
(:mod:`lfa1_analysis.metal_site.gate`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lfa1_analysis.interface.residue_pairs import share
from lfa1_analysis.metal_site.coordination import CUTOFF, CUTOFFS
from lfa1_analysis.metal_site.expectation import FIRST_FRAMES, UNKNOWN
from lfa1_analysis.metal_site.rules import LOST_MARGIN
from lfa1_analysis.observables.contacts import BROKEN, FORMED
from lfa1_analysis.statistics.hysteresis import Flags, hysteresis, persistence, settled, stretches

COLUMNS = (
    "question",
    "outcome",
    "lost_ns",
    "back_ns",
    "held_fraction",
    "low_fraction",
    "high_fraction",
    "n_independent",
    "n_frames",
    "detail",
)
ON_ION, AT_MIDAS, ON_DOMAIN = "glu34_on_the_ion", "glu34_at_the_midas", "icam1_on_the_i_domain"
KEPT, LOST, RETURNED, NEVER = "kept", "lost", "lost and regained", "not there at first"


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """Judge one replica.

    Parameters
    ----------
    table : pandas.DataFrame
        Of :class:`~lfa1_analysis.interface.series.Interface`, at least one row.

    Returns
    -------
    pandas.DataFrame
        Columns ``COLUMNS``. ``lost_ns`` is when the first loss that lasted began, ``back_ns`` when
        the last one ended. ``glu34_on_the_ion`` is asked only where the first frames hold a metal,
        and no question for which the file lacks atoms.
    """
    times = table["time_ns"].to_numpy(dtype=float)
    frames = persistence(times)
    rows = []

    def ask(question: str, enter: Flags, leave: Flags, detail: str) -> None:
        known = enter | leave
        # Between the thresholds at the very start it counts as held: complexes begin so.
        if not known[0]:
            enter = enter.copy()
            enter[0] = True
        on = settled(hysteresis(enter, leave), frames)
        rows.append((question, *_outcome(on, times), *share(on), len(on), detail))

    metals = table["metal"].astype(str)
    metal = str(metals.head(FIRST_FRAMES).mode().iloc[0])
    place = table["glu34_midas_angstrom"].to_numpy(dtype=float)
    measured = bool(np.isfinite(place).any())
    if metal not in ("none", UNKNOWN) and measured:
        bound = CUTOFFS.get(metal, CUTOFF)
        r = pd.to_numeric(table["glu34_metal_angstrom"], errors="coerce").to_numpy(dtype=float)
        there = (metals == metal).to_numpy()
        gone = not there[-1]
        ask(
            ON_ION,
            there & (r <= bound),
            ~there | ~(r <= bound + LOST_MARGIN),
            f"{metal} within {bound:.1f} Å; lost beyond {bound + LOST_MARGIN:.1f} Å"
            + ("; the metal itself has left the MIDAS" if gone else ""),
        )
    if measured:
        ask(
            AT_MIDAS,
            place <= FORMED,
            ~(place <= BROKEN),
            f"place of the metal within {FORMED:.1f} Å; lost beyond {BROKEN:.1f} Å",
        )
    area = table["buried_area_angstrom2"].to_numpy(dtype=float)
    if np.isfinite(area).any():
        ask(ON_DOMAIN, area > 0, ~(area > 0), "any surface hidden from water; lost without")
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _outcome(on: Flags, times: np.ndarray) -> tuple[str, float, float]:
    off = stretches(~on)
    if not off:
        return KEPT, np.nan, np.nan
    lost, end = float(times[off[0][0]]), off[-1][1]
    back = float(times[end]) if end < len(on) else np.nan
    if off[0][0] == 0:
        return NEVER, lost, back
    return (RETURNED if end < len(on) else LOST), lost, back


def sentence(row: pd.Series) -> str:
    """Say a row in words, for the terminal."""
    subject = {
        ON_ION: "Glu34 on the ion",
        AT_MIDAS: "Glu34 at the MIDAS",
        ON_DOMAIN: "ICAM-1 on the I domain",
    }[str(row["question"])]
    timed = row["outcome"] in (LOST, RETURNED) and np.isfinite(row["lost_ns"])
    when = f" at {row['lost_ns']:g} ns" if timed else ""
    return f"{subject}: {row['outcome']}{when} ({row['held_fraction']:.0%} of the frames)"
