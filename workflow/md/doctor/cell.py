"""The box in which `lfa1 doctor` compares platforms: the system's own if Reference can do it.

OpenMM's Reference platform sorts atoms into grid cells of about half a cutoff and looks up to three
of them to each side. A low triclinic box, whose images do not fall on that grid, has not as many,
and pairs are left out: in a rhombic dodecahedron with an edge of 3.4 nm 1 % of those within 0.9 nm
(`tests/md/doctor/test_cell.py` counts them; the CPU platform finds those of a plain sum
over all pairs). There the molecules are put, as they are, into a rectangular box with room around
them: other forces than the study's, but the same for every platform, and Reference's are right.
"""

from __future__ import annotations

import numpy as np
import openmm
from numpy.typing import NDArray

from lfa1_md.run import states

LOWEST = 3.5
"""Height, in cutoffs, from which on Reference is trusted in a triclinic box: seven grid cells. By
counting, it misses pairs in rhombic dodecahedra and truncated octahedra up to a height of 3.0."""
Cell = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Box vectors as rows, shape (3, 3), and positions, shape (atoms, 3), in nm."""


def chosen(system: openmm.System, state: openmm.State) -> Cell:
    """Return the box and the positions with which platforms are to be compared.

    Parameters
    ----------
    system : openmm.System
    state : openmm.State
        With the box of the study.
    """
    box = np.array(state.getPeriodicBoxVectors(asNumpy=True)._value)
    if trusted(box, cutoff(system)):
        return box, np.array(state.getPositions(asNumpy=True)._value)
    return rectangular(system, state)


def trusted(box: NDArray[np.float64], cutoff: float) -> bool:
    """Whether Reference finds all pairs within `cutoff` (nm) in a box (vectors as rows, nm)."""
    sides = np.diag(box)
    return bool((box == np.diag(sides)).all() or sides.min() >= LOWEST * cutoff)


def cutoff(system: openmm.System) -> float:
    """Return the longest cutoff of a system's forces (nm), 0 where none has one."""
    lengths = [
        force.getCutoffDistance()._value
        for force in system.getForces()
        if isinstance(force, openmm.NonbondedForce | openmm.CustomNonbondedForce)
    ]
    return max(lengths, default=0.0)


def rectangular(system: openmm.System, state: openmm.State) -> Cell:
    """Put the molecules of a state, each whole and within the box, into a rectangular box.

    Between it and its images there is a cutoff of room, so that nothing meets that did not meet.
    """
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    states.place(context, state)
    wrapped = context.getState(positions=True, enforcePeriodicBox=True)
    positions = np.array(wrapped.getPositions(asNumpy=True)._value)
    return np.diag(np.ptp(positions, axis=0) + cutoff(system)), positions
