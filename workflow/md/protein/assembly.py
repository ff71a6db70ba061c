"""From a domain to a complete heavy-atom model: repaired protein, metal and its six ligands."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_analysis.alphal import MIDAS, MIDAS_DONORS, STATE_DONORS
from lfa1_analysis.coordination import Donor, classify
from lfa1_analysis.errors import MetalSiteError
from lfa1_md.protein import metal_site, placement, relaxation
from lfa1_md.protein.repair import Repaired, repair
from lfa1_md.protein.residues import Decision
from lfa1_md.protein.structure import Domain
from lfa1_md.protein.surroundings import Metal

Points = NDArray[np.float64]

_ENTRY_REACH = 2.9
"""Å; a donor of the entry may be this far from the metal (1CQP, 2.6 Å resolution, has 2.49)."""
_NEIGHBOURHOOD = 9.0
_OXYGENS = {(number, name) for number, names in MIDAS_DONORS.values() for name in names}


@dataclass
class Draft:
    """Heavy atoms of protein, metal and shell waters, before protonation.

    Attributes
    ----------
    topology, positions
        Chain A the protein, then one chain for MG and one for the waters; Å.
    free : frozenset of (str, str)
        Residue number and atom name of atoms that minimisation may move freely: built ones and
        the MIDAS loops, which close around the metal.
    source : {"entry", "placed"}
        Where the metal came from.
    """

    topology: app.Topology
    positions: Points
    state: str
    free: frozenset[tuple[str, str]]
    built: frozenset[int]
    source: str
    repairs: list[Decision] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def guide(self, topology: app.Topology, positions: Points) -> relaxation.Guide:
        """Return the metal site's atoms in a topology with hydrogens."""
        metal = metal_site.metal_index(topology)
        wanted = set(_donor_names(self.state, self.positions, self.topology))
        ligands, outer = [], []
        for atom in topology.atoms():
            key = (atom.residue.id, atom.name)
            if key in wanted or (atom.residue.name == "HOH" and atom.name == "O"):
                ligands.append(atom.index)
            elif atom.residue.name == "ASP" and key[0] in ("137", "239") and key[1][:2] == "OD":
                outer.append(atom.index)
        return relaxation.Guide(metal, tuple(ligands), tuple(outer))


def assemble(domain: Domain, state: str, gaps: str, platform: openmm.Platform) -> Draft:
    """Repair a domain and give it its metal with six ligands.

    Parameters
    ----------
    domain : Domain
        As read.
    state : {"closed", "open"}
        Whose donors hold the metal.
    gaps : {"refuse", "model", "cap"}
        See :func:`lfa1_md.protein.repair.repair`.
    platform : openmm.Platform
        For PDBFixer.

    Raises
    ------
    InputError
        The chain cannot be repaired.
    MetalSiteError
        The entry's metal has other donors than the state demands, or none can be placed.
    """
    repaired = repair(domain, gaps, platform)
    decisions = list(domain.decisions)
    if domain.metals:
        metal, waters = _from_entry(domain, repaired, state, decisions)
        source = "entry"
    else:
        metal, waters = _placed(repaired, state)
        source = "placed"
        decisions.append(
            Decision("Mg²⁺ and 3 waters placed by geometry", "the entry has no metal at the MIDAS")
        )
    kept = sum(bool((np.abs(domain.waters - w).max(axis=1) < 1e-6).any()) for w in waters)
    if domain.n_waters:
        decisions.append(
            Decision(
                f"{kept} of {domain.n_waters} crystal waters kept",
                "those on the metal hold it; the others are replaced by solvation",
            )
        )
    topology, positions = _joined(repaired, metal, waters)
    atoms = list(repaired.topology.atoms())
    loops = {str(number + shift) for number in MIDAS for shift in (-1, 0, 1)}
    free = {(atoms[i].residue.id, atoms[i].name) for i in repaired.built} | {
        (a.residue.id, a.name) for a in atoms if a.residue.id in loops
    }
    built = frozenset(
        int(atoms[i].residue.id) for i in repaired.built if atoms[i].name not in ("N", "C", "O")
    )
    return Draft(
        topology, positions, state, frozenset(free), built, source, repaired.repairs, decisions
    )


def _index(topology: app.Topology) -> dict[tuple[int, str], int]:
    return {(int(a.residue.id), a.name): a.index for a in topology.atoms()}


def _donor_names(state: str, positions: Points, topology: app.Topology) -> list[tuple[str, str]]:
    """Return (residue number, atom) of the state's donors; of a carboxylate the nearer oxygen."""
    metal = metal_site.metal_index(topology)
    index = {(a.residue.id, a.name): a.index for a in topology.atoms()}
    return [
        min(
            ((str(number), atom) for atom in atoms),
            key=lambda key: np.linalg.norm(positions[index[key]] - positions[metal]),
        )
        for number, atoms in (MIDAS_DONORS[name] for name in STATE_DONORS[state])
    ]


def _split(repaired: Repaired, donors: list[int]) -> tuple[Points, Points, Points]:
    """Return the donors' positions, and those of other polar and of carbon atoms around them."""
    xyz = repaired.positions
    near = np.linalg.norm(xyz - xyz[donors].mean(axis=0), axis=1) < _NEIGHBOURHOOD
    carbon = np.array([a.element.symbol == "C" for a in repaired.topology.atoms()])
    near[donors] = False
    return xyz[donors], xyz[near & ~carbon], xyz[near & carbon]


def _placed(repaired: Repaired, state: str) -> tuple[Points, Points]:
    """Place the metal with every choice of carboxylate oxygens; the best octahedron wins."""
    index = _index(repaired.topology)
    choices: list[list[int]] = [[]]
    for number, names in (MIDAS_DONORS[name] for name in STATE_DONORS[state]):
        choices = [[*c, index[number, name]] for c in choices for name in names]
    best: tuple[float, Points, Points] | None = None
    failure: MetalSiteError | None = None
    for donors in choices:
        try:
            found = placement.place_site(*_split(repaired, donors), placement.SHELL - len(donors))
        except MetalSiteError as error:
            failure = failure or error
            continue
        if best is None or found[0] < best[0] - 1e-6:
            best = found
    if best is None:
        assert failure is not None
        raise failure
    return best[1], best[2]


def _from_entry(
    domain: Domain, repaired: Repaired, state: str, decisions: list[Decision]
) -> tuple[Points, Points]:
    """Judge the entry's metal by its donors, keep its waters and complete its shell."""
    index = _index(repaired.topology)
    metal = domain.metals[0]
    _require_near(metal, [v for k, v in index.items() if k in _OXYGENS], repaired, domain.name)
    offered = [
        Donor(
            atom, f"{key[:3].upper()}{number}", "protein", repaired.positions[index[number, atom]]
        )
        for key, (number, atoms) in MIDAS_DONORS.items()
        for atom in atoms
    ]
    offered += [Donor(k.split()[1], k.split()[0], "ligand", v) for k, v in domain.ligands.items()]
    offered += [Donor("O", f"HOH{i + 1}", "water", xyz) for i, xyz in enumerate(domain.waters)]
    site = classify(metal.xyz, offered, _ENTRY_REACH)
    verdict = metal_site.Verdict(state, site)
    held = {donor.residue for donor in site.bound if donor.kind == "protein"}
    wanted = {f"{k[:3].upper()}{MIDAS_DONORS[k][0]}" for k in STATE_DONORS[state]}
    if held != wanted:
        verdict.faults.append(
            f"{metal.label} is held by {', '.join(sorted(held)) or 'no MIDAS residue'}, the "
            f"{state} MIDAS holds it by {', '.join(sorted(wanted))}"
        )
        metal_site.require(verdict, domain.name)
    shell = np.array([d.xyz for d in site.bound if d.kind == "water"]).reshape(-1, 3)
    donors = [index[int(d.residue[3:]), d.name] for d in _nearest_per_residue(site.bound)]
    shell = shell[: placement.SHELL - len(donors)]
    xyz, polar, carbons = _split(repaired, donors)
    missing = placement.SHELL - len(donors) - len(shell)
    added = placement.place_waters(metal.xyz, np.concatenate([xyz, shell]), missing, polar, carbons)
    decisions.append(
        Decision(
            f"{metal.label} kept with {len(shell)} waters of the entry"
            + (f" and {missing} placed by geometry" if missing else ""),
            f"its donors are those of the {state} MIDAS ({', '.join(sorted(wanted))})",
        )
    )
    if metal.element != "MG":
        decisions.append(
            Decision(f"{metal.element.capitalize()} replaced by Mg²⁺", "the study is about Mg²⁺")
        )
    return metal.xyz, np.concatenate([shell, added])


def _nearest_per_residue(bound: tuple[Donor, ...]) -> list[Donor]:
    nearest: dict[str, Donor] = {}
    for donor in bound:
        if donor.kind == "protein":
            nearest.setdefault(donor.residue, donor)
    return list(nearest.values())


def _require_near(metal: Metal, oxygens: list[int], repaired: Repaired, name: str) -> None:
    distance = np.linalg.norm(repaired.positions[oxygens] - metal.xyz, axis=1).min()
    if distance > _ENTRY_REACH:
        raise MetalSiteError(
            f"{name}: {metal.label} is {distance:.1f} Å from the nearest MIDAS oxygen",
            "correct its position, or remove it from the file to have Mg²⁺ placed by geometry",
        )


def _joined(repaired: Repaired, metal: Points, waters: Points) -> tuple[app.Topology, Points]:
    addition = app.Topology()
    first = ord("A") + repaired.topology.getNumChains()
    residue = addition.addResidue("MG", addition.addChain(chr(first)), "401")
    addition.addAtom("MG", app.element.magnesium, residue)
    chain = addition.addChain(chr(first + 1))
    for i in range(len(waters)):
        residue = addition.addResidue("HOH", chain, str(501 + i))
        addition.addAtom("O", app.element.oxygen, residue)
    modeller = app.Modeller(repaired.topology, repaired.positions * unit.angstrom)
    modeller.add(addition, np.concatenate([metal[None], waters]) * unit.angstrom)
    positions = np.array(modeller.positions.value_in_unit(unit.angstrom), dtype=float)
    return modeller.topology, positions
