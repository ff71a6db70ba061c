"""What a configuration may say, and what each step's digest depends on."""

import copy
import re
from pathlib import Path

import pytest
import yaml

from lfa1_analysis.io.errors import ConfigError
from lfa1_analysis.io.units import concentration
from lfa1_md.study.configdoc import document
from lfa1_md.study.configfile import check, load

ROOT = Path(__file__).parents[3]
STEPS = ["prepare", "solvate", "minimise", "equilibrate", "simulate"]


@pytest.fixture
def content():
    return yaml.safe_load((ROOT / "config/config.yaml").read_text())


def altered(content, key, value):
    content = copy.deepcopy(content)
    *path, last = key.split(".")
    inner = content
    for part in path:
        inner = inner[int(part)] if part.isdigit() else inner.setdefault(part, {})
    inner[last] = value
    return content


@pytest.mark.parametrize("name", ["config.yaml", "production.yaml", "free-energy.yaml"])
def test_shipped_configurations_are_valid(name):
    study = load(ROOT / "config" / name)
    ions = ["mg", "apo"] if name == "config.yaml" else ["mg", "ca", "apo"]
    assert study.systems == [f"{state}-{ion}" for state in ("closed", "open") for ion in ions]
    assert study.demonstration == (name != "production.yaml")


def test_resolved_configuration_reads_back_the_same(content):
    study = check(content, "test")
    assert check(study.model_dump(mode="json"), "again") == study


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("replica", 3, "unknown key 'replica'; did you mean 'replicas'"),
        ("production.segmnt", "2 ps", "unknown key 'production.segmnt'; did you mean 'segment'"),
        ("chemistry.padding", "1.0", "chemistry.padding: '1.0': needs a unit"),
        ("chemistry.padding", "5 ps", "chemistry.padding: '5 ps': has the wrong kind of unit"),
        ("chemistry.padding", "-1 nm", "chemistry.padding: '-1 nm': .*greater"),
        ("chemistry.ph", "neutral", "chemistry.ph: 'neutral'"),
        ("chemistry.force_field", "ff99", "chemistry.force_field: 'ff99': .*ff19SB"),
        ("chemistry.water", "TIP3P", "ff19SB.*TIP3P|TIP3P.*ff19SB"),
        ("production.duration", "5 ps", r"duration \(5 ps\) is not a whole multiple of segment"),
        ("production.frame_interval", "0.4 ps", "not a whole multiple of frame_interval"),
        ("dynamics.timestep", "3 fs", "not a whole multiple of dynamics.timestep"),
        ("dynamics", {"hydrogen_mass": "1.008 Da"}, "needs a hydrogen_mass"),
        ("equilibration.2.restraint", "5 kJ/mol/nm^2", "still restrained"),
        ("equilibration.1.name", "heat", "two stages of the same name"),
        ("equilibration.0.duration", "0.5005 ps", "not a whole multiple of timestep"),
        ("ions", ["mg", "mg"], "names something twice"),
        ("ions", ["zn"], "ions.0: 'zn'"),
        ("ions", [], "ions: "),
        ("ions", ["mg_sham", "apo"], "`mg_sham`, the control of `mg`, without `mg`"),
        ("states", {}, "is empty"),
        ("states", {"bent": {"structure": "x.pdb"}}, "must say whether its MIDAS is closed or"),
        ("states", {"open_2": {"structure": "x.pdb", "state": "closed"}}, "must say whether"),
        ("analysis", {"discard": "3 ps"}, "leaves nothing of"),
        ("replicas", True, "replicas: True"),
        ("states", {"open-b": {"structure": "x.pdb"}}, "letters, digits"),
        ("replicas", 0, "replicas: 0"),
        ("seed", -1, "seed: -1"),
        ("platform", "cuda", "platform: 'cuda'"),
        ("chemistry.temperature", "nan K", "chemistry.temperature"),
    ],
)
def test_refuses_naming_file_key_and_value(content, key, value, complaint):
    with pytest.raises(ConfigError, match=complaint) as caught:
        check(altered(content, key, value), "my.yaml")
    assert str(caught.value).startswith("my.yaml: ")
    assert caught.value.remedy


def test_several_mistakes_are_told_at_once(content):
    content = altered(altered(content, "replicas", 0), "seed", "x")
    with pytest.raises(ConfigError, match=r"(?s)seed.*replicas"):
        check(content, "my.yaml")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"a: [1, 2", "line"),
        (b"", "holds no keys"),
        (b"- 1\n- 2\n", "holds no keys"),
        (b"\xff\xfe\x00", "cannot be read|not YAML|special characters"),
        (b"production:\n\tduration: 1 ps\n", "line 2"),
    ],
)
def test_unreadable_files(tmp_path, text, complaint):
    path = tmp_path / "my.yaml"
    path.write_bytes(text)
    with pytest.raises(ConfigError, match=complaint):
        load(path)


def test_missing_file_and_missing_key(tmp_path, content):
    with pytest.raises(ConfigError, match="no such configuration file"):
        load(tmp_path / "absent.yaml")
    del content["production"]
    with pytest.raises(ConfigError, match="key 'production' is missing"):
        check(content, "my.yaml")


def changed_steps(content, key, value):
    before, after = check(content, "a"), check(altered(content, key, value), "b")
    return [step for step in STEPS if before.digest(step) != after.digest(step)]


@pytest.mark.parametrize(
    ("key", "value", "first"),
    [
        ("chemistry.ph", 6.0, "prepare"),
        ("chemistry.padding", "1.1 nm", "solvate"),
        ("chemistry.bulk_mgcl2", "5 mM", "solvate"),
        ("seed", 7, "solvate"),
        ("minimisation", {"max_iterations": 7}, "minimise"),
        ("chemistry.temperature", "300 K", "equilibrate"),
        ("equilibration.0.duration", "1 ps", "equilibrate"),
        ("production.segment", "1 ps", "simulate"),
        ("production.frame_interval", "0.3 ps", "simulate"),
    ],
)
def test_a_change_reaches_its_step_and_all_later_ones(content, key, value, first):
    assert changed_steps(content, key, value) == STEPS[STEPS.index(first) :]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("production.duration", "6 ps"),
        ("replicas", 5),
        ("title", "Another"),
        ("platform", "CPU"),
        ("chemistry.bulk_mgcl2", "0 mM"),
        ("analysis", {"discard": "1 ps"}),
    ],
)
def test_more_of_the_same_changes_no_step(content, key, value):
    assert changed_steps(content, key, value) == []


def test_one_state_does_not_touch_the_other(content):
    before = check(content, "a")
    after = check(altered(content, "states.open.structure", "3HI6"), "b")
    assert before.digest("simulate", "closed") == after.digest("simulate", "closed")
    assert before.digest("prepare", "open") != after.digest("prepare", "open")


def test_equal_quantities_in_other_units_are_the_same_settings(content):
    content = altered(content, "chemistry.ionic_strength", "150 mM")
    assert changed_steps(content, "chemistry.ionic_strength", "0.15 M") == []


def test_documentation_is_current():
    assert (ROOT / "config/README.md").read_text() == document(), (
        "run: lfa1 config --document > config/README.md"
    )


def rows_of_the_page():
    """Return (section, key, values, default, meaning) for each row of the page of keys."""
    for part in document().split("\n## ")[1:]:
        title = part.splitlines()[0].strip("`")
        for line in part.splitlines():
            if line.startswith("| `"):
                yield title, *(cell.strip() for cell in line.strip("|").split(" | "))


def test_every_section_of_the_page_has_a_heading():
    headings = {title for title, *_ in rows_of_the_page()}
    sections = 0
    for title, key, values, _, meaning in rows_of_the_page():
        if values == "section":
            sections += 1
            name = key.strip("`") if title == "Top level" else f"{title}.{key.strip('`')}"
            alike = re.search(r"as `(\w+)`", meaning)
            assert {name, f"{name}.{{name}}", alike and alike[1]} & headings, name
    assert sections > 10


@pytest.mark.parametrize(
    ("section", "key", "values"),
    [
        ("linkage", "k_mg", "M"),
        ("linkage", "k_ca_factor", "number"),
        ("states.{name}", "chain", "text"),
        ("states.{name}", "integrin", "section"),
        ("production", "checkpoint_interval", "ps"),
        ("Top level", "ions", "`mg`, `apo`, `ca`, `mn`, `na`, `mg_sham`"),
        ("Top level", "equilibration", "section"),
        ("states.{name}.integrin.sites", "genu", "`mg`, `ca`, `mn`, `none`"),
    ],
)
def test_the_page_names_values_of_keys_that_may_be_left_out_or_are_lists(section, key, values):
    assert {(title, key): found for title, key, found, *_ in rows_of_the_page()}[
        section, f"`{key}`"
    ] == values


def test_the_page_lists_the_domains_of_an_integrin():
    (found,) = [values for _, key, values, *_ in rows_of_the_page() if key == "`domains`"]
    assert {"`propeller`", "`beta_i`", "`beta_tail`"} <= set(found.split(", "))


def test_the_linkage_section_says_what_lfa1_linkage_takes(content):
    """Its options give back the section's values; none of it changes what is simulated."""
    import argparse

    from lfa1_analysis.free_energy.linkage import program as linkage

    given = {"k_mg": "0.3 mM", "k_mg_source": "Nobody 1999, Table 2", "k_ca_factor": 1.2}
    study = check(content | {"linkage": given | {"calcium": "1.1 mM"}}, "test")
    parser = argparse.ArgumentParser()
    linkage.add_arguments(parser)
    parsed = parser.parse_args(study.linkage.arguments())
    assert concentration(parsed.k_mg, "") == pytest.approx(3e-4)
    assert parsed.k_mg_source == "Nobody 1999, Table 2"
    assert (parsed.k_ca, parsed.k_ca_factor) == (None, 1.2)
    assert concentration(parsed.calcium, "") == pytest.approx(1.1e-3)
    plain = check(content, "test")
    assert [study.digest(step) for step in STEPS] == [plain.digest(step) for step in STEPS]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"k_mg": "160 uM"}, "k_mg has no source"),
        ({"k_ca_source": "somewhere"}, "k_ca_source is of no constant"),
        ({"k_mg": "160 kJ/mol", "k_mg_source": "x"}, "wrong kind of unit"),
        ({"magnesium": "0 M"}, "greater than 0"),
        ({"k_ca_factor": 0.5}, "greater than or equal to 1"),
    ],
)
def test_impossible_linkages_are_refused(content, given, told):
    with pytest.raises(ConfigError, match=told):
        check(content | {"linkage": given}, "test")
