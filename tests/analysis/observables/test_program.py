"""The programs: what they write, what they say, and that a failure leaves nothing behind."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import digest, write_table
from lfa1_analysis.observables import flexibility, midas, opening
from lfa1_analysis.observables.program import standalone
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.universe import open_universe

PROGRAMS = {"opening": opening, "midas": midas, "flexibility": flexibility}
ANALYSIS = Path(opening.__file__).parent


def run(verb, *arguments) -> int:
    module = PROGRAMS[verb]
    return standalone(module.add_arguments, module.run, [str(a) for a in arguments])


@pytest.mark.parametrize("verb", PROGRAMS)
def test_a_trajectory_gives_a_table_and_its_provenance(wobble, tmp_path, verb):
    topology, trajectory = wobble
    output = tmp_path / "deep" / f"{verb}.csv"
    arguments = ["--topology", topology, "--trajectory", trajectory, "--output", output]
    assert run(verb, *arguments, "--start", 2, "--stop", 10, "--step", 3) == 0
    table = pd.read_csv(output)
    assert table["frame"].tolist() == [2, 5, 8]
    assert table["time_ns"].tolist() == pytest.approx([0.03, 0.06, 0.09])
    observable = {"opening": "Opening", "midas": "Midas", "flexibility": "Flexibility"}[verb]
    columns = getattr(PROGRAMS[verb], observable).columns
    assert table.columns.tolist() == ["frame", "time_ns", *columns]
    record = json.loads(output.with_suffix(".json").read_text(encoding="utf-8"))
    assert [entry["sha256"] for entry in record["inputs"]] == [digest(topology), digest(trajectory)]
    assert record["frames"] == 3
    assert record["settings"]["step"] == 3
    assert record["versions"]["MDAnalysis"]
    assert record["molecule"]["residues"][0] <= 130
    again = tmp_path / "again.csv"
    arguments[-1] = again
    assert run(verb, *arguments, "--start", 2, "--stop", 10, "--step", 3, "--workers", 2) == 0
    assert again.read_text() == output.read_text()


def test_fluctuations_are_written_on_demand(wobble, tmp_path):
    topology, trajectory = wobble
    rmsf = tmp_path / "rmsf.csv"
    arguments = ["--topology", topology, "--trajectory", trajectory, "--rmsf-output", rmsf]
    assert run("flexibility", *arguments, "--output", tmp_path / "f.csv") == 0
    table = pd.read_csv(rmsf)
    assert table.columns.tolist() == ["residue", "residue_name", "rmsf_angstrom", "n_frames"]
    assert (table["rmsf_angstrom"] > 0).all()


def test_missing_words_survive_pandas_and_sodium_is_not_missing(state_file, tmp_path):
    """The names of metals and states must not read back as missing values."""
    output = tmp_path / "midas.csv"
    table = pd.DataFrame({"metal": ["Na", "none", "Mg"], "coordination_number": [5, pd.NA, 6]})
    write_table(output, table.astype({"coordination_number": "Int64"}))
    again = pd.read_csv(output)
    assert again["metal"].tolist() == ["Na", "none", "Mg"]
    assert again["coordination_number"].isna().tolist() == [False, True, False]
    assert output.read_text().splitlines()[1] == "Na,5"


@pytest.mark.parametrize("verb", PROGRAMS)
def test_as_a_script(state_file, tmp_path, verb):
    output = tmp_path / "out.csv"
    done = subprocess.run(
        [
            *(sys.executable, ANALYSIS / f"{verb}.py"),
            *("--topology", state_file("open"), "--output", output),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(output)) == 1
    assert "chain" in done.stdout
    assert "Warning" not in done.stderr


@pytest.mark.parametrize("verb", PROGRAMS)
def test_help_explains_inputs_columns_and_shows_an_example(verb, capsys):
    with pytest.raises(SystemExit) as caught:
        run(verb, "--help")
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for word in ("mmCIF", "columns (distances in Å)", "example (", f"lfa1 {verb}", "UniProt"):
        assert word in text


def bad_inputs(tmp_path, topology, trajectory, make_chain):
    make_chain("ACDEFGHIKLMNPQRSTVWY" * 9).atoms.write(str(tmp_path / "other.pdb"))
    (tmp_path / "empty.pdb").touch()
    (tmp_path / "cut.xtc").write_bytes(trajectory.read_bytes()[:-50])
    usual = ["--topology", topology, "--trajectory", trajectory]
    return {
        "does not exist": ["--topology", tmp_path / "absent.pdb"],
        "is empty": ["--topology", tmp_path / "empty.pdb"],
        "no αL I domain": ["--topology", tmp_path / "other.pdb"],
        "chain Q is not in": [*usual, "--chain", "Q"],
        "in uniprot numbering": [*usual, "--numbering", "uniprot"],
        "pick no frame of 12": [*usual, "--start", 12],
        "is not a positive number": [*usual, "--step", 0],
        "is not a number of processes": [*usual, "--workers", 0],
        "11 complete frames": ["--topology", topology, "--trajectory", tmp_path / "cut.xtc"],
    }


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("verb", PROGRAMS)
def test_bad_input_is_one_message_and_no_output(wobble, make_chain, tmp_path, verb, capsys):
    output = tmp_path / "results" / "out.csv"
    for says, arguments in bad_inputs(tmp_path, *wobble, make_chain).items():
        assert run(verb, *arguments, "--output", output) == 2, says
        printed = capsys.readouterr()
        assert says in printed.err
        assert "→" in printed.err
        assert "Traceback" not in printed.err
        assert not output.parent.exists()


def test_a_failure_in_the_middle_keeps_the_old_output(wobble, tmp_path, capsys):
    topology, _ = wobble
    output = tmp_path / "out.csv"
    output.write_text("the old table\n")
    universe = open_universe(topology)
    frames = np.repeat(universe.atoms.positions[None], 6, axis=0)
    frames[4, find_domain(universe).index(150, "CA")] = np.nan
    universe.load_new(frames)
    with pytest.warns(UserWarning):
        universe.atoms.write(str(tmp_path / "bad.dcd"), frames="all")
    for workers in (1, 2):
        status = run(
            "opening",
            *("--topology", topology, "--trajectory", tmp_path / "bad.dcd"),
            *("--output", output, "--workers", workers),
        )
        assert status == 2
        message = capsys.readouterr().err
        assert "frame 4" in message and "--stop 4" in message
        assert output.read_text() == "the old table\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bad.dcd", "out.csv"]


def test_an_output_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        write_table(tmp_path / "file" / "out.csv", pd.DataFrame({"a": [1]}))
