"""What a deposit calls its systems: by the manifests and the configuration, not by habit."""

from __future__ import annotations

import pytest
import yaml

from lfa1_md.study.settings import StudyConfig
from lfa1_report.deposit import mddb
from lfa1_report.deposit.contents import Item
from lfa1_report.deposit.folder import _description
from lfa1_report.deposit.metadata import LICENCES
from lfa1_report.sources.study import collect

LFA1 = {
    "titrated": "beta_i_midas",
    "nearest_family_members": {
        "alpha": "nearest to αL, 100% identical",
        "beta": "nearest to β2, 100% identical",
    },
    "provenance": {"structure": "5e6r"},
}
OTHER = LFA1 | {
    "nearest_family_members": {
        "alpha": "nearest to αV, 99% identical",
        "beta": "nearest to β3, 99% identical",
    },
    "provenance": {"structure": "mine/own.cif"},
}
DODECAHEDRON = [[8.0, 0, 0], [0, 8.0, 0], [4.0, 4.0, 5.656854]]
RECTANGULAR = [[8.0, 0, 0], [0, 9.0, 0], [0, 0, 12.0]]


@pytest.fixture
def study(write_study, tmp_path):
    """Make the configuration of a study whose one state is an integrin."""
    root = write_study(tmp_path / "r", states=("closed",), n_frames=40, replicas=1)
    content = yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8"))
    content["states"] = {"closed": {"structure": "5E6R", "integrin": {"span": "headpiece"}}}
    return root, StudyConfig.model_validate(content)


def told(root, study, site, box):
    path = root / "production/closed-mg/replica-0/segment-0.xtc"
    item = Item("results/production/closed-mg/replica-0/segment-0.xtc", "trajectories", path, 1)
    licence = LICENCES["CC-BY-4.0"]
    manifests = {"closed-mg": {"box_vectors_nm": box}}
    texts = mddb.inputs(study, [item], {"closed": site}, manifests, 1, [], licence)
    return yaml.safe_load(texts["mddb/closed-mg.yaml"])


def test_an_integrin_has_both_chains_and_its_own_box(study):
    content = told(*study, LFA1, RECTANGULAR)
    assert "headpiece of LFA-1 (αLβ2" in content["name"] and "I domain" not in content["name"]
    assert content["forced_references"] == ["P20701", "P05107"]
    assert content["pdb_ids"] == ["5E6R"] and "boxtype" not in content


def test_what_is_not_sure_is_left_out(study):
    content = told(*study, OTHER, DODECAHEDRON)
    assert "nearest in the family alignment: αVβ3" in content["name"]
    assert not {"forced_references", "pdb_ids"} & content.keys()
    assert content["boxtype"] == "Dodecahedron"


def test_the_description_names_the_protein(study):
    root, config = study
    found = collect(root)
    found.sites["closed"] = LFA1
    assert "dynamics of the headpiece of LFA-1 (αLβ2" in _description(config, found)
    plain = config.model_copy(
        update={"states": {"closed": config.states["closed"].model_copy(update={"integrin": None})}}
    )
    found.sites["closed"] = {}
    assert "dynamics of the αL I domain of LFA-1," in _description(plain, found)
