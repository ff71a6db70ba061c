"""The α5β1 headpiece 4WJK, and variants of its file."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def integrin_file():
    """Return a function that gives the file of an integrin entry, or skips the test."""

    def find(name):
        folder = os.environ.get("LFA1_STRUCTURE_MIRROR")
        if not folder:
            pytest.skip("LFA1_STRUCTURE_MIRROR does not name a folder with the PDB entries")
        path = Path(folder) / "integrins" / f"{name}.pdb"
        if not path.is_file():
            pytest.skip(f"{name} is not in LFA1_STRUCTURE_MIRROR/integrins")
        return path

    return find


@pytest.fixture(scope="session")
def headpiece_file(integrin_file):
    return integrin_file("4wjk")


@pytest.fixture(scope="session")
def bare_file(headpiece_file, tmp_path_factory):
    """4WJK without its metals."""
    path = tmp_path_factory.mktemp("bare") / "bare.pdb"
    lines = headpiece_file.read_text().splitlines(keepends=True)
    path.write_text("".join(x for x in lines if x[17:20].strip() not in ("CA", "MG")))
    return path
