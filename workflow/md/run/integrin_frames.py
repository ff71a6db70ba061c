"""An integrin's metal sites in the frames of a growing trajectory, each measured once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from MDAnalysis import Universe
from MDAnalysis.lib.formats.libmdaxdr import XTCFile
from MDAnalysis.lib.mdamath import triclinic_box

from lfa1_analysis.metal_site import integrin_gate
from lfa1_analysis.metal_site.integrin_gate import SiteResidue, WatchedSite
from lfa1_md.box.molecules import METALS, distance_to_images
from lfa1_md.study.ions import CATION

_CATIONS = METALS | {CATION}


class IntegrinFrames:
    """The sites of a system in its trajectory.

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
        self._oxygens = np.flatnonzero(np.char.startswith(names, "O"))
        self._ions = np.flatnonzero(np.isin(residues, list(_CATIONS)) & (names == residues))
        self._alphas = np.flatnonzero(names == "CA") if len(names) else np.array([])
        self._alphas = self._alphas[residues[self._alphas] != "CA"]
        self.sites = watched(manifest, int(self._ions.min(initial=len(names))))
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
        return integrin_gate.events(table, self.sites)

    def _measure(self, frame: Any) -> None:
        xyz = (frame.x * 10).astype(np.float32)
        vectors = np.asarray(frame.box, dtype=float) * 10
        box = triclinic_box(*vectors.astype(np.float32))
        image = distance_to_images(xyz[self._alphas], vectors)
        for site in self.sites:
            row = integrin_gate.measure(site, xyz, box, self._oxygens, self._ions)
            self._rows.append(
                {
                    "frame": self._count,
                    "time_ns": frame.time / 1000,
                    **row,
                    "image_angstrom": image,
                }
            )


def watched(manifest: dict[str, Any], first_ion: int) -> list[WatchedSite]:
    """Return the sites of a system by the atoms of its trajectory's frames.

    Parameters
    ----------
    manifest : dict
        Of the system.
    first_ion : int
        Index of the first ion in a frame: the metal of the titrated site if there is one, then
        those of the other sites in the order of the system.
    """
    titrated = manifest["titrated"]
    fixed = sorted(
        site["metal_atom"]
        for site in manifest["sites"]
        if site["metal_atom"] is not None and site["name"] != titrated
    )
    own = next(s for s in manifest["sites"] if s["name"] == titrated)
    seated = own["metal"] in ("mg", "mn", "ca")
    order = ([own["metal_atom"]] if seated else []) + fixed
    return [
        WatchedSite(
            site["name"],
            site["metal"],
            first_ion + order.index(site["metal_atom"]) if site["metal_atom"] in order else None,
            tuple(SiteResidue.of(r) for r in site["residues"]),
        )
        for site in manifest["sites"]
    ]
