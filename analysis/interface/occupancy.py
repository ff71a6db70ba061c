"""Which residue pairs hold on to each other, in which share of the frames, and how surely."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from lfa1_analysis.statistics.inference import CONFIDENCE, inefficiency

COLUMNS = (
    "alphal_residue",
    "icam1_residue",
    "kind",
    "in_reference",
    "held_fraction",
    "low_fraction",
    "high_fraction",
    "n_independent",
    "n_frames",
)
KINDS = ("contact", "hydrogen_bond", "salt_bridge")
Key = tuple[str, int, int]
"""Kind, residue of αL, residue of ICAM-1."""
Flags = NDArray[np.bool_]


@dataclass
class Held:
    """What was held in some frames: one bit for each pair and frame.

    Attributes
    ----------
    frames : int
    bits : dict
        Kind and residue pair → packed bits of the frames that hold it; pairs that no frame holds
        are left out.
    """

    frames: int
    bits: dict[Key, NDArray[np.uint8]] = field(default_factory=dict)

    def add(self, kind: str, pairs: Mapping[tuple[int, int], Flags]) -> None:
        """Add the pairs of a kind, each with its frames as bool, shape (F,)."""
        for (one, other), flags in pairs.items():
            self.bits[kind, one, other] = np.packbits(flags)


def held(parts: Iterable[Held]) -> dict[Key, Flags]:
    """Join what consecutive stretches of frames held: each pair with all frames as bool."""
    parts = list(parts)
    keys = sorted({key for part in parts for key in part.bits})
    joined = {}
    for key in keys:
        joined[key] = np.concatenate(
            [
                np.unpackbits(part.bits[key], count=part.frames).astype(bool)
                if key in part.bits
                else np.zeros(part.frames, dtype=bool)
                for part in parts
            ]
        )
    return joined


def share(flags: Flags) -> tuple[float, float, float, float]:
    """Return the share of frames, its 95 % interval and the number of independent frames.

    The interval is Wilson's (1927, 10.1080/01621459.1927.10502953) with the number of frames
    divided by their statistical inefficiency. A series that never changes shows no correlation
    time and counts as one independent frame, as the means of other observables do.

    Parameters
    ----------
    flags : ndarray of bool, shape (n,), n ≥ 1
    """
    p = float(flags.mean())
    constant = bool(flags.all() or not flags.any())
    n = 1.0 if constant else max(len(flags) / inefficiency(flags.astype(float)), 1.0)
    z = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, max(middle - half, 0.0), min(middle + half, 1.0), n


def pair_table(
    found: Mapping[Key, Flags],
    native: Iterable[Key],
    frames: int,
    names: tuple[Callable[[int], str], Callable[[int], str]],
) -> pd.DataFrame:
    """Return one row for each residue pair and kind, those of the reference first.

    Parameters
    ----------
    found : mapping
        Of :func:`held`.
    native : iterable of keys
        What the reference holds; pairs that no frame holds are listed too.
    frames : int
    names : pair of functions
        Residue number → label, for αL and for ICAM-1.
    """
    native = set(native)
    rows = []
    for key in sorted({*found, *native}, key=lambda key: (key not in native, key)):
        flags = found.get(key, np.zeros(frames, dtype=bool))
        values = share(flags)
        rows.append((names[0](key[1]), names[1](key[2]), key[0], key in native, *values, frames))
    return pd.DataFrame(rows, columns=list(COLUMNS))
