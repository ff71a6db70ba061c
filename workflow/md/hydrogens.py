"""Adding hydrogens in chosen variants."""

from __future__ import annotations

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_md.protonation import Protonation
from lfa1_md.randomness import reproducible

_FORCE_FIELD = ("amber19/protein.ff19SB.xml", "amber19/opc3.xml")
"""Only for where hydrogens start; the minimisation that follows uses the configured one."""


def add(
    topology: app.Topology,
    positions: NDArray[np.float64],
    variants: list[Protonation],
    platform: openmm.Platform,
) -> tuple[app.Topology, NDArray[np.float64]]:
    """Add hydrogens in the given variants (Å); the heavy atoms stay where they are."""
    wanted = {(p.residue[:3], p.number): p.variant for p in variants}
    chosen = [
        wanted.get((r.name, int(r.id))) if r.name in ("ASP", "GLU", "HIS", "LYS") else None
        for r in topology.residues()
    ]
    modeller = app.Modeller(topology, positions * unit.angstrom)
    with reproducible():
        modeller.addHydrogens(app.ForceField(*_FORCE_FIELD), variants=chosen, platform=platform)
    added = np.array(modeller.positions.value_in_unit(unit.angstrom), dtype=float)
    return modeller.topology, added
