"""Protonation: the pH decides, the MIDAS stays charged, tautomers follow hydrogen bonds."""

import numpy as np
import pytest
from openmm import app

from lfa1_md.protein import models
from lfa1_md.protein.assembly import protonation
from lfa1_md.study import embedded


@pytest.fixture(scope="module")
def drafts():
    return [models.load(name).draft(name) for name in embedded.TWINS]


def structures(drafts):
    return [(d.topology, d.positions) for d in drafts]


def variants(decided):
    return {p.residue: p.variant for p in decided}


def test_pkas_are_found_for_every_titratable_residue(drafts):
    pkas = protonation.pkas(drafts[0].topology, drafts[0].positions)
    expected = {
        f"{r.name}{r.id}"
        for r in drafts[0].topology.residues()
        if r.name in ("ASP", "GLU", "HIS", "LYS", "TYR", "ARG")
    }
    assert set(pkas) == expected
    assert all(-5 < value < 20 for value in pkas.values())


def test_the_metal_lowers_the_pka_of_its_aspartate(drafts):
    draft = drafts[0]
    modeller = app.Modeller(draft.topology, draft.positions)
    modeller.delete([r for r in draft.topology.residues() if r.name == "MG"])
    keep = [a.index for a in draft.topology.atoms() if a.residue.name != "MG"]
    bare = protonation.pkas(modeller.topology, draft.positions[keep])
    assert protonation.pkas(draft.topology, draft.positions)["ASP137"] < bare["ASP137"]


def test_at_neutral_ph_acids_are_charged_and_histidines_have_a_tautomer(drafts):
    decided = protonation.decide(structures(drafts), 7.4)
    chosen = variants(decided)
    for residue, variant in chosen.items():
        if residue[:3] == "HIS":
            assert variant in ("HID", "HIE")
        else:
            assert variant == residue[:3]
    assert all(p.why for p in decided if p.residue.startswith("HIS"))


def test_at_low_ph_acids_are_neutral_but_for_the_midas(drafts):
    chosen = variants(protonation.decide(structures(drafts), 1.0))
    assert chosen["ASP137"] == chosen["ASP239"] == "ASP"
    others = {v for r, v in chosen.items() if r[:3] in ("ASP", "GLU", "HIS")} - {"ASP"}
    assert others == {"ASH", "GLH", "HIP"}


def test_at_high_ph_lysines_are_neutral(drafts):
    chosen = variants(protonation.decide(structures(drafts)[:1], 13.5))
    assert {v for r, v in chosen.items() if r[:3] == "LYS"} == {"LYN"}


def test_a_state_unlike_the_free_amino_acids_has_its_reason(drafts, monkeypatch):
    """Lysine 287 came out neutral at pH 7.4 without a word."""
    known = {"LYS287": 7.1, "LYS294": 7.9, "GLU301": 8.0, "ASP182": 3.0, "TYR257": 6.0}
    monkeypatch.setattr(protonation, "pkas", lambda *_: known)
    decided = {p.residue: p for p in protonation.decide(structures(drafts)[:1], 7.4)}
    assert decided["LYS287"].variant == "LYN"
    assert decided["LYS287"].why == "PROPKA’s pKa 7.1, the free amino acid’s 10.5; pH 7.4"
    assert decided["GLU301"].variant == "GLH" and "8.0" in decided["GLU301"].why
    for usual in ("LYS294", "ASP182", "TYR257"):
        assert decided[usual].why == ""


def test_a_built_side_chain_is_protonated_as_the_free_amino_acid(drafts):
    label = next(f"GLU{r.id}" for r in drafts[0].topology.residues() if r.name == "GLU")
    chosen = protonation.decide(structures(drafts)[:1], 4.6, frozenset({label}))
    mine = next(p for p in chosen if p.residue == label)
    assert mine.variant == "GLU" and "built" in mine.why


def histidine(acceptor_at, donor_at=None):
    """Build an imidazole in a plane, with a carbonyl oxygen beside one of its nitrogens."""
    ring = {
        "CB": (-2.2, 0.6, 0),
        "CG": (-0.7, 0.9, 0),
        "ND1": (0.3, 0.0, 0),
        "CE1": (1.5, 0.7, 0),
        "NE2": (1.3, 2.0, 0),
        "CD2": (-0.1, 2.2, 0),
    }
    topology = app.Topology()
    chain = topology.addChain("A")
    residue = topology.addResidue("HIS", chain, "10")
    xyz = []
    for name, place in ring.items():
        topology.addAtom(name, app.Element.getBySymbol(name[0]), residue)
        xyz.append(np.array(place, dtype=float))
    neighbours = {"ND1": ("CG", "CE1"), "NE2": ("CD2", "CE1")}
    for atom, at in (("O", acceptor_at), ("NZ", donor_at)):
        if at is None:
            continue
        n = np.array(ring[at], dtype=float)
        out = 2 * n - np.array(ring[neighbours[at][0]]) - np.array(ring[neighbours[at][1]])
        other = topology.addResidue("LYS", chain, str(20 + len(xyz)))
        topology.addAtom(atom, app.Element.getBySymbol(atom[0]), other)
        xyz.append(n + 2.9 * out / np.linalg.norm(out))
    return residue, topology, np.array(xyz)


@pytest.mark.parametrize(
    ("acceptor", "donor", "expected"),
    [
        ("ND1", None, "HID"),
        ("NE2", None, "HIE"),
        (None, "NE2", "HID"),
        (None, "ND1", "HIE"),
        ("ND1", "NE2", "HID"),
        (None, None, "HIE"),
    ],
)
def test_the_proton_goes_where_its_hydrogen_bond_is(acceptor, donor, expected):
    assert protonation.tautomer([histidine(acceptor, donor)])[0] == expected


def test_two_states_decide_together():
    weak = histidine(None)
    strong = histidine("ND1")
    assert protonation.tautomer([weak, strong])[0] == "HID"
