"""Known changes to integrins, for the tests to find again."""

import warnings
from pathlib import Path

import numpy as np
from MDAnalysis import AtomGroup, Universe
from scipy.spatial.transform import Rotation

from lfa1_analysis.integrin.find import find_integrins
from lfa1_analysis.integrin.pairs import Integrin


def domain_atoms(universe: Universe, integrin: Integrin, *names: str) -> AtomGroup:
    """Return the atoms of some domains."""
    found = [i for name in names for i in integrin.residues_of(name)]
    return universe.residues[found].atoms


def turned(atoms: AtomGroup, degrees: float, axis, about) -> None:
    """Turn atoms in place."""
    turn = Rotation.from_rotvec(np.radians(degrees) * np.asarray(axis) / np.linalg.norm(axis))
    atoms.positions = turn.apply(atoms.positions - about) + about


def only(universe: Universe) -> Integrin:
    """Return the one integrin of a molecule."""
    (integrin,) = find_integrins(universe)
    return integrin


def write(universe: Universe, file: Path) -> Path:
    """Write a molecule without the remarks of the writer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        universe.atoms.write(str(file))
    return file
