"""Profiles of the α and the β chain: the family alignments in `data`, as scores by residue.

A score is the mean BLOSUM62 score of a residue against those that the family shows in a column
(Gribskov et al. 1987, 10.1073/pnas.84.13.4355). Columns are the residues of mature αL and β2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import gemmi
import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.proteins.integrins.subunits import I_DOMAIN, ChainKind
from lfa1_analysis.trajectory.geometry import Array

DATA = Path(__file__).parent / "data"
CODES = "ACDEFGHIKLMNPQRSTVWY"
EASY = 0.5
"""Factor on the cost of a gap where the family has one."""


@dataclass(frozen=True)
class Member:
    """A chain of the family alignment.

    Attributes
    ----------
    name : str
        ``αL``, ``β3`` …
    codes : str
        Its residue in each column, ``-`` for none and ``X`` for one that is not known.
    gaps : frozenset of int
        Columns (from 0) in front of which it has residues that no column stands for.
    sequence : str
        All its residues.
    columns : tuple of int
        For each of these, the mature number of αL or β2 that it stands for; 0 for none.
    first : int
        Own mature number of the first.
    """

    name: str
    codes: str
    gaps: frozenset[int]
    sequence: str
    columns: tuple[int, ...]
    first: int

    def scores(self, sequence: list[str]) -> Array:
        """Return the BLOSUM62 score of each residue (one-letter codes) with each of its own."""
        matrix = np.zeros((len(CODES) + 1, len(CODES) + 1))
        matrix[:-1, :-1] = blosum62()
        rows = [CODES.find(code) if code else -1 for code in sequence]
        return np.asarray(matrix[np.ix_(rows, [CODES.find(code) for code in self.sequence])])


@dataclass(frozen=True)
class Profile:
    """Scores of a chain kind, with or without the αI domain.

    Attributes
    ----------
    kind : {"alpha", "beta"}
    numbers : ndarray of int, shape (L,)
        Mature residue numbers (αL or β2) of the columns.
    table : ndarray, shape (21, L)
        Scores of `CODES` and, last, of anything else.
    ease : ndarray, shape (L,)
        Factor on the cost of opening a gap.
    """

    kind: ChainKind
    numbers: NDArray[np.intp]
    table: Array
    ease: Array

    def scores(self, sequence: list[str]) -> Array:
        """Return the score of each residue (one-letter codes) in each column."""
        rows = [CODES.find(code) if code else -1 for code in sequence]
        return np.asarray(self.table[rows])


@cache
def family(kind: ChainKind) -> tuple[Member, ...]:
    """Read a family alignment (A3M: lower case has no column); its first member is αL or β2."""
    members = []
    text = (DATA / f"{kind}.a3m").read_text(encoding="utf-8")
    for entry in text.split(">")[1:]:
        head, *lines = entry.splitlines()
        name, first = head.split()[0], int(head.split("first=")[1].split()[0])
        aligned = "".join(lines)
        codes = "".join(code for code in aligned if not code.islower())
        gaps, columns, at = set(), [], 0
        for code in aligned:
            if code.islower():
                gaps.add(at)
                columns.append(0)
            else:
                at += 1
                columns += [at] if code != "-" else []
        sequence = aligned.replace("-", "").upper()
        members.append(Member(name, codes, frozenset(gaps), sequence, tuple(columns), first))
    return tuple(members)


@cache
def profiles() -> tuple[Profile, ...]:
    """Return the profiles that a chain is compared with: α with and without its I domain, and β."""
    first, last = I_DOMAIN
    alpha, beta = _profile("alpha"), _profile("beta")
    bare = (alpha.numbers < first) | (alpha.numbers > last)
    without = Profile("alpha", alpha.numbers[bare], alpha.table[:, bare], alpha.ease[bare])
    return alpha, without, beta


def _profile(kind: ChainKind) -> Profile:
    members = family(kind)
    width = len(members[0].codes)
    matrix = blosum62()
    table = np.zeros((len(CODES) + 1, width))
    ease = np.ones(width)
    for column in range(width):
        shown = [CODES.index(m.codes[column]) for m in members if m.codes[column] in CODES]
        table[:-1, column] = matrix[:, shown].mean(axis=1)
        if any(column in m.gaps or m.codes[column] == "-" for m in members):
            ease[column] = EASY
    return Profile(kind, np.arange(1, width + 1), table, ease)


@cache
def blosum62() -> Array:
    """Return BLOSUM62 (Henikoff & Henikoff 1992, 10.1073/pnas.89.22.10915) as gemmi has it."""
    scoring = gemmi.AlignmentScoring("b")
    names = [gemmi.expand_one_letter(code, gemmi.ResidueKind.AA) for code in CODES]
    return np.array(
        [[gemmi.align_string_sequences([a], [b], [], scoring).score for b in names] for a in names],
        dtype=float,
    )


def closest(kind: ChainKind, numbers: NDArray[np.intp], codes: list[str]) -> tuple[str, float]:
    """Return the member that some residues agree with best, and how well (fraction)."""
    best = ("", 0.0)
    for member in family(kind):
        pairs = [
            member.codes[n - 1] == code
            for n, code in zip(numbers, codes, strict=True)
            if member.codes[n - 1] in CODES
        ]
        if len(pairs) >= len(codes) / 3 and pairs and sum(pairs) / len(pairs) > best[1]:
            best = (member.name, sum(pairs) / len(pairs))
    return best
