"""Caps where a chain was cut: ACE and NME in ideal geometry, peptide bonds trans.

Bond lengths and angles: Engh and Huber 1991, Acta Cryst. A47, 392.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

_C_N, _C_O, _C_CA, _N_CA = 1.329, 1.231, 1.525, 1.458
"""Å."""
_CA_C_N, _CA_C_O, _C_N_CA = 116.2, 120.8, 121.7
"""Degrees."""
_PHI = (-120.0, -70.0, -150.0, -90.0, -60.0, 60.0)
"""Degrees; φ of the first residue, the first with room is taken."""
_ROOM = 3.0
"""Å."""


def atom_at(a: Points, b: Points, c: Points, length: float, angle: float, torsion: float) -> Points:
    """Return the position bonded to `c` at `length` (Å), angle b–c–x and torsion a–b–c–x (°)."""
    axis = (c - b) / np.linalg.norm(c - b)
    normal = np.cross(b - a, axis)
    normal /= np.linalg.norm(normal)
    inward = np.cross(normal, axis)
    bend, turn = np.radians(angle), np.radians(torsion)
    step = np.array([-np.cos(bend), np.sin(bend) * np.cos(turn), np.sin(bend) * np.sin(turn)])
    return np.asarray(c + length * (step[0] * axis + step[1] * inward + step[2] * normal))


def acetyl(n: Points, ca: Points, c: Points, others: Points) -> dict[str, Points]:
    """Return the heavy atoms of ACE before a residue.

    Parameters
    ----------
    n, ca, c : ndarray, shape (3,)
        Backbone of the first residue, Å.
    others : ndarray, shape (m, 3)
        Atoms to keep clear of.
    """
    options = []
    for phi in _PHI:
        carbonyl = atom_at(c, ca, n, _C_N, _C_N_CA, phi)
        atoms = {
            "CH3": atom_at(ca, n, carbonyl, _C_CA, _CA_C_N, 180.0),
            "C": carbonyl,
            "O": atom_at(ca, n, carbonyl, _C_O, 360.0 - _CA_C_N - _CA_C_O, 0.0),
        }
        outer = np.stack([atoms["CH3"], atoms["O"]])
        room = float(np.linalg.norm(outer[:, None] - others[None], axis=2).min(initial=_ROOM))
        options.append((min(room, _ROOM), atoms))
    return max(options, key=lambda option: option[0])[1]


def methylamide(n: Points, ca: Points, c: Points, o: Points) -> dict[str, Points]:
    """Return the heavy atoms of NME after a residue: the carbonyl oxygen leaves no choice.

    Parameters
    ----------
    n, ca, c, o : ndarray, shape (3,)
        Backbone of the last residue, Å.
    """
    axis = (c - ca) / np.linalg.norm(c - ca)
    # In the plane of Cα, C and O, on the side opposite to O.
    away = -((o - c) - np.dot(o - c, axis) * axis)
    away /= np.linalg.norm(away)
    bend = np.radians(_CA_C_N)
    nitrogen = c + _C_N * (-np.cos(bend) * axis + np.sin(bend) * away)
    return {"N": nitrogen, "C": atom_at(ca, c, nitrogen, _N_CA, _C_N_CA, 180.0)}
