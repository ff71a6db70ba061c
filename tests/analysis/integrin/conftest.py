"""Integrins for the tests: PDB entries, changed as a test needs."""

from collections.abc import Callable

import pytest
from MDAnalysis import Universe

from lfa1_analysis.trajectory.universe import open_universe


@pytest.fixture
def opened(entry) -> Callable[[str], Universe]:
    """Open an entry in memory, so that the test may move its atoms."""

    def make(name: str) -> Universe:
        universe = open_universe(entry(name))
        universe.load_new(universe.atoms.positions[None])
        return universe

    return make
