"""The αL I domain as it was found in a molecule: which atom is which, by mature number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.species import SIDE_CHAIN_ATOMS, is_hydrogen, is_side_chain, one_letter

CARBONYL = ("O", "OT1", "O1", "OC1")
"""Names of a backbone's carbonyl oxygen, at a chain's end too."""


@dataclass(frozen=True)
class Domain:
    """The αL I domain of one molecule.

    Attributes
    ----------
    source : str
        The file, for messages.
    chain : str
        Chain or segment it was found in (``""`` where the file names none).
    scheme : str
        How the file numbers it, in words.
    identity : float
        Fraction of its residues that are those of the wild type.
    mutations : tuple of str
        Differences from P20701 in mature numbering, ``R189W``.
    names : dict of int to str
        Mature residue number → residue name in the file.
    atoms : dict of int to dict of str to int
        Mature residue number → atom name → index of the atom in the file (first alternate
        location).
    labels : dict of int to str
        What messages call a residue where its number would say nothing; empty for numbers.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.proteins.numbering import find_domain
    >>> domain = find_domain(examples.universe())
    >>> domain.names[139], domain.index(139, "OG"), domain.has([126, 139])
    ('SER', 92, [139])
    """

    source: str
    chain: str
    scheme: str
    identity: float
    mutations: tuple[str, ...]
    names: dict[int, str]
    atoms: dict[int, dict[str, int]]
    labels: dict[int, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The chain in words."""
        return f"chain {self.chain}" if self.chain.strip() else "unnamed chain"

    def said(self, number: int) -> str:
        """Return what a message calls a residue."""
        return self.labels.get(int(number), str(number))

    def index(self, number: int, name: str) -> int | None:
        """Return the index of one atom, or None if the molecule lacks it."""
        return self.atoms.get(number, {}).get(name)

    def has(self, numbers: Iterable[int], name: str = "CA") -> list[int]:
        """Return those of the residue numbers whose atom is there."""
        return [n for n in numbers if self.index(n, name) is not None]

    def indices(self, numbers: Iterable[int], name: str = "CA") -> NDArray[np.intp]:
        """Return the indices of one atom of each residue; all must be there."""
        return np.array([self.atoms[n][name] for n in numbers], dtype=np.intp)

    def side_chain(self, number: int) -> list[int]:
        """Return the heavy side-chain atoms of a residue, Cα included."""
        return [index for name, index in self.atoms.get(number, {}).items() if is_side_chain(name)]

    def whole_backbone(self, number: int) -> bool:
        """Tell whether a residue is there with N, Cα, C and its carbonyl oxygen."""
        atoms = self.atoms.get(number, {})
        return {"N", "CA", "C"} <= atoms.keys() and any(name in atoms for name in CARBONYL)

    def whole_side_chain(self, number: int) -> bool:
        """Tell whether a residue is there with every heavy atom of its side chain, Cα included.

        What the residue is in the file decides, a mutant's side chain or the wild type's.
        """
        code = one_letter(self.names.get(number, ""))
        atoms = self.side_chain(number)
        return bool(atoms) and len(atoms) >= SIDE_CHAIN_ATOMS.get(code, 1)

    def incomplete(self, numbers: Iterable[int]) -> list[int]:
        """Return those residues that are there without all heavy atoms of backbone or side chain.

        The second oxygen of a chain's end is not asked for.
        """
        return [
            n
            for n in numbers
            if n in self.atoms and not (self.whole_backbone(n) and self.whole_side_chain(n))
        ]

    def heavy(self) -> list[int]:
        """Return every heavy atom, in the order of the chain."""
        return [
            index
            for number in sorted(self.atoms)
            for name, index in self.atoms[number].items()
            if not is_hydrogen(name)
        ]

    def require(self, numbers: Sequence[int], what: str, name: str = "CA") -> None:
        """Raise if an atom that a definition cannot do without is missing.

        Raises
        ------
        InputError
            Naming the residues.
        """
        missing = sorted(set(numbers) - set(self.has(numbers, name)))
        if missing:
            raise InputError(
                f"{self.source}, {self.where}: no {name} atom in {spans(missing)} "
                f"(mature numbering), which {what} needs",
                "use files that hold these residues; where they were never modelled, build them "
                "before simulating (PDBFixer, or `gaps: model` of the state in a study)",
            )


def spans(numbers: Iterable[int]) -> str:
    """Write residue numbers as ranges: ``200–206, 210``.

    Examples
    --------
    >>> from lfa1_analysis.proteins.domain import spans
    >>> spans([210, 200, 201, 202])
    '200–202, 210'
    """
    ordered = sorted(set(numbers))
    starts = [n for n in ordered if n - 1 not in set(ordered)]
    ends = [n for n in ordered if n + 1 not in set(ordered)]
    return ", ".join(
        f"{first}–{last}" if last > first else str(first)
        for first, last in zip(starts, ends, strict=True)
    )
