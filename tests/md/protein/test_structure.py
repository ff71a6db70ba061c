"""Reading: one αL I domain out of anyone's file, every choice recorded, every fault named."""

import gzip

import gemmi
import numpy as np
import pytest

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.alphal import SIGNAL_PEPTIDE, WILD_TYPE
from lfa1_analysis.proteins.known import ALPHA_L
from lfa1_md.protein import models
from lfa1_md.protein.input import coordinates, i_domain

SEQUENCE = "".join(WILD_TYPE.values())


@pytest.fixture(scope="module")
def whole():
    """Give the closed model: chain A, MG in B, waters in C."""
    return gemmi.read_structure(str(models.path("closed")))


@pytest.fixture
def molecule(whole):
    copy = whole.clone()
    copy.remove_hydrogens()
    copy.setup_entities()
    return copy


def save(molecule, path):
    if path.name.endswith(".pdb"):
        molecule.write_pdb(str(path))
    else:
        molecule.make_mmcif_document().write_file(str(path))
    return path


def residue(molecule, number, chain="A"):
    return next(r for r in molecule[0][chain] if r.seqid.num == number)


def said(domain):
    return " | ".join(f"{d.what}: {d.why}" for d in domain.decisions)


@pytest.mark.parametrize("name", ["x.pdb", "x.cif"])
def test_pdb_and_mmcif_give_the_same_domain(molecule, tmp_path, name):
    domain = i_domain.load(save(molecule, tmp_path / name))
    assert domain.numbers == list(range(128, 308))
    assert domain.mutations == () and domain.gaps == ()
    assert [m.element for m in domain.metals] == ["MG"]
    assert len(domain.waters) == 3
    assert not any(a.is_hydrogen() for r in domain.chain for a in r)


@pytest.mark.parametrize("name", ["OPC", "SPC", "TIP", "TIP3P"])
def test_a_water_of_the_first_shell_is_one_under_the_name_of_any_model(molecule, tmp_path, name):
    for r in molecule[0]["C"]:
        r.name = name
    domain = i_domain.load(save(molecule, tmp_path / "x.cif"))
    assert len(domain.waters) == 3
    assert name not in said(domain)


def test_a_molecule_with_carbon_that_is_called_like_a_water_is_none(molecule, tmp_path):
    water = molecule[0]["C"][0]
    water.name = "OPC"  # the wwPDB's code of a lipid
    carbon = water[0].clone()
    carbon.name, carbon.element = "C1", gemmi.Element("C")
    water.add_atom(carbon)
    domain = i_domain.load(save(molecule, tmp_path / "x.cif"))
    assert len(domain.waters) == 2
    assert "ligand OPC" in said(domain) and "hetero group OPC removed" in said(domain)


def test_compressed_files_and_names_without_suffix_are_read(molecule, tmp_path):
    data = save(molecule, tmp_path / "x.cif").read_bytes()
    (tmp_path / "model").write_bytes(gzip.compress(data))
    assert i_domain.load(tmp_path / "model").numbers[0] == 128


@pytest.mark.parametrize("shift", [SIGNAL_PEPTIDE, -127, 1000])
def test_other_numberings_become_mature(molecule, tmp_path, shift):
    for r in molecule[0]["A"]:
        r.seqid.num += shift
    domain = i_domain.load(save(molecule, tmp_path / "x.cif"))
    assert domain.numbers == list(range(128, 308))
    assert ("from UniProt" if shift == SIGNAL_PEPTIDE else "from its own") in said(domain)


def test_a_gap_inside_a_repeat_is_placed_by_the_files_numbers():
    # Lys159 and Lys160 are alike: without the numbers an alignment may leave out either.
    assert WILD_TYPE[159] == WILD_TYPE[160] == "K"
    for missing in (159, 160):
        there = [n for n in WILD_TYPE if n != missing]
        numbers = ALPHA_L.numbers("".join(WILD_TYPE[n] for n in there), there)
        assert numbers == there


def test_an_alignment_sees_a_gap_and_mutations():
    cut = SEQUENCE[:72] + SEQUENCE[79:]
    changed = cut[:30] + "W" + cut[31:]
    expected = [128 + i for i in range(len(SEQUENCE)) if not 72 <= i < 79]
    assert ALPHA_L.numbers(changed) == expected


def test_tags_outside_the_domain_are_left_out():
    numbers = ALPHA_L.numbers("GSHHHHHH" + SEQUENCE + "LEVLFQ")
    assert numbers is not None
    assert [n for n in numbers if n is not None] == list(WILD_TYPE)


@pytest.mark.parametrize("sequence", ["", "A" * 180, SEQUENCE[::-1], SEQUENCE[:60]])
def test_other_sequences_are_no_domain(sequence):
    assert ALPHA_L.numbers(sequence) is None


def test_mutations_are_listed(molecule, tmp_path):
    residue(molecule, 189).name = "TRP"
    assert i_domain.load(save(molecule, tmp_path / "x.pdb")).mutations == ("R189W",)


def test_the_likelier_conformation_is_taken(molecule, tmp_path):
    r = residue(molecule, 139)
    for atom in [a.clone() for a in r]:
        for name, occupancy, shift in (("A", 0.3, 0.0), ("B", 0.7, 0.2)):
            other = atom.clone()
            other.altloc, other.occ = name, occupancy
            other.pos = gemmi.Position(*(x + shift for x in atom.pos.tolist()))
            r.add_atom(other)
    for i in reversed(range(len(r))):
        if r[i].altloc == "\0":
            del r[i]
    expected = next(a.pos.tolist() for a in r if a.name == "OG" and a.altloc == "B")
    domain = i_domain.load(save(molecule, tmp_path / "x.cif"))
    taken = next(x for x in domain.chain if x.seqid.num == 139)
    assert np.allclose(taken["OG"][0].pos.tolist(), expected, atol=0.01)
    assert "SER 139: conformation B of A, B used" in said(domain)


def test_models_and_copies_are_chosen_and_said(molecule, tmp_path):
    copy = molecule[0]["A"].clone()
    copy.name = "D"
    del copy[-10:]
    molecule[0].add_chain(copy)
    molecule.add_model(molecule[0].clone())
    molecule[1].num = 2
    domain = i_domain.load(save(molecule, tmp_path / "x.cif"))
    assert "model 1 of 2" in said(domain)
    assert "chain A used, not D" in said(domain)


def test_modified_residues_become_their_parents(molecule, tmp_path):
    met = next(r for r in molecule[0]["A"] if r.name == "MET")
    number = met.seqid.num
    met.name = "MSE"
    met["SD"][0].element = gemmi.Element("Se")
    met["SD"][0].name = "SE"
    domain = i_domain.load(save(molecule, tmp_path / "x.cif"))
    taken = next(r for r in domain.chain if r.seqid.num == number)
    assert taken.name == "MET" and taken["SD"][0].element.name == "S"
    assert domain.mutations == ()
    assert f"MSE {number} turned into MET" in said(domain)


def test_hetero_groups_are_removed_with_a_reason(molecule, tmp_path):
    chain = gemmi.Chain("L")
    for name, element, x in (("LVA", "C", 90.0), ("NA", "Na", 92.0), ("CA", "Ca", 150.0)):
        r = gemmi.Residue()
        r.name, r.seqid, r.het_flag = name, gemmi.SeqId(len(chain) + 1, " "), "H"
        atom = gemmi.Atom()
        atom.name, atom.element, atom.pos = (
            name[:2],
            gemmi.Element(element),
            gemmi.Position(x, 0, 0),
        )
        r.add_atom(atom)
        if name == "LVA":
            other = atom.clone()
            other.name, other.pos = "C2", gemmi.Position(x + 1.5, 0, 0)
            r.add_atom(other)
        chain.add_residue(r)
    molecule[0].add_chain(chain)
    domain = i_domain.load(save(molecule, tmp_path / "x.cif"))
    assert "hetero group LVA removed (1): not part of" in said(domain)
    assert "CA L 3 removed" in said(domain) and "Å from the MIDAS" in said(domain)
    assert [m.label for m in domain.metals] == ["MG B 401"]


def test_gaps_are_listed(molecule, tmp_path):
    chain = molecule[0]["A"]
    for i in reversed(range(len(chain))):
        if 214 <= chain[i].seqid.num <= 217:
            del chain[i]
    assert i_domain.load(save(molecule, tmp_path / "x.cif")).gaps == ((214, 217),)


# What is refused: one message with file, residue and value, and a remedy.


def refused(path, match, chain=None):
    with pytest.raises(InputError, match=match) as error:
        i_domain.load(path, chain)
    assert str(path) in error.value.problem
    assert error.value.remedy


def test_missing_and_empty_files(tmp_path):
    refused(tmp_path / "nothing.pdb", "no such file")
    for name, data in (("e.pdb", b""), ("e.cif", b" \n"), ("e.gz", gzip.compress(b""))):
        (tmp_path / name).write_bytes(data)
        refused(tmp_path / name, "empty")


@pytest.mark.parametrize(
    "data",
    [b"hello", b"data_x\n_cell.length_a\n", b"data_x\nloop_\n", b"\x1f\x8bbroken", b"\x00" * 99],
)
def test_other_files(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    refused(tmp_path / "x", "x: ")


def test_a_wrong_chain(molecule, tmp_path):
    path = save(molecule, tmp_path / "x.cif")
    refused(path, "no chain Z; it has A, B, C", chain="Z")
    refused(path, "chain B is not an αL I domain", chain="B")


def test_another_protein(molecule, tmp_path):
    for i, r in enumerate(molecule[0]["A"]):
        r.name = ("ALA", "GLY", "VAL", "SER")[i % 4]
    refused(save(molecule, tmp_path / "x.cif"), "no chain is an αL I domain")


def test_a_relative_is_told_how_far_it_is(molecule, tmp_path):
    """A mouse's αL is 73 % identical: identity and limit are said, and where to go with it."""
    for i, r in enumerate(molecule[0]["A"]):
        if i % 4 == 3:
            r.name = "ALA" if r.name != "ALA" else "GLY"
    relative = save(molecule, tmp_path / "x.cif")
    for given in (None, "A"):
        with pytest.raises(InputError, match=r"75 % of them identical.*85 % are needed") as found:
            i_domain.load(relative, given)
        assert "`lfa1 opening`" in found.value.remedy


@pytest.mark.parametrize(
    ("name", "columns", "element"),
    [("MN2P", "MN2P", "Mn"), ("MG2P", "MG2P", "Mg"), ("C0", "", "Ca"), ("MGN", "", "Mg")],
)
def test_ions_under_the_names_of_other_programs(name, columns, element):
    """Programs write a long name into the columns of element and charge as well."""
    line = f"HETATM    1 {name:<4} {name:<4}A 401      48.079  -2.336  22.333  1.00 23.16"
    read = coordinates.parse(f"{line:<76}{columns}\nEND\n", "x.pdb")
    (atom,) = read[0][0][0]
    assert (atom.element.name, atom.charge) == (element, 0)


def test_a_lone_atom_in_the_site_that_nobody_knows(molecule, tmp_path):
    metal = next(r for c in molecule[0] for r in c if r.name == "MG")
    metal.name, metal[0].name, metal[0].element = "UNX", "XX", gemmi.Element("X")
    refused(save(molecule, tmp_path / "x.cif"), "the atom XX of UNX .* is no ion known here")


def test_an_unknown_residue(molecule, tmp_path):
    residue(molecule, 150).name = "XQX"
    refused(save(molecule, tmp_path / "x.cif"), "residue 150: unknown residue XQX")


@pytest.mark.parametrize("atom", ["N", "CA", "C"])
def test_a_missing_backbone_atom(molecule, tmp_path, atom):
    r = residue(molecule, 150)
    del r[next(i for i, a in enumerate(r) if a.name == atom)]
    refused(save(molecule, tmp_path / "x.cif"), rf"ILE 150 lacks its backbone \({atom}\)")


@pytest.mark.parametrize("text", ["     nan", "  12,345", "********"])
def test_a_coordinate_that_is_no_number_in_pdb(molecule, tmp_path, text):
    path = save(molecule, tmp_path / "x.pdb")
    lines = path.read_text().splitlines()
    i = next(i for i, line in enumerate(lines) if line[12:26].split() == ["CA", "ILE", "A", "150"])
    lines[i] = lines[i][:38] + text + lines[i][46:]
    path.write_text("\n".join(lines))
    refused(path, f"line {i + 1}: ILE A 150 atom CA")


def test_a_coordinate_that_is_no_number_in_mmcif(molecule, tmp_path):
    residue(molecule, 150)["CB"][0].pos = gemmi.Position(1.0, float("nan"), 2.0)
    refused(save(molecule, tmp_path / "x.cif"), "ILE 150 atom CB: a coordinate is not a number")


def test_a_break_between_neighbours(molecule, tmp_path):
    for r in molecule[0]["A"]:
        if r.seqid.num > 200:
            for atom in r:
                atom.pos = gemmi.Position(*(x + 9.0 for x in atom.pos.tolist()))
    refused(save(molecule, tmp_path / "x.cif"), r"residues 200 and 201 .* 1\d\.\d Å apart")


def test_missing_midas_residues(molecule, tmp_path):
    chain = molecule[0]["A"]
    for i in reversed(range(len(chain))):
        if 205 <= chain[i].seqid.num <= 207:
            del chain[i]
    refused(save(molecule, tmp_path / "x.cif"), "MIDAS residues 206 are missing")


def test_inserted_residues(molecule, tmp_path):
    chain = molecule[0]["A"]
    at = next(i for i, r in enumerate(chain) if r.seqid.num == 165)
    extra = chain[at].clone()
    extra.name, extra.seqid = "TRP", gemmi.SeqId(165, "A")
    for atom in extra:
        atom.pos = gemmi.Position(*(x + 1.0 for x in atom.pos.tolist()))
    chain.add_residue(extra, at + 1)
    refused(save(molecule, tmp_path / "x.cif"), "165A has no counterpart in P20701")
