"""Structures that `lfa1 prepare` must refuse, before it builds or minimises anything."""

from __future__ import annotations

import gzip
import random

import gemmi
import pytest

HTML = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>x</body></html>\n"


def until(residue: bytes):
    """Return what cuts a PDB file off before the first atom of a residue, such as b'A 280'."""

    def cut(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        return b"".join(lines[: next(i for i, line in enumerate(lines) if residue in line[20:27])])

    return cut


def coordinate(text: str):
    """Return what writes `text` into the x column of the first atom."""

    def spoil(data: bytes) -> bytes:
        at = data.index(b"\nATOM") + 1
        return data[: at + 30] + text.encode().rjust(8) + data[at + 38 :]

    return spoil


def zeros(number: int | None):
    """Return what puts the atoms of one residue, or all, at the origin."""

    def spoil(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        for i, line in enumerate(lines):
            atom = line.startswith((b"ATOM", b"HETATM"))
            if atom and (number is None or int(line[22:26]) == number):
                lines[i] = line[:30] + b"   0.000" * 3 + line[54:]
        return b"".join(lines)

    return spoil


FILES = {
    "empty": ("m.pdb", lambda data: b"", ["empty"]),
    "blank": ("m.pdb", lambda data: b"\n \n\n", ["empty"]),
    "binary": ("m.pdb", lambda data: random.Random(1).randbytes(9000), ["binary"]),
    "utf-16": ("m.pdb", lambda data: data.decode().encode("utf-16"), ["UTF-16"]),
    "utf-16 without mark": ("m.pdb", lambda data: data.decode().encode("utf-16-le"), ["binary"]),
    "html as cif": ("m.cif", lambda data: HTML, ["HTML"]),
    "html as pdb": ("m.pdb", lambda data: HTML, ["HTML"]),
    "prose": ("m.pdb", lambda data: b"Please find the model attached.\n", ["no atoms"]),
    "ligand dictionary": ("m.cif", lambda data: b"data_GOL\n_chem_comp.id GOL\n", ["no atoms"]),
    "pdb cut in a line": (
        "m.pdb",
        lambda data: data[: data.index(b"A 200 ") + 12],
        ["line", "A 200"],
    ),
    "pdb cut before α7": ("m.pdb", until(b"A 280"), ["279", "α7"]),
    "pdb cut before the MIDAS": ("m.pdb", until(b"A 235"), ["239", "missing"]),
    "gzip cut short": ("m.pdb.gz", lambda data: gzip.compress(data)[:-900], ["damaged gzip"]),
    "gzip of an empty file": ("m.pdb.gz", lambda data: gzip.compress(b""), ["empty"]),
    "NaN": ("m.pdb", coordinate("nan"), ["GLY A 128", "nan"]),
    "infinity": ("m.pdb", coordinate("inf"), ["GLY A 128", "inf"]),
    "stars": ("m.pdb", coordinate("********"), ["128", "****"]),
    "huge": ("m.pdb", coordinate("9.99e+20"), ["128", "Å"]),
    "all at the origin": ("m.pdb", zeros(None), ["same place"]),
    "a residue at the origin": ("m.pdb", zeros(200), ["199 and 200", "Å apart"]),
}


@pytest.mark.parametrize("case", FILES)
def test_a_spoilt_file(here, pdb, prepare_refused, case):
    name, spoil, mentions = FILES[case]
    data = spoil(pdb.read_bytes())
    (here / name).write_bytes(data)
    prepare_refused(name, name, *mentions)


@pytest.mark.parametrize("kept", [0.5, 0.85])
def test_mmcif_cut_inside_a_row(here, model, prepare_refused, kept):
    text = model.make_mmcif_document().as_string()
    (here / "m.cif").write_text(text[: text.rindex(" ", 0, int(kept * len(text)))])
    prepare_refused("m.cif", "m.cif")


def residue(structure: gemmi.Structure, number: int) -> gemmi.Residue:
    return next(r for r in structure[0][0] if r.seqid.num == number)


def metal(structure: gemmi.Structure) -> gemmi.Residue:
    return next(r for chain in structure[0] for r in chain if r.name == "MG")


def another_protein(structure):
    for r in structure[0][0]:
        r.name = "ALA"
        for name in [a.name for a in r if a.name not in ("N", "CA", "C", "O", "CB")]:
            r.remove_atom(name, "*")


def dna(structure):
    for r in structure[0][0]:
        r.name = "DA"
        for atom, name in zip(list(r), ("P", "OP1", "OP2", "O5'", "C5'"), strict=False):
            atom.name = name
        for name in [a.name for a in r if a.name in ("N", "CA", "C")]:
            r.remove_atom(name, "*")


def alphas_only(structure):
    for r in structure[0][0]:
        for name in [a.name for a in r if a.name != "CA"]:
            r.remove_atom(name, "*")


def gap(structure):
    chain = structure[0][0]
    for i in reversed([i for i, r in enumerate(chain) if 190 <= r.seqid.num <= 196]):
        del chain[i]


def doubled(structure):
    residue(structure, 200).add_atom(residue(structure, 200)[1])


def inserted(structure):
    extra = residue(structure, 200).clone()
    extra.seqid = gemmi.SeqId(200, "A")
    structure[0][0].add_residue(extra, 200 - 128 + 1)


def far_metal(structure):
    metal(structure)[0].pos += gemmi.Position(3, 3, 3)


def iron(structure):
    metal(structure)[0].element, metal(structure)[0].name = gemmi.Element("Fe"), "FE"
    metal(structure).name = "FE"


def displaced_side_chain(structure):
    residue(structure, 200)["CB"][0].pos += gemmi.Position(0, 0, 40)


ATOMS = {
    "another protein": (another_protein, ["I domain"]),
    "DNA": (dna, ["I domain"]),
    "Cα only": (alphas_only, ["backbone", "128"]),
    "unknown residue": (lambda s: setattr(residue(s, 200), "name", "QQQ"), ["QQQ", "200"]),
    "no Cα": (lambda s: residue(s, 200).remove_atom("CA", "*"), ["200", "CA"]),
    "gap": (gap, ["190–196"]),
    "atom twice": (doubled, ["200", "twice"]),
    "inserted residue": (inserted, ["200A", "P20701"]),
    "metal far away": (far_metal, ["MG", "Å"]),
    "iron": (iron, ["FE", "MIDAS"]),
    "side chain far away": (displaced_side_chain, ["200: atom CB", "Å"]),
}


@pytest.mark.parametrize("case", ATOMS)
@pytest.mark.parametrize("form", ["pdb", "cif"])
def test_spoilt_atoms(here, model, write, prepare_refused, case, form):
    spoil, mentions = ATOMS[case]
    spoil(model)
    write(model, here / f"mine.{form}")
    prepare_refused(f"mine.{form}", f"mine.{form}", *mentions)


def test_a_chain_that_is_not_there(pdb, prepare_refused):
    prepare_refused("mine.pdb", "mine.pdb", "chain Q", "A", chain="Q")


def test_a_chain_without_the_domain(pdb, prepare_refused):
    prepare_refused("mine.pdb", "mine.pdb", "chain B", "αL I domain", chain="B")
