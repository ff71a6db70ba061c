"""Methods say how each structure was changed, with what, and what is titrated in which box."""

from __future__ import annotations

import json

import pytest
from synthetic import configuration

from lfa1_report.methods.references import Bibliography
from lfa1_report.methods.systems import changes
from lfa1_report.methods.text import methods
from lfa1_report.sources import proteins
from lfa1_report.sources.study import collect


@pytest.fixture
def root(write_study, tmp_path):
    return write_study(tmp_path / "r", states=("closed",), n_frames=40, replicas=1)


def change(path, **keys):
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))


def paragraph(root, heading, **changed):
    study = configuration(root, **changed)
    return str(dict(methods(collect(root), study, Bibliography()))[heading])


def test_mutations_are_told_together_and_everything_else_as_recorded():
    repairs = [
        {"what": "C161 reverted to L161", "why": ""},
        {"what": "C299 reverted to F299"},
        {"what": "disulfide Cys161–Cys299 opened"},
        {"what": "ICAM-1: A7 reverted to S7"},
        {"what": "caps ACE and NME at 130…306"},
    ]
    assert changes({"repairs": repairs}) == (
        "reverted to the wild type: C161→L, C299→F, ICAM-1: reverted to the wild type: A7→S, "
        "disulfide Cys161–Cys299 opened, caps ACE and NME at 130…306"
    )


@pytest.mark.parametrize("repairs", [None, [], "x", [1, {"why": "?"}]])
def test_without_usable_repairs_nothing_is_claimed(repairs):
    assert changes({"repairs": repairs}) == ""


def test_the_paragraph_names_changes_and_programs_with_their_versions(root):
    path = root / "prepared/closed/site.json"
    about = json.loads(path.read_text())["provenance"]
    change(path, provenance=about | {"versions": {"pdbfixer": "1.12", "propka": "3.5.1"}})
    said = paragraph(root, "Structures", chemistry={"ph": 7.4})
    for words in ("W189→R", "PDBFixer 1.12", "pH 7.4", "PROPKA 3.5.1", "P20701"):
        assert words in said, words
    change(path, repairs=[], provenance=about)
    said = paragraph(root, "Structures")
    assert "no change of the protein is recorded" in said
    assert "PDBFixer (version unrecorded)" in said


@pytest.mark.parametrize(
    ("vectors", "shape"),
    [
        ([[6, 0, 0], [0, 7, 0], [0, 0, 8]], "rectangular"),
        (
            [[8.324518, 0, 0], [0, 8.324518, 0], [4.162259, 4.162259, 5.886323]],
            "rhombic-dodecahedral",
        ),
        ([[6, 0, 0], [2, 6, 0], [0, 0, 6]], "periodic"),
        ([[6, 0], [2, 6, 0], [0, 0, 6]], "periodic"),
        ("?", "periodic"),
    ],
)
def test_the_box_is_told_by_its_vectors(vectors, shape):
    assert proteins.box_shape({"box_vectors_nm": vectors}) == shape


def test_an_integrin_is_called_one_with_its_sites_and_its_box(root):
    path = root / "prepared/closed/site.json"
    path.write_text(
        json.dumps(
            {
                "state": "closed",
                "titrated": "beta_i_midas",
                "sites": {"alpha_i_midas": {"metal": "MG"}, "propeller_2": {"metal": "CA"}},
                "nearest_family_members": {
                    "alpha": "nearest to αL, 100% identical",
                    "beta": "nearest to β2, 99% identical",
                },
                "decisions": [{"what": "residues 1–9 between A and B: built", "why": "gaps"}],
                "provenance": {"structure": "5E6R"},
            }
        )
    )
    for system in ("closed-mg", "closed-apo"):
        vectors = [[12, 0, 0], [0, 13, 0], [0, 0, 20]]
        change(root / f"systems/{system}/manifest.json", box_vectors_nm=vectors)
    construct = {"span": "headpiece", "titrate": "beta_i_midas"}
    states = {"closed": {"structure": "5E6R", "integrin": construct}}
    said = paragraph(root, "Structures", states=states)
    for words in ("headpiece of LFA-1 (αLβ2", "5E6R", "αI MIDAS MG", "β-propeller 2 CA", "1–9"):
        assert words in said, words
    assert "the βI MIDAS is titrated" in said and "wild type" not in said
    said = paragraph(root, "Systems", states=states)
    assert "Each rectangular box" in said and "dodecahedral" not in said
    assert "ion of the βI MIDAS gone, all other sites as they were" in said


@pytest.mark.parametrize(
    ("alpha", "name"),
    [
        ("nearest to αL, 60% identical", "an integrin (nearest in the family alignment: αLβ2)"),
        ("?", "an integrin"),
    ],
)
def test_what_is_not_surely_lfa1_is_not_called_so(root, alpha, name):
    members = {"alpha": alpha, "beta": "nearest to β2, 99% identical"}
    change(root / "prepared/closed/site.json", nearest_family_members=members)
    assert proteins.integrin_name(collect(root).sites["closed"]) == name
