"""Studies of a domain that opens and closes at given rates, as tables of `lfa1 opening`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lfa1_analysis.comparison.effects import Effect, all_effects
from lfa1_analysis.comparison.study_tables import StudyTables
from lfa1_analysis.statistics.inference import summarise

CLOSED, OPEN = np.array([-0.6, 0.06]), np.array([7.6, 0.93])
"""α7 shift (Å) and opening fraction in each state."""
NOISE = np.array([0.8, 0.05])
COLUMNS = ("alpha7_shift_angstrom", "opening_fraction")


@dataclass(frozen=True)
class Truth:
    """Mean times before opening and before closing (ns); infinite: it never happens."""

    opens_ns: float = math.inf
    closes_ns: float = math.inf


def states(truth: Truth, n: int, frame_ns: float, random: np.random.Generator):
    """Whether the domain is open, frame by frame; it starts closed."""
    found, now, is_open = np.zeros(n, dtype=bool), 0.0, False
    while True:
        mean = truth.closes_ns if is_open else truth.opens_ns
        until = now + (random.exponential(mean) if math.isfinite(mean) else math.inf)
        first, last = (math.ceil(min(t / frame_ns, n)) for t in (now, until))
        found[first:last] = is_open
        if last >= n:
            return found
        now, is_open = until, not is_open


def table(truth: Truth, n: int, frame_ns: float, random: np.random.Generator) -> pd.DataFrame:
    """Frames of one run, with noise that is forgotten within two frames."""
    opened = states(truth, n, frame_ns, random)
    noise = random.normal(size=(n, 2))
    for i in range(1, n):
        noise[i] = 0.6 * noise[i - 1] + 0.8 * noise[i]
    values = np.where(opened[:, None], OPEN, CLOSED) + noise * NOISE
    columns = dict(zip(COLUMNS, values.T, strict=True))
    occupant = np.where(opened, "open", "closed")
    time = {"time_ns": (np.arange(n) + 1) * frame_ns}
    return pd.DataFrame(time | columns | {"pocket_occupant": occupant})


def study(
    mg: Truth, apo: Truth, seed: int, replicas: int = 8, length_ns: float = 500.0, frames: int = 100
) -> StudyTables:
    """Matched pairs that all start closed."""
    random = np.random.default_rng(seed)
    return StudyTables(
        {
            (system, n): {"opening": table(truth, frames, length_ns / frames, random)}
            for system, truth in (("closed-mg", mg), ("closed-apo", apo))
            for n in range(replicas)
        }
    )


def judged(made: StudyTables) -> tuple[Effect, Effect]:
    """Compare, and return the effect of Mg²⁺ on α7 shift and opening fraction."""
    means = {
        (*key, name): summarise(tables["opening"][name])
        for key, tables in made.tables.items()
        for name in COLUMNS
    }
    shift, fraction = (
        effect
        for effect in all_effects(made, means)
        if effect.kind == "effect" and effect.tier == "primary"
    )
    return shift, fraction
