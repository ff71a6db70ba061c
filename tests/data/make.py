"""Cut what the tests read of PDB entries: ``python tests/data/make.py FOLDER``.

FOLDER holds the entries' files, in any form that gemmi reads (``1cqp.pdb``, ``1cqp.cif.gz``), there
or in a folder of it. Each cut is ``tests/data/entries/NAME.pdb.gz``; README.md says what is in it.
"""

import gzip
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import gemmi

ENTRIES = Path(__file__).parent / "entries"
METALS = {"MG", "MN", "CA"}
BACKBONE = {"N", "CA", "C", "O"}


class Cut(NamedTuple):
    """What is kept of an entry.

    `near` is the distance from a metal, in Å, up to which a residue is kept whole, farther away
    its backbone alone; without it every residue is whole. Metals and waters of the chains are kept
    always, glycans where it says so.
    """

    what: str
    chains: str
    near: float | None = None
    glycans: bool = False


CUTS = {
    "1CQP": Cut(
        "closed alpha-L I domain with the Mg2+ of the MIDAS and waters, without lovastatin", "A"
    ),
    "1MQ8": Cut("ICAM-1 D1-D2 (A) and alpha-L I domain (B) with Mg2+ and two waters", "AB"),
    "1MQ9": Cut("open alpha-L I domain, locked by K287C-K294C", "A"),
    "3F74": Cut("closed alpha-L I domain", "A"),
    "3HI6": Cut("open alpha-L I domain, locked by L161C-F299C, without the Fab", "B"),
    "4WJK": Cut("alpha-5 beta-1 headpiece, closed: metals, waters, glycans", "AB", glycans=True),
    "1L5G": Cut("alpha-V beta-3 ectodomain, bent, with Mn2+ and a peptide (C)", "ABC", near=8.0),
    "3ZDY": Cut("alpha-IIb beta-3 headpiece, closed, with a peptide (J)", "CDJ"),
    "3ZE2": Cut("alpha-IIb beta-3 headpiece, half open, with a peptide (J)", "CDJ", near=0.0),
    "2VDR": Cut("alpha-IIb beta-3 headpiece, open, with a peptide (C)", "ABC", near=0.0),
}


def cut(structure: gemmi.Structure, rule: Cut) -> gemmi.Structure:
    """Return what is kept: heavy atoms, the first of alternative places, no B factors."""
    structure.remove_alternative_conformations()
    structure.remove_hydrogens()
    del structure[1:]
    metals = [a.pos for c in structure[0] for r in c if r.name in METALS for a in r]
    for chain in list(structure[0]):
        if chain.name not in rule.chains:
            structure[0].remove_chain(chain.name)
    for chain in structure[0]:
        for i in reversed(range(len(chain))):
            residue = chain[i]
            kind = gemmi.find_tabulated_residue(residue.name)
            kept = kind.is_amino_acid() or kind.is_water() or residue.name in METALS
            if not kept and not rule.glycans:
                del chain[i]
            elif kind.is_amino_acid() and rule.near is not None:
                places = [(a.pos, metal) for a in residue for metal in metals]
                if all(a.dist(b) > rule.near for a, b in places):
                    for name in {a.name for a in residue} - BACKBONE:
                        residue.remove_atom(name, "\0")
            for atom in residue:
                atom.b_iso = 0
    return structure


def text(name: str, structure: gemmi.Structure) -> str:
    """Return a cut as a PDB file whose remarks say what it is."""
    rule = CUTS[name]
    side_chains = "" if rule.near is None else "; backbone alone"
    if rule.near:
        side_chains += f" but for residues within {rule.near:g} A of a metal"
    said = (
        f"PDB entry {name}, chains {' '.join(rule.chains)}: {rule.what}. Cut by "
        f"tests/data/make.py: heavy atoms, no B factors{side_chains}. Data of the wwPDB, CC0 1.0. "
        "tests/data/README.md says what else is left out."
    )
    remarks = "".join(f"REMARK 999 {line}\n" for line in textwrap.wrap(said, 69))
    structure.setup_entities()
    options = gemmi.PdbWriteOptions(minimal=True)
    options.cryst1_record = False
    return remarks + structure.make_pdb_string(options)


def main(folder: Path) -> None:
    """Make all cuts of the entries in a folder."""
    ENTRIES.mkdir(exist_ok=True)
    for name in CUTS:
        found = sorted(f for f in folder.rglob(f"{name.lower()}.*") if f.is_file())
        if not found:
            sys.exit(f"{name}: not in {folder}")
        content = text(name, cut(gemmi.read_structure(str(found[0])), CUTS[name]))
        packed = gzip.compress(content.encode("ascii"), 9, mtime=0)
        (ENTRIES / f"{name.lower()}.pdb.gz").write_bytes(packed)
        print(f"{name}: {len(packed) / 1000:.0f} kB")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
