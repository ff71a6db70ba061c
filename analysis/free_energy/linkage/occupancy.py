"""What the MIDAS holds at given [Mg²⁺] and [Ca²⁺], by binding constants: in serum mostly Ca²⁺."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lfa1_analysis.free_energy.linkage.constants import Constant, of_relative
from lfa1_analysis.free_energy.linkage.dose_response import Band, band

DRAWS = 10_000
"""Of the binding constants, for the intervals."""


@dataclass(frozen=True)
class Occupancy:
    """The fractions of sites that hold Mg²⁺, Ca²⁺ and nothing.

    Attributes
    ----------
    k_mg_molar, k_ca_molar : float
        Apparent dissociation constants that it was computed with (mol/l).
    mg_molar, ca_molar : float
        Free ions (mol/l).
    mg, ca, empty : Band
        Their best values add up to 1.
    """

    k_mg_molar: float
    k_ca_molar: float
    mg_molar: float
    ca_molar: float
    mg: Band
    ca: Band
    empty: Band


def occupancy(
    k_mg: Constant, k_ca: Constant, mg_molar: float, ca_molar: float, seed: int = 2022
) -> Occupancy:
    """Compute the occupancy of one site for which both ions compete.

    Apparent constants decide it alone, whatever the free energy of opening: the binding polynomial
    of the mixture of both states is (1 + w)(1 + [Mg]/K_Mg + [Ca]/K_Ca), see ``docs/linkage.md``.

    Parameters
    ----------
    k_mg, k_ca : Constant
        Apparent dissociation constants (mol/l), with log-normal uncertainties.
    mg_molar, ca_molar : float
        Free ions (mol/l).
    seed : int, optional
        Of the draws.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.constants import constant
    >>> from lfa1_analysis.free_energy.linkage.occupancy import occupancy
    >>> found = occupancy(constant("Mg"), constant("Ca"), 0.56e-3, 1.2e-3)
    >>> [f"{share.best:.0%}" for share in (found.mg, found.ca, found.empty)]
    ['13%', '83%', '4%']
    """
    random = np.random.default_rng(seed)
    drawn = [
        k.molar * k.factor ** np.concatenate(([0.0], random.standard_normal(DRAWS)))
        for k in (k_mg, k_ca)
    ]
    mg, ca = mg_molar / drawn[0], ca_molar / drawn[1]
    total = 1 + mg + ca
    # The value at the best constants comes first, then the draws.
    shares = (part / total for part in (mg, ca, np.ones_like(total)))
    return Occupancy(
        k_mg.molar, k_ca.molar, mg_molar, ca_molar, *(band(its[0], its[1:]) for its in shares)
    )


def sentences(normal: Occupancy, less: Occupancy) -> list[str]:
    """Return in words what the site holds, and what takes the place of Mg²⁺ where it is scarce.

    Parameters
    ----------
    normal, less : Occupancy
        At the Mg²⁺ that counts as normal and at less of it, with the same Ca²⁺.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.constants import constant
    >>> from lfa1_analysis.free_energy.linkage.occupancy import occupancy, sentences
    >>> constants = constant("Mg"), constant("Ca")
    >>> normal, less = (occupancy(*constants, mg, 1.2e-3) for mg in (0.56e-3, 0.28e-3))
    >>> print(sentences(normal, less)[1])
    with 0.28 mM Mg²⁺ it is 7 % Mg²⁺, 89 % Ca²⁺, 4 % nothing: little Mg²⁺ mostly means Ca²⁺ at the \
site, not an empty one
    """
    words = [
        f"with dissociation constants of {normal.k_mg_molar * 1e6:.4g} µM for Mg²⁺ and "
        f"{normal.k_ca_molar * 1e6:.4g} µM for Ca²⁺, the MIDAS at {normal.mg_molar * 1e3:.3g} mM "
        f"free Mg²⁺ and {normal.ca_molar * 1e3:.3g} mM free Ca²⁺ holds Mg²⁺ in {_band(normal.mg)} "
        f"of the domains, Ca²⁺ in {_band(normal.ca)} and nothing in {_band(normal.empty)}"
    ]
    gained = {
        "Ca²⁺ at the site, not an empty one": less.ca.best - normal.ca.best,
        "an empty site, not Ca²⁺ in it": less.empty.best - normal.empty.best,
    }
    words.append(
        f"with {less.mg_molar * 1e3:.3g} mM Mg²⁺ it is {_percent(less.mg.best)} Mg²⁺, "
        f"{_percent(less.ca.best)} Ca²⁺, {_percent(less.empty.best)} nothing: little Mg²⁺ mostly "
        f"means {max(gained, key=lambda what: gained[what])}"
    )
    relative = occupancy(of_relative("Mg"), of_relative("Ca"), normal.mg_molar, normal.ca_molar)
    words.append(
        "all of this hangs on the constants: by those of the active αM I domain "
        f"({of_relative('Mg').source}) the site would be {_percent(relative.mg.best)} Mg²⁺, "
        f"{_percent(relative.ca.best)} Ca²⁺, {_percent(relative.empty.best)} nothing"
    )
    return words


def _band(share: Band) -> str:
    return f"{_percent(share.best)} (95 % interval {_percent(share.low)} to {_percent(share.high)})"


def _percent(fraction: float) -> str:
    """``0.131`` → ``13 %``, ``0.0034`` → ``0.3 %``."""
    return f"{fraction * 100:.0f} %" if fraction >= 0.0095 else f"{fraction * 100:.1g} %"
