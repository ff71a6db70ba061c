"""What the metal site of a trajectory should be: which metal, held by which state's donors."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lfa1_analysis.metal_site.rules import Demand
from lfa1_analysis.proteins.alphal import MIDAS_DONORS, STATE_DONORS, STATE_LIGANDS
from lfa1_analysis.proteins.ion_names import DIVALENT

UNKNOWN = "unknown"
"""What is in the site, where the file holds no ions at all."""
FIRST_FRAMES = 10
"""Frames from which metal and state are read where they are not given."""


@dataclass(frozen=True)
class Expected:
    """What the site should be.

    Attributes
    ----------
    metal : str
        Element, or ``none`` for an empty site.
    state : str
        ``closed``, ``open``, ``bound``, or empty where it is not known; then Ser139
        and Ser141, which hold the metal in all, are all that is demanded.

    Examples
    --------
    >>> from lfa1_analysis.metal_site.expectation import Expected
    >>> str(Expected("Mg", "closed")), Expected("Mg", "closed").donors
    ('closed, Mg', ('ser139', 'ser141', 'asp239'))
    """

    metal: str
    state: str = ""

    @property
    def donors(self) -> tuple[str, ...]:
        """Protein donors that must hold the metal."""
        return STATE_DONORS.get(self.state, ("ser139", "ser141"))

    @property
    def ligands(self) -> tuple[str, ...]:
        """Donors of a bound protein that must hold it besides."""
        return STATE_LIGANDS.get(self.state, ())

    @property
    def demand(self) -> Demand:
        """What the rules demand; labels are ``Asp239``.

        Where the state is not known, Thr206 and Asp239 may hold the metal or not.
        """
        missing = [key for key in MIDAS_DONORS if key not in self.donors]
        outer = [k for k in missing if k == "asp137" or (k == "asp239" and self.state)]
        others = [k for k in missing if k == "thr206" and self.state]
        return Demand(
            self.metal.lower(),
            *(tuple(k.capitalize() for k in keys) for keys in (self.donors, self.ligands)),
            *(tuple(k.capitalize() for k in keys) for keys in (outer, others)),
        )

    def __str__(self) -> str:
        site = "empty site" if self.metal == "none" else self.metal
        return ", ".join(filter(None, (self.state, site)))


def expect(table: pd.DataFrame, ion: str | None = None, state: str | None = None) -> Expected:
    """Say what to expect, from the first frames where it is not given.

    Parameters
    ----------
    table : pandas.DataFrame
        Of :class:`~lfa1_analysis.observables.midas.Midas`.
    ion : str, optional
        ``mg``, ``ca``, ``mn``, ``na`` or ``apo``. By default the divalent metal that most of the
        first frames hold; a monovalent ion is never taken for the site's own.
    state : {"closed", "open", "bound"}, optional
        By default the pattern that most of the first frames show. The protein's own donors are
        those of ``open`` in ``bound`` too: it is ``bound`` where Glu34 of a ligand holds the metal
        in most of these frames.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.proteins.numbering import find_domain
    >>> from lfa1_analysis.metal_site.expectation import expect
    >>> from lfa1_analysis.observables.midas import Midas
    >>> universe = examples.universe(replica=1)
    >>> str(expect(Midas(universe, find_domain(universe)).run().results.table))
    'closed, Mg'
    """
    first = table.head(FIRST_FRAMES)
    if ion is None:
        metal = str(first["metal"].mode().iloc[0])
        metal = metal if metal in DIVALENT else "none"
    else:
        metal = "none" if ion == "apo" else ion.capitalize()
    if state is None:
        patterns = first["pattern"][first["metal"] == metal].dropna()
        state = str(patterns.mode().iloc[0]) if metal != "none" and len(patterns) else ""
        state = _held_by_ligand(first["donors"][patterns[patterns == state].index], state)
    return Expected(metal, state if state in STATE_DONORS else "")


def _held_by_ligand(shells: pd.Series, state: str) -> str:
    """Return the state with the same donors of the protein whose ligand holds the metal as well.

    Parameters
    ----------
    shells : pandas.Series
        Donors of the frames that show `state`, as ``B:GLU34 OE2; SER139 OG; …``.
    """
    for bound, ligands in STATE_LIGANDS.items():
        if STATE_DONORS[bound] != STATE_DONORS.get(state):
            continue
        held = [
            shells.astype(str).str.contains(rf":{key.upper()} O", regex=True) for key in ligands
        ]
        if pd.concat(held, axis=1).all(axis=1).mean() > 0.5:
            return bound
    return state
