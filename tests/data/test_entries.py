"""The shipped cuts of PDB entries are what their README says, and small."""

import re
from collections import Counter
from pathlib import Path

import gemmi
import pytest

from lfa1_md.protein import catalogue, fetch

HERE = Path(__file__).parent
# Metals and waters in each, as the README says.
HELD = {
    "1CQP": {"MG": 1, "HOH": 55},
    "1MQ8": {"MG": 1, "HOH": 2},
    "4WJK": {"MG": 1, "CA": 6, "HOH": 560},
    "1L5G": {"MN": 8},
}


def test_each_entry_has_its_line_in_the_readme_and_no_file_is_unnamed():
    told = re.findall(r"^\| (\d\w{3}) \|", (HERE / "README.md").read_text("utf-8"), re.M)
    shipped = [file.name.split(".")[0].upper() for file in (HERE / "entries").iterdir()]
    assert sorted(told) == sorted(shipped)
    assert sum(file.stat().st_size for file in HERE.rglob("*.gz")) < 1_000_000


@pytest.mark.parametrize("name", list(catalogue.load()))
def test_an_entry_of_the_catalogue_is_what_the_catalogue_says(entry, name):
    fetch.check(catalogue.find(name), entry(name))


@pytest.mark.parametrize("name", ["1CQP", "1MQ8", "1MQ9", "3F74", "3HI6", "4WJK", "1L5G", "3ZDY"])
def test_metals_and_waters_are_those_of_the_readme(entry, name):
    model = gemmi.read_structure(str(entry(name)))[0]
    found = Counter(r.name for chain in model for r in chain)
    assert {n: found[n] for n in ("MG", "CA", "MN", "HOH") if found[n]} == HELD.get(name, {})
