"""The metal sites of an integrin in a state of its box: minimised, equilibrated or any other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from MDAnalysis.lib.mdamath import triclinic_box

from lfa1_analysis import site_gate
from lfa1_analysis.site_gate import WatchedSite
from lfa1_analysis.site_shells import SHELLS
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
            tuple(
                (r["label"], np.array(r["atoms"], dtype=np.intp), bool(r["demanded"]))
                for r in entry["residues"]
            ),
        )
        row = site_gate.measure(site, xyz, cell, oxygens, np.array([], dtype=np.intp))
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


def _faults(site: WatchedSite, row: dict[str, float]) -> list[str]:
    shell = SHELLS.get(site.metal)
    if shell is None:
        return []
    found = []
    number = int(row["coordination_number"])
    if not shell.least <= number <= shell.most:
        found.append(f"{number} oxygens, not {shell.least} to {shell.most}")
    if number and row["mean_angstrom"] > shell.farthest:
        found.append(f"mean distance {row['mean_angstrom']:.2f} Å, more than {shell.farthest} Å")
    found += [
        f"{label} at {row[f'{label}_angstrom']:.2f} Å"
        for label, _, demanded in site.residues
        if demanded and row[f"{label}_angstrom"] > shell.cutoff
    ]
    return found
