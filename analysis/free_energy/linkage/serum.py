"""Mg²⁺ and Ca²⁺ of serum, to be marked beside a dose–response. A protein sees the ionised part."""

from __future__ import annotations

from typing import NamedTuple


class Interval(NamedTuple):
    """A reference interval (mol/l) and where it is from."""

    name: str
    low_molar: float
    high_molar: float
    source: str


TOTAL_MG = Interval(
    "total serum Mg",
    0.70e-3,
    1.05e-3,
    "reference interval, varies between laboratories",
)
IONISED_MG = Interval(
    "ionised serum Mg²⁺",
    0.45e-3,
    0.67e-3,
    "75 control subjects, PubMed 9736811; varies between laboratories",
)
IONISED_CA = Interval(
    "ionised serum Ca²⁺",
    1.1e-3,
    1.3e-3,
    "reference interval, varies between laboratories",
)
INTERVALS = (TOTAL_MG, IONISED_MG, IONISED_CA)
