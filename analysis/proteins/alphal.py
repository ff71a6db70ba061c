"""What is known beforehand about the αL I domain: its sequence, numbering and landmarks.

Residue numbers are those of the mature αL chain, UniProt P20701 minus the 25-residue signal
peptide. Secondary structure follows DSSP of 3F74; the definitions built on it are explained,
with the crystal values they give, in ``docs/observables.md``.
"""

from __future__ import annotations

SIGNAL_PEPTIDE = 25
"""UniProt P20701 number minus mature number."""

FIRST, LAST = 128, 307
"""Residue range of the I-domain models (mature numbering)."""

# UniProt P20701, mature residues 128–309, wild type: Arg189, Leu161, Phe299, Lys287, Lys294.
_SEQUENCE = (
    "GNVDLVFLFDGSMSLQPDEFQKILDFMKDVMKKLSNTSYQFAAVQFSTSYKTEFDFSDYVKRKDPDALLKHVKHML"
    "LLTNTFGAINYVATEVFREELGARPDATKVLIIITDGEATDSGNIDAAKDIIRYIIGIGKHFQTKESQETLHKFAS"
    "KPASEFVKILDTFEKLKDLFTELQKKIYVI"
)
WILD_TYPE: dict[int, str] = {FIRST + i: code for i, code in enumerate(_SEQUENCE)}
"""One-letter code by mature residue number (128–309)."""

SHEET_CORE: tuple[int, ...] = tuple(
    n
    for first, last in ((130, 137), (167, 173), (177, 180), (231, 238), (255, 260), (277, 282))
    for n in range(first, last + 1)
)
"""The Cα atoms that are superposed on the closed reference before anything moves."""

ALPHA7_AXIS = tuple(range(293, 301))
"""Cα atoms whose first principal axis in 3F74 is the direction of the α7 shift."""
ALPHA7 = tuple(range(294, 301))
"""Cα atoms whose centroid is followed along that axis."""
ALPHA7_HELIX = tuple(range(292, 304))
"""The α7 helix of the closed state by DSSP, for its helicity."""
RMSD_RANGE = tuple(range(130, 301))
"""Cα atoms of the RMSD to a reference, superposed on themselves."""

MIDAS = (137, 139, 141, 206, 239)
"""Asp137, Ser139, Ser141, Thr206, Asp239."""
MIDAS_ALPHA7_END = (295, 296, 297, 298, 300)
"""Cα atoms of the α7 end of the MIDAS–α7 distance."""

POCKET_WALL = (153, 237, 259, 261)
"""Phe153, Ile237, Ile259, Ile261: the ratchet pocket."""
POCKET_OCCUPANTS: dict[int, str] = {295: "closed", 292: "intermediate", 289: "open"}
"""Leu295, Phe292 and Leu289 fill the ratchet pocket in turn as α7 moves down."""

MOVING = tuple(sorted({*range(137, 145), *range(204, 209), *range(239, 244), *range(287, 301)}))
"""Elements that differ between the states: MIDAS loops, α1 N-terminus, β6–α7 loop and α7."""

MIDAS_DONORS: dict[str, tuple[int, tuple[str, ...]]] = {
    "asp137": (137, ("OD1", "OD2")),
    "ser139": (139, ("OG",)),
    "ser141": (141, ("OG",)),
    "thr206": (206, ("OG1",)),
    "asp239": (239, ("OD1", "OD2")),
}
"""Protein oxygens that can hold the metal: residue number and atom names."""

STATE_DONORS: dict[str, tuple[str, ...]] = {
    "closed": ("ser139", "ser141", "asp239"),
    "open": ("ser139", "ser141", "thr206"),
    "bound": ("ser139", "ser141", "thr206"),
}
"""Protein donors each state's MIDAS shows in its crystals (1CQP; 1MQ8 and 1T0P; 1MQ8)."""

LIGAND_DONORS: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "glu34": ("icam1", 34, ("OE1", "OE2")),
}
"""Oxygens of ligands that can hold the metal: protein, mature residue number and atom names."""

STATE_LIGANDS: dict[str, tuple[str, ...]] = {"bound": ("glu34",)}
"""Ligand donors a state's metal has besides: Glu34 of ICAM-1 (1MQ8)."""
