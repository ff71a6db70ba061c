"""The page of an integrin study: its own site, its motions, and no claim that it is an I domain."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from synthetic import configuration

from lfa1_analysis.comparison.compare import compare
from lfa1_analysis.integrin.definitions import COLUMNS
from lfa1_analysis.io.errors import InputError
from lfa1_report.methods.references import Bibliography
from lfa1_report.page.build import write_page
from lfa1_report.page.summary import summary
from lfa1_report.sections import sections
from lfa1_report.sections.integrin import integrin
from lfa1_report.sources.study import collect
from lfa1_report.style import style
from lfa1_report.style.inline import environment

SITE = {
    "state": "closed",
    "titrated": "beta_i_midas",
    "sites": {"alpha_i_midas": {"metal": "MG"}, "beta_i_midas": {"metal": "MG"}},
    "nearest_family_members": {
        "alpha": "nearest to αL, 100% identical",
        "beta": "nearest to β2, 99% identical",
    },
    "decisions": [],
    "provenance": {"structure": "5E6R"},
}
STATES = {"closed": {"structure": "5E6R", "integrin": {"titrate": "beta_i_midas"}}}


def motions(swing: float, **columns: float) -> pd.DataFrame:
    """Two frames around a swing; what is not given could not be measured."""
    values = dict.fromkeys(COLUMNS, float("nan")) | columns
    table = pd.DataFrame({"frame": [0, 1], "time_ns": [1.0, 2.0], "integrin": [1, 1]} | values)
    return table.assign(hybrid_swing_degree=[swing - 1, swing + 1])


@pytest.fixture
def root(write_study, tmp_path):
    root = write_study(tmp_path / "r", states=("closed",), n_frames=40, replicas=2)
    (root / "prepared/closed/site.json").write_text(json.dumps(SITE))
    for n, swing in enumerate((10.0, 14.0)):
        folder = root / f"analysis/closed-mg/replica-{n}"
        motions(swing, genu_angle_degree=-5.0).to_csv(folder / "integrin.csv", index=False)
    compare(root / "analysis", root / "comparison")
    return root


def rendered(section):
    template = environment().get_template(f"sections/{section.slug}.html")
    values = {"figures": {}, "label": style.label, "cites": Bibliography(), "section": section}
    return template.render(values | dict(section.numbers))


def test_means_and_their_range_are_in_the_table(root):
    told = integrin(collect(root), configuration(states=STATES))
    rows = {row["name"]: row["cells"] for row in told.numbers["rows"]}
    assert rows == {
        "Swing of the hybrid domain (°)": ["12.0 (10.0 to 14.0)"],
        "Angle at the genu (°)": ["−5.0 (−5.0 to −5.0)"],
    }
    assert told.numbers["systems"] == ["closed, Mg²⁺"]
    assert "about the βI MIDAS" in rendered(told)


def test_tables_that_are_not_there_are_named_and_the_section_says_so(root):
    for path in root.glob("analysis/*/*/integrin.csv"):
        path.unlink()
    found = collect(root)
    assert "closed-mg, replica 0: integrin.csv" in found.missing
    told = integrin(found, configuration(states=STATES))
    assert "were not found" in rendered(told) and told.numbers["rows"] == []


def test_a_damaged_table_is_refused_by_name(root):
    (root / "analysis/closed-mg/replica-1/integrin.csv").write_text("time_ns\n1\n")
    with pytest.raises(InputError, match=r"integrin\.csv: column"):
        collect(root)


def test_the_first_screen_asks_about_the_site_and_says_what_is_not_described(root):
    screen = summary(collect(root), configuration(states=STATES), None)
    assert "βI MIDAS of the integrin" in screen["question"]
    assert "do not describe the integrin’s big motions" in screen["answer"][-1]


def test_a_study_of_the_domain_is_as_before(write_study, tmp_path):
    root = write_study(tmp_path / "r", states=("closed",), n_frames=40, replicas=1)
    found = collect(root)
    assert "integrin" not in [each.slug for each in sections(found, configuration())]
    screen = summary(found, configuration(), None)
    assert "ligand-binding domain" in screen["question"] and len(screen["answer"]) == 1


def test_the_page_calls_the_site_by_its_name_and_only_there(root):
    write_page(root, root / "report.html", configuration(root, states=STATES), "")
    page = (root / "report.html").read_text(encoding="utf-8")
    page = re.sub(r"<script\b.*?</script>", "", page, flags=re.S)
    assert "closed, βI MIDAS empty" in page and "no metal" not in page
    assert "How did the integrin move?" in page and "headpiece of LFA-1 (αLβ2" in page
    assert style.label("closed-apo") == "closed, no metal"
