"""The catalogue: what the study's entries are, and what a user may add."""

import pytest
import yaml

from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_analysis.proteins.alphal import WILD_TYPE
from lfa1_md.protein import catalogue


def entry(**changes):
    described = {
        "entry": "9XYZ",
        "chain": "A",
        "range": [128, 307],
        "state": "closed",
        "citation": "a user's own",
    }
    return {**described, **changes}


def write(path, *entries):
    path.write_text(yaml.safe_dump({"entries": list(entries)}))
    return path


def test_the_study_knows_its_five_entries():
    known = catalogue.load([catalogue.FILE])
    assert set(known) == {"3F74", "1CQP", "1MQ8", "3HI6", "1MQ9"}
    assert {e.entry for e in known.values() if e.state == "closed"} == {"3F74", "1CQP"}
    assert {e.entry for e in known.values() if e.metal == "MG"} == {"1CQP", "1MQ8"}
    for known_entry in known.values():
        assert "doi:10." in known_entry.citation
        assert known_entry.resolution is not None and 1 < known_entry.resolution < 4


def test_mutations_start_from_the_wild_type():
    for known_entry in catalogue.load([catalogue.FILE]).values():
        for mutation in known_entry.mutations:
            assert WILD_TYPE[int(mutation[1:-1])] == mutation[0]


def test_a_user_adds_entries_and_overrules_known_ones(tmp_path, monkeypatch):
    own = write(tmp_path / "own.yaml", entry(), entry(entry="1CQP", chain="B"))
    monkeypatch.setenv(catalogue.OWN, str(own))
    known = catalogue.load()
    assert known["9XYZ"].citation == "a user's own"
    assert known["1CQP"].chain == "B"
    assert "3F74" in known


@pytest.mark.parametrize("name", ["1cqp", "1CQP"])
def test_entries_are_found_in_small_and_capital_letters(name):
    assert catalogue.find(name).entry == "1CQP"


def test_an_unknown_entry_is_named_with_what_there_is():
    with pytest.raises(InputError, match=r"7ZZZ: no such entry .*1CQP, 1MQ8") as error:
        catalogue.find("7ZZZ")
    assert catalogue.OWN in error.value.remedy


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"entry": "hello"}, "entry hello: entry: is no PDB identifier"),
        ({"state": "ajar"}, "entry 9XYZ: state"),
        ({"mutations": ["A189W"]}, "mutation 'A189W' does not start from P20701"),
        ({"range": [1, 200]}, "range 1–200 is not within"),
        ({"colour": "blue"}, "entry 9XYZ: colour"),
        ({"citation": ""}, "entry 9XYZ: citation"),
    ],
)
def test_a_wrong_entry_is_named_with_file_and_key(tmp_path, changes, message):
    own = write(tmp_path / "own.yaml", entry(**changes))
    with pytest.raises(ConfigError) as error:
        catalogue.load([own])
    assert message in error.value.problem
    assert str(own) in error.value.problem


@pytest.mark.parametrize("content", [None, "entries: 3", "a: [", "[]"])
def test_an_unusable_catalogue_is_named(tmp_path, content):
    path = tmp_path / "own.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"own\.yaml"):
        catalogue.load([path])
