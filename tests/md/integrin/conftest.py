"""The α5β1 headpiece 4WJK, and variants of its file."""

import pytest


@pytest.fixture(scope="session")
def headpiece_file(entry):
    return entry("4WJK")


@pytest.fixture(scope="session")
def bare_file(headpiece_file, tmp_path_factory):
    """4WJK without its metals."""
    path = tmp_path_factory.mktemp("bare") / "bare.pdb"
    lines = headpiece_file.read_text().splitlines(keepends=True)
    path.write_text("".join(x for x in lines if x[17:20].strip() not in ("CA", "MG")))
    return path
