"""The analysis alone, installed by pip from a repository: what gets in, and what works."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from lfa1_cli.main import VERBS

from .conftest import ROOT

NOT_WANTED = {
    *("openmm", "snakemake", "pdbfixer", "propka", "pydantic", "pyyaml", "jinja2", "requests"),
    *("pytest", "mypy", "ruff", "ipykernel", "nbclient"),
}
OFFLINE = re.compile(
    "Could not find a version that satisfies|Failed to establish a new connection|Network is "
    "unreachable|Temporary failure in name resolution|Max retries exceeded"
)
ANALYSIS = [
    name
    for name, verb in VERBS.items()
    if verb.module.startswith("lfa1_analysis.") or name == "linkage"
]
NEEDY = {
    "config": ["config.yaml"],
    "doctor": ["--seconds", "1"],
    "structures": ["list"],
    "prepare": ["--config", "config.yaml", "--state", "closed", "--output-dir", "p"],
    "simulate": [
        *("--config", "config.yaml", "--system-dir", ".", "--replica", "0", "--segment", "0"),
        *("--from", "config.yaml", "--output-dir", "s"),
    ],
    "ion-check": [],
    "gather": ["--config", "config.yaml", "--output-dir", "g"],
    "status": ["."],
    "look": ["closed-mg", "0", "--results", "."],
    "verify": ["."],
    "report": ["--config", "config.yaml"],
}
"""Verbs that need more than the analysis, with arguments that get them that far."""


def call(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=clean | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """Make a repository of this tree, with one commit, as a `git+` address holds it."""
    folder = tmp_path_factory.mktemp("repository")
    listed = call(
        *("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), folder=ROOT
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "all")):
        done = call("git", *words, folder=folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def installed(repository, tmp_path_factory) -> Path:
    """Folder of the programs of a new virtual environment that holds the analysis alone."""
    folder = tmp_path_factory.mktemp("home")
    assert call(sys.executable, "-m", "venv", "venv", folder=folder).returncode == 0
    programs = folder / "venv" / "bin"
    done = call(
        *(programs / "python", "-m", "pip", "install", "--quiet", f"git+file://{repository}"),
        folder=folder,
    )
    if done.returncode and OFFLINE.search(done.stderr):
        pytest.skip("pip reaches no package index")
    assert done.returncode == 0, done.stderr[-3000:]
    return programs


@pytest.fixture(scope="module")
def tryout(installed, tmp_path_factory) -> Path:
    """The example data, from the installed package."""
    folder = tmp_path_factory.mktemp("tryout")
    done = call(installed / "lfa1", "example", "--output-dir", "data", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "data"


@pytest.mark.slow
def test_no_engine_and_no_workflow_get_in(installed):
    done = call(installed / "pip", "list", "--format", "json", folder=installed)
    found = {each["name"].lower(): each["version"] for each in json.loads(done.stdout)}
    assert "lfa1-study" in found
    assert not NOT_WANTED & found.keys()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for each in map(Requirement, project["dependencies"]):
        assert each.specifier.contains(found[each.name.lower()])


@pytest.mark.slow
@pytest.mark.parametrize("verb", [verb for verb in ANALYSIS if verb != "example"])
def test_the_example_of_a_verb_works_there(installed, tryout, verb):
    text = call(installed / "lfa1", verb, "--help", folder=tryout).stdout
    (below,) = re.split(r"^example\b.*:$", text, flags=re.M)[1:]
    (command,) = [
        line.strip()
        for line in re.sub(r"\\\n\s*", "", below).splitlines()
        if line.startswith("  lfa1 ")
    ]
    done = call(installed / "lfa1", *shlex.split(command)[1:], folder=tryout)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("verb", NEEDY)
def test_a_verb_that_needs_more_says_what_to_install(installed, tryout, verb):
    shutil.copy(ROOT / "config" / "config.yaml", tryout / "config.yaml")
    done = call(installed / "lfa1", verb, *NEEDY[verb], folder=tryout)
    assert done.returncode == 2
    assert re.fullmatch(
        rf"lfa1 {verb}: needs \w+, which is not installed: pip install 'lfa1-study\[study\]'.*\n",
        done.stderr,
    )


@pytest.mark.slow
def test_the_docstrings_run_there(installed, tryout):
    code = (
        "import doctest, importlib, pkgutil, lfa1_analysis as p\n"
        "flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE\n"
        "names = [m.name for m in pkgutil.walk_packages(p.__path__, 'lfa1_analysis.')]\n"
        "found = [doctest.testmod(importlib.import_module(n), optionflags=flags) for n in names]\n"
        "print(sum(f.failed for f in found), sum(f.attempted for f in found))"
    )
    done = call(installed / "python", "-c", code, folder=tryout)
    failed, attempted = map(int, done.stdout.split()[-2:])
    assert failed == 0, done.stdout[-3000:]
    assert attempted > 100


@pytest.mark.slow
def test_the_tests_of_the_analysis_run_there(installed, repository):
    """As the MDAKit registry runs them: what it installs for them, and its command."""
    entry = yaml.safe_load((repository / "docs" / "mdakit" / "metadata.yaml").read_text())
    for command in entry["test_dependencies"]:
        done = call(installed / "python", "-m", *shlex.split(command), folder=repository)
        assert done.returncode == 0, done.stderr[-2000:]
    (command,) = [each for each in entry["run_tests"] if each.startswith("pytest ")]
    done = call(
        *(installed / "python", "-m", *shlex.split(command), "-p", "no:cacheprovider"),
        folder=repository,
    )
    assert done.returncode == 0, done.stdout[-3000:]
