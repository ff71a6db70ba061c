"""What the MIDAS would hold at the serum levels of a study's configuration, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lfa1_analysis.free_energy.linkage.constants import constant
from lfa1_analysis.free_energy.linkage.dose_response import LEVELS, Conditions
from lfa1_analysis.free_energy.linkage.occupancy import occupancy, sentences
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.units import concentration


def occupant(config: Mapping[str, Any]) -> list[str]:
    """Say what the site holds at the normal and at the low Mg²⁺ of the configuration.

    Parameters
    ----------
    config : mapping
        The settings with all defaults filled in; what its ``linkage`` does not say is what
        `lfa1 linkage` takes.

    Returns
    -------
    list of str
        Sentences; none where the settings cannot be read.
    """
    settings = config.get("linkage")
    settings = settings if isinstance(settings, Mapping) else {}

    def molar(key: str, default: float) -> float:
        given = settings.get(key)
        return default if given is None else concentration(_unit(given), key, zero=True)

    try:
        magnesium = molar("magnesium", Conditions.magnesium)
        calcium = molar("calcium", Conditions.calcium)
        k_mg, k_ca = (
            constant(
                ion.capitalize(),
                None if settings.get(f"k_{ion}") is None else _unit(settings[f"k_{ion}"]),
                settings.get(f"k_{ion}_factor"),
                settings.get(f"k_{ion}_source") or None,
            )
            for ion in ("mg", "ca")
        )
    except InputError:
        return []
    normal, low = (
        occupancy(k_mg, k_ca, LEVELS[level] * magnesium, calcium) for level in ("normal", "low")
    )
    return [f"{line[0].upper()}{line[1:]}." for line in sentences(normal, low)]


def _unit(value: object) -> str:
    """Write ``0.00055 molar``, as settings are written with defaults, as people do."""
    return str(value).replace(" molar", " M")
