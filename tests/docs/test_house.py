"""What keeps the house small: one name a thing, no slivers of modules, folders at a glance."""

import ast
from collections import Counter, defaultdict

import pytest

from .conftest import ROOT

PACKAGES = {
    "lfa1_analysis": "analysis",
    "lfa1_md": "workflow/md",
    "lfa1_report": "workflow/report",
    "lfa1_cli": "workflow/cli",
}
MODULES = {
    ".".join([package, *path.relative_to(ROOT / folder).with_suffix("").parts]): path
    for package, folder in PACKAGES.items()
    for path in (ROOT / folder).rglob("*.py")
    if path.name != "__init__.py"
}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}
LEAST = 40
"""Lines of a module that one other module alone imports."""
FRAGMENTS = ("Of", "As", "By", "What", "Itself:")
"""Words that a first sentence does not begin with: it says what the thing is or does."""
MOST = 12
"""Entries of a folder, without `__init__.py`."""


def importers() -> dict[str, set[str]]:
    """Return by module which modules import it, or something of it."""
    found = defaultdict(set)
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                for whole in (node.module, *(f"{node.module}.{a.name}" for a in node.names)):
                    if whole in MODULES:
                        found[whole].add(name)
    return found


def test_no_two_public_classes_share_a_name():
    names = Counter(
        node.name
        for tree in TREES.values()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert not {name: count for name, count in names.items() if count > 1}


def test_no_sliver_of_a_module_serves_one_other_alone():
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in MODULES.items()}
    slivers = {
        name: lines[name]
        for name, by in importers().items()
        if len(by) == 1 and lines[name] < LEAST
    }
    assert not slivers


@pytest.mark.parametrize("top", ["analysis", "workflow/report"])
def test_folders_are_seen_at_a_glance(top):
    folders = [ROOT / top, *(p for p in (ROOT / top).rglob("*") if p.is_dir())]
    crowded = {
        str(folder.relative_to(ROOT)): len(entries)
        for folder in folders
        if any(folder.glob("*.py"))
        for entries in [
            [p for p in folder.iterdir() if p.name not in ("__init__.py", "__pycache__")]
        ]
        if len(entries) > MOST
    }
    assert not crowded


def test_a_public_docstring_begins_with_a_whole_sentence():
    """A capital letter at its begin, a full stop at its end, and no fragment in between."""
    odd = []
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            first = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
            if first and (first.split()[0] in FRAGMENTS or first[-1] not in ".:"):
                odd.append(f"{name}.{node.name}: {first}")
    assert not odd
