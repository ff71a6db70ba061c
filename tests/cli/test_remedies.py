"""What messages tell people to do can be done: the verbs, options and keys that they name exist."""

import argparse
import ast
import re
from pathlib import Path

import pytest

from lfa1_analysis.io.errors import InputError
from lfa1_cli.main import VERBS, main
from lfa1_md.box import system
from lfa1_md.study import configfile
from lfa1_md.study.settings import StudyConfig

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    file
    for folder in ("analysis", "workflow")
    for pattern in ("*.py", "*.smk")
    for file in (ROOT / folder).rglob(pattern)
)
COMMAND = re.compile(r"lfa1 ([a-z][a-z-]*)\b((?:[^`\"]|\\\n)*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
KEY = re.compile(r"(?<![\w./{-])([a-z][a-z_]+)\.([a-z][a-z_]+)(?![\w(/])")

FILES = {"csv", "json", "md", "yaml", "py", "svg", "html", "smk", "log", "pdb", "xtc", "running"}
"""Endings: `linkage.csv` is a file."""


def texts(file):
    """Return the texts of a file as people see them, what is filled in as `X`."""
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".smk":
        return re.findall(r'"([^"\n]*)"', source)
    tree = ast.parse(source)
    inner = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "X" for p in node.values]
            found.append("".join(map(str, parts)))
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner
        ):
            found.append(node.value)
    return found


ALL = [(file.relative_to(ROOT), text) for file in SOURCES for text in texts(file)]


@pytest.fixture(scope="module")
def options():
    """The options of every verb."""

    def of(parser):
        below = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
        inner = [of(each) for action in below for each in action.choices.values()]
        return set(parser._option_string_actions).union(*inner)

    known = {}
    for verb in VERBS:
        parser = argparse.ArgumentParser()
        VERBS[verb].load()[0](parser)
        known[verb] = of(parser)
    return known


def test_every_command_that_is_named_exists(options):
    named, wrong = 0, []
    for file, text in ALL:
        for verb, rest in COMMAND.findall(text):
            if verb in ("verb", "verbs", "example"):
                continue
            named += 1
            if verb not in VERBS:
                wrong.append(f"{file}: lfa1 {verb}")
                continue
            until_next = re.split(r"[;,)]|\. |\n\n|lfa1 ", rest)[0]
            lacking = set(OPTION.findall(until_next)) - options[verb]
            wrong += [f"{file}: lfa1 {verb} {option}" for option in lacking]
    assert not wrong
    assert named > 100


def test_every_key_that_is_named_exists():
    """Remedies such as "raise chemistry.padding" name keys of the configuration."""
    top = set(StudyConfig.model_fields)
    named, wrong = 0, []
    for file, text in ALL:
        if file.suffix != ".py" or file.name == "__init__.py":  # names modules
            continue
        for section, key in KEY.findall(text):
            keys = configfile._fields((section, key))
            if section not in top or set(keys) == top:
                continue  # no key, or one without keys below it
            if key in FILES:
                continue
            named += 1
            wrong += [f"{file}: {section}.{key}"] if key not in keys else []
    assert not wrong
    assert named > 50


def test_a_system_that_is_damaged_points_to_the_verb_that_makes_it(tmp_path):
    """`lfa1 solvate` has neither --system nor a folder of systems to write."""
    folder = tmp_path / "closed-mg"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"files": {}}', encoding="utf-8")
    for make in (lambda: None, lambda: (folder / "system.xml.gz").write_bytes(b"x")):
        make()
        with pytest.raises(InputError) as found:
            system.load(folder)
        assert "`lfa1 build`" in found.value.remedy


def test_help_says_who_writes_a_systems_folder(capsys):
    with pytest.raises(SystemExit):
        main(["minimise", "--help"])
    assert "folder written by `lfa1 build`" in " ".join(capsys.readouterr().out.split())
