"""Quantities enter as text with a unit ("4 fs") and leave as floats in one canonical unit.

Each type below names its canonical unit; pydantic checks the dimension and converts. Bare numbers
are refused: a number without a unit is the commonest silent mistake in a simulation input.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Annotated, Any

import pint
from pydantic import BeforeValidator, Field, PlainSerializer

_ATTOSECONDS_PER_PICOSECOND = 1_000_000


_TERM = r"[^\W\d_][^\W\d]*(?:(?:\^|\*\*)[+-]?\d)?"
_TEXT = re.compile(
    r"\s*[+-]?(?:\d+\.?\d*|\.\d+|nan|inf)(?:e[+-]?\d+)?\s*"
    rf"(?:(?:1\s*)?/\s*)?{_TERM}(?:\s*[*/·\s]\s*{_TERM})*\s*",
    re.IGNORECASE,
)
"""A number and a unit. What pint calculates beyond that (``9**9**9**9 nm``) may never end."""
_LONGEST = 60


@cache
def _registry() -> Any:
    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


def parse(text: object, unit: str) -> float:
    """Convert text such as ``"150 mM"`` to a float in `unit`.

    Raises
    ------
    ValueError
        The text has no unit, an unknown one, or one of another dimension.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"needs a number with a unit, for example '1 {unit}'")
    if re.fullmatch(r"[\s\d.eE+-]+", text):
        raise ValueError(f"needs a unit, for example '{text.strip()[:_LONGEST]} {unit}'")
    if len(text) > _LONGEST or not _TEXT.fullmatch(text):
        raise ValueError(f"cannot be read as a quantity; write for example '1 {unit}'")
    try:
        quantity = _registry().Quantity(text)
        if quantity.dimensionless and unit != "":
            raise ValueError(f"needs a unit, for example '{text} {unit}'")
        value = float(f"{float(quantity.to(unit).magnitude):.12g}")
    except pint.UndefinedUnitError as error:
        raise ValueError(f"{error}; use a unit such as '{unit}'") from None
    except pint.DimensionalityError:
        raise ValueError(f"has the wrong kind of unit; it must convert to '{unit}'") from None
    except ValueError:
        raise
    except Exception:  # pint's parser raises many kinds for malformed text
        raise ValueError(f"cannot be read as a quantity; write for example '1 {unit}'") from None
    if not math.isfinite(value):
        raise ValueError("is not a finite number")
    return value


def _quantity(unit: str, symbol: str = "") -> tuple[Any, ...]:
    shown = symbol or unit
    return (
        BeforeValidator(lambda value: parse(value, unit)),
        PlainSerializer(lambda value: f"{value:.12g} {unit}", return_type=str),
        Field(json_schema_extra={"unit": shown}, allow_inf_nan=False),
    )


Picoseconds = Annotated[float, *_quantity("ps")]
Femtoseconds = Annotated[float, *_quantity("fs")]
Nanometres = Annotated[float, *_quantity("nm")]
Kelvin = Annotated[float, *_quantity("kelvin", "K")]
Bar = Annotated[float, *_quantity("bar")]
Molar = Annotated[float, *_quantity("molar", "M")]
Daltons = Annotated[float, *_quantity("dalton", "Da")]
PerPicosecond = Annotated[float, *_quantity("1/ps")]
Speed = Annotated[float, *_quantity("nm/ns")]
Energy = Annotated[float, *_quantity("kJ/mol")]
ForceConstant = Annotated[float, *_quantity("kJ/mol/nm^2")]
ForceTolerance = Annotated[float, *_quantity("kJ/mol/nm")]


def whole_multiple(duration_ps: float, unit_ps: float) -> int | None:
    """How many times `unit_ps` fits exactly into `duration_ps` (both ps), or None.

    Both are compared in integer attoseconds, so that 0.3 ps is three times 0.1 ps.
    """
    duration = round(duration_ps * _ATTOSECONDS_PER_PICOSECOND)
    unit = round(unit_ps * _ATTOSECONDS_PER_PICOSECOND)
    if unit <= 0 or duration % unit:
        return None
    return duration // unit


def attoseconds(femtoseconds: float) -> int:
    """Turn a time step into a whole number of attoseconds, which add up without rounding."""
    return round(femtoseconds * 1000)


def picoseconds(steps: int, timestep_as: int) -> str:
    """Write the time of a step as exact decimal text (ps)."""
    whole, rest = divmod(steps * timestep_as, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
