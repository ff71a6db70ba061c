"""The program for a Python that has not installed it, as in an environment that Snakemake makes."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from lfa1_md.machine import own_program

BARE = Path(sys._base_executable)
"""The interpreter that the environment of these tests was made from: it has no package of it."""


@pytest.fixture
def elsewhere(tmp_path):
    """A folder without anything of the study, and a PATH with a bare Python."""
    (tmp_path / "bin").mkdir()
    # -S: whatever the machine's own Python may have installed is left out.
    python = tmp_path / "bin/python"
    python.write_text(f'#!/bin/sh\nexec {BARE} -S "$@"\n')
    python.chmod(0o755)

    def run(*command: str, first: Path | None = None):
        path = f"{first}:" if first else ""
        environment = os.environ | {"PATH": f"{path}{tmp_path / 'bin'}:/usr/bin:/bin"}
        environment.pop("PYTHONPATH", None)
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    return run


def test_a_python_without_it_runs_this_very_program(elsewhere, tmp_path):
    assert elsewhere("python", "-c", "import lfa1_md").returncode != 0
    programs = own_program.provide(tmp_path / "with a space")
    told = elsewhere("lfa1", "--version", first=programs)
    assert (told.returncode, told.stdout.split()) == (0, ["lfa1", version("lfa1-study")])
    packages = programs.parent / "packages"
    for name in own_program.PACKAGES:
        source = sys.modules.get(name) or __import__(name)
        assert (packages / name).samefile(Path(source.__file__).parent)


def test_a_job_s_signal_reaches_the_program_itself(elsewhere, tmp_path):
    """The shell that starts it is replaced, so no shell ends before the program does."""
    (tmp_path / "bin/python").write_text("#!/bin/sh\necho $$ $PPID\n")
    programs = own_program.provide(tmp_path / "own")
    started = elsewhere("sh", "-c", "lfa1 & echo $! $$; wait", first=programs)
    assert len(set(started.stdout.splitlines())) == 1, started.stdout


def test_it_is_made_once(tmp_path):
    first = own_program.provide(tmp_path)
    made = (first / "lfa1").stat()
    assert own_program.provide(tmp_path) == first
    assert (first / "lfa1").stat() == made
    assert [path.name for path in tmp_path.iterdir()] == [first.parent.name]


def test_processes_that_make_it_at_once_do_not_meet(tmp_path, monkeypatch):
    faster = own_program.tempfile.mkdtemp

    def mkdtemp(**where):
        monkeypatch.setattr(own_program.tempfile, "mkdtemp", faster)
        own_program.provide(tmp_path)  # the other process, in between
        return faster(**where)

    monkeypatch.setattr(own_program.tempfile, "mkdtemp", mkdtemp)
    programs = own_program.provide(tmp_path)
    assert os.access(programs / "lfa1", os.X_OK)
    assert len(list(tmp_path.iterdir())) == 1
