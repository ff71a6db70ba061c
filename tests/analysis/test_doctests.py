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
PAGE = Path(__file__).parents[2] / "docs" / "analysis_api.md"


def documented() -> dict[str, list[str]]:
    """Return the names of each row of the page's table, by the modules of the row."""
    listed = PAGE.read_text(encoding="utf-8").split("## What there is to call")[1].split("## ")[0]
    rows = {}
    for line in listed.splitlines():
        names, modules = (re.findall(r"`([\w.]+)`", c) for c in (*line.split("|"), "", "")[1:3])
        if names:
            parent = f"lfa1_analysis.{modules[0]}".rpartition(".")[0]
            whole = [f"{parent if m.startswith('.') else 'lfa1_analysis.'}{m}" for m in modules]
            rows[" ".join(whole)] = names
    return rows


DOCUMENTED = documented()
"""What docs/analysis_api.md tells people to call."""


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name)):
        runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)


@pytest.mark.parametrize("modules", DOCUMENTED)
def test_what_is_documented_has_an_example(modules):
    """Every name of the page, and every class that its modules define: it is what calls return."""
    loaded = [importlib.import_module(name) for name in modules.split()]
    for name in DOCUMENTED[modules]:
        (found,) = {
            id(getattr(m, name)): getattr(m, name) for m in loaded if hasattr(m, name)
        }.values()
        assert ">>>" in (inspect.getdoc(found) or ""), f"{modules}: {name}"
    lacking = [
        f"{module.__name__}.{name}"
        for module in loaded
        for name, what in classes(module).items()
        if ">>>" not in (inspect.getdoc(what) or "")
    ]
    assert not lacking


def test_every_public_name_of_the_package_is_there():
    for name in lfa1_analysis.__all__:
        assert getattr(lfa1_analysis, name) is not None
        assert name in PAGE.read_text(encoding="utf-8"), name


def classes(module) -> dict[str, type]:
    """Return the public classes of a module, without its errors."""
    return {
        name: what
        for name, what in vars(module).items()
        if inspect.isclass(what)
        and what.__module__ == module.__name__
        and not name.startswith("_")
        and not issubclass(what, Exception)
    }


def test_every_observable_has_an_example():
    """Every class that measures frames, also one that is new."""
    from lfa1_analysis.observables.frame_series import FrameSeries

    lacking = [
        f"{name}.{each}"
        for name in MODULES
        for each, what in classes(importlib.import_module(name)).items()
        if issubclass(what, FrameSeries) and what is not FrameSeries
        if ">>>" not in (inspect.getdoc(what) or "")
    ]
    assert not lacking


def test_every_verb_of_the_analysis_is_documented():
    """Whatever measures on the command line can be called: its module or package is listed."""
    from lfa1_cli.main import VERBS

    listed = {part for modules in DOCUMENTED for part in modules.split()}
    listed |= {name.rpartition(".")[0] for name in listed} - {"lfa1_analysis"}
    for verb in VERBS.values():
        package = verb.module.rpartition(".")[0]
        if verb.module.startswith("lfa1_analysis."):
            assert {verb.module, package} & listed, verb.module


def test_the_snippets_of_the_documentation_run(tmp_path, monkeypatch):
    """One after the other, as somebody types them."""
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    snippets = re.findall(r"```python\n(.*?)```", page, re.S)
    assert len(snippets) == 3
    namespace: dict[str, object] = {}
    for snippet in snippets:
        exec(snippet, namespace)
    assert len(namespace["table"]) == 3
    assert namespace["series"].midas.results.table["metal"].tolist() == ["Mg"] * 6
