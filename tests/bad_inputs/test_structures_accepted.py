"""Structures that look unusual and are sound: they give the very domain of the intact file."""

from __future__ import annotations

import gzip
import time

import gemmi
import pytest

from lfa1_md.protein import prepare
from lfa1_md.study import configfile


def lines(change):
    """Return what changes every atom line of a PDB file."""

    def spoil(data: bytes) -> bytes:
        return b"".join(
            change(line) if line.startswith((b"ATOM", b"HETATM")) else line
            for line in data.splitlines(keepends=True)
        )

    return spoil


FILES = {
    "CRLF": ("m.pdb", lambda data: data.replace(b"\n", b"\r\n")),
    "byte order mark": ("m.pdb", lambda data: b"\xef\xbb\xbf" + data),
    "latin-1 remark": ("m.pdb", lambda data: "REMARK  M\xfcller \xc5\n".encode("latin-1") + data),
    "gzip under a plain name": ("m.pdb", gzip.compress),
    "PDB under the name of mmCIF": ("m.ent", bytes),
    "no suffix": ("m", bytes),
    "no CRYST1, no END": ("m.pdb", lambda data: data[data.index(b"ATOM") :].replace(b"END", b"")),
    "no element column": ("m.pdb", lines(lambda line: line[:76].rstrip() + b"\n")),
    "element column wrong": (
        "m.pdb",
        lines(lambda line: line if line.startswith(b"HETATM") else line[:76] + b" C  \n"),
    ),
    "names shifted, no elements": (
        "m.pdb",
        lines(lambda line: line[:12] + line[12:16].strip().ljust(4) + line[16:66] + b"\n"),
    ),
    "serials that wrapped": ("m.pdb", lines(lambda line: line[:6] + b"*****" + line[11:])),
    "spaces in the path": ("my own model.pdb", bytes),
    "other letters in the path": ("Ång ström μ 模型.pdb", bytes),
}


@pytest.mark.parametrize("case", FILES)
def test_an_unusual_file(here, pdb, same, case):
    name, change = FILES[case]
    (here / name).write_bytes(change(pdb.read_bytes()))
    same(name)


def test_a_path_in_the_configuration_with_spaces_and_other_letters(here, pdb, study):
    pdb.rename(here / "my Ång 模型.pdb")
    source = configfile.load(study("my Ång 模型.pdb")).states["closed"]
    assert prepare.read(source).numbers == list(range(128, 308))


def atom(name: str, element: str, place: gemmi.Position) -> gemmi.Atom:
    made = gemmi.Atom()
    made.name, made.element, made.pos = name, gemmi.Element(element), place
    return made


def magnesium(structure: gemmi.Structure) -> gemmi.Residue:
    return next(r for chain in structure[0] for r in chain if r.name == "MG")


def alternate(structure):
    beta = structure[0]["A"][70]["CB"][0]
    other = beta.clone()
    beta.altloc, beta.occ, other.altloc, other.occ = "A", 0.6, "B", 0.4
    other.pos += gemmi.Position(1, 0, 0)
    structure[0]["A"][70].add_atom(other)


def insertion_codes(structure):
    for i, letter in enumerate("ABC", 71):
        structure[0]["A"][i].seqid = gemmi.SeqId(198, letter)


def negative(structure):
    for residue in structure[0]["A"]:
        residue.seqid.num -= 300


def long_chain_name(structure):
    structure[0]["A"].name = "Axl"


def hydrogens(element: str):
    """Return what adds a hydrogen of the given isotope to every Cα."""

    def add(structure):
        for residue in structure[0]["A"]:
            place = residue["CA"][0].pos + gemmi.Position(0.6, 0.6, 0.7)
            residue.add_atom(atom(f"{element}A", element, place))

    return add


def models(structure):
    for number in (2, 3):
        other = structure[0].clone()
        other.num = number
        for moved in (a for chain in other for residue in chain for a in residue):
            moved.pos += gemmi.Position(number, 0, 0)
        structure.add_model(other)


def second_metal(structure):
    metal = magnesium(structure).clone()
    metal.name, metal.seqid = "CA", gemmi.SeqId(402, " ")
    metal[0].name, metal[0].element = "CA", gemmi.Element("Ca")
    metal[0].pos += gemmi.Position(0, 0, 3.4)
    structure[0].add_chain(gemmi.Chain("M"))
    structure[0]["M"].add_residue(metal)


def metal_in_two_places(structure):
    metal = magnesium(structure)
    other = metal[0].clone()
    metal[0].altloc, metal[0].occ, other.altloc, other.occ = "A", 0.7, "B", 0.3
    other.pos += gemmi.Position(0, 0, 1)
    metal.add_atom(other)


def zinc(structure):
    metal = magnesium(structure)
    metal.name = metal[0].name = "ZN"
    metal[0].element = gemmi.Element("Zn")


def glycerol(structure):
    residue = gemmi.Residue()
    residue.name, residue.seqid, residue.het_flag = "XGL", gemmi.SeqId(900, " "), "H"
    for i, name in enumerate(("C1", "O1", "C2")):
        residue.add_atom(atom(name, name[0], gemmi.Position(90 + 1.4 * i, 90, 90)))
    structure[0].add_chain(gemmi.Chain("L"))
    structure[0]["L"].add_residue(residue)


def selenomethionine(structure):
    residue = next(r for r in structure[0]["A"] if r.name == "MET")
    residue.name, residue.het_flag = "MSE", "H"
    sulfur = residue["SD"][0]
    sulfur.name, sulfur.element = "SE", gemmi.Element("Se")


ATOMS = {
    "alternate location": (alternate, "pdb cif", ["conformation A of A, B"]),
    "insertion codes": (insertion_codes, "pdb cif", []),
    "negative numbers": (negative, "pdb cif", ["renumbered"]),
    "chain name of three letters": (long_chain_name, "cif", []),
    "hydrogen": (hydrogens("H"), "pdb cif", []),
    "deuterium": (hydrogens("D"), "pdb cif", []),
    "three models": (models, "pdb cif", ["model 1 of 3 used"]),
    "two metals": (second_metal, "pdb cif", ["CA M 402 removed", "another metal is in it"]),
    "metal in two places": (metal_in_two_places, "pdb cif", ["MG B 401: place A used"]),
    "zinc": (zinc, "pdb cif", []),
    "unknown ligand": (glycerol, "pdb cif", ["hetero group XGL removed"]),
    "selenomethionine": (selenomethionine, "pdb cif", ["MSE", "turned into MET"]),
}


@pytest.mark.parametrize(
    ("case", "form"), [(case, form) for case, row in ATOMS.items() for form in row[1].split()]
)
def test_unusual_atoms(here, model, write, same, case, form):
    change, _, said = ATOMS[case]
    change(model)
    write(model, here / f"unusual.{form}")
    same(f"unusual.{form}", *said)


@pytest.mark.parametrize("form", ["pdb", pytest.param("cif", marks=pytest.mark.slow)])
def test_a_hundred_thousand_atoms(here, model, write, same, form):
    chain = gemmi.Chain("W")
    for i in range(100_000):
        water = gemmi.Residue()
        water.name, water.seqid, water.het_flag = "HOH", gemmi.SeqId(i % 9999 + 1, " "), "H"
        place = gemmi.Position(100 + 3 * (i % 40), 100 + 3 * (i // 40 % 50), 3 * (i // 2000))
        water.add_atom(atom("O", "O", place))
        chain.add_residue(water)
    model[0].add_chain(chain)
    write(model, here / f"large.{form}")
    start = time.perf_counter()
    domain = same(f"large.{form}")
    assert domain.n_waters == 100_003
    assert time.perf_counter() - start < 20, "reading takes too long"
