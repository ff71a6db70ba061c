"""The example data: small, whole, made by this study's programs, and never overwritten."""

import re

import numpy as np
import pandas as pd
import pytest
from pulled_off import write_example

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import as_csv
from lfa1_analysis.observe import Observables
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory import examples
from lfa1_analysis.trajectory.universe import open_universe
from lfa1_cli.main import main

ALLOWED = 600_000
"""Bytes, of all together."""
REPLICAS = [(system, n) for system in examples.TOPOLOGIES for n in range(examples.REPLICAS)]


def test_they_are_small_and_each_is_explained():
    files = [
        file
        for file in examples.FOLDER.rglob("*")
        if file.is_file() and not file.name.startswith(".")
    ]
    assert sum(file.stat().st_size for file in files) < ALLOWED
    read = (examples.FOLDER / "README.md").read_text(encoding="utf-8")
    for file in examples.FOLDER.iterdir():
        assert file.name == "README.md" or file.name.startswith(".") or file.name in read


@pytest.mark.parametrize(("system", "replica"), REPLICAS)
def test_the_tables_are_those_of_the_trajectories(system, replica):
    universe = examples.universe(system, replica)
    found = Observables(universe, find_domain(universe)).run()
    assert {"opening", "midas", "flexibility"} <= found.parts.keys()
    for name, part in found.parts.items():
        kept = examples.tables() / system / f"replica-{replica}" / f"{name}.csv"
        assert as_csv(part.results.table) == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("table", [examples.windows(), examples.pulls(), examples.separations()])
def test_the_files_of_a_table_are_there(table):
    assert all((table.parent / name).exists() for name in pd.read_csv(table)["file"])


def test_the_separation_is_the_one_that_its_description_makes(tmp_path):
    made, kept = write_example(tmp_path), examples.separations()
    for table in ("pulls.csv", "bound-mg-replica-0.csv"):
        assert (made.parent / table).read_bytes() == (kept.parent / table).read_bytes()
    frames = [
        [frame.positions.copy() for frame in open_universe(examples.bound(), [file]).trajectory]
        for file in (table.parent / "bound-mg-replica-0.xtc" for table in (made, kept))
    ]
    assert np.abs(np.array(frames[0]) - frames[1]).max() < 0.11


def test_what_is_not_there_is_refused():
    with pytest.raises(InputError, match="closed-ca is not among the examples"):
        examples.topology("closed-ca")
    with pytest.raises(InputError, match="no replica 2"):
        examples.trajectory(replica=2)


def test_a_copy_is_whole_and_nothing_is_overwritten(tmp_path, capsys):
    target = tmp_path / "deep" / "tryout"
    assert main(["example", "--output-dir", str(target)]) == 0
    copies = {file.relative_to(target) for file in target.rglob("*") if file.is_file()}
    shipped = {file.relative_to(examples.FOLDER) for file in examples.FOLDER.rglob("*.*")}
    assert copies == {file for file in shipped if not file.name.startswith(".")}
    (target / "README.md").write_text("mine\n")
    capsys.readouterr()
    assert main(["example", "--output-dir", str(target)]) == 2
    assert re.search("is there already\n.*→", capsys.readouterr().err, re.S)
    assert (target / "README.md").read_text() == "mine\n"
    assert [file.name for file in target.parent.iterdir()] == ["tryout"]


def test_a_place_that_cannot_be_is_refused(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["example", "--output-dir", str(tmp_path / "file" / "here")]) == 2
    assert "Traceback" not in capsys.readouterr().err
