"""pyproject.toml, the lock file and environment.yml carry the same pins."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
# PyPI name → conda-forge name, where they differ.
CONDA = {"matplotlib": "matplotlib-base", "snakemake": "snakemake-minimal"}


def pins() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = project["dependencies"] + project["optional-dependencies"]["study"]
    return {name.lower(): version for name, version in (pin.split("==") for pin in listed)}


def conda() -> dict[str, str]:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    return dict(pin.split("=", 1) for pin in listed if "=" in pin and not pin.startswith("python="))


def test_conda_pins_are_those_of_pyproject():
    assert conda() == {CONDA.get(name, name): version for name, version in pins().items()}


def test_environment_of_the_rules_is_the_same():
    """Not a link: what fetches single files of a repository takes a link for its content."""
    rules = ROOT / "workflow/envs/study.yaml"
    assert not rules.is_symlink()
    mine, theirs = (yaml.safe_load(path.read_text()) for path in (rules, ROOT / "environment.yml"))
    assert mine == {key: value for key, value in theirs.items() if key != "name"}


def test_workflow_asks_for_the_snakemake_that_it_is_tested_with():
    (asked,) = re.findall(r'^min_version\("(.+)"\)', (ROOT / "Snakefile").read_text(), re.M)
    assert asked == pins()["snakemake"].rpartition(".")[0]


@pytest.mark.parametrize("name", sorted(pins()))
def test_lock_holds_every_pin_with_hashes(name: str):
    lock = (ROOT / "requirements.lock").read_text()
    found = re.search(rf"^{re.escape(name)}==(\S+) .*\\\n\s+--hash=sha256:", lock, re.M | re.I)
    assert found, f"{name} is not locked with a hash; run `make lock`"
    assert found[1] == pins()[name]
