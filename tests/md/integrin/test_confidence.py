"""How sure a predicted model is of its domains, from the B-factors of an mmCIF file."""

import gemmi
import pytest

from lfa1_md.protein.input import confidence


@pytest.fixture(scope="module")
def predicted(headpiece_file, tmp_path_factory):
    """The β chain of 4WJK as a model would come: pLDDT 92, and 55 in the hybrid domain."""
    structure = gemmi.read_structure(str(headpiece_file))
    model = structure[0]
    for name in [chain.name for chain in model if chain.name != "B"]:
        model.remove_chain(name)
    for residue in model["B"]:
        number = residue.seqid.num
        hybrid = 63 <= number <= 119 or 360 <= number <= 441
        for atom in residue:
            atom.b_iso = 55.0 if hybrid else 92.0
    structure.setup_entities()
    document = structure.make_mmcif_document()
    loop = document.sole_block().init_loop("_ma_qa_metric.", ["id", "name", "type", "mode"])
    loop.add_row(["1", "pLDDT", "pLDDT", "local"])
    file = tmp_path_factory.mktemp("prediction") / "model.cif"
    document.write_file(str(file))
    return file


def test_only_a_file_that_says_so_is_a_prediction(predicted, headpiece_file):
    assert confidence.is_prediction(predicted)
    assert not confidence.is_prediction(headpiece_file)


def test_the_mean_of_each_domain(predicted):
    found = confidence.by_domain(predicted)
    assert set(found) >= {"psi", "hybrid", "beta_i"}
    assert found["beta_i"] == pytest.approx(92, abs=1)
    assert found["hybrid"] == pytest.approx(55, abs=2)


def test_low_domains_are_named_and_one_chain_is_no_system(predicted):
    lines = confidence.told(predicted)
    low = [line for line in lines if "(low)" in line]
    assert len(low) == 1 and "hybrid" in low[0]
    assert "a model of one chain is no system" in lines[-1]


def test_a_file_without_an_integrin_has_no_domain(tmp_path, predicted):
    """Thirty residues are too few to tell."""
    structure = gemmi.read_structure(str(predicted))
    chain = structure[0][0]
    del chain[30:]
    file = tmp_path / "piece.cif"
    structure.make_mmcif_document().write_file(str(file))
    assert "no domain of an integrin" in confidence.told(file)[0]
