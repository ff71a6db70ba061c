"""The metal sites of an integrin in a state of its box: minimised, equilibrated or any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from MDAnalysis.lib.mdamath import triclinic_box

from lfa1_analysis.metal_site import integrin_gate, rules
from lfa1_analysis.metal_site.integrin_gate import SiteResidue, WatchedSite
from lfa1_analysis.metal_site.shells import SHELLS
from lfa1_md.box.system import Solvated


@dataclass(frozen=True)
class Seen:
    """A site as it is in one configuration.

    Attributes
    ----------
    name, metal : str
    coordination_number : int
    mean_angstrom : float
    faults : list of str
        Empty when it is accepted.
    """

    name: str
    metal: str
    coordination_number: int
    mean_angstrom: float
    faults: list[str]

    def line(self) -> str:
        """Return it as a line of text."""
        if self.metal == "none":
            return f"site {self.name}: empty"
        verdict = "accepted" if not self.faults else "; ".join(self.faults)
        return (
            f"site {self.name}: {self.metal}, {self.coordination_number} oxygens, mean "
            f"{self.mean_angstrom:.2f} Å: {verdict}"
        )


def look(solvated: Solvated, positions: np.ndarray, box: np.ndarray | None = None) -> list[Seen]:
    """Judge every site of an integrin in a configuration.

    Parameters
    ----------
    solvated : Solvated
        Its manifest has ``sites``.
    positions : ndarray, shape (atoms, 3)
        Nm.
    box : ndarray, shape (3, 3), optional
        Vectors (nm); by default those of the model.
    """
    vectors = solvated.model.box if box is None else box
    cell = triclinic_box(*(np.asarray(vectors) * 10).astype(np.float32))
    xyz = (positions * 10).astype(np.float32)
    oxygens = np.flatnonzero(solvated.model.elements == "O")
    found = []
    for entry in solvated.manifest["sites"]:
        site = WatchedSite(
            entry["name"],
            entry["metal"],
            entry["metal_atom"],
            tuple(SiteResidue.of(r) for r in entry["residues"]),
        )
        row = integrin_gate.measure(site, xyz, cell, oxygens, np.array([], dtype=np.intp))
        found.append(
            Seen(
                site.name,
                site.metal,
                int(row["coordination_number"]),
                float(row["mean_angstrom"]),
                _faults(site, row),
            )
        )
    return found


def _faults(site: WatchedSite, row: dict[str, Any]) -> list[str]:
    if site.metal not in SHELLS or site.atom is None:
        return []
    measured = integrin_gate.distances(site, pd.DataFrame([row]))
    return rules.faults(measured, site.demand, {})  # bonds of a hot configuration are not judged
