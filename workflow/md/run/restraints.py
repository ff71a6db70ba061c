"""Harmonic restraints that hold atoms near where they are while the rest relaxes."""

from __future__ import annotations

import numpy as np
import openmm

CONSTANT = "restraint_constant"
"""The context parameter that sets their strength (kJ/mol/nm²): ½ k r²."""


def position_restraints(
    atoms: np.ndarray, positions: np.ndarray, constant: float
) -> openmm.CustomExternalForce:
    """Restrain atoms to points, measured to the nearest periodic image.

    Parameters
    ----------
    atoms : numpy.ndarray
        Indices.
    positions : numpy.ndarray
        Points for all atoms of the system, shape (atoms, 3), nm.
    constant : float
        Force constant at first (kJ/mol/nm²); change it through the parameter `CONSTANT`.
    """
    force = openmm.CustomExternalForce(f"0.5*{CONSTANT}*periodicdistance(x, y, z, x0, y0, z0)^2")
    force.addGlobalParameter(CONSTANT, constant)
    for name in ("x0", "y0", "z0"):
        force.addPerParticleParameter(name)
    for index in atoms:
        force.addParticle(int(index), [float(value) for value in positions[index]])
    return force
