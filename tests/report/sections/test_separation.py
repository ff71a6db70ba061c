"""The section about pulling ICAM-1 off, from pulls with planted forces and ruptures."""

import json
import re
import shutil
from html import unescape

import numpy as np
import pandas as pd
import pulled_off
import pytest
from synthetic import configuration

from lfa1_analysis.comparison.compare import compare
from lfa1_analysis.separation.program import PAIRS, PROFILE, RECORD, analyse
from lfa1_report.figures.icam1 import separation_figures
from lfa1_report.page.build import write_page
from lfa1_report.sections.icam1 import separation, separation_numbers
from lfa1_report.sources.separation import read_separation
from lfa1_report.sources.study import collect

HEADING = "How does ICAM-1 come off when it is pulled?"
RUPTURE = np.concatenate([np.linspace(0, 0.5, 60), np.full(40, 0.02)])
"""nm; the lag of a pull that ruptures at 0.59 nm, at 0.5 nm · 1000 kJ/mol/nm² = 830 pN."""


def lag(system, replica):
    return (RUPTURE if system == "bound-mg" else np.linspace(0, 0.2, 100)) * (1 + 0.1 * replica)


def _page(root):
    text = (root / "config.yaml").read_text(encoding="utf-8")
    missing = write_page(root, root / "report.html", configuration(root), text)
    page = (root / "report.html").read_text(encoding="utf-8")
    return missing, re.sub(r"<script\b.*?</script>", "", page, flags=re.S)


@pytest.fixture(scope="module")
def pulled(write_study, tmp_path_factory):
    """Three pulls of both systems; with the metal all rupture, without it none."""
    root = write_study(
        tmp_path_factory.mktemp("pulled") / "r", states=("bound",), n_frames=40, replicas=2
    )
    compare(root / "analysis", root / "comparison")
    frames = {"bound-mg": True, "bound-apo": False}
    folders = {name: tmp_path_factory.mktemp(name) for name in frames}
    for name, metal in frames.items():
        pulled_off.write_frames(folders[name], metal)
    table = pulled_off.tables(tmp_path_factory.mktemp("tables"), folders, lag=lag)
    content = analyse(table, root / "separation")
    return root, content, *_page(root)


@pytest.fixture
def copy(pulled, tmp_path):
    root = tmp_path / "results"
    shutil.copytree(pulled[0], root, ignore=shutil.ignore_patterns("figures", "production"))
    return root


def section(page):
    part = page[page.index('<section aria-labelledby="separation">') :]
    return part[: part.index("</section>")]


def plain(text):
    """Without marks; the page keeps numbers and units together with spaces of its own."""
    return re.sub(r"[\s\u202f]+", " ", unescape(re.sub("<[^>]+>", " ", text)))


def cells(page, label):
    """Return the rows of a table of the section, as lists of cells."""
    part = section(page)
    body = part[part.index(f'aria-label="{label}"') :]
    body = body[body.index("<tbody>") : body.index("</tbody>")]
    rows = [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row) for row in body.split("</tr>")[:-1]]
    return [[plain(cell).strip() for cell in row] for row in rows]


def test_the_page_shows_what_was_computed(pulled):
    _, content, missing, page = pulled
    assert missing == []
    metal, apo = cells(page, "Pulls of ICAM-1")
    assert metal[0].endswith("(3)") and apo[0].endswith("(3)")
    assert (metal[1], apo[1], apo[2]) == ("3 of 3", "0 of 3", "–")
    # 0.5, 0.55 and 0.6 nm behind, less what the mean over 0.05 nm takes off a peak.
    force = content["systems"]["bound-mg"]["rupture_force_pn"]["value"]
    assert 0.85 * 913 < force < 913
    assert metal[2].startswith(f"{force:.0f} (")
    for row, name in ((metal, "bound-mg"), (apo, "bound-apo")):
        work = content["systems"][name]["work_kj_per_mol"]
        assert row[3] == f"{work['value']:.0f} ({work['low']:.0f} to {work['high']:.0f})"
        assert row[5] == "none: 3 pulls, fewer than 10"
    # The same frames in every pull, Glu34 off the metal; without it there is nothing to leave.
    assert (metal[6], apo[6]) == ("3 of 3", "not on a metal")


def test_the_page_says_what_cannot_be_concluded(pulled):
    _, content, _, page = pulled
    said = plain(section(page))
    assert HEADING in said and "No binding free energy follows" in said
    # 1000 kJ/mol/nm² · 10 nm/ns = 1.7e13 pN/s, 8.4 decades above the fastest measured.
    assert "1.7 × 10¹³ pN/s" in said and "8 orders of magnitude more slowly" in said
    assert "until they came apart" not in said
    (difference,) = content["differences"]
    work = difference["work_kj_per_mol"]
    shown = f"work {work['value']:.0f} ({work['low']:.0f} to {work['high']:.0f}) kJ/mol"
    assert shown.replace("-", "−") in said
    assert not re.search(r"\b(nan|None|inf)\b", said)


def test_pairs_are_listed_with_where_they_parted(pulled):
    root, _, _, page = pulled
    rows = cells(page, "Rupture by residue pair")
    pairs = pd.read_csv(root / "separation" / PAIRS)
    first = rows[0]
    assert first[1:5] == ["Mg–E34", "on the metal", "3 of 3", "3 of 3"]
    metal = pairs[(pairs["system"] == "bound-mg") & (pairs["kind"] == "metal")]
    assert float(first[5]) == pytest.approx(metal["rupture_extension_nm"].mean(), abs=0.006)
    assert len(rows) == 24 and {row[2] for row in rows[12:]} <= {
        "hydrogen bond or salt bridge",
        "contact",
    }


def test_the_figures_hold_every_pull(pulled):
    root, content, _, page = pulled
    profile = pd.read_csv(root / "separation" / PROFILE)
    drawn = pd.read_csv(root / "figures/separation_force.csv")
    assert drawn["work_kj_per_mol"].tolist() == pytest.approx(profile["work_kj_per_mol"].tolist())
    ends = pd.read_csv(root / "figures/separation_work.csv")
    works = [each["work_kj_per_mol"] for s in content["systems"].values() for each in s["pulls"]]
    assert sorted(ends["work_kj_per_mol"]) == pytest.approx(sorted(works))
    for name in ("separation_force", "separation_work"):
        assert f'id="fig-{name}"' in page
    # Every pull can be hidden, the first as well, and each system is named once.
    force, _ = separation_figures(read_separation(root))
    hideable = re.findall(r'<g id="replica-(\d+)-', force.svg)
    assert sorted(hideable) == ["0", "0", "1", "1", "2", "2"]


def test_a_study_without_pulls_has_no_such_question(copy):
    shutil.rmtree(copy / "separation")
    assert read_separation(copy) is None
    assert separation(collect(copy), configuration(copy)) is None


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (RECORD, None, RECORD),
        (PROFILE, None, PROFILE),
        (RECORD, "{", RECORD),
        (RECORD, '{"systems": {}}', "systems: Dictionary should have at least 1 item"),
        (
            RECORD,
            '{"systems": {"bound-mg": {"pulls": []}}}',
            "systems.bound-mg.pulls: List",
        ),
        (PAIRS, "system,replica\nbound-mg,0\n", "column 'kind' is missing"),
    ],
)
def test_damaged_files_are_named(copy, name, content, words):
    path = copy / "separation" / name
    if content is None:
        path.unlink()
    else:
        path.write_text(content, encoding="utf-8")
    found = collect(copy)
    assert found.separation is None
    assert any(words in line for line in found.missing)


def test_one_pull_has_no_interval(copy):
    path = copy / "separation" / RECORD
    content = json.loads(path.read_text(encoding="utf-8"))
    its = content["systems"]["bound-mg"]
    its["pulls"], its["ruptured"] = its["pulls"][:1], 1
    for key in ("work_kj_per_mol", "rupture_force_pn"):
        its[key] |= {"low": None, "high": None, "n": 1}
    path.write_text(json.dumps(content), encoding="utf-8")
    row, _ = separation_numbers(read_separation(copy))["rows"]
    assert row["ruptured"] == "1 of 1" and row["work"].endswith("(no interval from 1)")
