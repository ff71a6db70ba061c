"""One configuration of a metal site as the rules look at it."""

from __future__ import annotations

import numpy as np

from lfa1_analysis.metal_site.coordination import Site
from lfa1_analysis.metal_site.rules import Demand, Distances


def measure(site: Site, demand: Demand) -> Distances:
    """Return the distances of a classified site, as arrays of one frame.

    Parameters
    ----------
    site : Site
        Its donors' residues are called as in `demand`.
    demand : Demand
    """
    residues = {donor.residue for donor in site.donors}
    named = {*demand.donors, *demand.ligands, *demand.outer, *demand.others, *demand.free}
    nearest, farther = {}, {}
    for label in named:
        r = site.distances_to(label) if label in residues else np.array([np.inf])
        nearest[label] = r[:1]
    kinds = {residue: residue.rpartition(":")[2][:3].upper() for residue in residues}
    acids = [residue for residue, kind in kinds.items() if kind in ("ASP", "GLU")]
    for label in acids:
        own = [d.residue == label and d.name[:2] in ("OD", "OE") for d in site.donors]
        if np.count_nonzero(own) == 2:
            farther[label] = site.distances[own][1:2]
    strangers = {
        donor.label: np.ones(1, dtype=bool)
        for donor in site.bound
        if donor.kind != "water" and donor.residue not in named
    }
    number = np.array([float(site.coordination_number)])
    return Distances(site.cutoff, nearest, farther, strangers, number=number, smooth=number)


def bonds(site: Site) -> dict[str, float]:
    """Return the distance of every atom of the first shell, by its label (Å)."""
    pairs = zip(site.bound, site.distances, strict=False)
    return {donor.label: float(r) for donor, r in pairs}
