"""What is published about the models of ions and about the ions themselves."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

EXPERIMENT = "experiment"
"""Stands for a model, and for a water."""


@dataclass(frozen=True)
class PublishedValue:
    """A published number.

    Attributes
    ----------
    value : float
        In the unit that the quantity's name ends with.
    uncertainty : float or None
        None where the source states none.
    source : str
    """

    value: float
    uncertainty: float | None
    source: str


def reference(ion: str, water: str, model: str, quantity: str) -> PublishedValue | None:
    """Look a number up.

    Parameters
    ----------
    ion : str
        ``mg``, ``ca``, ``mn``, or ``water`` for a property of the water itself.
    water, model : str
        As in the configuration; both `EXPERIMENT` for what was measured.
    quantity : str
    """
    return _table().get((ion, water, model, quantity))


@cache
def _table() -> dict[tuple[str, str, str, str], PublishedValue]:
    text = (resources.files("lfa1_md") / "data" / "ion_reference.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {
        (row["ion"], row["water"], row["model"], row["quantity"]): PublishedValue(
            float(row["value"]),
            float(row["uncertainty"]) if row["uncertainty"] else None,
            row["source"],
        )
        for row in csv.DictReader(lines)
    }
