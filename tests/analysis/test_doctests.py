"""The examples of the docstrings run, on the data that come with the package."""

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import lfa1_analysis

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(lfa1_analysis.__path__, "lfa1_analysis.")
)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
CALLED = {
    "examples": [
        "copy",
        "tables",
        "topology",
        "trajectory",
        "universe",
        "bound",
        "pulls",
        "windows",
    ],
    "inputs": ["open_universe", "select_frames"],
    "mdtraj_universe": ["from_mdtraj"],
    "numbering": ["find_domain"],
    "domain": ["Domain"],
    "opening": ["Opening", "occupant"],
    "midas": ["Midas"],
    "gate": ["events"],
    "flexibility": ["Flexibility"],
    "observe": ["Observables"],
    "coordination": ["classify", "smooth_number"],
    "coordinate": ["coordinate"],
    "comparison.compare": ["compare"],
    "comparison.study_tables": ["load"],
    "comparison.expectation": ["Expected", "expect"],
    "comparison.inference": ["summarise", "mean_interval", "difference_interval", "holm"],
    "free_energy.umbrella": ["read_windows"],
    "free_energy.pmf": ["analyse_windows"],
    "free_energy.umbrella_verdict": ["judge_windows"],
    "free_energy.spacing": ["propose"],
    "free_energy.pull_input": ["read_pulls"],
    "free_energy.pull_work": ["worked"],
    "free_energy.pull_compare": ["compare_pulls"],
    "free_energy.pulls": ["analyse_pulls"],
    "free_energy.bennett": ["bennett"],
    "free_energy.linkage": ["link"],
    "free_energy.linkage_inputs": ["from_text"],
    "free_energy.dose_response": ["dose_response"],
    "free_energy.two_states": ["TwoStates"],
}
"""What docs/analysis_api.md tells people to call."""


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name)):
        runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)


def test_every_observable_has_an_example():
    """Every class that measures frames, also one that is new, and all that users call."""
    from lfa1_analysis.series import FrameSeries

    lacking = []
    for name in MODULES:
        module = importlib.import_module(name)
        called = CALLED.get(name.removeprefix("lfa1_analysis."), [])
        measuring = [
            each
            for each, what in vars(module).items()
            if inspect.isclass(what)
            and what.__module__ == name
            and issubclass(what, FrameSeries)
            and what is not FrameSeries
        ]
        lacking += [
            f"{name}.{each}"
            for each in {*called, *measuring}
            if ">>>" not in (inspect.getdoc(getattr(module, each)) or "")
        ]
    assert not lacking


def test_the_snippets_of_the_documentation_run(tmp_path, monkeypatch):
    """One after the other, as somebody types them."""
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[2] / "docs" / "analysis_api.md").read_text(encoding="utf-8")
    snippets = re.findall(r"```python\n(.*?)```", page, re.S)
    assert len(snippets) == 3
    namespace: dict[str, object] = {}
    for snippet in snippets:
        exec(snippet, namespace)
    assert len(namespace["table"]) == 3
    assert namespace["series"].midas.results.table["metal"].tolist() == ["Mg"] * 6


def test_the_documentation_names_what_is_there():
    page = (Path(__file__).parents[2] / "docs" / "analysis_api.md").read_text(encoding="utf-8")
    listed = page.split("## What there is to call")[1].split("## ")[0]
    lacking = [name for names in CALLED.values() for name in names if f"`{name}`" not in listed]
    assert set(lacking) <= {"occupant", "Expected"}
