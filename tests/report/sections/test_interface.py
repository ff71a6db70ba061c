"""The section about holding ICAM-1, and what `lfa1 compare` says of it."""

import re

import pandas as pd
import pytest
from synthetic import configuration

from lfa1_analysis.comparison.compare import compare
from lfa1_analysis.comparison.relevance import HOLDING
from lfa1_report.page.build import write_page
from lfa1_report.sections.icam1 import holding
from lfa1_report.sources.study import collect

OPTIONS = {"n_frames": 120, "replicas": 4, "ions": ("mg", "apo")}


def _page(root):
    summary = compare(root / "analysis", root / "comparison")
    text = (root / "config.yaml").read_text(encoding="utf-8")
    missing = write_page(root, root / "report.html", configuration(root), text)
    return summary, missing, (root / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bound(write_study, tmp_path_factory):
    root = tmp_path_factory.mktemp("bound")
    write_study(root, states=("closed", "bound"), **OPTIONS)
    return root, *_page(root)


def test_the_comparison_answers_about_icam1(bound):
    _, summary, missing, _ = bound
    assert missing == []
    rows = {row["observable"]: row for row in summary["holding"]}
    assert set(rows) == set(HOLDING)
    glu = rows["glu34_midas_angstrom"]
    assert glu["comparison"] == "bound-mg − bound-apo" and glu["n_pairs"] == 4
    planted = -(1.5 + 4.0 / 2 / 4)  # Å; one run in four is 4 Å farther for half of the time
    assert glu["ci_low"] < planted < glu["ci_high"]
    assert glu["effect"] == pytest.approx(planted, abs=1.5) and glu["relevant_size"] == 0.6
    assert glu["p_holm"] >= glu["p_value"]
    assert "Exploratory" not in glu["sentence"]
    named = {row["observable"] for row in summary["primary"]}
    assert not named & set(HOLDING)
    assert any("begin in the pose that the ion made" in line for line in summary["cannot_tell"])


@pytest.mark.slow
def test_what_holds_no_icam1_is_as_before(write_study, tmp_path):
    alone = write_study(tmp_path / "alone", states=("closed",), **OPTIONS)
    both = write_study(tmp_path / "both", states=("closed", "bound"), **OPTIONS)
    first, missing, page = _page(alone)
    second = compare(both / "analysis", both / "comparison")
    assert missing == [] and first["holding"] == []
    page = re.sub(r"<script\b.*?</script>", "", page, flags=re.S)
    assert "Holding ICAM-1" not in page and "interface" not in page
    effects = [
        [row["effect"] for row in summary["exploratory"] if row["state"] == "closed"]
        for summary in (first, second)
    ]
    assert effects[0] == effects[1] != []


def test_the_page_says_what_was_kept(bound):
    root, _, _, page = bound
    section = page[page.index('<section aria-labelledby="holding">') :]
    section = section[: section.index("</section>")]
    section = re.sub(r"<script\b.*?</script>", "", section, flags=re.S)
    tables = [
        pd.read_csv(root / f"analysis/bound-apo/replica-{n}/interface-verdicts.csv")
        for n in range(4)
    ]
    rows = pd.concat(tables)
    kept = (rows[rows["question"] == "glu34_at_the_midas"]["outcome"] == "kept").sum()
    assert 0 < kept < 4
    assert f"Bound, no metal, Glu34 at the empty MIDAS: {kept} of 4 kept it there" in section
    assert "Bound, Mg²⁺, Glu34 on the ion: 4 of 4 kept it there" in section
    assert section.index("What it cannot tell") < section.index("<details")
    assert "salt bridge" in section and 'id="fig-interface_bound"' in section
    data = pd.read_csv(root / "figures" / "interface_bound.csv")
    assert set(data["system"]) == {"bound-mg", "bound-apo"} and data["replica"].nunique() == 4
    assert not re.search(r"\bnan\b", section)


def test_missing_tables_are_named(write_study, tmp_path):
    root = write_study(tmp_path / "r", states=("bound",), **OPTIONS | {"replicas": 2})
    folder = root / "analysis/bound-mg"
    (folder / "replica-0/interface-pairs.csv").unlink()
    (folder / "replica-1/interface.csv").unlink()
    found = collect(root)
    assert "bound-mg, replica 0: interface-pairs.csv" in found.missing
    assert "bound-mg, replica 1: interface.csv is missing" in found.missing
    assert holding(found, configuration(root)) is not None
