"""What `make setup` installs beside the lock file, and that it stays when the lock file changes."""

import os
import shutil
import subprocess
from types import SimpleNamespace

import pytest

from .conftest import ROOT

# Stands for the interpreter and for uv: notes what it is asked for, and knows no package `unknown`.
STUB = '#!/bin/sh\necho "$@" >> {log}\ncase "$*" in *unknown*) exit 1;; esac\n'


@pytest.fixture
def checkout(tmp_path):
    """A checkout with an environment that only notes what it is asked for."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    log = tmp_path / "asked.txt"
    for name in ("python", "uv"):
        (tmp_path / ".venv/bin" / name).write_text(STUB.format(log=log))
        (tmp_path / ".venv/bin" / name).chmod(0o755)

    def make(*options, **variables):
        log.write_text("")
        outside = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
        done = subprocess.run(
            ["make", *options],
            cwd=tmp_path,
            env=outside | variables,
            capture_output=True,
            text=True,
        )
        asked = log.read_text().splitlines()
        added = [line.split("requirements.lock ")[-1] for line in asked if "--constraint" in line]
        return SimpleNamespace(
            ok=done.returncode == 0,
            said=done.stdout + done.stderr,
            asked=asked,
            synced=any(" sync " in f" {line} " for line in asked),
            added=added[0].split() if added else [],
        )

    return SimpleNamespace(folder=tmp_path, make=make)


def changed_lock(checkout):
    """Let the lock file be newer than the environment."""
    ready = checkout.folder / ".venv/.ready"
    os.utime(ready, (0, 0))


def wheel(cuda: int) -> str:
    text = (ROOT / "pyproject.toml").read_text()
    return f"openmm-cuda-{cuda}==" + text.split('"openmm==')[1].split('"')[0]


def test_what_was_added_is_installed_again_when_the_lock_file_changes(checkout):
    asked = checkout.make("setup", "CUDA=12", "EXTRA=one two>=3")
    assert asked.ok and asked.added == [wheel(12), "one", "two>=3"]
    assert checkout.make("setup").asked == []  # it is there
    changed_lock(checkout)
    again = checkout.make("setup")
    assert again.synced and again.added == [wheel(12), "one", "two>=3"]


def test_another_wheel_or_none_takes_a_new_sync(checkout):
    checkout.make("setup", "CUDA=12", "EXTRA=one")
    assert checkout.make("setup", "CUDA=12").asked == []
    other = checkout.make("setup", "CUDA=13")
    assert other.synced and other.added == [wheel(13), "one"]
    none = checkout.make("setup", "CUDA=", "EXTRA=")
    assert none.synced and none.added == []
    changed_lock(checkout)
    assert checkout.make("setup").added == []


def test_the_lock_file_alone_adds_nothing(checkout):
    found = checkout.make("setup", CUDA="/usr/local/cuda", EXTRA="1")
    assert found.ok and found.synced and found.added == []


@pytest.mark.parametrize("cuda", ["11", "12 13", "yes"])
def test_another_cuda_is_refused(checkout, cuda):
    found = checkout.make("setup", f"CUDA={cuda}")
    assert not found.ok and found.asked == []
    assert f"CUDA={cuda}: 12 or 13" in found.said


def test_a_package_that_is_not_found_is_not_remembered(checkout):
    checkout.make("setup", "CUDA=12")
    assert not checkout.make("setup", "EXTRA=unknown").ok
    back = checkout.make("setup")  # the sync has taken the wheel away
    assert back.ok and back.added == [wheel(12)]


def test_wheels_are_those_of_the_environment(checkout):
    fetched = checkout.make("wheels").asked
    assert any("download" in line and "--requirement requirements.lock" in line for line in fetched)
    assert not any("freeze" in line for line in fetched)
    fetched = checkout.make("wheels", "CUDA=12").asked
    assert any(line.startswith("-m uv pip freeze") for line in fetched)
    assert any("download" in line and "--requirement /dev/stdin" in line for line in fetched)
