"""What the documentation says of the shipped models' sites is what their files say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lfa1_analysis.metal_site.rules import SECOND_SHELL
from lfa1_md.protein import models

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", models.NAMES)
def test_the_table_of_the_models_says_what_their_records_say(name):
    about = models.load(name).preparation
    text = (DOCS / "structures.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith(f"| {name} | "))
    *_, agreement, donors, asp137, _ = (cell.strip() for cell in row.split("|"))
    assert about["provenance"]["metal_agreement"].startswith(f"Mg²⁺ {agreement} from")
    found = [float(r) for r in re.findall(r"\b\d\.\d\d\b", donors)]
    recorded = [donor["distance_angstrom"] for donor in about["donors"]]
    assert sorted(found) == pytest.approx(sorted(recorded), abs=0.006)
    for donor in about["donors"]:
        if donor["kind"] != "water":
            residue = donor["atom"].split()[0].rpartition(":")[2].capitalize()
            assert f"{residue} {donor['distance_angstrom'] + 1e-9:.2f}" in donors
    nearest = about["asp137"]["nearest_angstrom"]
    assert float(asp137.removesuffix(" Å")) == pytest.approx(nearest, abs=0.006)
    assert nearest >= SECOND_SHELL


def test_the_page_of_separation_has_the_ligands_distance():
    donors = models.load("bound").preparation["donors"]
    (glu34,) = (d["distance_angstrom"] for d in donors if "GLU34" in d["atom"])
    text = (DOCS / "separation.md").read_text(encoding="utf-8")
    assert f"Glu34 Oε2 at {glu34:.2f} Å from the Mg²⁺" in text
