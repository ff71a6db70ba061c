"""Find the integrins of a molecule, and lay their atoms out for a run over its frames."""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy as np
from MDAnalysis import Universe
from numpy.typing import NDArray

from lfa1_analysis.integrin.pairs import Integrin, assemble
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.integrins.chains import ca_positions, find_subunits, tell_bare_ends
from lfa1_analysis.trajectory.universe import usable_box


def find_integrins(universe: Universe) -> list[Integrin]:
    """Find every integrin.

    Warns with `InputWarning` of what is bonded to a subunit and aligns with nothing.

    Raises
    ------
    InputError
        There is no protein, or no chain of an integrin among it.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.integrin.find import find_integrins
    >>> [one.label for one in find_integrins(examples.universe())]
    ['αL-like, chain A']
    """
    source = str(universe.filename or "the molecule")
    alphas = ca_positions(universe)
    if not np.isfinite(alphas).any():
        raise InputError(
            f"{source} holds no protein with Cα atoms", "use a file with an integrin's chains"
        )
    box = usable_box(universe.dimensions)
    units = find_subunits(universe, alphas, box)
    if not units:
        raise InputError(
            f"{source} holds no integrin: no chain aligns with the α and β chains known here",
            "use a file with at least one whole domain of an integrin; for an αI domain of "
            "another subunit than αL alone there is too little to tell it by",
        )
    tell_bare_ends(universe, units, alphas, box)
    return assemble(units, alphas, box)


MAX_STEP = 40.0
"""Å; bonded Cα atoms farther apart than this are refused: a molecule cut by a boundary without a
box. Domains that were moved as rigid bodies tear their linkers by less, and are measured."""


class Layout:
    """The atoms of some integrins in one row, as a run over frames reads them.

    Parameters
    ----------
    universe : MDAnalysis.Universe
    integrins : sequence of Integrin
    names : container of str
        Atom names to take besides Cα.

    Attributes
    ----------
    domain : Domain
        Its residues are numbered through; a number is left out where the chain is broken.
    serial : dict of int to int
        ``resindex`` → that number.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.integrin.find import Layout, find_integrins
    >>> universe = examples.universe()
    >>> layout = Layout(universe, find_integrins(universe), ("CB",))
    >>> len(layout.serial), len(layout.domain.atoms)
    (180, 180)
    """

    def __init__(
        self, universe: Universe, integrins: Sequence[Integrin], names: Container[str] = ()
    ) -> None:
        atoms: dict[int, dict[str, int]] = {}
        self.serial: dict[int, int] = {}
        resnames: dict[int, str] = {}
        self.labels: dict[int, str] = {}
        at = 0
        for integrin in integrins:
            for unit in integrin.units:
                for resindex, joined in zip(unit.residues, unit.joined, strict=True):
                    residue = universe.residues[resindex]
                    group = residue.atoms
                    taken: dict[str, int] = {}
                    for name, index in zip(group.names, group.ix, strict=True):
                        if name == "CA" or name in names:
                            taken.setdefault(str(name), int(index))
                    at += 1
                    atoms[at], resnames[at] = taken, str(residue.resname)
                    self.serial[int(resindex)] = at
                    chain = f"{unit.chain}:" if unit.chain else ""
                    self.labels[at] = f"{chain}{residue.resname}{residue.resid}"
                    at += not joined
                at += 1
        self.domain = Domain(
            source=str(universe.filename or "the molecule"),
            chain="",
            scheme="",
            identity=1.0,
            mutations=(),
            names=resnames,
            atoms=atoms,
            labels=self.labels,
        )

    def serials(self, resindices: Sequence[int]) -> list[int]:
        """Return the numbers of residues that have a Cα atom."""
        known = (self.serial[i] for i in resindices)
        return [n for n in known if "CA" in self.domain.atoms[n]]


def in_file(universe: Universe, resindices: NDArray[np.intp] | Sequence[int]) -> list[int]:
    """Return the residue numbers of the file."""
    return [int(n) for n in universe.residues[list(resindices)].resids]
