"""Whether two platforms compute the same forces.

OpenMM's own check of an installation (``openmm.testInstallation``) calls two platforms in agreement
where the median over atoms of the relative difference of forces is below 1e-4. A median does not
see a force that is wrong on few atoms, so the difference's root mean square is held to the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit

LIMIT = 1e-4


@dataclass(frozen=True)
class Agreement:
    """How a platform compares with one that is trusted.

    Attributes
    ----------
    platform : str
    rms : float
        Root mean square of the difference of forces over that of the forces.
    median : float
        Median over atoms of the relative difference of forces.
    energy : float
        Difference of potential energies, kJ/mol for each atom.
    problem : str
        Why it can't be compared.
    """

    platform: str
    rms: float = float("nan")
    median: float = float("nan")
    energy: float = float("nan")
    problem: str = ""

    @property
    def good(self) -> bool:
        """Return whether it agrees within `LIMIT`."""
        return self.rms < LIMIT and self.median < LIMIT


Computed = tuple[NDArray[np.float64], float]
"""Forces, shape (atoms, 3), in kJ/mol/nm, and the potential energy in kJ/mol."""


def computed(context: openmm.Context, groups: set[int] | int = -1) -> Computed:
    """Return the forces and the energy of a context, of all force groups or of some."""
    state = context.getState(energy=True, forces=True, groups=groups)
    forces = state.getForces(asNumpy=True).value_in_unit(unit.kilojoule_per_mole / unit.nanometer)
    return np.asarray(forces), float(state.getPotentialEnergy()._value)


def judge(name: str, trusted: Computed, other: Computed) -> Agreement:
    """Compare the forces and the energy of a platform with the trusted ones."""
    exact, found = trusted[0], other[0]
    apart = np.linalg.norm(found - exact, axis=1)
    size = np.linalg.norm(exact, axis=1)
    return Agreement(
        name,
        float(np.sqrt((apart**2).mean() / (size**2).mean())),
        float(np.median(apart / np.maximum(size, np.finfo(float).tiny))),
        (other[1] - trusted[1]) / len(exact),
    )
