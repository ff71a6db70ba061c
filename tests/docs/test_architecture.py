"""What imports what, read from the sources, against the table of the architecture's page."""

import ast
import re
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from lfa1_md.study.configdoc import _sections
from lfa1_md.study.settings import StudyConfig

from .conftest import ROOT

PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
OWN = ("lfa1_analysis", "lfa1_md", "lfa1_report", "lfa1_cli")
EVERYWHERE = {"numpy", "pandas"}
# The name of the import → the name on the page; markupsafe is Jinja2's text.
WRITTEN = {"markupsafe": "jinja2", "yaml": "pyyaml"}


def table() -> dict[str, tuple[str, str]]:
    """Return package → (folder, what it needs) as the page says."""
    rows = re.findall(r"^\| `(lfa1_[\w.]+)` \| `(.*?)/` \| (.*?) \| .*? \|$", PAGE, re.M)
    return {package: (folder, needs) for package, folder, needs in rows}


def part_of(module: str) -> str:
    """Name the row of the table that a module of this repository belongs to."""
    return max((row for row in table() if f"{module}.".startswith(f"{row}.")), key=len)


def sources(package: str) -> list[Path]:
    folders = {ROOT / folder for folder, _ in table().values()}
    here = ROOT / table()[package][0]
    inner = [folder for folder in folders if here in folder.parents]
    found = [p for p in here.rglob("*.py") if not any(f in p.parents for f in inner)]
    assert len(found) > 5, package
    return found


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, those inside functions and for types too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute here"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_table_has_every_package():
    assert set(table()) == {*OWN, "lfa1_report.deposit"}


@pytest.mark.parametrize("package", sorted(table()))
def test_a_package_imports_only_the_packages_that_the_page_names(package):
    allowed = set(re.findall(r"`(lfa1_[\w.]+)`", table()[package][1])) | {package}
    if package == "lfa1_cli":
        allowed |= set(table())
    used = set()
    for path in sources(package):
        of = {part_of(name) for name in imported(path) if name.split(".")[0] in OWN}
        assert of <= allowed, f"{path.relative_to(ROOT)} imports {sorted(of - allowed)}"
        used |= of
    assert used | {package} == allowed  # the page names none that is not needed


@pytest.mark.parametrize("package", ["lfa1_analysis", "lfa1_report", "lfa1_report.deposit"])
def test_a_package_needs_what_the_page_says(package):
    needs = re.sub(r"`lfa1_\w+`( \(.*?\))?,? ?", "", table()[package][1])
    named = {name.strip().lower() for name in needs.split(",") if name.strip()}
    tops = {name.split(".")[0] for path in sources(package) for name in imported(path)}
    foreign = {WRITTEN.get(name.lower(), name.lower()) for name in tops - {*OWN}}
    assert foreign - set(sys.stdlib_module_names) - EVERYWHERE == named


def test_the_modules_of_the_configuration_are_those_on_the_page():
    (row,) = re.findall(r"^\| a key, its unit.*$", PAGE, re.M)
    modules = {
        model.__module__.rpartition(".")[2] for _, model in _sections("", StudyConfig, set())
    }
    assert set(re.findall(r"`(\w+)\.py`", row)) == modules


def walks() -> list[list[tuple[str, str, str]]]:
    """Return the rows of both walks: file, name, and what hands it on."""
    text = PAGE.split("## Two walks")[1].split("\n## ")[0]
    tables = [part.split("\n\n")[1] for part in text.split("\n\n**")[1:]]
    return [re.findall(r"^\| `(.*?)` \| `(\w+)` \| (.*?) \|$", t, re.M) for t in tables]


@pytest.mark.parametrize("walk", walks(), ids=["temperature", "place"])
def test_a_walk_is_as_the_page_says_and_passes_no_file_twice(walk):
    files = [file for file, _, _ in walk]
    assert len(files) > 5 and len(set(files)) == len(files)
    for file, name, _ in walk:
        assert re.search(rf"^(?:def|class|rule|) ?{name}\b", (ROOT / file).read_text(), re.M), file
    for (file, _, by), (later, _, _) in pairwise(walk):
        one, other = (_module(path) for path in (file, later))
        if by == "import":
            pair = (imported(ROOT / file), other), (imported(ROOT / later), one)
            assert any(name in {*found, *map(_parent, found)} for found, name in pair), file


def _module(path: str) -> str:
    """Return the dotted name of a file of the packages."""
    for package, (folder, _) in table().items():
        if path.startswith(f"{folder}/"):
            return ".".join([package, *Path(path).relative_to(folder).with_suffix("").parts])
    return ""


def _parent(name: str) -> str:
    return name.rpartition(".")[0]
