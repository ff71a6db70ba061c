"""The lock file and environment.yml carry the same pins, within what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
# PyPI name → conda-forge name, where they differ.
CONDA = {"matplotlib": "matplotlib-base", "snakemake": "snakemake-minimal"}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def asked() -> dict[str, Requirement]:
    """Ranges of the analysis and pins of the study, by name."""
    listed = project()["dependencies"] + project()["optional-dependencies"]["study"]
    return {each.name.lower(): each for each in map(Requirement, listed)}


def conda() -> dict[str, str]:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    return dict(pin.split("=", 1) for pin in listed if "=" in pin and not pin.startswith("python="))


def test_environment_of_the_rules_is_the_same():
    """Not a link: what fetches single files of a repository takes a link for its content."""
    rules = ROOT / "workflow/envs/study.yaml"
    assert not rules.is_symlink()
    mine, theirs = (yaml.safe_load(path.read_text()) for path in (rules, ROOT / "environment.yml"))
    assert mine == {key: value for key, value in theirs.items() if key != "name"}


def test_workflow_asks_for_the_snakemake_that_it_is_tested_with():
    (least,) = re.findall(r'^min_version\("(.+)"\)', (ROOT / "Snakefile").read_text(), re.M)
    assert least == locked("snakemake").rpartition(".")[0]


def locked(name: str) -> str:
    lock = (ROOT / "requirements.lock").read_text()
    found = re.search(rf"^{re.escape(name)}==(\S+) .*\\\n\s+--hash=sha256:", lock, re.M | re.I)
    assert found, f"{name} is not locked with a hash; run `make lock`"
    return found[1]


def test_conda_pins_are_those_of_the_lock():
    assert conda() == {CONDA.get(name, name): locked(name) for name in asked()}


@pytest.mark.parametrize("name", sorted(asked()))
def test_lock_holds_what_is_asked_for(name: str):
    assert asked()[name].specifier.contains(locked(name))


def test_the_study_is_pinned_and_the_analysis_goes_into_other_environments():
    for extra in ("study", "develop", "docs", "crate"):
        for each in map(Requirement, project()["optional-dependencies"][extra]):
            assert [bound.operator for bound in each.specifier] == ["=="], each
    for each in map(Requirement, project()["dependencies"]):
        bounds = {bound.operator: bound.version for bound in each.specifier}
        assert bounds.keys() == {">=", "<"}, each
        assert bounds["<"] == str(int(locked(each.name.lower()).split(".")[0]) + 1), each
