"""Structures that are not where the configuration says."""

from __future__ import annotations

import os

import pytest


def loop(path):
    path.symlink_to(path.name)


PLACES = {
    "nothing": (lambda path: None, "no such file"),
    "dangling link": (lambda path: path.symlink_to("nowhere.pdb"), "no such file"),
    "loop of links": (loop, "symbolic link"),
    "folder": (lambda path: path.mkdir(), "folder"),
    "pipe": (os.mkfifo, "no regular file"),
}


@pytest.mark.parametrize("case", PLACES)
def test_no_file(here, prepare_refused, case):
    make, problem = PLACES[case]
    make(here / "mine.pdb")
    prepare_refused("mine.pdb", "mine.pdb", problem)


def test_a_file_that_may_not_be_read(pdb, prepare_refused):
    pdb.chmod(0)
    if os.access(pdb, os.R_OK):
        pytest.skip("this user may read every file")
    try:
        prepare_refused("mine.pdb", "mine.pdb", "cannot be read")
    finally:
        pdb.chmod(0o644)


def test_a_name_too_long_for_a_file(prepare_refused):
    prepare_refused("x" * 300 + ".pdb", "no such file")


def test_an_entry_that_nobody_knows(refused):
    refused("structures", "fetch", "9ZZZ9", "--output", "x.cif", mentions=["9ZZZ9"])
