"""Published binding constants of the metal, those to compute with, and the ions of serum."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import read_table
from lfa1_analysis.io.units import concentration

FILE = Path(__file__).parent / "data" / "binding_constants.csv"
DEFAULTS = {"Mg": ("whole LFA-1", "EGTA, no Ca2+"), "Ca": ("I domain", "isolated")}
"""Species and condition taken unless a constant is given. Affinities of the isolated αL I domain
for Mg²⁺ were measured (Vorup-Jensen et al. 2007), but their numbers were not read, hence that of
whole LFA-1 with a wide uncertainty."""
RELATIVE = ("αM I domain", "active")
"""Species and condition of the nearest relative of which both constants are known."""
FACTORS = {"Mg": 2.0, "Ca": 1.5}
"""Default uncertainty factors: assumptions, wider than the published ranges, because protein and
condition differ from the model's."""


class SerumLevel(NamedTuple):
    """A reference interval of an ion in serum (mol/l) and where it is from."""

    name: str
    low_molar: float
    high_molar: float
    source: str


TOTAL_MG = SerumLevel(
    "total serum Mg", 0.70e-3, 1.05e-3, "reference interval, varies between laboratories"
)
IONISED_MG = SerumLevel(
    "ionised serum Mg²⁺",
    0.45e-3,
    0.67e-3,
    "75 control subjects, PubMed 9736811; varies between laboratories",
)
IONISED_CA = SerumLevel(
    "ionised serum Ca²⁺", 1.1e-3, 1.3e-3, "reference interval, varies between laboratories"
)
SERUM_LEVELS = (TOTAL_MG, IONISED_MG, IONISED_CA)
"""To be marked beside a dose–response; a protein sees the ionised part."""


@dataclass(frozen=True)
class Constant:
    """An apparent dissociation constant with a log-normal uncertainty.

    Attributes
    ----------
    ion : str
    molar : float
        Its median (mol/l).
    factor : float
        exp of the standard deviation of ln K: two thirds of the draws lie within K ÷ factor and
        K × factor, 95 % within the factor squared. 1: no uncertainty.
    species, condition, source, note : str
    """

    ion: str
    molar: float
    factor: float
    species: str
    condition: str
    source: str
    note: str


def published() -> pd.DataFrame:
    """Read the table of published constants (mol/l), one row per ion, species and condition.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.constants import published
    >>> published()[["ion", "species", "k_molar"]].head(5)
      ion      species   k_molar
    0  Mg  whole LFA-1  0.000160
    1  Mg  whole LFA-1  0.000012
    2  Mn  whole LFA-1  0.000002
    3  Mn     I domain  0.000014
    4  Ca     I domain  0.000055
    """
    return read_table(FILE, "install the package again", keep_default_na=False)


def constant(
    ion: str, text: str | None = None, factor: float | None = None, source: str | None = None
) -> Constant:
    """Return the constant to compute with.

    Parameters
    ----------
    ion : {"Mg", "Ca"}
    text : str, optional
        As the user gave it, such as ``"160 uM"``; otherwise the published default.
    factor : float, optional
        Uncertainty factor, 1 or more; otherwise that of `FACTORS`.
    source : str, optional
        Where `text` comes from.

    Raises
    ------
    InputError
        `text` is no positive concentration, `factor` is below 1 or above 100, or `source` is given
        without `text`.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.constants import constant
    >>> round(constant("Mg").molar, 6), round(constant("Mg", "0.2 mM", 1.5, "ours").molar, 6)
    (0.00016, 0.0002)
    """
    option = f"--k-{ion.lower()}"
    factor = FACTORS[ion] if factor is None else factor
    if not 1 <= factor <= 100:
        raise InputError(
            f"{option}-factor {factor:g} is no uncertainty factor",
            "give 1 (exact) to 100; 2 means that K may be half or twice as large",
        )
    if text is not None:
        molar = concentration(text, option)
        return Constant(ion, molar, factor, "", "", source or "given without a source", "")
    if source is not None:
        raise InputError(f"{option}-source is of no constant", f"give {option}, too, or neither")
    return _published(ion, DEFAULTS[ion], factor)


def of_relative(ion: str) -> Constant:
    """Return the constant of the αM I domain, active, to compare with.

    Parameters
    ----------
    ion : {"Mg", "Ca"}

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.constants import of_relative
    >>> of_relative("Mg").molar, of_relative("Ca").molar
    (0.000106, 0.0021)
    """
    return _published(ion, RELATIVE, 1.0)


def _published(ion: str, where: tuple[str, str], factor: float) -> Constant:
    table = published()
    match = (table[["ion", "species", "condition"]] == [ion, *where]).all(axis=1)
    row = table[match].iloc[0]
    return Constant(ion, float(row["k_molar"]), factor, *where, row["source"], row["note"])
