"""Molecules for the tests: the shipped models, and synthetic ones."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import gemmi
import numpy as np
import pytest
from MDAnalysis import Universe, Writer
from scipy.spatial.transform import Rotation

from lfa1_analysis.trajectory.universe import open_universe

ROOT = Path(__file__).parents[2]


def _three_letter(sequence: str) -> list[str]:
    return [gemmi.expand_one_letter(code, gemmi.ResidueKind.AA) for code in sequence]


@pytest.fixture(scope="session")
def state_file() -> Callable[[str], Path]:
    """Give the shipped model of a state: closed, open or bound."""
    return lambda state: ROOT / "structures" / f"{state}.cif"


@pytest.fixture
def closed(state_file) -> Universe:
    """Open the closed I domain, in memory, so that the test may move its atoms."""
    universe = open_universe(state_file("closed"))
    universe.load_new(universe.atoms.positions[None])
    return universe


@pytest.fixture(scope="session")
def wobble(state_file, tmp_path_factory) -> tuple[Path, Path]:
    """Write a trajectory of a tumbling, wobbling domain; return its topology and itself."""
    universe = open_universe(state_file("closed"))
    protein = universe.select_atoms("protein")
    folder = tmp_path_factory.mktemp("wobble")
    topology, trajectory = folder / "top.pdb", folder / "run.xtc"
    random = np.random.default_rng(7)
    start = protein.positions - protein.positions.mean(axis=0)
    with Writer(str(trajectory), protein.n_atoms) as writer:
        for i in range(12):
            noise = random.normal(scale=0.15, size=start.shape)
            turn = Rotation.random(rng=random)
            protein.positions = turn.apply(start + noise) + random.normal(scale=20, size=3)
            universe.trajectory.ts.time = 10.0 * (i + 1)
            writer.write(protein)
    protein.positions = start
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        protein.write(str(topology))
    return topology, trajectory


@pytest.fixture(scope="session")
def make_chain() -> Callable[..., Universe]:
    """Make a molecule of Cα atoms from a sequence."""

    def make(
        sequence: str,
        resids: Sequence[int] | None = None,
        chain: str = "A",
        names: Sequence[str] | None = None,
    ) -> Universe:
        n = len(sequence)
        universe = Universe.empty(
            n, n_residues=n, atom_resindex=np.arange(n), residue_segindex=[0] * n, trajectory=True
        )
        universe.add_TopologyAttr("names", ["CA"] * n)
        universe.add_TopologyAttr("resnames", names or _three_letter(sequence))
        universe.add_TopologyAttr("resids", resids if resids is not None else range(1, n + 1))
        universe.add_TopologyAttr("segids", [chain])
        universe.add_TopologyAttr("chainIDs", [chain] * n)
        universe.atoms.positions = np.arange(n)[:, None] * np.array([3.8, 0, 0])
        return universe

    return make
