"""The metal sites of a model: by which atoms, and whether they are as they should be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openmm import app

from lfa1_analysis.io.errors import MetalSiteError
from lfa1_analysis.metal_site.coordination import CUTOFF, Donor, Kind, Site, classify
from lfa1_analysis.metal_site.expectation import Expected
from lfa1_analysis.metal_site.places import ALPHA_I
from lfa1_analysis.metal_site.rules import faults
from lfa1_analysis.metal_site.shells import SHELLS
from lfa1_analysis.metal_site.site_atoms import Role, SiteAtoms, SiteResidue
from lfa1_analysis.proteins.alphal import LIGAND_DONORS, MIDAS_DONORS, STATE_DONORS, STATE_LIGANDS
from lfa1_analysis.proteins.known import ALPHA_L, PROTEINS
from lfa1_md.protein import chains
from lfa1_md.study.ions import SITE_IONS

Points = NDArray[np.float64]


@dataclass
class SiteVerdict:
    """A metal site with what is wrong with it.

    Attributes
    ----------
    atoms : SiteAtoms
        The site in the model.
    site : Site or None
        Its donors by distance; None where it is empty.
    faults : list of str
        Empty when the site is accepted.
    state : str
        ``closed``, ``open`` or ``bound``: what the MIDAS of an αL I domain was judged by.
    """

    atoms: SiteAtoms
    site: Site | None
    faults: list[str] = field(default_factory=list)
    state: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the site is what is demanded."""
        return not self.faults

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as ``site.json`` holds it (distances in Å)."""
        ion = SITE_IONS[self.atoms.metal] if self.atoms.metal != "none" else None
        content: dict[str, Any] = {
            "metal": ion.residue if ion else "none",
            "source": self.atoms.source,
            "accepted": self.accepted,
            "faults": self.faults,
        }
        if self.site is not None:
            number = self.site.coordination_number
            content["coordination_number"] = number
            content["donors"] = [
                {"atom": d.label, "distance_angstrom": round(float(r), 3), "kind": d.kind}
                for d, r in zip(self.site.bound, self.site.distances[:number], strict=True)
            ]
        if self.state and self.site is not None:
            content |= {"state": self.state, "pattern": self.site.pattern}
            return content | {
                acid.lower(): _carboxylate(self.site, acid) for acid in ("ASP137", "ASP239")
            }
        residues = self.atoms.residues
        content["residues"] = [r.label.replace(":", " ") for r in residues]
        content["oxygens"] = [
            {"label": r.label, "atoms": r.atoms.tolist(), "role": r.role} for r in residues
        ]
        return content

    def table(self) -> str:
        """Return the donors as lines of text: distance in Å, atom, and whether it is bound."""
        if not self.state:
            return f"    {self._line()}"
        assert self.site is not None
        lines = ["    Å      atom"]
        for donor, distance in zip(self.site.donors, self.site.distances, strict=True):
            if distance > 4.5:
                break
            bound = "bound" if distance <= self.site.cutoff else ""
            lines.append(f"    {distance:5.2f}  {donor.label:<12} {bound}".rstrip())
        return "\n".join(lines)

    def _line(self) -> str:
        if self.site is None:
            return f"{self.atoms.name}: empty"
        bound = zip(self.site.bound, self.site.distances, strict=False)
        listed = ", ".join(f"{donor.label} {distance:.2f}" for donor, distance in bound)
        label = SHELLS[self.atoms.metal].label
        return f"{self.atoms.name}: {label}, {listed} Å: {'; '.join(self.faults) or 'accepted'}"


def _carboxylate(site: Site, residue: str) -> dict[str, Any]:
    distances = site.distances_to(residue)
    return {
        "denticity": site.denticity(residue),
        "nearest_angstrom": round(float(distances[0]), 3) if len(distances) else None,
    }


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


def alpha_i(topology: app.Topology, state: str, source: str = "") -> SiteAtoms:
    """Return the MIDAS of an αL I domain with its Mg²⁺, as a state demands it."""
    keys = chains.keys(topology)
    demand = Expected("Mg", state).demand
    roles: tuple[tuple[Role, tuple[str, ...]], ...] = (
        ("donor", demand.donors),
        ("ligand", demand.ligands),
        ("outer", demand.outer),
        ("unwanted", demand.others),
    )
    residues = []
    for role, labels in roles:
        for label in labels:
            own, bound = MIDAS_DONORS.get(label.lower()), LIGAND_DONORS.get(label.lower())
            protein, number, names = bound or (ALPHA_L.key, *(own or (0, ())))
            atoms = [
                i
                for i, (key, n, name) in enumerate(keys)
                if key == protein and n == str(number) and name in names
            ]
            residues.append(SiteResidue(label, np.array(atoms, dtype=np.intp), role))
    return SiteAtoms(ALPHA_I, "mg", metal_index(topology), tuple(residues), source)


def donors_of(
    topology: app.Topology,
    positions: Points,
    metal: int,
    labels: Sequence[str],
    others: Collection[int] = (),
) -> list[Donor]:
    """Return every oxygen, nitrogen and sulfur within 8 Å of a metal.

    Parameters
    ----------
    topology, positions
        Å.
    metal : int
    labels : sequence of str
        What each residue is called.
    others : collection of int
        Chains (by index) of further molecules.
    """
    near = np.linalg.norm(positions - positions[metal], axis=1) <= 8.0
    donors = []
    for atom in topology.atoms():
        residue = atom.residue
        if near[atom.index] and atom.element and atom.element.symbol in ("O", "N", "S"):
            kind: Kind = "water" if residue.name == "HOH" else "protein"
            kind = "ligand" if residue.chain.index in others else kind
            xyz = tuple(positions[atom.index])
            donors.append(Donor(atom.name, labels[residue.index], kind, xyz))
    return donors


def judge(
    atoms: SiteAtoms, topology: app.Topology, positions: Points, labels: Sequence[str]
) -> SiteVerdict:
    """Judge a site of a minimised model.

    Parameters
    ----------
    atoms : SiteAtoms
    topology, positions
        Å.
    labels : sequence of str
        What each residue is called, as in `atoms`.
    """
    if atoms.atom is None:
        return SiteVerdict(atoms, None)
    near = donors_of(topology, positions, atoms.atom, labels)
    site = classify(positions[atoms.atom], near, atoms.cutoff)
    return SiteVerdict(atoms, site, faults(site, atoms.demand))


def examine(topology: app.Topology, positions: Points, state: str, source: str = "") -> SiteVerdict:
    """Judge the MIDAS of a minimised αL I domain.

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
    source : str
        Where the metal comes from.
    """
    atoms = alpha_i(topology, state, source)
    assert atoms.atom is not None
    others = {
        chain for chain, key in chains.proteins(topology).items() if key not in ("", ALPHA_L.key)
    }
    near = donors_of(topology, positions, atoms.atom, chains.labels(topology), others)
    site = classify(positions[atoms.atom], near, CUTOFF)
    named = tuple(replace(donor, residue=_name(donor)) for donor in site.donors)
    return SiteVerdict(atoms, site, faults(replace(site, donors=named), atoms.demand), state)


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


def require(
    verdicts: Sequence[SiteVerdict], name: str, say: Callable[[str], None] = lambda line: None
) -> None:
    """Raise unless the sites of a structure are accepted; call `say` with a line for each.

    Raises
    ------
    MetalSiteError
        With the faults and the table of what was found.
    """
    refused = [verdict for verdict in verdicts if not verdict.accepted]
    if not refused:
        for verdict in verdicts:
            if verdict.state and verdict.site is not None:
                say(f"metal site accepted: {', '.join(d.label for d in verdict.site.bound)}")
            else:
                say(f"site {verdict.atoms.name} accepted")
        return
    table = "\n".join(verdict.table() for verdict in verdicts)
    if state := refused[0].state:
        raise MetalSiteError(
            f"{name}: the metal site is not that of the {state} MIDAS: "
            f"{'; '.join(refused[0].faults)}\n{table}",
            f"check `state: {state}` and the residues 137–141, 206 and 239 of the structure"
            + (", and its ligand; " if state in STATE_LIGANDS else "; ")
            + "give crystal waters near the metal if the entry has them",
        )
    listed = "; ".join(f"{v.atoms.name}: {', '.join(v.faults)}" for v in refused)
    raise MetalSiteError(
        f"{name}: metal sites not accepted: {listed}\n{table}",
        "set such a site to `none` or another metal in `integrin.sites`, or give a structure that "
        "shows it with its waters",
    )


def summary(records: Sequence[Any]) -> list[dict[str, Any]]:
    """Return dataclass records as dictionaries for JSON."""
    return [asdict(record) for record in records]
