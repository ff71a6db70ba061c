"""The program: its files, its words, and that a failure leaves nothing behind."""

import json

import numpy as np
import pandas as pd
import pytest
from integrin_models import write
from MDAnalysis import Merge

from lfa1_analysis.integrin import program
from lfa1_analysis.integrin.definitions import COLUMNS


def run(*arguments) -> int:
    return program.main([str(a) for a in arguments])


def test_a_trajectory_gives_all_tables_whatever_the_number_of_processes(opened, tmp_path, capsys):
    universe = opened("3ZE2")
    protein = Merge(universe.select_atoms("protein"))
    top = write(protein, tmp_path / "top.pdb")
    shifts = np.arange(5)[:, None, None] * 3.0
    protein.load_new(protein.atoms.positions[None] + shifts)
    protein.atoms.write(str(tmp_path / "run.xtc"), frames="all")
    written = []
    for workers in (1, 2):
        output = tmp_path / f"out-{workers}" / "integrin.csv"
        arguments = ("--topology", top, "--trajectory", tmp_path / "run.xtc", "--step", 2)
        assert run(*arguments, "--workers", workers, "--output", output) == 0
        files = {file.name: file.read_text() for file in output.parent.glob("*.csv")}
        written.append(files)
    assert written[0] == written[1]
    names = {f"integrin{part}.csv" for part in ("", "-sites", "-domains", "-chains")}
    assert set(written[0]) == names
    table = pd.read_csv(output)
    assert table.columns.tolist() == ["frame", "time_ns", "integrin", *COLUMNS]
    assert table["frame"].tolist() == [0, 2, 4]
    assert np.ptp(table["hybrid_swing_degree"]) < 0.1
    assert table["propeller_calf2_angstrom"].isna().all()
    record = json.loads(output.with_suffix(".json").read_text())
    assert set(record["files"]) == names
    assert "calf_2" in record["molecules"][0]["missing"]["genu_angle_degree"]
    assert "propeller_calf2_angstrom: missing, calf_2 has 0" in capsys.readouterr().out
    chains = pd.read_csv(output.with_name("integrin-chains.csv"))
    numbers = chains.query("subunit == 'beta'")["reference_residue"].dropna()
    assert len(numbers) > 350 and numbers.is_monotonic_increasing


def test_bad_input_is_one_message_and_no_output(make_chain, tmp_path, capsys):
    make_chain("ACDEFGHIKLMNPQRSTVWY" * 9).atoms.write(str(tmp_path / "other.pdb"))
    output = tmp_path / "results" / "out.csv"
    cases = {
        "does not exist": ["--topology", tmp_path / "absent.pdb"],
        "holds no integrin": ["--topology", tmp_path / "other.pdb"],
        "is not a number of processes": ["--topology", tmp_path / "other.pdb", "--workers", 0],
    }
    for says, arguments in cases.items():
        assert run(*arguments, "--output", output) == 2, says
        message = capsys.readouterr().err
        assert says in message and "→" in message and "Traceback" not in message
        assert not output.parent.exists()
    assert run("--topology", tmp_path / "other.pdb", "--output", tmp_path / "a.json") == 2
    assert "name of the provenance" in capsys.readouterr().err


def test_help_explains_every_column(capsys):
    with pytest.raises(SystemExit):
        run("--help")
    text = capsys.readouterr().out
    for column in COLUMNS:
        assert column in text


def test_coordinates_that_are_no_numbers_are_refused(opened, tmp_path, capsys):
    universe = opened("3ZE2")
    protein = Merge(universe.select_atoms("protein and name CA"))
    top = write(protein, tmp_path / "top.pdb")
    frames = np.repeat(protein.atoms.positions[None], 3, axis=0)
    frames[1, 20] = np.nan
    protein.load_new(frames)
    protein.atoms.write(str(tmp_path / "bad.dcd"), frames="all")
    arguments = ("--topology", top, "--trajectory", tmp_path / "bad.dcd")
    assert run(*arguments, "--output", tmp_path / "out.csv") == 2
    assert "frame 1: the position of" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()
