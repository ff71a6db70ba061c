"""Put α and β chains together into integrins, by their contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from MDAnalysis.lib.distances import capped_distance
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from lfa1_analysis.proteins.integrins.chains import Subunit
from lfa1_analysis.proteins.integrins.subunits import DOMAINS, ChainKind, Ranges, residues, spanned
from lfa1_analysis.trajectory.geometry import Array

CONTACT = 10.0
"""Å between Cα atoms. The α and β chains of five headpieces have 157 to 301 such pairs."""
MIN_CONTACTS = 12
"""Pairs; fewer are a touch of neighbours in a crystal."""
ENOUGH = 0.6
"""Fraction of a domain's residues that must be there; other subunits lack up to a quarter of αL's
or β2's."""


TOO_MANY = 1.5
"""Times the residues of αL's or β2's domain: more hold something that is no part of it, as a fused
protein. The crystals of the family reach 1.2."""
ALIGNED = 0.35
"""Fraction of a domain's residues of αL or β2 that must have a counterpart."""


@dataclass(frozen=True)
class Integrin:
    """An α and a β chain, or one of them alone.

    Attributes
    ----------
    number : int
        1 for the first in the file.
    alpha, beta : Subunit or None
    """

    number: int
    alpha: Subunit | None
    beta: Subunit | None

    @property
    def units(self) -> list[Subunit]:
        """The chains that are there, α first."""
        return [unit for unit in (self.alpha, self.beta) if unit is not None]

    @property
    def label(self) -> str:
        """Names and chains, ``αL/β2 (chains A and B)``."""
        names = "/".join(unit.name for unit in self.units)
        chains = " and ".join(unit.chain or "unnamed" for unit in self.units)
        return f"{names}-like, chain{'s' * (len(self.units) > 1)} {chains}"

    @cached_property
    def found(self) -> dict[str, int]:
        """How many residues of each domain are there, insertions among them included."""
        return {
            name: len(self.residues_of(name)) for unit in self.units for name in DOMAINS[unit.kind]
        }

    @cached_property
    def aligned(self) -> dict[str, int]:
        """How many of them stand for a residue of αL or β2."""
        return {
            name: spanned(unit.numbers.tolist(), ranges)
            for unit in self.units
            for name, ranges in DOMAINS[unit.kind].items()
        }

    def why_not(self, name: str) -> str:
        """Say why a domain cannot be measured; ``""`` if it can."""
        expected = len(residues(_ranges(name)))
        found, aligned = self.found.get(name, 0), self.aligned.get(name, 0)
        if found >= ENOUGH * expected and aligned >= ALIGNED * expected:
            if found <= TOO_MANY * expected:
                return ""
            return f"{name} has {found} residues for {expected}, so that something else is in it"
        return f"{name} has {found} of {expected} residues"

    def residues_of(self, name: str) -> list[int]:
        """Return the residues (``resindex``) of a domain, insertions among them included."""
        ranges = _ranges(name)
        for unit in self.units:
            if name in DOMAINS[unit.kind]:
                places = carried(unit.numbers)
                inside = [any(a <= n <= b for a, b in ranges) for n in places.tolist()]
                return [int(i) for i in unit.residues[inside]]
        return []

    def residue(self, kind: ChainKind, number: int) -> int | None:
        """Return the residue (``resindex``) that stands for one of αL or β2."""
        return self._places.get((kind, number))

    @cached_property
    def _places(self) -> dict[tuple[ChainKind, int], int]:
        return {
            (unit.kind, int(n)): int(i)
            for unit in self.units
            for i, n in zip(unit.residues, unit.numbers, strict=True)
            if n
        }


def carried(numbers: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give residues without a number that of the one before."""
    last = np.maximum.accumulate(np.where(numbers > 0, np.arange(len(numbers)), 0))
    return numbers[last]


def _ranges(name: str) -> Ranges:
    return next(ranges[name] for ranges in DOMAINS.values() if name in ranges)


def assemble(
    units: Sequence[Subunit], alphas: Array, box: NDArray[np.float32] | None
) -> list[Integrin]:
    """Pair α with β chains so that the contacts are as many as possible.

    Parameters
    ----------
    units : sequence of Subunit
    alphas : ndarray, shape (n_residues, 3)
        Cα positions in Å.
    box : ndarray, shape (6,), or None
        Contacts through the boundary count for chains that have none inside the box.

    Returns
    -------
    list of Integrin
        In the order of the file; chains without a partner alone.
    """
    sides = {kind: merged(units, kind, alphas, box) for kind in DOMAINS}
    free = {kind: list(range(len(side))) for kind, side in sides.items()}
    couples: list[tuple[Subunit | None, Subunit | None]] = []
    for image in (None, box) if box is not None else (None,):
        counts = np.array(
            [
                [
                    _contacts(sides["alpha"][a], sides["beta"][b], alphas, image)
                    for b in free["beta"]
                ]
                for a in free["alpha"]
            ]
        ).reshape(len(free["alpha"]), len(free["beta"]))
        pairs = [
            (free["alpha"][row], free["beta"][column])
            for row, column in zip(*linear_sum_assignment(-counts), strict=True)
            if counts[row, column] >= MIN_CONTACTS
        ]
        for a, b in pairs:
            couples.append((sides["alpha"][a], sides["beta"][b]))
            free["alpha"].remove(a)
            free["beta"].remove(b)
    couples += [(sides["alpha"][a], None) for a in free["alpha"]]
    couples += [(None, sides["beta"][b]) for b in free["beta"]]
    couples.sort(key=lambda pair: min(int(unit.residues[0]) for unit in pair if unit))
    return [Integrin(i + 1, alpha, beta) for i, (alpha, beta) in enumerate(couples)]


def merged(
    units: Sequence[Subunit], kind: ChainKind, alphas: Array, box: NDArray[np.float32] | None
) -> list[Subunit]:
    """Join the parts of chains that were cut in two, as the heavy and light chain of αIIb are."""
    parts = sorted(
        (unit for unit in units if unit.kind == kind), key=lambda unit: int(unit.numbers.max())
    )
    whole: list[Subunit] = []
    for part in parts:
        before = [
            (_contacts(unit, part, alphas, box), i)
            for i, unit in enumerate(whole)
            if unit.numbers.max() < part.numbers[part.numbers > 0].min() + 5
        ]
        contacts, i = max(before, default=(0, -1))
        if contacts >= MIN_CONTACTS:
            whole[i] = _joined(whole[i], part)
        else:
            whole.append(part)
    return whole


def _joined(first: Subunit, second: Subunit) -> Subunit:
    chain = first.chain if first.chain == second.chain else f"{first.chain}+{second.chain}"
    return replace(
        first,
        chain=chain,
        score=first.score + second.score,
        residues=np.concatenate([first.residues, second.residues]),
        numbers=np.concatenate([first.numbers, second.numbers]),
        own=np.concatenate([first.own, second.own]),
        joined=np.concatenate([first.joined, second.joined]),
    )


def _contacts(
    first: Subunit, second: Subunit, alphas: Array, box: NDArray[np.float32] | None
) -> int:
    """Count the pairs of Cα atoms in contact."""
    one, two = (alphas[unit.residues] for unit in (first, second))
    one, two = (xyz[np.isfinite(xyz).all(axis=1)] for xyz in (one, two))
    if not len(one) or not len(two):
        return 0
    pairs = capped_distance(
        one.astype(np.float32),
        two.astype(np.float32),
        CONTACT,
        box=box,
        return_distances=False,
    )
    return len(pairs)


def spans_of(numbers: Sequence[int]) -> str:
    """Write author numbers in their order as ranges: ``1–54, 60``."""
    if not numbers:
        return ""
    ends = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(numbers)) if b != a + 1), len(numbers)]
    return ", ".join(
        f"{numbers[i]}–{numbers[j - 1]}" if j - i > 1 else str(numbers[i])
        for i, j in pairwise(ends)
    )
