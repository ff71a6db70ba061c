"""Protonation states of an integrin: PROPKA with its metals; what faces a metal stays charged."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from openmm import app

from lfa1_md.protein.protonation import Protonation, pkas

MODEL_PKA = {"ASP": 3.8, "GLU": 4.5, "HIS": 6.5, "LYS": 10.5}
"""Of the free amino acids, as PROPKA uses them."""
_ACID = {"ASP": "ASH", "GLU": "GLH"}
_ACCEPTORS = {"O", "OD1", "OD2", "OE1", "OE2", "OG", "OG1", "OH"}
_DONORS = {"N", "NZ", "NE", "NH1", "NH2", "ND2", "NE2", "ND1", "NE1", "OG", "OG1", "OH"}


def decide(
    topology: app.Topology,
    positions: NDArray[np.float64],
    ph: float,
    built: Collection[int],
    charged: Collection[int],
) -> list[Protonation]:
    """Choose a variant for every Asp, Glu, His and Lys.

    Parameters
    ----------
    topology, positions
        Heavy atoms of protein and metals, Å; residue numbers occur once in all chains.
    ph : float
    built : collection of int
        Residues whose side chains were built: as the free amino acid.
    charged : collection of int
        Residues of metal sites, also of emptied ones: acids stay charged, histidines neutral.
    """
    table = {label.rpartition(":")[2]: pka for label, pka in pkas(topology, positions).items()}
    found = []
    for residue in topology.residues():
        if residue.name not in MODEL_PKA:
            continue
        label, number = f"{residue.name}{residue.id}", int(residue.id)
        pka, why = table.get(label), ""
        used = pka
        if number in built:
            used, why = MODEL_PKA[residue.name], "side chain built: as the free amino acid"
        protonated = used is not None and used > ph
        if number in charged and residue.name != "LYS":
            protonated, why = False, "metal site: stays as it is with the metal"
        if residue.name in _ACID:
            variant = _ACID[residue.name] if protonated else residue.name
        elif residue.name == "LYS":
            variant = "LYS" if protonated or used is None else "LYN"
        elif protonated:
            variant = "HIP"
        else:
            variant, why = _tautomer(residue, topology, positions)
        found.append(Protonation(label, variant, None if pka is None else round(pka, 2), why))
    return found


def _tautomer(
    residue: app.topology.Residue, topology: app.Topology, positions: NDArray[np.float64]
) -> tuple[str, str]:
    """Hydrogen on Nδ1 or Nε2: where it finds an acceptor, and the bare one a donor."""
    own = {a.name: positions[a.index] for a in residue.atoms()}
    others = [
        (a.name, positions[a.index])
        for a in topology.atoms()
        if a.residue is not residue
        and np.linalg.norm(positions[a.index] - own["CE1"]) < 6.0
        and a.residue.name != "HOH"
    ]
    delta = _best(own, "ND1", others, _ACCEPTORS) + _best(own, "NE2", others, _DONORS)
    epsilon = _best(own, "NE2", others, _ACCEPTORS) + _best(own, "ND1", others, _DONORS)
    if delta > epsilon:
        return "HID", f"hydrogen bonds favour Nδ1–H ({delta:.1f} against {epsilon:.1f})"
    if epsilon > delta:
        return "HIE", f"hydrogen bonds favour Nε2–H ({epsilon:.1f} against {delta:.1f})"
    return "HIE", "no hydrogen bond decides; Nε2–H is the commoner tautomer in water"


def _best(
    own: dict[str, NDArray[np.float64]],
    atom: str,
    others: list[tuple[str, NDArray[np.float64]]],
    names: set[str],
) -> float:
    """Quality (0 to 1) of the best hydrogen bond of a ring nitrogen: 2.4–3.5 Å, within 50°."""
    ring = {"ND1": ("CG", "CE1"), "NE2": ("CD2", "CE1")}[atom]
    out = 2 * own[atom] - own[ring[0]] - own[ring[1]]
    out /= np.linalg.norm(out)
    best = 0.0
    for name, place in others:
        vector = place - own[atom]
        distance = float(np.linalg.norm(vector))
        if name in names and 2.4 < distance <= 3.5:
            cosine = float(vector @ out) / distance
            if cosine > np.cos(np.radians(50)):
                best = max(best, cosine * min(1.0, 3.9 - distance))
    return best
