"""The proteins that the study knows, and telling from a sequence which of them a chain is.

One entry here makes a protein known everywhere: its chains are found in anyone's file by alignment,
numbered as the mature protein and returned to the wild type.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import gemmi

from lfa1_analysis.proteins.alphal import SIGNAL_PEPTIDE, WILD_TYPE
from lfa1_analysis.proteins.species import one_letter

LEAST_IDENTITY = 0.85
"""Of a chain that is prepared for simulation; engineered residues are far fewer."""


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
        for offset in (0, self.signal_peptide):
            if given is None or len(set(given)) < len(given):
                break
            shifted = [n - offset for n in given]
            inside = [
                (code, n) for code, n in zip(sequence, shifted, strict=True) if n in self.sequence
            ]
            same = sum(self.sequence[n] == code for code, n in inside)
            if len(inside) >= self.least_length and same >= LEAST_IDENTITY * len(inside):
                return [n if n in self.sequence else None for n in shifted]
        aligned = self._aligned(sequence)
        if aligned is None or given is None or len(set(given)) < len(given):
            return aligned
        # An alignment may slide by a residue beside gaps and at the ends; the file's numbers, moved
        # by one constant, are surer wherever they fit the sequence as well.
        shifts = Counter(n - own for n, own in zip(aligned, given, strict=True) if n is not None)
        shift = shifts.most_common(1)[0][0]
        moved = [own + shift if own + shift in self.sequence else None for own in given]
        return moved if self._same(sequence, moved) >= self._same(sequence, aligned) else aligned

    def _same(self, sequence: str, numbers: list[int | None]) -> int:
        pairs = zip(sequence, numbers, strict=True)
        return sum(n is not None and self.sequence[n] == code for code, n in pairs)

    def closeness(self, sequence: str) -> str:
        """Say how much of this protein a chain is, and how much is asked for.

        >>> from lfa1_analysis.proteins.known import ALPHA_L
        >>> ALPHA_L.closeness("GNVDLVFLFDG" + 20 * "A")
        '31 residues aligned, 74 % of them identical; at least 100 and 85 % are needed'
        """
        numbers, same = self._alignment(sequence)
        matched = sum(n is not None for n in numbers)
        share = f", {same / matched:.0%} of them identical".replace("%", " %") if matched else ""
        return (
            f"{matched} residues aligned{share}; at least {self.least_length} and "
            f"{100 * LEAST_IDENTITY:.0f} % are needed"
        )

    def _aligned(self, sequence: str) -> list[int | None] | None:
        result, same = self._alignment(sequence)
        matched = sum(n is not None for n in result)
        enough = matched >= self.least_length and same >= LEAST_IDENTITY * matched
        return result if enough else None

    def _alignment(self, sequence: str) -> tuple[list[int | None], int]:
        """Return the mature numbers, good or bad, and how many residues are identical."""
        target = "".join(self.sequence.values())
        aligned = gemmi.align_string_sequences(list(sequence), list(target), [])
        query, reference = aligned.add_gaps(sequence, 1), aligned.add_gaps(target, 2)
        result: list[int | None] = []
        same, number = 0, min(self.sequence)
        for code, wild in zip(query, reference, strict=True):
            if code != "-":
                result.append(number if wild != "-" else None)
                same += code == wild
            number += wild != "-"
        return result, same


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
