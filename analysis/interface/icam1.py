"""What is known beforehand about ICAM-1: the sequence of its first two domains and landmarks.

Residue numbers are those of the mature chain, UniProt P05362 minus the 27-residue signal peptide.
"""

from __future__ import annotations

SIGNAL_PEPTIDE = 27
"""UniProt P05362 number minus mature number."""

# UniProt P05362, mature residues 1–184 (D1 and D2); PDB entry 1MQ8, chain A, has the same.
_SEQUENCE = (
    "QTSVSPSKVILPRGGSVLVTCSTSCDQPKLLGIETPLPKKELLLPGNNRKVYELSNVQEDSQPMCYSNCPDGQSTAKTFLTVYWTPE"
    "RVELAPLPSWQPVGKNLTLRCQVEGGAPRANLTVVLLRGEKELKREPAVGEPAEVTTTVLVRRDHHGANFSCRTELDLRPQGLELFE"
    "NTSAPYQLQT"
)
SEQUENCE: dict[int, str] = {1 + i: code for i, code in enumerate(_SEQUENCE)}
"""One-letter code by mature residue number."""

GLU34 = 34
"""The glutamate whose carboxylate holds the metal of the MIDAS in 1MQ8."""
CARBOXYLATE = ("OE1", "OE2")
D1 = tuple(range(1, 83))
"""Domain 1, to the end of its last β strand (DSSP of 1MQ8: 79–82); D2 begins behind the linker."""
