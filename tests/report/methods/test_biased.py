"""Methods of a study with ICAM-1: what it is, how its hold is measured, how it was pulled off."""

from __future__ import annotations

import pandas as pd
import pytest
from synthetic import configuration

from lfa1_report.deposit.methods import methods_text
from lfa1_report.sources.separation import SeparationResults
from lfa1_report.sources.study import collect

PLAN = {
    "distance": "3 nm",
    "speed": "1 nm/ns",
    "force_constant": "1000 kJ/mol/nm^2",
    "replicas": 4,
    "segment": "500 ps",
    "frame_interval": "10 ps",
    "force_interval": "1 ps",
}


def bound_to(ligand):
    return {"bound": {"structure": "1MQ8", "ligand": ligand}}


@pytest.fixture(scope="module")
def bound(write_study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bound") / "r"
    return collect(write_study(folder, states=("bound",), n_frames=40, replicas=2))


@pytest.fixture
def pulled(bound, monkeypatch):
    its = {
        "pulls": [{}] * 4,
        "speed_nm_per_ns": 1.0,
        "force_constant_kj_per_mol_per_nm2": 1000.0,
    }
    record = {"systems": {"bound-mg": its, "bound-apo": its}}
    monkeypatch.setattr(
        bound, "separation", SeparationResults(record, pd.DataFrame(), pd.DataFrame())
    )
    return bound


def test_the_pulls_and_what_they_are_compared_with_are_there(pulled):
    study = configuration(separation=PLAN, states=bound_to("D1-D2"))
    text, bibtex, _ = methods_text(pulled, study)
    said = text.split("**Steered separation.**")[1].split("\n")[0]
    for words in ("3 nm", "1 nm/ns", "1000 kJ/mol/nm²", "500 ps", "4 of bound-mg, 4 of bound-apo"):
        assert words in said, words
    assert "@jarzynski1997" in said and "@wojcikiewicz2006" in said
    for doi in ("10.1103/PhysRevLett.78.2690", "10.1021/bm060559c", "10.1103/PhysRevE.73.046105"):
        assert f"doi = {{{doi}}}" in bibtex
    assert "UniProt P05362" in text and "bound: D1–D2" in text


def test_without_the_plan_the_record_speaks(pulled):
    text = methods_text(pulled, configuration())[0]
    said = text.split("**Steered separation.**")[1].split("\n")[0]
    assert "k was 1000 kJ/mol/nm² and d₀ was lengthened at 1 nm/ns" in said
    assert "was not recorded" in said and "extent unrecorded" in text


def test_what_was_not_pulled_is_not_described(bound):
    text, bibtex, _ = methods_text(bound, configuration(states=bound_to("D1")))
    assert "Steered" not in text and "10.1021/bm060559c" not in bibtex
    assert "**ICAM-1 and the interface.**" in text and "bound: D1)" in text


def test_a_study_without_icam1_does_not_name_it(write_study, tmp_path):
    found = collect(write_study(tmp_path / "r", states=("closed",), n_frames=40, replicas=1))
    text, bibtex, _ = methods_text(found, configuration())
    assert "ICAM-1" not in text and "10.1002/prot.10393" not in bibtex
