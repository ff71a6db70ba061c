"""Integrins for the tests: PDB entries from the mirror, changed as a test needs."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from MDAnalysis import Universe

from lfa1_analysis.inputs import open_universe


@pytest.fixture(scope="session")
def integrin_file() -> Callable[[str], Path]:
    """Give the file of an integrin's PDB entry, or skip."""

    def find(name: str) -> Path:
        folder = os.environ.get("LFA1_STRUCTURE_MIRROR")
        if not folder:
            pytest.skip("LFA1_STRUCTURE_MIRROR does not name a folder with the PDB entries")
        if not (file := Path(folder) / "integrins" / f"{name.lower()}.pdb").exists():
            pytest.skip(f"{name} is not in LFA1_STRUCTURE_MIRROR/integrins")
        return file

    return find


@pytest.fixture
def opened(integrin_file) -> Callable[[str], Universe]:
    """Open an entry in memory, so that the test may move its atoms."""

    def make(name: str) -> Universe:
        universe = open_universe(integrin_file(name))
        universe.load_new(universe.atoms.positions[None])
        return universe

    return make
