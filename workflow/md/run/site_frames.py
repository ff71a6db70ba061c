"""An integrin's metal sites in configurations of its system: one, or an append-only trajectory."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from MDAnalysis import Universe
from MDAnalysis.lib.formats.libmdaxdr import XTCFile
from MDAnalysis.lib.mdamath import triclinic_box

from lfa1_analysis.metal_site import gate, rules
from lfa1_analysis.metal_site.shells import SHELLS
from lfa1_analysis.metal_site.site_atoms import SiteAtoms
from lfa1_md.box.molecules import METALS, distance_to_images
from lfa1_md.box.system import Solvated
from lfa1_md.study.ions import CATION


class IntegrinFrames:
    """The sites of a system in its trajectory, each frame measured once.

    Parameters
    ----------
    topology : Path
        The system's ``trajectory.pdb``.
    trajectory : Path
        XTC.
    manifest : dict
        Of the system, with its ``sites``.
    """

    def __init__(self, topology: Path, trajectory: Path, manifest: dict[str, Any]) -> None:
        self.trajectory = trajectory
        universe = Universe(str(topology))
        names = universe.atoms.names.astype(str)
        residues = universe.atoms.resnames.astype(str)
        cations = np.isin(residues, list(METALS | {CATION}))
        self._oxygens = np.flatnonzero(np.char.startswith(names, "O"))
        self._ions = np.flatnonzero(cations & (names == residues))
        self._alphas = np.flatnonzero((names == "CA") & (residues != "CA"))
        self.sites = _in_frames(manifest, int(self._ions.min(initial=len(names))))
        self._rows: list[dict[str, Any]] = []
        self._count = 0

    def table(self) -> pd.DataFrame:
        """Measure the frames that are new, and return those of all; maybe none."""
        if not (self.trajectory.is_file() and self.trajectory.stat().st_size):
            return pd.DataFrame()
        with XTCFile(str(self.trajectory)) as file:
            total = len(file)
            while self._count < total:
                file.seek(self._count)
                self._measure(file.read())
                self._count += 1
        return pd.DataFrame(self._rows)

    def events(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return what changed at the sites."""
        return gate.site_events(table, self.sites)

    def _measure(self, frame: Any) -> None:
        xyz = (frame.x * 10).astype(np.float32)
        vectors = np.asarray(frame.box, dtype=float) * 10
        box = triclinic_box(*vectors.astype(np.float32))
        image = distance_to_images(xyz[self._alphas], vectors)
        for site in self.sites:
            head = {"frame": self._count, "time_ns": frame.time / 1000}
            row = site.measure(xyz, box, self._oxygens, self._ions)
            self._rows.append({**head, **row, "image_angstrom": image})


def _in_frames(manifest: dict[str, Any], first_ion: int) -> list[SiteAtoms]:
    """Return the sites by the atoms of a frame.

    Its first ion is the metal of the titrated site if there is one, then come those of the other
    sites in the order of the system.
    """
    sites, titrated = manifest["sites"], manifest["titrated"]
    own = next(s for s in sites if s["name"] == titrated)
    order = [own["metal_atom"]] if own["metal"] in ("mg", "mn", "ca") else []
    order += sorted(
        s["metal_atom"] for s in sites if s["metal_atom"] is not None and s["name"] != titrated
    )
    atoms = {atom: first_ion + i for i, atom in enumerate(order)}
    return [SiteAtoms.of(s, atoms.get(s["metal_atom"])) for s in sites]


class SiteState(NamedTuple):
    """A metal site as it is in one configuration; without faults it is accepted."""

    name: str
    metal: str
    coordination_number: int
    mean_angstrom: float
    faults: list[str]

    def line(self) -> str:
        """Return it as a line of text."""
        if self.metal == "none":
            return f"site {self.name}: empty"
        return (
            f"site {self.name}: {self.metal}, {self.coordination_number} oxygens, mean "
            f"{self.mean_angstrom:.2f} Å: {'; '.join(self.faults) or 'accepted'}"
        )


def examine(
    solvated: Solvated, positions: np.ndarray, box: np.ndarray | None = None
) -> list[SiteState]:
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
        site = SiteAtoms.of(entry, entry["metal_atom"])
        row = site.measure(xyz, cell, oxygens, np.array([], dtype=np.intp))
        faults: list[str] = []
        if site.metal in SHELLS and site.atom is not None:
            faults = rules.unmet(site.distances(pd.DataFrame([row])), site.demand)
        number, mean = int(row["coordination_number"]), float(row["mean_angstrom"])
        found.append(SiteState(site.name, site.metal, number, mean, faults))
    return found
