"""The judge of the metal site: what holds the metal, and whether the state demands that."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openmm import app

from lfa1_analysis.io.errors import MetalSiteError
from lfa1_analysis.metal_site.coordination import CUTOFF, Donor, Kind, Site, classify
from lfa1_analysis.metal_site.expectation import Expected
from lfa1_analysis.metal_site.rules import faults
from lfa1_analysis.metal_site.snapshot import bonds, measure
from lfa1_analysis.proteins.alphal import LIGAND_DONORS, MIDAS_DONORS, STATE_DONORS, STATE_LIGANDS
from lfa1_analysis.proteins.known import ALPHA_L, PROTEINS
from lfa1_md.protein import chains
from lfa1_md.protein.placement import SHELL

_DONOR_ELEMENTS = ("O", "N", "S")


@dataclass
class Verdict:
    """A metal site with what is wrong with it.

    Attributes
    ----------
    state : str
        ``closed``, ``open`` or ``bound``: what it was judged by.
    site : Site
        The donors by distance.
    faults : list of str
        Empty when the site is accepted.
    """

    state: str
    site: Site
    faults: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        """Whether the site is what the state demands."""
        return not self.faults

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as ``site.json`` holds it (distances in Å)."""
        shown = max(self.site.coordination_number, SHELL)
        pairs = list(zip(self.site.donors, self.site.distances, strict=True))[:shown]
        return {
            "state": self.state,
            "metal": "MG",
            "accepted": self.accepted,
            "faults": self.faults,
            "pattern": self.site.pattern,
            "coordination_number": self.site.coordination_number,
            "donors": [
                {"atom": d.label, "distance_angstrom": round(float(r), 3), "kind": d.kind}
                for d, r in pairs[: self.site.coordination_number]
            ],
            "asp137": _carboxylate(self.site, "ASP137"),
            "asp239": _carboxylate(self.site, "ASP239"),
        }

    def table(self) -> str:
        """Return the donors as lines of text: distance in Å, atom, and whether it is bound."""
        lines = ["    Å      atom"]
        for donor, distance in zip(self.site.donors, self.site.distances, strict=True):
            if distance > 4.5:
                break
            bound = "bound" if distance <= self.site.cutoff else ""
            lines.append(f"    {distance:5.2f}  {donor.label:<12} {bound}".rstrip())
        return "\n".join(lines)


def _carboxylate(site: Site, residue: str) -> dict[str, Any]:
    distances = site.distances_to(residue)
    return {
        "denticity": site.denticity(residue),
        "nearest_angstrom": round(float(distances[0]), 3) if len(distances) else None,
    }


def donors_of(topology: app.Topology, positions: NDArray[np.float64], metal: int) -> list[Donor]:
    """Return every oxygen, nitrogen and sulfur within 8 Å of atom `metal` (positions in Å)."""
    donors = []
    called, whose = chains.labels(topology), chains.proteins(topology)
    for atom in topology.atoms():
        if atom.element is None or atom.element.symbol not in _DONOR_ELEMENTS:
            continue
        xyz = positions[atom.index]
        if np.linalg.norm(xyz - positions[metal]) > 8.0:
            continue
        kind: Kind = "water" if atom.residue.name == "HOH" else "protein"
        if whose[atom.residue.chain.index] not in ("", ALPHA_L.key):
            kind = "ligand"
        donors.append(Donor(atom.name, called[atom.residue.index], kind, tuple(xyz)))
    return donors


def metal_index(topology: app.Topology) -> int:
    """Return the index of the one Mg²⁺.

    Raises
    ------
    MetalSiteError
        There is none, or more than one.
    """
    found = [
        atom.index
        for atom in topology.atoms()
        if atom.residue.name == "MG" and atom.element is not None and atom.element.symbol == "Mg"
    ]
    if len(found) != 1:
        raise MetalSiteError(f"{len(found)} Mg²⁺ in the model, not one", "prepare it again")
    return found[0]


def examine(topology: app.Topology, positions: NDArray[np.float64], state: str) -> Verdict:
    """Judge the metal site of a minimised model.

    Accepted is what `lfa1_analysis.metal_site.rules` accept: coordination number 6, every Mg–O
    within 0.25 Å of 2.1 Å, exactly the state's protein donors with the other shell places taken by
    waters, no aspartate with both oxygens on the metal, and those of the second shell at least
    3.5 Å away.

    Parameters
    ----------
    topology : openmm.app.Topology
        Mature numbering, residue ``MG``, waters ``HOH``.
    positions : ndarray, shape (n, 3)
        Å.
    state : {"closed", "open", "bound"}
        Whose donors are demanded.
    """
    metal = metal_index(topology)
    site = classify(positions[metal], donors_of(topology, positions, metal), CUTOFF)
    named = Site(
        tuple(replace(donor, residue=_name(donor)) for donor in site.donors),
        site.distances,
        site.cutoff,
    )
    demand = Expected("Mg", state).demand
    return Verdict(state, site, faults(measure(named, demand), demand, bonds(named)))


def _name(donor: Donor) -> str:
    """Return a donor's residue as the rules call it: ``Asp239``, ``Glu34`` of ICAM-1."""
    residue = donor.residue.rpartition(":")[2]
    ours = donor.kind == "protein" or shown(donor) != donor.residue
    return residue.capitalize() if ours else donor.residue


def demanded_by(state: str) -> set[str]:
    """Return the residues that hold the metal of a state: ``SER139``, ``ICAM-1 GLU34``."""
    own = {f"{name[:3].upper()}{MIDAS_DONORS[name][0]}" for name in STATE_DONORS[state]}
    bound = {LIGAND_DONORS[name] for name in STATE_LIGANDS.get(state, ())}
    return own | {f"{PROTEINS[key].name} {PROTEINS[key].wild(n)}{n}" for key, n, _ in bound}


def shown(donor: Donor) -> str:
    """Return a donor's residue as :func:`demanded_by` names it."""
    chain, _, residue = donor.residue.rpartition(":")
    if donor.kind != "ligand" or not chain:
        return donor.residue
    acids = {f"{PROTEINS[key].wild(n)}{n}": PROTEINS[key] for key, n, _ in LIGAND_DONORS.values()}
    return f"{acids[residue].name} {residue}" if residue in acids else donor.residue


def require(verdict: Verdict, name: str) -> None:
    """Raise unless the site is accepted.

    Raises
    ------
    MetalSiteError
        With the faults and the table of what was found.
    """
    if verdict.accepted:
        return
    raise MetalSiteError(
        f"{name}: the metal site is not that of the {verdict.state} MIDAS: "
        + "; ".join(verdict.faults)
        + "\n"
        + verdict.table(),
        f"check `state: {verdict.state}` and the residues 137–141, 206 and 239 of the structure"
        + (", and its ligand; " if verdict.state in STATE_LIGANDS else "; ")
        + "give crystal waters near the metal if the entry has them",
    )


def summary(decisions: list[Any]) -> list[dict[str, Any]]:
    """Return dataclass records as dictionaries for JSON."""
    return [asdict(decision) for decision in decisions]
