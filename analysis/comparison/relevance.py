"""What is compared, which answers were named beforehand, and how large an effect would matter.

A difference that is not zero need not mean anything: the sizes in ``data/observables.csv`` are
fixed before any run and come from the crystal structures themselves (``docs/statistics.md``). An
interval inside ± the relevant size supports "no effect"; observables without a sourced size can
differ, but are never declared equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lfa1_analysis.io.table import read_table

FILE = Path(__file__).parent / "data" / "observables.csv"


@dataclass(frozen=True)
class Observable:
    """One number per frame that is averaged per replica and compared across systems.

    Attributes
    ----------
    name : str
        Column of the analysis table; ``pocket_*_fraction`` are made from ``pocket_occupant``.
    table : str
        File that holds it, without ``.csv``.
    unit : str
        ``Å``, ``fraction`` or ``count``.
    subject : str
        What it measures, as the subject of a sentence.
    more, less : str
        What a positive and a negative difference mean, after "is".
    relevant : float
        Smallest difference that would matter, in `unit`; NaN where no source names one.
    reason : str
        Where `relevant` comes from.
    tier : {"primary", "holding", "exploratory", "uncompared"}
        Primary observables were named beforehand and share Holm's correction; so were those of
        holding ICAM-1, which share one of their own. Quantities of the metal itself have no
        counterpart without it and are not compared.
    """

    name: str
    table: str
    unit: str
    subject: str
    more: str
    less: str
    relevant: float
    reason: str
    tier: str

    @property
    def compared(self) -> bool:
        """Whether it is compared: not where it is of the metal, without a counterpart elsewhere."""
        return self.tier != "uncompared"


def _read() -> tuple[Observable, ...]:
    table = read_table(FILE, "install the package again", dtype=str, keep_default_na=False)
    unknown = "no source names a size that matters: never declared equal"
    return tuple(
        Observable(
            relevant=float(row.pop("relevant") or "nan"),
            reason=row.pop("reason") or unknown,
            **{str(key): value for key, value in row.items()},
        )
        for row in table.to_dict("records")
    )


OBSERVABLES: tuple[Observable, ...] = _read()
"""Every observable that is averaged per replica, in the order in which it is reported."""
BY_NAME: dict[str, Observable] = {item.name: item for item in OBSERVABLES}
HOLDING: tuple[str, ...] = tuple(item.name for item in OBSERVABLES if item.tier == "holding")
PRIMARY: tuple[str, ...] = tuple(item.name for item in OBSERVABLES if item.tier == "primary")

MINIMUM_TIME_NS = 10.0
"""Simulated time per replica below which "no effect" is never claimed.

Replicas of a pair start from the same coordinates. Before they have had time to part, agreement
only shows that they started together; loops and side chains of a protein rearrange over
nanoseconds. A choice of this study, on the lenient side: α7 itself moves in µs–ms.
"""

MOTION_NS = 1000.0
MOTION_END_NS = 1e6
"""α7 exchange takes µs–ms: 1 µs and 1 ms, the ends of that range, in ns (Nunes et al. 2018, of the
related α1 I domain, PMID 29937357)."""

INTACT_FRACTION = 0.9
"""Share of frames in which the metal site must be as its state demands to be called intact."""
