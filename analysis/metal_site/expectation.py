"""What the metal site of a trajectory should be: which metal, held by which state's donors."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lfa1_analysis.metal_site.coordination import CUTOFF, CUTOFFS
from lfa1_analysis.metal_site.rules import Demand, Distances
from lfa1_analysis.proteins.alphal import MIDAS_DONORS, STATE_DONORS, STATE_LIGANDS
from lfa1_analysis.proteins.ion_names import DIVALENT
from lfa1_analysis.proteins.species import one_letter

UNKNOWN = "unknown"
"""What is in the site, where the file holds no ions at all."""
FIRST_FRAMES = 10
"""Frames from which metal and state are read where they are not given."""


@dataclass(frozen=True)
class Expected:
    """The metal, state and donors that are expected of the αI MIDAS.

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
        """Return what the rules demand; labels are ``Asp239``.

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

    def distances(self, table: pd.DataFrame) -> Distances:
        """Return what the rules look at, from the columns of a table of `Midas`."""

        def column(name: str) -> NDArray[np.float64]:
            if name not in table:
                return np.full(len(table), np.nan)
            return pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)

        nearest = {key.capitalize(): column(f"{key}_angstrom") for key in MIDAS_DONORS}
        nearest = {key: r for key, r in nearest.items() if np.isfinite(r).any()}
        nearest |= {key.capitalize(): ligand_distance(table, key) for key in self.ligands}
        farther = {f"Asp{n}": column(f"asp{n}_far_angstrom") for n in (137, 239)}
        # Every other oxygen of the protein is known by the names in `donors` alone.
        shells = table["donors"].astype(str)
        known = {f"{k.upper()} {a}" for k, (_, names) in MIDAS_DONORS.items() for a in names}
        parts = [frozenset(shell.split("; ")) for shell in shells]
        own = tuple(f":{key.upper()} " for key in self.ligands)
        labels = {
            label
            for label in frozenset[str]().union(*parts) - known
            if _is_donor(label) and not any(name in label for name in own)
        }
        number, smooth = column("coordination_number"), column("coordination_smooth")
        known_number = bool(np.isfinite(number).any())
        return Distances(
            CUTOFFS.get(self.metal, CUTOFF),
            nearest,
            farther,
            {label: np.array([label in part for part in parts]) for label in labels},
            frozenset(label for label in labels if ":" in label),
            number if known_number else None,
            smooth if known_number and np.isfinite(smooth).any() else None,
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


def ligand_distance(table: pd.DataFrame, key: str) -> NDArray[np.float64]:
    """Return how far a ligand's donor is from the metal, frame by frame (Å).

    Parameters
    ----------
    table : pandas.DataFrame
        Of :class:`~lfa1_analysis.observables.midas.Midas`; it has the nearest oxygen of the
        ligand, and by name those that hold the metal.
    key : str
        Of ``LIGAND_DONORS``, ``glu34``.

    Returns
    -------
    ndarray, shape (n,)
        Infinite where no oxygen of the ligand is within reach (6 Å), or another one holds the metal
        and this one does not.
    """
    r = pd.to_numeric(table["ligand_angstrom"], errors="coerce").fillna(np.inf).to_numpy(float)
    shells = table["donors"].astype(str)
    ours = shells.str.contains(rf":{key.upper()} O", regex=True).to_numpy()
    another = shells.str.contains(":", regex=False).to_numpy() & ~ours
    return np.where(another, np.inf, r)


def _is_donor(label: str) -> bool:
    """Tell oxygens of amino acids, as in ``donors``, from those of waters."""
    residue = re.match(r"(?:\S*:)?([A-Z]{3})\d+ ", label)
    return residue is not None and bool(one_letter(residue[1]))
