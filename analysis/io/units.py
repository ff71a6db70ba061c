"""Quantities typed on the command line: free energies, concentrations, temperatures, times."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lfa1_analysis.io.constants import KJ_PER_KCAL
from lfa1_analysis.io.errors import InputError

_ENERGY = {"kJ/mol": 1.0, "kcal/mol": KJ_PER_KCAL}
_MOLAR = {
    f"{prefix}{unit}": factor
    for prefix, factor in {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}.items()
    for unit in ("M", "mol/l", "mol/L")
}
_TIME = {"fs": 1e-3, "ps": 1.0, "ns": 1e3, "us": 1e6}
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_PLAIN = re.compile(rf"({_NUMBER})\s*([^\W\d].*)")
_WITH_ERROR = re.compile(rf"({_NUMBER})\s*(?:\+-|\+/-|±)\s*({_NUMBER})\s*([^\W\d].*)")


def free_energy(text: str, option: str) -> tuple[float, float]:
    """Read ``"12.3 +- 1.2 kJ/mol"`` or ``"3 ± 0.3 kcal/mol"``: value and error in kJ/mol.

    Parameters
    ----------
    text : str
        Value, standard error and unit.
    option : str
        Of the command line, for the message.

    Raises
    ------
    InputError
        It is no such quantity, has no standard error, or a negative one.

    Examples
    --------
    >>> from lfa1_analysis.io.units import free_energy
    >>> free_energy("3 ± 0.5 kcal/mol", "--apo")
    (12.552, 2.092)
    """
    example = f"write for example {option} '12.3 +- 1.2 kJ/mol'"
    text = _plain(text)
    match = _WITH_ERROR.fullmatch(text)
    if match is None:
        if _PLAIN.fullmatch(text):
            raise InputError(f"{option}: {text!r} has no standard error", example)
        raise InputError(f"{option}: {text!r} is not a free energy with its error", example)
    factor = _factor(match[3], _ENERGY, text, option)
    error = float(match[2]) * factor
    if error < 0:
        raise InputError(f"{option}: {text!r} has a negative standard error", example)
    return float(match[1]) * factor, error


def concentration(text: str, option: str, *, zero: bool = False) -> float:
    """``"160 uM"`` → 1.6e-4 (mol/l); `zero` tells whether 0 is allowed.

    Raises
    ------
    InputError
        It is no concentration, or not positive.

    Examples
    --------
    >>> from lfa1_analysis.io.units import concentration
    >>> round(concentration("160 uM", "--k-mg"), 9)
    0.00016
    """
    value = _quantity(text, _MOLAR, option, "a concentration", "'160 uM'")
    if value < 0 or (value == 0 and not zero):
        least = "0 or more" if zero else "more than 0"
        raise InputError(f"{option}: {text!r} is not possible", f"give {least}, such as '160 uM'")
    if value > 10:
        raise InputError(f"{option}: {text!r} is beyond any solution", "check the unit")
    return value


def temperature(text: str, option: str) -> float:
    """``"310 K"`` → 310.0 (K).

    Raises
    ------
    InputError
        It is no temperature in kelvin, or not one of liquid water.

    Examples
    --------
    >>> from lfa1_analysis.io.units import temperature
    >>> temperature("310 K", "--temperature")
    310.0
    """
    value = _quantity(text, {"K": 1.0}, option, "a temperature", "'310 K'")
    if not 250 <= value <= 400:
        raise InputError(f"{option}: {text!r} is not plausible", "give 250 to 400 K")
    return value


def duration(text: str, option: str) -> float:
    """``"0.5 ns"`` → 500.0 (ps).

    Raises
    ------
    InputError
        It is no length of time.

    Examples
    --------
    >>> from lfa1_analysis.io.units import duration
    >>> duration("0.5 ns", "--frame-interval")
    500.0
    """
    return _quantity(text, _TIME, option, "a length of time", "'10 ps'")


def _quantity(text: str, units: Mapping[str, float], option: str, what: str, example: str) -> float:
    text = _plain(text)
    match = _PLAIN.fullmatch(text)
    if match is None:
        raise InputError(f"{option}: {text!r} is not {what}", f"write for example {example}")
    return float(match[1]) * _factor(match[2], units, text, option)


def _factor(unit: str, units: Mapping[str, float], text: str, option: str) -> float:
    if unit not in units:
        known = ", ".join(units)
        raise InputError(f"{option}: unknown unit {unit!r} in {text!r}", f"use one of {known}")
    return units[unit]


def _plain(text: str) -> str:
    """Write minus and micro, which have two signs each, in ASCII."""
    return text.strip().replace("−", "-").replace("µ", "u").replace("μ", "u")
