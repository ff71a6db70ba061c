"""Adding hydrogens in chosen variants."""

from __future__ import annotations

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_md.forcefield import forcefield
from lfa1_md.forcefield.randomness import reproducible
from lfa1_md.protein import chains, relaxation
from lfa1_md.protein.protonation import Protonation


def add(
    topology: app.Topology,
    positions: NDArray[np.float64],
    variants: list[Protonation],
    platform: openmm.Platform,
) -> tuple[app.Topology, NDArray[np.float64]]:
    """Add hydrogens in the given variants (Å); the heavy atoms stay where they are."""
    wanted = {p.residue: p.variant for p in variants}
    chosen = [
        wanted.get(label) if r.name in ("ASP", "GLU", "HIS", "LYS") else None
        for r, label in zip(topology.residues(), chains.labels(topology), strict=True)
    ]
    modeller = app.Modeller(topology, positions * unit.angstrom)
    field = forcefield.load(relaxation.CHEMISTRY)
    with reproducible(platform):
        modeller.addHydrogens(field, variants=chosen, platform=platform)
    added = np.array(modeller.positions.value_in_unit(unit.angstrom), dtype=float)
    return modeller.topology, added
