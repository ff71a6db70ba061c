"""Repair: wild type, missing atoms, caps, gaps; chemistry that is right afterwards."""

import gemmi
import numpy as np
import pytest
from openmm import app

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.alphal import WILD_TYPE
from lfa1_md.machine import platform
from lfa1_md.protein import models
from lfa1_md.protein.input import i_domain
from lfa1_md.protein.repair import capping, rotamers, stereo, wild_type


@pytest.fixture(scope="module")
def cpu():
    return platform.select("CPU", 1)[0]


@pytest.fixture
def domain():
    return i_domain.load(models.path("closed"))


def drop(domain, numbers):
    for i in reversed(range(len(domain.chain))):
        if domain.chain[i].seqid.num in numbers:
            del domain.chain[i]
    domain.gaps = i_domain._gaps(domain.chain)


def mutate(domain, number, name, keep):
    """Turn a residue into another, keeping only the atoms named."""
    r = next(r for r in domain.chain if r.seqid.num == number)
    old = gemmi.find_tabulated_residue(r.name).one_letter_code
    r.name = name
    for i in reversed(range(len(r))):
        if r[i].name not in keep:
            del r[i]
    new = gemmi.find_tabulated_residue(name).one_letter_code
    domain.mutations += (f"{old}{number}{new}",)


def bond_lengths(repaired):
    return [
        np.linalg.norm(repaired.positions[a.index] - repaired.positions[b.index])
        for a, b in repaired.topology.bonds()
    ]


def sequence(topology):
    return [(int(r.id), r.name) for r in topology.residues()]


def test_a_complete_domain_keeps_its_atoms_and_gets_caps(domain, cpu):
    before = {(str(r.seqid.num), a.name): a.pos.tolist() for r in domain.chain for a in r}
    repaired = wild_type.repair(domain, "refuse", cpu)
    assert sequence(repaired.topology)[0] == (127, "ACE")
    assert sequence(repaired.topology)[-1] == (308, "NME")
    atoms = list(repaired.topology.atoms())
    for atom in atoms:
        if atom.residue.name not in ("ACE", "NME"):
            assert atom.index not in repaired.built
            there = before[atom.residue.id, atom.name]
            assert np.allclose(repaired.positions[atom.index], there, atol=2e-3)
    assert max(bond_lengths(repaired)) < 1.9 and min(bond_lengths(repaired)) > 1.1


def test_mutations_are_reverted_and_the_backbone_stays(domain, cpu):
    mutate(domain, 189, "ALA", ("N", "CA", "C", "O", "CB"))
    mutate(domain, 161, "CYS", ("N", "CA", "C", "O", "CB"))
    before = {r.seqid.num: r["CA"][0].pos.tolist() for r in domain.chain}
    repaired = wild_type.repair(domain, "refuse", cpu)
    for number, name in sequence(repaired.topology)[1:-1]:
        assert name == gemmi.expand_one_letter(WILD_TYPE[number], gemmi.ResidueKind.AA)
    built = {a.residue.id for a in repaired.topology.atoms() if a.index in repaired.built}
    assert built == {"127", "161", "189", "308"}
    for residue in repaired.topology.residues():
        for atom in residue.atoms():
            if atom.name == "CA" and residue.name != "ACE":
                assert np.allclose(
                    repaired.positions[atom.index], before[int(residue.id)], atol=2e-3
                )
    assert {"A189 reverted to R189", "C161 reverted to L161"} <= {d.what for d in repaired.repairs}


def test_atoms_come_in_the_same_order_whatever_was_built(domain, cpu):
    whole = wild_type.repair(domain, "refuse", cpu)
    mutate(domain, 299, "CYS", ("N", "CA", "C", "O", "CB"))
    r = next(r for r in domain.chain if r.seqid.num == 276)
    del r[next(i for i, a in enumerate(r) if a.name == "CE")]
    other = wild_type.repair(domain, "refuse", cpu)
    names = [[(a.residue.id, a.name) for a in x.topology.atoms()] for x in (whole, other)]
    assert names[0] == names[1]


def test_a_gap_is_refused_by_number(domain, cpu):
    drop(domain, range(220, 224))
    with pytest.raises(InputError, match="residues 220–223 are missing inside") as error:
        wild_type.repair(domain, "refuse", cpu)
    assert "gaps: model" in error.value.remedy and "gaps: cap" in error.value.remedy


def test_a_capped_gap_has_no_bond_across(domain, cpu):
    drop(domain, range(220, 224))
    repaired = wild_type.repair(domain, "cap", cpu)
    assert [c.id for c in repaired.topology.chains()] == ["A", "B"]
    ends = [[(r.id, r.name) for r in c.residues()] for c in repaired.topology.chains()]
    assert (ends[0][0], ends[0][-1]) == (("127", "ACE"), ("220", "NME"))
    assert (ends[1][0], ends[1][-1]) == (("223", "ACE"), ("308", "NME"))
    for a, b in repaired.topology.bonds():
        assert a.residue.chain is b.residue.chain
    assert max(bond_lengths(repaired)) < 1.9


def test_a_modelled_gap_is_a_whole_chain(domain, cpu):
    drop(domain, range(246, 249))
    repaired = wild_type.repair(domain, "model", cpu)
    assert [n for n, _ in sequence(repaired.topology)] == list(range(127, 309))
    peptide = [
        np.linalg.norm(repaired.positions[a.index] - repaired.positions[b.index])
        for a, b in repaired.topology.bonds()
        if a.residue is not b.residue
    ]
    assert len(peptide) == 181 and max(peptide) < 2.0
    assert stereo.mirrored(repaired.topology, repaired.positions) == []
    assert any("missing residues 246–248 modelled" in d.what for d in repaired.repairs)


def test_long_gaps_are_not_invented(domain, cpu):
    drop(domain, range(212, 226))
    with pytest.raises(InputError, match="212–225 is 14 residues long"):
        wild_type.repair(domain, "model", cpu)


def test_disulfides_are_found_by_geometry():
    chain = gemmi.Chain("A")
    for number, x in ((1, 0.0), (2, 2.05), (3, 9.0)):
        r = gemmi.Residue()
        r.name, r.seqid = "CYS", gemmi.SeqId(number, " ")
        atom = gemmi.Atom()
        atom.name, atom.element, atom.pos = "SG", gemmi.Element("S"), gemmi.Position(x, 0, 0)
        r.add_atom(atom)
        chain.add_residue(r)
    assert wild_type.disulfides(chain) == [(1, 2)]


@pytest.mark.parametrize("torsion", [-120.0, 0.0, 60.0, 180.0])
def test_an_atom_is_placed_as_asked(torsion):
    a, b, c = np.array([[0.0, 1.0, 0.2], [0.3, 0.0, 0.0], [1.7, 0.1, -0.2]])
    x = capping.atom_at(a, b, c, 1.4, 109.0, torsion)
    angle = np.degrees(np.arccos(np.dot(b - c, x - c) / np.linalg.norm(b - c) / 1.4))
    turned = stereo.dihedral(a, b, c, x)
    assert np.linalg.norm(x - c) == pytest.approx(1.4)
    assert angle == pytest.approx(109.0)
    assert np.cos(np.radians(turned - torsion)) == pytest.approx(1.0)


def test_caps_are_trans_and_planar(domain, cpu):
    repaired = wild_type.repair(domain, "refuse", cpu)
    xyz = {(a.residue.id, a.name): repaired.positions[a.index] for a in repaired.topology.atoms()}
    for four in (
        [("127", "CH3"), ("127", "C"), ("128", "N"), ("128", "CA")],
        [("307", "CA"), ("307", "C"), ("308", "N"), ("308", "C")],
    ):
        assert abs(stereo.dihedral(*(xyz[key] for key in four))) > 175
    assert (
        abs(
            stereo.dihedral(
                *(xyz[k] for k in (("307", "O"), ("307", "C"), ("308", "N"), ("308", "C")))
            )
        )
        < 10
    )


def test_a_rotamer_goes_where_there_is_room():
    """A built valine-like χ1 beside a wall of atoms turns away from it."""
    topology = app.Topology()
    chain = topology.addChain("A")
    residue = topology.addResidue("SER", chain, "1")
    places = {
        "N": (-0.5, 1.4, 0.0),
        "CA": (0.0, 0.0, 0.0),
        "C": (-0.5, -0.7, 1.2),
        "O": (-0.5, -0.1, 2.3),
        "CB": (1.5, 0.0, 0.0),
        "OG": (2.0, 0.7, 1.1),
    }
    for name in places:
        topology.addAtom(name, app.Element.getBySymbol(name[0]), residue)
    xyz = list(places.values())
    wall = topology.addResidue("UNK", topology.addChain("B"), "2")
    start = stereo.dihedral(*(np.array(places[n]) for n in ("N", "CA", "CB", "OG")))
    for shift in ((0.0, 0.0, 0.0), (0.5, 0.5, 0.5)):
        topology.addAtom("C", app.element.carbon, wall)
        xyz.append(tuple(np.array(places["OG"]) + shift))
    positions = np.array(xyz)
    moved = rotamers.settle(topology, positions, {5})
    turned = stereo.dihedral(*moved[[0, 1, 4, 5]])
    assert np.linalg.norm(moved[5] - positions[6]) > 2.0
    assert abs((turned - start + 180) % 360 - 180) > 60
    assert np.linalg.norm(moved[5] - moved[4]) == pytest.approx(
        np.linalg.norm(positions[5] - positions[4])
    )
    assert np.allclose(np.delete(moved, 5, axis=0), np.delete(positions, 5, axis=0))


def test_only_built_torsions_turn(domain, cpu):
    repaired = wild_type.repair(domain, "refuse", cpu)
    assert np.array_equal(
        rotamers.settle(repaired.topology, repaired.positions, set()), repaired.positions
    )


def test_mirror_images_are_noticed(domain, cpu):
    repaired = wild_type.repair(domain, "refuse", cpu)
    mirrored = repaired.positions * np.array([1.0, 1.0, -1.0])
    wrong = stereo.mirrored(repaired.topology, mirrored)
    glycines = sum(code == "G" for n, code in WILD_TYPE.items() if n <= 307)
    assert len(wrong) == 180 - glycines
    sides = repaired.positions.copy()
    for residue in repaired.topology.residues():
        if names := {"THR": ("OG1", "CG2"), "ILE": ("CG1", "CG2")}.get(residue.name):
            two = [a.index for a in residue.atoms() if a.name in names]
            sides[two] = sides[two[::-1]]
    wrong = stereo.mirrored(repaired.topology, sides)
    assert len(wrong) == sum(code in "TI" for n, code in WILD_TYPE.items() if n <= 307)
    assert stereo.mirrored(repaired.topology, repaired.positions) == []
