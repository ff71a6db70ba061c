"""The report's section on the free energy of opening, from windows of a planted double well."""

import html
import json
import re
import shutil
import xml.etree.ElementTree as ElementTree

import double_well as wells
import numpy as np
import pandas as pd
import pytest
import yaml
from synthetic import configuration

from lfa1_analysis.comparison.compare import compare
from lfa1_analysis.free_energy.umbrella.pmf import RECORD, TABLES, analyse_windows
from lfa1_analysis.free_energy.verdicts import UNTESTED
from lfa1_cli.main import main
from lfa1_report.figures.catalogue import draw_all
from lfa1_report.methods.references import LITERATURE
from lfa1_report.page.build import write_page
from lfa1_report.sections.free_energy import numbers
from lfa1_report.sources.free_energy import FreeEnergyResults, read_free_energy
from lfa1_report.sources.study import collect

TILTS = {"mg": 4.0, "apo": 14.0}
SECTION = 'id="free-energy"'
PLAN = """
sampling:
  windows: 9
  first: -0.166667
  last: 1.166667
  force_constant: 258 kJ/mol
  replicas: 1
  pull: {per_window: 200 ps, frame_interval: 10 ps, coordinate_interval: 1 ps}
  window: {duration: 15 ns, segment: 15 ns, frame_interval: 10 ps, energy_interval: 1 ps}
"""


def windows(folder, change=None, **options):
    """Write windows of both systems on the opening coordinate: wells at 0 and 1."""
    folder.mkdir(parents=True)

    def scaled(label, replica, cv):
        return ((cv if change is None else change(label, replica, cv)) - 1) / 6

    listed = []
    for seed, (system, tilt) in enumerate(TILTS.items()):
        random = np.random.default_rng(seed)
        well = wells.DoubleWell(tilt=tilt)
        listed += wells.rows(folder, system, well, random, change=scaled, **options)
    for row in listed:
        row["centre"] = round((row["centre"] - 1) / 6, 6)
        row["force_constant_kj_per_mol_per_unit2"] *= 36
        row["unit"] = ""
    return wells.write_windows(folder, listed)


def study(write_study, root):
    write_study(root, n_frames=40, replicas=2, states=("closed",), frame_ns=10.0)
    compare(root / "analysis", root / "comparison")
    with (root / "config.yaml").open("a", encoding="utf-8") as file:
        file.write(PLAN)
    return root


def sample(root, change=None, **options):
    table = windows(root / "free_energy" / "windows", change, **options)
    return analyse_windows(table, root / "free_energy", closed=":0.5", open_="0.5:")


def link(root):
    out = root / "free_energy"
    options = ["--free-energies", str(out / RECORD), "--output", str(out / "linkage.csv")]
    assert main(["linkage", *options]) == 0


def page(root, **changes):
    text = (root / "config.yaml").read_text(encoding="utf-8")
    missing = write_page(root, root / "report.html", configuration(root, **changes), text)
    return (root / "report.html").read_text(encoding="utf-8"), missing


def section(text):
    found = text[text.index('<section aria-labelledby="free-energy">') :]
    return found[: found.index("</section>")]


def without_scripts(text):
    return re.sub(r"<script\b.*?</script>", "", text, flags=re.DOTALL)


def plain(text):
    text = re.sub(r"<svg.*?</svg>", " ", without_scripts(text), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " ")


@pytest.fixture(scope="module")
def converged(write_study, tmp_path_factory):
    root = study(write_study, tmp_path_factory.mktemp("converged"))
    content = sample(root)
    assert {its["verdict"] for its in content["systems"].values()} == {"converged"}
    link(root)
    text, missing = page(root)
    assert missing == []
    return root, content, text


@pytest.fixture(scope="module")
def stuck(write_study, tmp_path_factory):
    """One window of mg and apo sits elsewhere; one run is lost."""
    root = study(write_study, tmp_path_factory.mktemp("stuck"))
    table = windows(
        root / "free_energy" / "windows", lambda w, r, cv: cv + 0.9 * (w == "w02"), replicas=2
    )
    (table.parent / "mg-w05-1.csv").write_text("time_ns,cv\n")
    content = analyse_windows(table, root / "free_energy", closed=":0.5", open_="0.5:")
    assert {its["verdict"] for its in content["systems"].values()} == {"not converged"}
    text, missing = page(root)
    assert missing == []
    return root, content, text


@pytest.fixture
def copy(converged, tmp_path):
    root = tmp_path / "results"
    shutil.copytree(converged[0], root, ignore=shutil.ignore_patterns("figures", "windows"))
    return root


def test_no_section_without_sampling(copy):
    shutil.rmtree(copy / "free_energy")
    text, missing = page(copy)
    assert missing == [] and SECTION not in text and "#free-energy" not in text
    assert "Umbrella sampling" not in text and "Free energy" not in plain(text)
    assert not list((copy / "figures").glob("free_energy*"))


def test_converged_windows_show_their_numbers(converged):
    _, content, text = converged
    said = plain(section(text))
    found = [*content["systems"].values(), content["ddg_mg_minus_apo"]]
    for its in found:
        for key in ("value_kj_per_mol", "low", "high"):
            assert f"{its[key]:+.1f}".replace("-", "−") in said
    assert "No number is given" not in said and "far too short: a" not in said.lower()
    assert "Mg²⁺ makes opening easier" in said
    assert "than Ca²⁺" not in said and "Mg²⁺ minus Ca²⁺" not in said  # none was sampled
    for name in ("vorup_jensen", "ajroud", "labadia", "griggs"):
        assert LITERATURE[name].text in html.unescape(plain(text)), name
    assert "What it cannot tell" in said and "isolated I domain" in said
    assert text.index('id="opening"') < text.index(SECTION) < text.index('id="midas"')
    assert 'href="#free-energy"' in text


def test_windows_from_one_end_are_shown_as_untested(write_study, tmp_path):
    root = study(write_study, tmp_path / "results")
    content = sample(root, seeds=("closed",), replicas=1, frames=300)
    assert {its["verdict"] for its in content["systems"].values()} == {UNTESTED}
    link(root)
    text, missing = page(root)
    assert missing == []
    said = plain(section(text))
    # Each ΔG, their difference, the curve, and nothing that passes for converged.
    assert said.count(f"? {UNTESTED}") == 3
    assert "HYSTERESIS UNTESTED" in said and "✓ converged" not in said
    assert "hysteresis is untested in mg and apo" in said.lower()
    for its in (*content["systems"].values(), content["ddg_mg_minus_apo"]):
        assert f"{its['value_kj_per_mol']:+.1f}".replace("-", "−") in said


def test_the_page_with_the_section_is_whole_and_self_contained(converged):
    root, _, text = converged
    names = [entry["name"] for entry in json.loads((root / "figures/index.json").read_text())]
    for name in ("free_energy_pmf", "linkage"):
        assert name in names and f'id="fig-{name}"' in text
    for system in TILTS:
        for what in ("windows", "overlap", "convergence"):
            assert f"free_energy_{what}_{system}" in names
    for name in names:
        ElementTree.parse(root / "figures" / f"{name}.svg")
    for part in re.findall(r"<svg.*?</svg>", section(text), re.DOTALL):
        tree = ElementTree.fromstring(part)
        assert tree.find("{*}desc").text and tree.find("{*}title").text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    bare = without_scripts(text)
    ElementTree.fromstring(section(bare).replace("&nbsp;", " ") + "</section>")
    assert not re.search(r'(?:src|srcset)="|<image|@import|url\(http', bare)
    for link_ in re.findall(r'href="([^"]+)"', section(text)):
        assert link_.startswith("#"), link_


def test_csv_files_hold_what_is_drawn(converged):
    root, _, _ = converged
    figures, source = root / "figures", root / "free_energy"
    for system in TILTS:
        for figure, name, column in (
            ("windows", "windows_report.csv", "mean_cv"),
            ("overlap", "overlap.csv", "overlap"),
            ("convergence", "convergence.csv", "difference_from_all_kj_per_mol"),
        ):
            drawn = pd.read_csv(figures / f"free_energy_{figure}_{system}.csv")
            written = pd.read_csv(source / name)
            written = written[written["system"] == system].dropna(subset=[column])
            assert sorted(drawn[column]) == pytest.approx(sorted(written[column]))
    drawn = pd.read_csv(figures / "free_energy_pmf.csv")
    written = pd.read_csv(source / "pmf.csv").dropna(subset=["pmf_kj_per_mol"])
    assert drawn["pmf_kj_per_mol"].tolist() == pytest.approx(written["pmf_kj_per_mol"].tolist())
    assert set(drawn["system"]) == set(TILTS) and set(drawn["basin"]) == {"closed", "open"}
    curve = pd.read_csv(figures / "linkage.csv")
    assert curve.shape == pd.read_csv(source / "linkage.csv").shape


def test_figures_are_told_apart_without_colour(converged):
    root, _, _ = converged
    svg = (root / "figures/free_energy_pmf.svg").read_text(encoding="utf-8")
    assert "stroke-dasharray" in svg
    for words in ("closed basin", "open basin", "3F74", "1MQ8", "Mg²⁺", "no metal"):
        assert words in svg
    svg = (root / "figures/free_energy_windows_mg.svg").read_text(encoding="utf-8")
    assert ">from the closed end<" in svg and ">from the open end<" in svg


def test_the_dose_response_stands_with_its_assumptions(converged):
    root, _, text = converged
    record = json.loads((root / "free_energy/linkage.json").read_text())
    said = plain(section(text))
    assert record["verdict"] and record["assumptions"]
    said_of = ("verdict", "assumptions", "occupant", "experiment")
    for line in [sentence for key in said_of for sentence in record[key]]:
        assert line[1:].replace("\u00a0", " ") in html.unescape(said)


def test_windows_that_are_not_converged_show_reasons_and_no_number(stuck, converged):
    root, content, text = stuck
    said = plain(section(text))
    for its in content["systems"].values():
        assert its["reasons"]
        for reason in its["reasons"]:
            told = re.sub(r"\S+/", "", reason[1:].split(";")[0])
            assert told in said.replace("&#39;", "'")
    assert "mg-w05-1.csv: holds 0 frames" in said and str(root) not in text
    assert said.count("No number is given, on purpose.") == 2
    assert "Not converged: mg, apo" in said
    # No free energy: neither of this study nor as a figure or its data.
    assert "big-number" not in section(text) and "95 % interval" not in said
    assert 'id="fig-free_energy_pmf"' not in text and 'id="fig-linkage"' not in text
    assert not (root / "figures/free_energy_pmf.csv").exists()
    assert 'id="fig-free_energy_windows_mg"' in text


def test_what_would_be_the_free_energy_is_nowhere(stuck):
    """A tampered record with values beside its verdict does not get them onto the page."""
    root, _, _ = stuck
    place = root / "free_energy" / RECORD
    before = place.read_text(encoding="utf-8")
    content = json.loads(before)
    for its in (*content["systems"].values(), content["ddg_mg_minus_apo"]):
        its |= {"value_kj_per_mol": 77.7, "low": 66.6, "high": 88.8}
    place.write_text(json.dumps(content), encoding="utf-8")
    try:
        text, _ = page(root)
    finally:
        place.write_text(before, encoding="utf-8")
    assert not re.search(r"77\.7|66\.6|88\.8", plain(text))


def test_many_reasons_are_folded_away(copy):
    place = copy / "free_energy" / RECORD
    content = json.loads(place.read_text(encoding="utf-8"))
    reasons = [f"reason {n} <b>" for n in range(9)]
    content["systems"]["mg"] |= {"verdict": "not converged", "reasons": reasons}
    place.write_text(json.dumps(content), encoding="utf-8")
    text, _ = page(copy)
    assert "3 more reasons" in section(text) and "Reason 8 &lt;b&gt;." in section(text)
    shown = section(text)[: section(text).index("3 more reasons")]
    assert "Reason 5" in shown and "Reason 6" not in shown
    # The curve of the other system stays; what compares both goes.
    drawn = pd.read_csv(copy / "figures/free_energy_pmf.csv")
    assert set(drawn["system"]) == {"apo"}
    assert "A dose–response was computed but is not shown" in text
    assert 'id="fig-linkage"' not in text


def test_a_dose_response_of_other_free_energies_is_not_shown(copy):
    out = str(copy / "free_energy/linkage.csv")
    typed = ["--apo", "12 +- 1 kJ/mol", "--mg", "3 +- 1 kJ/mol"]
    assert main(["linkage", *typed, "--output", out]) == 0
    found = read_free_energy(copy)
    assert found.missing == [] and found.linkage is None
    assert "not computed from the free energies above" in found.withheld


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (RECORD, "{", "cannot be read as JSON"),
        (
            RECORD,
            '{"systems": {"mg": {"verdict": "perhaps"}}}',
            "systems.mg.verdict: 'perhaps' is no verdict",
        ),
        (RECORD, '{"systems": []}', "systems: Input should be a valid dictionary"),
        ("pmf.csv", "system,cv\nmg,0.1\n", "column 'pmf_kj_per_mol' is missing"),
        ("windows_report.csv", "system,window\nmg,0", "is cut short"),
        ("overlap.csv", "", "is empty"),
        (
            "convergence.csv",
            "system,direction,fraction,difference_from_all_kj_per_mol,expected_error_kj_per_mol\n"
            "mg,forward,x,1,1\n",
            "'x' is not a number",
        ),
        ("linkage.json", "{}", "is no record of a linkage"),
        ("linkage.csv", "mg_molar,fraction_open\n1,1\n", "describes another linkage.csv"),
    ],
)
def test_damaged_files_are_named(copy, name, content, words):
    (copy / "free_energy" / name).write_text(content, encoding="utf-8")
    found = read_free_energy(copy)
    (line,) = found.missing
    assert words in line and line.startswith(f"free_energy/{name.partition('.')[0]}.")
    assert str(copy) not in line
    assert (found.shown == []) == (name == RECORD)
    assert (found.linkage is None) == (name == RECORD or name.startswith("linkage"))


def test_the_page_is_made_without_the_record_and_names_it(copy):
    (copy / "free_energy" / RECORD).write_text("{", encoding="utf-8")
    text, (line,) = page(copy)
    assert line in text.replace("&#39;", "'") and SECTION in text
    assert "So no free energy is shown" in text and 'id="fig-free_energy_pmf"' not in text
    assert 'id="fig-free_energy_windows_mg"' in text and 'id="fig-linkage"' not in text


@pytest.mark.parametrize("name", [*TABLES, RECORD, "linkage.csv"])
def test_absent_files_are_named(copy, name):
    (copy / "free_energy" / name).unlink()
    assert f"free_energy/{name}" in read_free_energy(copy).missing


def test_no_linkage_is_not_missed(copy):
    for name in ("linkage.csv", "linkage.json"):
        (copy / "free_energy" / name).unlink()
    found = read_free_energy(copy)
    assert found.missing == [] and found.linkage is None and found.withheld == ""


def test_an_empty_folder_gives_a_section_without_verdict(copy):
    shutil.rmtree(copy / "free_energy")
    (copy / "free_energy").mkdir()
    text, missing = page(copy)
    assert [line.partition("/")[2] for line in missing] == [RECORD, *_order()]
    assert "There is no verdict" in text


def _order():
    return ["windows_report.csv", "pmf.csv", "overlap.csv", "convergence.csv"]


def test_a_demonstration_says_that_it_is_far_too_short(copy, converged):
    assert (
        numbers(collect(copy).free_energy, configuration(demonstration=True))["demonstration"]
        == "15 ns"
    )
    assert "Far too short" not in converged[2]
    place = copy / "free_energy/windows_report.csv"
    table = pd.read_csv(place)
    table.assign(length_ns=0.0012).to_csv(place, index=False)
    text, _ = page(copy)
    assert "Far too short: a demonstration." in text
    assert "longest run of a window covers 1.2 ps" in plain(text)


def test_methods_tell_the_protocol_and_cite_it(converged, copy):
    said = plain(converged[2])
    for words in (
        "9 windows, centres −0.166667 to 1.16667",
        "258 kJ/mol",
        "0.167 further, in 200 ps",
        "run for 15 ns",
        "at least 50 per window",
    ):
        assert words in said, words
    for doi in ("10.1016/0021-9991(77)90121-8", "10.1063/1.2978177", "10.1007/s10822-015-9840-9"):
        assert doi in said
    sampling = yaml.safe_load(PLAN)["sampling"]
    exchanged = "the windows of a system exchanged their configurations every 1 ps"
    assert exchanged not in said
    parts = {"window": sampling["window"] | {"segment": "5 ns"}, "exchange": {"interval": "1 ps"}}
    said = plain(page(copy, sampling=sampling | parts)[0])
    assert exchanged in said
    said = plain(page(copy, sampling=None)[0])
    assert "54 runs of 15 to 15 ns; how they were pulled there was not recorded" in said


def test_other_coordinates_carry_no_crystals(copy):
    place = copy / "free_energy" / RECORD
    content = json.loads(place.read_text(encoding="utf-8"))
    for its in content["systems"].values():
        its["unit"] = "angstrom"
    place.write_text(json.dumps(content), encoding="utf-8")
    draw_all(collect(copy), copy / "figures", None)
    for name in ("free_energy_pmf", "free_energy_windows_mg"):
        svg = (copy / f"figures/{name}.svg").read_text(encoding="utf-8")
        assert "3F74" not in svg and "coordinate (angstrom)" in svg


def test_reading_nothing_gives_nothing(tmp_path):
    assert read_free_energy(tmp_path) is None


def its(value, low, high):
    shown = {"value_kj_per_mol": value, "low": low, "high": high}
    return shown | {"verdict": "converged", "reasons": [], "notes": []}


def test_magnesium_in_place_of_calcium_is_a_card_of_its_own():
    systems = {name: its(9.0, 8.0, 10.0) for name in ("mg", "apo", "ca")}
    record = {
        "systems": systems,
        "ddg_mg_minus_apo": its(1.0, -1.0, 3.0) | {"reason": ""},
        "ddg_mg_minus_ca": its(-4.0, -6.0, -2.0) | {"reason": ""},
        "settings": {"temperature_kelvin": 310},
    }
    energy, study = FreeEnergyResults(record), configuration(demonstration=True)
    told = numbers(energy, study)
    first, second = told["ddgs"]
    assert "no effect of Mg²⁺ on opening is resolved" in first["said"]
    assert second["title"] == "Mg²⁺ minus Ca²⁺" and second["number"] == "−4.0 kJ/mol"
    assert second["said"] == "Mg²⁺ makes opening easier than Ca²⁺ in this model."
    assert any("αM I domain" in line for line in told["experiment"])
    # A value of what is not converged is not shown, whatever the record says.
    systems["ca"]["verdict"] = "not converged"
    assert numbers(energy, study)["ddgs"][1]["number"] is None
