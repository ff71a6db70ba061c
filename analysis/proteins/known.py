"""The proteins that the study knows, and telling from a sequence which of them a chain is.

One entry here makes a protein known everywhere: its chains are found in anyone's file by alignment,
numbered as the mature protein and returned to the wild type.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import gemmi
import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.proteins.alphal import SIGNAL_PEPTIDE, WILD_TYPE
from lfa1_analysis.proteins.species import one_letter

LEAST_IDENTITY = 0.85
"""Of a chain that is prepared for simulation; engineered residues are far fewer."""
Scheme = Literal["auto", "mature", "uniprot"]
STRAY = 10
"""Residues; a shorter end of an alignment, with a longer gap before the rest, is chance."""


@dataclass(frozen=True)
class Protein:
    """A protein by its wild-type sequence.

    Attributes
    ----------
    key : str
        Short name in code, ``icam1``.
    name : str
        As people write it, ``ICAM-1``.
    accession : str
        UniProt.
    signal_peptide : int
        UniProt number minus mature number.
    sequence : mapping of int to str
        One-letter code by mature number: what a model may span, at its widest.
    domains : mapping of str to (int, int)
        Stretches that a model may be cut to, first and last residue.
    least_length : int
        Aligned residues below which a chain is not taken for this protein.
    """

    key: str
    name: str
    accession: str
    signal_peptide: int
    sequence: Mapping[int, str] = field(repr=False)
    domains: Mapping[str, tuple[int, int]]
    least_length: int

    def wild(self, number: int) -> str:
        """Return the wild-type residue name (``GLU``) of a mature number."""
        return str(gemmi.expand_one_letter(self.sequence[number], gemmi.ResidueKind.AA))

    def numbers(self, sequence: str, given: Sequence[int] | None = None) -> list[int | None] | None:
        """Return the mature numbers of a one-letter sequence.

        Parameters
        ----------
        sequence : str
            One-letter codes in chain order.
        given : sequence of int, optional
            The file's own numbers. Where they are the mature or UniProt numbers they are taken,
            since an alignment cannot place a gap inside a repeat.

        Returns
        -------
        list of int or None
            The mature number of each residue, None outside `sequence` of the protein; None
            altogether when the chain is not this protein.
        """
        places = range(len(sequence)) if given is None else given
        if len(set(places)) == len(places) and given is not None:
            for offset in (0, self.signal_peptide):
                inside = [
                    self.sequence[n - offset] == code
                    for code, n in zip(sequence, given, strict=True)
                    if n - offset in self.sequence
                ]
                if len(inside) >= self.least_length and sum(inside) >= LEAST_IDENTITY * len(inside):
                    return [n - offset if n - offset in self.sequence else None for n in given]
        numbers, same = self._alignment(sequence, places)
        if len(numbers) < self.least_length or same < LEAST_IDENTITY * len(numbers):
            return None
        found = {i: n for n, i in numbers.items()}
        return [found.get(i) for i in range(len(sequence))]

    def closeness(self, sequence: str) -> str:
        """Say how much of this protein a chain is, and how much is asked for.

        >>> from lfa1_analysis.proteins.known import ALPHA_L
        >>> ALPHA_L.closeness("GNVDLVFLFDG" + 20 * "A")
        '31 residues aligned, 48 % of them identical; at least 100 and 85 % are needed'
        """
        numbers, same = self._alignment(sequence, range(len(sequence)))
        matched = len(numbers)
        share = f", {same / matched:.0%} of them identical".replace("%", " %") if matched else ""
        return (
            f"{matched} residues aligned{share}; at least {self.least_length} and "
            f"{100 * LEAST_IDENTITY:.0f} % are needed"
        )

    def _alignment(self, sequence: str, given: Sequence[int]) -> tuple[dict[int, int], int]:
        """Return position by mature number, good or bad, and how many residues are identical."""
        resids, codes = np.array(given, dtype=np.int_), list(sequence)
        peptide = self.signal_peptide
        numbers, _ = number_chain(codes, resids, "auto", self.sequence, peptide, stray=0)
        return numbers, sum(self.sequence[n] == sequence[i] for n, i in numbers.items())


ALPHA_L = Protein(
    "alphal",
    "the αL I domain",
    "P20701",
    SIGNAL_PEPTIDE,
    WILD_TYPE,
    {"I": (128, 307)},
    least_length=100,
)

# UniProt P05362 (Staunton et al. 1988, Cell 52, 925), residues 28–212, which are mature 1–185: the
# two N-terminal domains. Before them the precursor has MAPSSPRPALPALLVLLGALFPGPGNA. Chain A of PDB
# entry 1MQ8 begins with the Gln behind it and is numbered from 1 there; it has mature 1–184.
_ICAM1 = (
    "QTSVSPSKVILPRGGSVLVTCSTSCDQPKLLGIETPLPKKELLLPGNNRKVYELSNVQEDSQPMCYSNCPDGQSTAKTFLTVYW"
    "TPERVELAPLPSWQPVGKNLTLRCQVEGGAPRANLTVVLLRGEKELKREPAVGEPAEVTTTVLVRRDHHGANFSCRTELDLRPQ"
    "GLELFENTSAPYQLQTF"
)
ICAM1 = Protein(
    "icam1",
    "ICAM-1",
    "P05362",
    27,
    {1 + i: code for i, code in enumerate(_ICAM1)},
    {"D1": (1, 84), "D1-D2": (1, 185)},
    least_length=60,
)

GLU34 = 34
"""The glutamate of ICAM-1 whose carboxylate holds the metal of the MIDAS in 1MQ8."""
CARBOXYLATE = ("OE1", "OE2")
D1 = tuple(range(1, 83))
"""Domain 1 of ICAM-1, to the end of its last β strand (DSSP of 1MQ8: 79–82)."""

PROTEINS: dict[str, Protein] = {protein.key: protein for protein in (ALPHA_L, ICAM1)}
"""By key."""


def recognise(residues: Sequence[tuple[int, str]]) -> Protein | None:
    """Return the protein whose mature numbers and residues a chain has.

    Parameters
    ----------
    residues : sequence of (int, str)
        Number and residue name (of any force field) of each residue; of a chain that this study
        numbered, so that nothing needs aligning.

    Returns
    -------
    Protein or None
        None where at most half of the amino acids are any known protein's.
    """
    codes = [(number, one_letter(name)) for number, name in residues]
    codes = [(number, code) for number, code in codes if code]
    same = {
        key: sum(protein.sequence.get(number) == code for number, code in codes)
        for key, protein in PROTEINS.items()
    }
    best = max(same, key=lambda key: same[key])
    return PROTEINS[best] if codes and same[best] > len(codes) / 2 else None


def number_chain(
    sequence: list[str],
    resids: NDArray[np.int_],
    numbering: Scheme,
    wild_type: Mapping[int, str] = WILD_TYPE,
    signal_peptide: int = SIGNAL_PEPTIDE,
    stray: int = STRAY,
) -> tuple[dict[int, int], str]:
    """Give the residues of a chain their mature numbers.

    Parameters
    ----------
    sequence : list of str
        One-letter codes.
    resids : ndarray of int, shape (n,)
        Residue numbers of the file.
    numbering : {"auto", "mature", "uniprot"}
        ``auto`` aligns the sequence; the others trust the residue numbers of the file.
    wild_type : mapping
        One-letter code by mature number, without gaps; by default of the αL I domain.
    signal_peptide : int
        UniProt number minus mature number.
    stray : int
        Residues; a shorter end of the alignment, with a longer gap before the rest, is chance.

    Returns
    -------
    dict of int to int
        Mature number → position in the chain; empty where nothing aligns.
    str
        How the file numbers it, in words.
    """
    if numbering != "auto":
        by = -signal_peptide if numbering == "uniprot" else 0
        return _shifted(resids, by, wild_type), numbering
    aligned = _align(sequence, wild_type, stray)
    if not aligned:
        return {}, ""
    # Beside a gap an alignment may slide by a residue; the file's own numbers, shifted by one
    # constant, are surer wherever they fit the sequence as well.
    shift = Counter(n - int(resids[i]) for n, i in aligned.items()).most_common(1)[0][0]
    ends = min(aligned.values()), max(aligned.values())
    shifted = _shifted(resids, shift, wild_type)
    shifted = {n: i for n, i in shifted.items() if ends[0] <= i <= ends[1]}

    def fit(numbers: dict[int, int]) -> int:
        return sum(wild_type[n] == sequence[i] for n, i in numbers.items())

    numbers = aligned if fit(shifted) < fit(aligned) else shifted
    # Where the chain goes on, as in files that join two proteins, the ends must be its own.
    for at, last in ((min, 0), (max, len(sequence) - 1)):
        while numbers and numbers[end := at(numbers)] != last:
            if wild_type[end] == sequence[numbers[end]]:
                break
            del numbers[end]
    if fit(shifted) < fit(aligned):
        return numbers, "by alignment only"
    names = {0: "mature", -signal_peptide: "UniProt"}
    return numbers, names.get(shift, f"mature = number {shift:+d}")


def _shifted(resids: NDArray[np.int_], shift: int, wild_type: Mapping[int, str]) -> dict[int, int]:
    numbers: dict[int, int] = {}
    for i, resid in enumerate(resids):
        if int(resid) + shift in wild_type:
            numbers.setdefault(int(resid) + shift, i)
    return numbers


def _align(sequence: list[str], wild_type: Mapping[int, str], stray: int) -> dict[int, int]:
    """Align a chain with the wild type: mature number → position in the chain."""
    scoring = gemmi.AlignmentScoring("b")  # BLOSUM62, gap 10 + 1 per residue
    known = [gemmi.expand_one_letter(code, gemmi.ResidueKind.AA) for code in wild_type.values()]
    chain = [gemmi.expand_one_letter(code, gemmi.ResidueKind.AA) or "UNK" for code in sequence]
    result = gemmi.align_string_sequences(chain, known, [], scoring)
    first = min(wild_type)
    numbers: dict[int, int] = {}
    i = n = 0
    steps = re.findall(r"(\d+)([MID])", result.cigar_str())
    blocks = [place for place, (_, operation) in enumerate(steps) if operation == "M"]
    # An end that was laid on a far part of a longer chain, at no cost, is none of the protein's.
    chance = {
        place
        for ends, gap in ((blocks[:1], 1), (blocks[-1:], -1))
        for place in ends
        if 0 <= place + gap < len(steps)
        and int(steps[place][0]) < stray <= int(steps[place + gap][0])
        and len(blocks) > 1
    }
    for place, (length, operation) in enumerate(steps):
        count = int(length)
        if operation == "M" and place not in chance:
            numbers.update({first + n + k: i + k for k in range(count)})
        i += count if operation in "MI" else 0
        n += count if operation in "MD" else 0
    return numbers
