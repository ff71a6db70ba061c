"""Printing fails no job: encodings without the symbols, readers that leave, full disks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lfa1_analysis.io.printing import plain
from lfa1_analysis.trajectory import examples

TOPOLOGY = examples.topology()
FULL = Path("/dev/full")


def lfa1(*args, **kwargs):
    command = [sys.executable, "-m", "lfa1_cli.main", *map(str, args)]
    environment = {**os.environ, **kwargs.pop("env", {})}
    return subprocess.run(command, env=environment, timeout=120, check=False, **kwargs)


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
@pytest.mark.parametrize("verb", [["--help"], ["config", "--document"], ["opening"]])
def test_an_encoding_without_the_symbols(tmp_path, encoding, verb):
    output = tmp_path / "o.csv"
    more = ["--topology", TOPOLOGY, "--output", output] if verb == ["opening"] else []
    done = lfa1(*verb, *more, env={"PYTHONIOENCODING": encoding}, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    said = done.stdout.decode(encoding)
    assert "α" not in said
    if more:
        assert output.is_file()
        assert f"alpha7 shift +0.4 {'Å' if encoding == 'latin-1' else 'A'}" in said


def test_a_locale_without_utf_8(tmp_path):
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = lfa1(
        *("opening", "--topology", TOPOLOGY, "--output", tmp_path / "o.csv"),
        env=env,
        capture_output=True,
    )
    assert done.returncode == 0 and b"alpha7 shift" in done.stdout
    done = lfa1("structures", "list", env=env, capture_output=True)  # reads files with "°" in them
    assert done.returncode == 0 and b"3F74" in done.stdout


@pytest.mark.parametrize("closed", ["pipe", "full", "before"])
def test_a_job_whose_output_nobody_takes(tmp_path, closed):
    """The table is there, and the status is that of the work."""
    output = tmp_path / "o.csv"
    args = ["opening", "--topology", TOPOLOGY, "--output", output]
    if closed == "pipe":
        reading, writing = os.pipe()
        os.close(reading)
        done = lfa1(*args, stdout=writing, stderr=writing)
        os.close(writing)
    elif closed == "full":
        with FULL.open("w") as full:
            done = lfa1(*args, stdout=full, stderr=subprocess.PIPE)
        assert b"No space left" in done.stderr and b"Traceback" not in done.stderr
    else:
        done = lfa1(*args, preexec_fn=lambda: [os.close(1), os.close(2)])
    assert done.returncode == 0
    assert output.is_file() and output.with_suffix(".json").is_file()


def test_a_mistake_is_one_when_nobody_reads_it():
    reading, writing = os.pipe()
    os.close(reading)
    done = lfa1("opening", "--topology", "no.pdb", "--output", "o.csv", stderr=writing)
    os.close(writing)
    assert done.returncode == 2


def test_what_is_only_printed_is_missed():
    """`lfa1 config --document` onto a full disk has not done what it was called for."""
    with FULL.open("w") as full:
        done = lfa1("config", "--document", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2 and b"No space left" in done.stderr


def test_head_takes_what_it_wants():
    command = f"{sys.executable} -m lfa1_cli.main config --document | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"# Configuration\n", b"")


@pytest.mark.parametrize(
    ("symbol", "said"),
    [("Δ", "Delta"), ("β", "beta"), ("²⁺", "2+"), ("−", "-"), ("≥", ">="), ("─", "-"), ("漢", "?")],
)
def test_plain_letters(symbol, said):
    assert "".join(map(plain, symbol)) == said
