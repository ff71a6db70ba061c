"""Linkage of opening and metal binding: two states of the I domain that share one metal site.

Wyman's linkage (Wyman 1964, Adv. Protein Chem. 19, 223) for the cycle closed ⇌ open, empty ⇌ Mg²⁺,
with Ca²⁺ as a competitor. Everything is computed from logarithms, so that large free energies do
not overflow and a ΔΔG of 0 gives a curve that is flat to the last bit. ``docs/linkage.md`` has the
formulae.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Values = NDArray[np.float64]


@dataclass(frozen=True)
class TwoStates:
    """One metal site in a protein that is closed or open.

    Attributes
    ----------
    apo : array, shape (n,)
        ΔG of opening without metal, in units of RT.
    mg, ca : array, shape (n,)
        ΔΔG = ΔG of opening with the ion bound − `apo`, in units of RT; 0: binds both states alike.
    k_mg, k_ca : array, shape (n,)
        Apparent dissociation constants (mol/l): the ion's concentration that fills half of the
        sites of the mixture of both states without a competitor.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.free_energy.linkage.two_states import TwoStates
    >>> one = np.ones(1)
    >>> states = TwoStates(5 * one, -1 * one, 0 * one, k_mg=160e-6 * one, k_ca=55e-6 * one)
    >>> states.fraction_open(np.array([0.0, 1e-3])).round(4)
    array([[0.0067, 0.0164]])
    """

    apo: Values
    mg: Values
    ca: Values
    k_mg: Values
    k_ca: Values

    @property
    def k_mg_closed(self) -> Values:
        """Dissociation constant of Mg²⁺ from the closed state (mol/l), shape (n,)."""
        return np.exp(self._ln_closed(self.k_mg, self.mg))

    @property
    def k_mg_open(self) -> Values:
        """Dissociation constant of Mg²⁺ from the open state (mol/l), shape (n,)."""
        return np.exp(self._ln_closed(self.k_mg, self.mg) + self.mg)

    def fraction_open(self, mg_molar: Values, ca_molar: float = 0.0) -> Values:
        """Fraction of the domains that are open.

        Parameters
        ----------
        mg_molar : array, shape (m,)
            Free Mg²⁺ (mol/l).
        ca_molar : float
            Free Ca²⁺ (mol/l).

        Returns
        -------
        array, shape (n, m)
        """
        closed, open_ = self._ln_polynomials(mg_molar, ca_molar)
        return np.asarray(expit((open_ - closed) - self.apo[:, None]))

    def occupancies(self, mg_molar: Values, ca_molar: float = 0.0) -> tuple[Values, Values]:
        """Fractions of all sites that hold Mg²⁺ and Ca²⁺; arguments as `fraction_open`.

        Returns
        -------
        two arrays, shape (n, m)
        """
        closed, open_ = self._ln_polynomials(mg_molar, ca_molar)
        weight = -self.apo[:, None]
        total = np.logaddexp(closed, weight + open_)
        bound = []
        ca = np.full_like(mg_molar, ca_molar)
        for molar, k, shift in ((mg_molar, self.k_mg, self.mg), (ca, self.k_ca, self.ca)):
            filled = _ln(molar)[None, :] - self._ln_closed(k, shift)[:, None]
            both = np.logaddexp(filled, weight + filled - shift[:, None])
            bound.append(np.exp(both - total))
        return bound[0], bound[1]

    def _ln_polynomials(self, mg_molar: Values, ca_molar: float) -> tuple[Values, Values]:
        """Logarithms of both binding polynomials, each relative to its own empty state."""
        mg = _ln(mg_molar)[None, :] - self._ln_closed(self.k_mg, self.mg)[:, None]
        ca = _ln(np.array([ca_molar]))[None, :] - self._ln_closed(self.k_ca, self.ca)[:, None]
        closed = np.logaddexp(np.logaddexp(0.0, ca), mg)
        open_ = np.logaddexp(np.logaddexp(0.0, ca - self.ca[:, None]), mg - self.mg[:, None])
        return closed, open_

    def _ln_closed(self, apparent: Values, shift: Values) -> Values:
        """Logarithm of the closed state's constant that gives the mixture the apparent one."""
        empty = np.logaddexp(0.0, -self.apo)
        filled = np.logaddexp(0.0, -(self.apo + shift))
        return np.asarray(np.log(apparent) + (filled - empty))


def _ln(molar: Values) -> Values:
    with np.errstate(divide="ignore"):  # no metal: −∞, which logaddexp understands
        return np.log(molar)
