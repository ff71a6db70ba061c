"""Protonation states of an integrin: PROPKA with its metals; what faces a metal stays charged."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from openmm import app

from lfa1_md.protein.protonation import MODEL_PKA, Protonation, pkas, tautomer

_TITRATED = ("ASP", "GLU", "HIS", "LYS")
_ACID = {"ASP": "ASH", "GLU": "GLH"}


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
        if residue.name not in _TITRATED:
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
            variant, why = tautomer([(residue, topology, positions)])
        found.append(Protonation(label, variant, None if pka is None else round(pka, 2), why))
    return found
