"""The user's own topologies, spoilt, for `lfa1 opening`, `midas` and `flexibility`."""

from __future__ import annotations

import random
import warnings

import MDAnalysis
import pytest

TOPOLOGIES = {
    "nothing": ("t.pdb", None, ["does not exist"]),
    "empty PDB": ("t.pdb", lambda data: b"", ["empty"]),
    "empty GRO": ("t.gro", lambda data: b"", ["empty"]),
    "rubbish PDB": ("t.pdb", lambda data: random.Random(1).randbytes(5000), ["cannot be read"]),
    "rubbish GRO": ("t.gro", lambda data: random.Random(1).randbytes(5000), ["cannot be read"]),
    "rubbish TPR": ("t.tpr", lambda data: random.Random(1).randbytes(5000), ["cannot be read"]),
    "rubbish PRMTOP": ("t.prmtop", lambda data: b"%VERSION\n\n", ["cannot be read"]),
    "rubbish PSF": ("t.psf", lambda data: b"PSF\n\n", ["ends too early"]),
    "utf-16": ("t.pdb", lambda data: data.decode().encode("utf-16"), ["not text"]),
    "HTML": ("t.pdb", lambda data: b"<html>404</html>\n" * 9, ["t.pdb"]),
    "HTML as mmCIF": ("t.cif", lambda data: b"<html>404</html>\n" * 9, ["cannot be read"]),
    "cut PDB": ("t.pdb", lambda data: data[: len(data) // 2], ["t.pdb"]),
    "cut GRO": ("t.gro", lambda data: data[: len(data) // 2], ["cannot be read"]),
    "unknown format": ("t.docx", lambda data: data, ["cannot be read"]),
    "NaN": ("t.pdb", lambda data: data.replace(data[data.index(b"\nATOM") + 31 :][:8],
                                               b"     nan", 1), ["number"]),
    "PSF without coordinates": ("t.psf", "psf", ["no coordinates", "--trajectory"]),
}  # fmt: skip

PSF = """PSF

       1 !NTITLE
 REMARKS none

       1 !NATOM
       1 A    128  GLY  N    NH1   -0.470000       14.0070           0
"""


@pytest.mark.parametrize("case", TOPOLOGIES)
def test_a_bad_topology(here, pdb, refused, case):
    name, spoil, mentions = TOPOLOGIES[case]
    data = pdb.read_bytes()
    if name.endswith(".gro"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            MDAnalysis.Universe(str(pdb)).atoms.write(str(here / "intact.gro"))
        data = (here / "intact.gro").read_bytes()
    if spoil:
        (here / name).write_bytes(PSF.encode() if spoil == "psf" else spoil(data))
    refused("opening", "--topology", name, "--output", "out.csv", mentions=[name, *mentions])
