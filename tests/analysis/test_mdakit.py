"""The entry for the MDAKit registry says what the registry demands and what this project is."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest
from MDAnalysis.analysis.base import AnalysisBase

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[2]
ENTRY = ROOT / "docs" / "mdakit" / "metadata.yaml"
PLACEHOLDER = "GH_HOST_ACCOUNT"
TEXTS = ("project_name", "description", "license", "project_home", "documentation_home")
LISTS = ("authors", "maintainers", "keywords")
COMMANDS = ("install", "src_install", "run_tests", "test_dependencies", "publications")
# Required by the template of the registry, and `python_requires` by the program that reads it
# (MDAnalysis/MDAKits: mdakits/template/metadata.yaml, utils/mdakit.py).
REQUIRED = {*TEXTS, *LISTS, "documentation_type", "python_requires"}
OPTIONAL = {
    *COMMANDS,
    *("import_name", "mdanalysis_requires", "project_org", "development_status"),
    *("community_home", "changelog"),
}


@pytest.fixture(scope="module")
def entry():
    return yaml.safe_load(ENTRY.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_required_entry_is_there_and_none_is_unknown(entry):
    assert REQUIRED <= entry.keys() <= REQUIRED | OPTIONAL
    assert all(entry[key] for key in entry)
    assert all(isinstance(entry[key], str) for key in (*TEXTS, "documentation_type"))
    for key in (*LISTS, *(key for key in COMMANDS if key in entry)):
        assert isinstance(entry[key], list) and all(isinstance(each, str) for each in entry[key])


def test_it_says_what_the_project_says(entry, project):
    assert entry["project_name"] == project["name"]
    assert entry["license"] == project["license"]
    assert entry["python_requires"] == project["requires-python"]
    (asked,) = (each for each in project["dependencies"] if each.startswith("MDAnalysis"))
    assert entry["mdanalysis_requires"] == asked.removeprefix("MDAnalysis")
    develop = project["optional-dependencies"]["develop"]
    for command in entry["test_dependencies"]:
        assert set(command.removeprefix("pip install ").split()) <= set(develop)
    assert any(each.endswith(f"@v{project['version']}") for each in entry["install"])


def test_its_addresses_differ_from_real_ones_by_one_word(entry):
    """The account is not known here: it is the registry's own word, everywhere the same."""
    text = ENTRY.read_text(encoding="utf-8")
    hosted = re.findall(r"github\.com/([^/\s]+)/", text)
    assert set(hosted) == {PLACEHOLDER, "MDAnalysis"}
    assert entry["maintainers"] == [PLACEHOLDER]


def test_the_files_that_it_names_are_there(entry):
    for key in ("documentation_home", "changelog"):
        assert (ROOT / entry[key].split("/blob/main/")[1]).is_file()
    (folder,) = re.findall(r"\./(\S+)", " ".join(entry["run_tests"]))
    assert any((ROOT / folder).glob("test_*.py"))


def test_it_holds_analysis_classes(entry):
    """The registry gives a badge for classes that derive from AnalysisBase."""
    importlib.import_module(entry["import_name"])
    observe = importlib.import_module(f"{entry['import_name']}.observe")
    assert issubclass(observe.Observables, AnalysisBase)
