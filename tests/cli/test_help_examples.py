"""The help of every analysis verb: inputs, units, columns, and an example that works."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from lfa1_analysis.free_energy.pulling import pulls
from lfa1_analysis.free_energy.umbrella import windows as umbrella
from lfa1_analysis.separation import separations
from lfa1_analysis.trajectory import examples
from lfa1_cli.main import VERBS, main
from lfa1_md.study.configfile import load

ROOT = Path(__file__).parents[2]

ANALYSIS = sorted(
    name
    for name, verb in VERBS.items()
    if verb.module.startswith("lfa1_analysis.") or name == "linkage"
)
UNITS = r"Å|kJ/mol|\bns\b|mol/l|in the unit"
NO_TABLES = {"example"}
ELSEWHERE = {"observe", "interface", "integrin"}
"""Their help names tables whose columns other verbs or their page in docs/ explain."""


def shown(verb: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as caught:
        main([verb, "--help"])
    assert caught.value.code == 0
    return capsys.readouterr().out


def commands(text: str) -> list[str]:
    """Return the commands below ``example``, their continued lines joined."""
    below = re.split(r"^examples?\b.*:$", text, flags=re.M)[1:]
    joined = [re.sub(r"\\\n\s*", "", part) for part in below]
    return [line.strip() for part in joined for line in part.splitlines() if "  lfa1 " in line]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the example data, as `lfa1 example` leaves it."""
    examples.copy(tmp_path / "data")
    monkeypatch.chdir(tmp_path / "data")
    return tmp_path / "data"


@pytest.mark.parametrize("verb", [verb for verb in ANALYSIS if verb not in NO_TABLES])
def test_help_explains_inputs_units_and_columns(verb, capsys):
    text = shown(verb, capsys)
    assert re.search(r"^inputs: ", text, re.M)
    assert re.search(r"\bcolumns\b.*:$", text, re.M)
    assert re.search(UNITS, text)
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("verb", ANALYSIS)
def test_the_example_of_the_help_works(verb, here, capsys):
    text = shown(verb, capsys)
    listed = commands(text)
    assert listed and all(command.startswith(f"lfa1 {verb} ") for command in listed)
    for command in listed:
        words = shlex.split(command)
        status = main(words[1:])
        printed = capsys.readouterr()
        assert status == 0, printed.err
        made = here / words[words.index(next(w for w in words if w.startswith("--output"))) + 1]
        tables = sorted(made.glob("*.csv")) if made.is_dir() else [made]
        assert bool(tables) == (verb not in NO_TABLES)
        columns = {column for table in tables for column in pd.read_csv(table).columns}
        if verb not in ELSEWHERE:
            assert {column for column in columns if not named(column, text)} == set()


def named(column: str, text: str) -> bool:
    """Whether the help names a column, or writes it short: ser139/ser141_angstrom, water_1…3."""
    residue = re.search(r"[a-z]{3}\d{3}", column)
    short = residue[0] if residue else re.sub(r"_\d_.*", "_1…", column)
    return column in text or short in text


def test_the_help_of_gather_names_its_columns_and_configurations_that_have_them(capsys):
    """Its examples need a finished study; what they name must be there and fit."""
    text = shown("gather", capsys)
    for column in {*umbrella.COLUMNS, *pulls.COLUMNS, *separations.COLUMNS, *separations.SERIES}:
        assert re.search(rf"\b{column}\b", text), column
    listed = [shlex.split(command) for command in commands(text)]
    assert len(listed) == 3
    for words in listed:
        config, results = (words[words.index(key) + 1] for key in ("--config", "--results"))
        study = load(ROOT / config)
        assert study.separation if "--separation" in words else study.sampling
        folder, inner = results.split("/")
        made = (ROOT / "Makefile").read_text()
        assert inner == "results" and f"--directory {folder} \\\n\t  --configfile {config}" in made
