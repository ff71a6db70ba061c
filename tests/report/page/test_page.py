from __future__ import annotations

import html.parser
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
from synthetic import configuration

from lfa1_analysis.comparison.compare import compare
from lfa1_analysis.io.errors import InputError
from lfa1_report.page.build import write_page

SMALL = {"n_frames": 40, "replicas": 2, "states": ("closed",)}
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Checker(html.parser.HTMLParser):
    """Collects what matters about a page: balance, ids, headings, links, text."""

    def __init__(self):
        super().__init__()
        self.stack, self.ids, self.headings, self.links, self.errors = [], [], [], [], []
        self.remote = []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if "id" in values:
            self.ids.append(values["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "a":
            self.links.append(values.get("href", ""))
        for key in ("src", "srcset", "data"):
            if values.get(key):
                self.remote.append(values[key])
        if tag in ("iframe", "object"):
            self.remote.append(tag)
        if tag == "link" and not values.get("href", "").startswith("data:"):
            self.remote.append(values.get("href"))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.errors.append(tag)


@pytest.fixture
def page(write_study, tmp_path):
    def make(change=None, do_compare=True, **options):
        root = write_study(tmp_path / "results", **SMALL | options)
        if do_compare:
            compare(root / "analysis", root / "comparison")
        if change:
            change(root)
        text = (root / "config.yaml").read_text(encoding="utf-8")
        missing = write_page(root, root / "report.html", configuration(root), text)
        return root, (root / "report.html").read_text(encoding="utf-8"), missing

    return make


@pytest.fixture(scope="module")
def full(write_study, tmp_path_factory):
    """Write one page of both states, long enough to be no demonstration."""
    root = write_study(tmp_path_factory.mktemp("full"), n_frames=40, replicas=2, frame_ns=10.0)
    compare(root / "analysis", root / "comparison")
    text = (root / "config.yaml").read_text(encoding="utf-8")
    missing = write_page(root, root / "report.html", configuration(root), text)
    return root, (root / "report.html").read_text(encoding="utf-8"), missing


def plain(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", without_scripts(page)))


def without_scripts(page):
    return re.sub(r"<script\b.*?</script>", "", page, flags=re.S)


def test_the_page_is_whole_self_contained_and_accessible(full):
    root, page, missing = full
    assert missing == []
    found = Checker()
    found.feed(page)
    text = without_scripts(page)
    assert not found.errors and not found.stack
    assert len(found.ids) == len(set(found.ids))
    assert not found.remote and "@import" not in text and "url(http" not in text
    assert all(link.startswith("https://") or link[1:] in found.ids for link in found.links), (
        found.links
    )
    assert found.headings[0] == 1 and found.headings.count(1) == 1
    steps = zip(found.headings, found.headings[1:], strict=False)
    assert all(after - before <= 1 for before, after in steps)
    tables = text.count("<table")
    assert tables > 5 and text.count("<caption>") == tables
    figures = re.findall(r'<svg [^>]*role="img"[^>]*aria-labelledby', text)
    assert len(figures) == text.count("<svg") == len(list((root / "figures").glob("*.svg")))
    assert 'lang="en"' in text and 'name="viewport"' in text
    assert "This is a demonstration" not in text
    for heading in ("What this study cannot tell", "Controls", "Methods"):
        assert heading in text
    assert text.index('id="answer"') < text.index("What it cannot tell")


def test_every_figure_is_svg_with_its_data_beside_it(full):
    root, _, _ = full
    index = json.loads((root / "figures" / "index.json").read_text())
    names = {entry["name"] for entry in index}
    for part in (
        "road",
        "opening_time_closed-mg",
        "opening_distribution_open",
        "rmsf_closed",
        "midas_donors_open-mg",
        "midas_time_closed-apo",
        "midas_gate_open-mg",
        "sanity_temperature",
        "effect_closed-mg_closed-apo",
    ):
        assert part in names
    for entry in index:
        ElementTree.parse(root / "figures" / f"{entry['name']}.svg")
        assert (root / "figures" / f"{entry['name']}.csv").stat().st_size > 20
        assert entry["alt"]


def test_same_results_same_page(full):
    root, first, _ = full
    text = (root / "config.yaml").read_text(encoding="utf-8")
    write_page(root, root / "again.html", configuration(root), text)
    assert (root / "again.html").read_text(encoding="utf-8") == first


def test_verdicts_are_those_of_the_comparison(page):
    _, text, _ = page(effect={"shift": 5.0}, replicas=5, frame_ns=10.0)
    assert "further down, towards open" in plain(text)
    assert "both stayed where they started" in text and "no effect beyond" not in plain(text)


def test_a_demonstration_says_so_loudly(page):
    _, text, _ = page(frame_ns=0.0001)
    assert "This is a demonstration, not a study." in text
    assert "Nothing is concluded about LFA-1: a run covers 4\u00a0ps" in text


def test_the_configuration_can_declare_a_demonstration(page):
    def declare(root):
        with (root / "config.yaml").open("a", encoding="utf-8") as file:
            file.write("demonstration: true\n")

    _, text, _ = page(declare, frame_ns=10.0)
    assert "This is a demonstration, not a study." in text


def test_a_broken_site_warns_loudly_and_names_the_replica(page):
    _, text, _ = page(broken=(("closed-mg", 1),))
    assert "Warning: the metal site is not intact in 1 of 2 runs." in text
    assert "closed-mg, replica 1: the metal site is not intact" in text


def test_what_is_missing_is_said(page):
    def remove(root):
        (root / "systems" / "closed-mg" / "manifest.json").unlink()
        (root / "prepared" / "closed" / "site.json").unlink()
        (root / "analysis" / "closed-mg" / "replica-0" / "midas.csv").unlink()
        (root / "production" / "closed-mg" / "replica-1" / "segment-0.csv").unlink()

    _, text, missing = page(remove, missing=(("closed-apo", 1),))
    for words in (
        "closed-apo: replica 1 is missing",
        "systems/closed-mg/manifest.json",
        "prepared/closed/site.json",
        "closed-mg, replica 0: midas.csv is missing",
        "closed-mg, replica 1: 1 energy logs",
    ):
        assert any(words in line for line in missing), words
        assert words in text


def test_only_tables_still_make_a_page(page):
    def remove(root):
        import shutil

        for name in ("systems", "prepared", "production"):
            shutil.rmtree(root / name)

    _, text, _ = page(remove, do_compare=False)
    assert "There is no comparison to report" in text
    assert "The manifests of the solvated systems were not found." in text


def test_text_from_files_is_escaped(page):
    def inject(root):
        path = root / "systems" / "closed-mg" / "manifest.json"
        manifest = json.loads(path.read_text())
        evil = "<script>alert('x')</script>"
        manifest["pair"]["differences"] = [evil]
        manifest["water"] = evil
        manifest["sources"] = [evil, "ff19SB: Tian et al. 2020, 10.1021/acs.jctc.9b00591"]
        path.write_text(json.dumps(manifest))
        with (root / "config.yaml").open("a", encoding="utf-8") as file:
            file.write(f'title: "{evil}"\n')

    _, text, _ = page(inject)
    assert "alert('x')</script>" not in text and "&lt;script&gt;" in text
    assert "none <b>here</b>" not in text


def test_methods_say_what_was_run_and_every_citation_has_its_reference(full):
    _, text, _ = full
    said = plain(text)
    for words in (
        "ff19SB",
        "OPC3",
        "OpenMM 8.6.1",
        "4 fs",
        "2 of closed-mg",
        "400 ns each",
        "heat (NVT, 100 ps",
    ):
        assert words in said, words
    cited = set(re.findall(r'href="#ref-(\d+)"', text))
    assert cited == set(re.findall(r'id="ref-(\d+)"', text))
    assert "10.1021/acs.jctc.9b00591" in text and "ff14SB" not in text


def test_methods_name_the_magnesium_of_the_solvent(page, full):
    def add(root):
        for path in (root / "systems").glob("*/manifest.json"):
            manifest = json.loads(path.read_text())
            model = {"ion": "mg", "title": "Li/Merz 12-6-4", "source": "a source, 10.1/x"}
            manifest["bulk_mgcl2"] = {"molar": 0.01088, "mg": 1, "metal_model": model}
            manifest["ions"]["MG (solvent)"] = 1
            path.write_text(json.dumps(manifest))

    said = plain(page(add)[1])
    assert "beyond neutralisation and 10.9 mmol/l MgCl₂ (1 Mg²⁺ of the solvent" in said
    assert "Li/Merz 12-6-4" in said and "MG (solvent) 1" in said
    assert "MgCl₂" not in plain(full[1])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("systems/closed-mg/manifest.json", "{"),
        ("systems/closed-mg/manifest.json", "[]"),
        ("prepared/closed/site.json", ""),
        ("production/closed-mg/replica-1/segment-0.json", "{}"),
        ("production/closed-mg/replica-1/segment-0.csv", "time_ps\n1\n"),
        ("comparison/effects.csv", "a,b\n1,2\n"),
        ("comparison/summary.json", "{}"),
        ("analysis/closed-mg/replica-1/midas-events.csv", "event,severity\nmetal_left,fail\n"),
        ("analysis/closed-mg/replica-1/rmsf.csv", "residue,rmsf_angstrom\n130,x\n"),
    ],
)
def test_malformed_files_are_refused_by_name_and_no_page_is_left(
    write_study, tmp_path, name, content
):
    root = write_study(tmp_path / "r", **SMALL)
    compare(root / "analysis", root / "comparison")
    (root / name).write_text(content)
    with pytest.raises(InputError) as caught:
        write_page(root, root / "report.html", configuration(root), "")
    assert name.rsplit("/", 1)[1] in caught.value.problem
    assert not (root / "report.html").exists()


def test_models_of_the_metal_stand_side_by_side(page):
    _, text, _ = page(ions=("mg", "apo", "mg_1264"), effect={"shift": 3.0}, replicas=4)
    told = plain(text)
    assert "Does it survive the model of Mg²⁺?" in told
    assert "In the closed state" in told and "models of Mg²⁺" in told
    table = re.search(r"by model, with its 95 % interval\.</caption>(.*?)</table>", text, re.S)
    rows = plain(table[1])
    assert rows.count("Mg²⁺ (12-6-4)") == 3  # one for each primary observable
    assert "Position of helix α7" in rows
    checker = Checker()
    checker.feed(text)
    assert not checker.errors


def test_one_model_alone_is_not_compared(page):
    _, text, _ = page()
    assert "survive the model" not in plain(text)
