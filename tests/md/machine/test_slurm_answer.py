"""Whether Slurm answers is known within seconds."""

import time

import pytest

from lfa1_analysis.io.errors import InputError
from lfa1_md.machine import slurm


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Put programs of these names and contents in the place of Slurm's."""

    def make(**scripts: str) -> None:
        for name, script in scripts.items():
            path = tmp_path / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return make


def test_a_slurm_that_answers_is_fine(programs):
    programs(sinfo="echo gpu", sacctmgr="echo cluster")
    slurm.require_answer(accounting=True)


def test_silence_ends_with_one_message(programs):
    programs(sinfo="exec sleep 60", sacctmgr="exec sleep 60")
    start = time.monotonic()
    with pytest.raises(InputError, match=r"`sinfo .* nothing for 1 s; `sacctmgr") as caught:
        slurm.require_answer(accounting=True, seconds=1)
    assert time.monotonic() - start < 20  # both were asked at once; the machine may be busy
    assert str(caught.value).count("→") == 1


def test_a_silent_data_base_matters_only_where_it_is_needed(programs):
    programs(sinfo="echo gpu", sacctmgr="exec sleep 60")
    slurm.require_answer(accounting=False, seconds=5)
    with pytest.raises(InputError, match="does not answer: `sacctmgr"):
        slurm.require_answer(accounting=True, seconds=1)
    programs(sacctmgr="exit 0", sacct="exec sleep 60")
    with pytest.raises(InputError, match="does not answer: `sacct "):
        slurm.require_answer(accounting=True, seconds=1)


def test_errors(programs):
    programs(sinfo="echo unable to contact the controller >&2; exit 1", sacctmgr="exit 1")
    with pytest.raises(InputError, match="fails: unable to contact the controller"):
        slurm.require_answer(accounting=True)
    programs(sinfo="echo gpu")  # sacctmgr fails at once where there is no accounting
    slurm.require_answer(accounting=True)


def test_no_slurm_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"`sinfo .* cannot be run"):
        slurm.require_answer(accounting=True)
