"""From a domain to a complete heavy-atom model: repaired proteins, metal and its six ligands."""

from __future__ import annotations

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_analysis.io.errors import MetalSiteError
from lfa1_analysis.metal_site import places
from lfa1_analysis.metal_site.coordination import Donor, Kind, classify
from lfa1_analysis.metal_site.places import ALPHA_I
from lfa1_analysis.metal_site.site_atoms import SiteAtoms
from lfa1_analysis.proteins.alphal import (
    LIGAND_DONORS,
    MIDAS,
    MIDAS_DONORS,
    STATE_DONORS,
    STATE_LIGANDS,
)
from lfa1_analysis.proteins.known import ALPHA_L, PROTEINS
from lfa1_md.protein import chains
from lfa1_md.protein.assembly import relaxation
from lfa1_md.protein.assembly.draft import Draft
from lfa1_md.protein.input.i_domain import ProteinDomain
from lfa1_md.protein.input.residues import Decision
from lfa1_md.protein.metal import judgement, placement
from lfa1_md.protein.metal.placement import BACKBONE_MISFIT, DONOR_REACH
from lfa1_md.protein.repair import rotamers
from lfa1_md.protein.repair.wild_type import Repaired, repair

Points = NDArray[np.float64]

_ENTRY_REACH = 2.9
"""Å; a donor of the entry may be this far from the metal (1CQP, 2.6 Å resolution, has 2.49)."""
_NEIGHBOURHOOD = 9.0
_OXYGENS = {
    (ALPHA_L.key, number, name) for number, names in MIDAS_DONORS.values() for name in names
}


def assemble(domain: ProteinDomain, state: str, gaps: str, platform: openmm.Platform) -> Draft:
    """Repair a domain and its ligand, and give it its metal with six ligands.

    Parameters
    ----------
    domain : ProteinDomain
        As read.
    state : {"closed", "open", "bound"}
        Whose donors hold the metal.
    gaps : {"refuse", "model", "cap"}
        See :func:`lfa1_md.protein.repair.wild_type.repair`.
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
    for partner in domain.partners:
        repaired = _together(repaired, repair(partner, gaps, platform))
        decisions += partner.decisions
    if domain.metals:
        metal, waters = _from_entry(domain, repaired, state, decisions)
        source = "entry"
    else:
        metal, waters, source = _given(repaired, state, decisions)
    kept = sum(bool((np.abs(domain.waters - w).max(axis=1) < 1e-6).any()) for w in waters)
    if domain.n_waters:
        decisions.append(
            Decision(
                f"{kept} of {domain.n_waters} crystal waters kept",
                "those on the metal hold it; the others are replaced by solvation",
            )
        )
    topology, positions = _joined(repaired, metal, waters)
    site = judgement.alpha_i(topology, state, source)
    around = {
        (key, str(number + shift))
        for key, number in (
            *((ALPHA_L.key, number) for number in MIDAS),
            *(LIGAND_DONORS[name][:2] for name in STATE_LIGANDS.get(state, ())),
        )
        for shift in (-1, 0, 1)
    }
    labels, keys = chains.labels(topology), chains.keys(topology)
    atoms = list(topology.atoms())
    firm = {a.residue.index for a, k in zip(atoms, keys, strict=True) if k[:2] in around}
    built = frozenset(
        labels[atoms[i].residue.index]
        for i in repaired.built
        if atoms[i].name not in ("N", "C", "O")
    )
    return Draft(
        topology,
        positions,
        [site],
        relaxation.springs(topology, [site], repaired.built, firm),
        labels,
        built,
        repaired.repairs,
        decisions,
    )


def _together(one: Repaired, other: Repaired) -> Repaired:
    """Join two repaired proteins, chains lettered on; built side chains find room among both."""
    modeller = app.Modeller(one.topology, one.positions * unit.angstrom)
    modeller.add(other.topology, other.positions * unit.angstrom)
    for chain in modeller.topology.chains():
        chain.id = chr(ord("A") + chain.index)
    shift = len(one.positions)
    built = one.built | frozenset(shift + i for i in other.built)
    positions = np.concatenate([one.positions, other.positions])
    positions = rotamers.settle(modeller.topology, positions, built)
    return Repaired(modeller.topology, positions, built, one.repairs + other.repairs)


Index = dict[tuple[str, int, str], int]
"""Protein, residue number and atom name → index."""


def _index(topology: app.Topology) -> Index:
    keys = enumerate(chains.keys(topology))
    return {(key, int(number), name): i for i, (key, number, name) in keys if key}


def _demanded(state: str) -> list[tuple[str, int, tuple[str, ...]]]:
    """Return protein, residue number and atom names of each of the state's donors."""
    own = [(ALPHA_L.key, *MIDAS_DONORS[name]) for name in STATE_DONORS[state]]
    return own + [LIGAND_DONORS[name] for name in STATE_LIGANDS.get(state, ())]


def _split(repaired: Repaired, donors: list[int]) -> tuple[Points, Points, Points]:
    """Return the donors' positions, and those of other polar and of carbon atoms around them."""
    xyz = repaired.positions
    near = np.linalg.norm(xyz - xyz[donors].mean(axis=0), axis=1) < _NEIGHBOURHOOD
    carbon = np.array([a.element.symbol == "C" for a in repaired.topology.atoms()])
    near[donors] = False
    return xyz[donors], xyz[near & ~carbon], xyz[near & carbon]


def _given(repaired: Repaired, state: str, decisions: list[Decision]) -> tuple[Points, Points, str]:
    """Give the site the ion and the waters of a crystal that shows them in this state.

    Where the backbone or the donors are elsewhere than in that crystal, geometry has to do.
    """
    index = _index(repaired.topology)
    backbone = {
        (number, name): repaired.positions[i]
        for (key, number, name), i in index.items()
        if key == ALPHA_L.key
    }
    place, misfit = places.of_alpha_i(state).brought_to(backbone)
    donors = [
        min(
            (index[key, number, name] for name in names),
            key=lambda i: np.linalg.norm(repaired.positions[i] - place.metal),
        )
        for key, number, names in _demanded(state)
    ]
    away = np.linalg.norm(repaired.positions[donors] - place.metal, axis=1)
    none_there = "the structure shows no metal at the MIDAS"
    if misfit > BACKBONE_MISFIT or away.max() > DONOR_REACH:
        metal, waters = _by_geometry(repaired, state)
        decisions.append(
            Decision(
                f"Mg²⁺ and {len(waters)} waters placed by geometry, a last resort",
                f"{none_there}, and its MIDAS is not that of {place.entry}: the backbone is "
                f"{misfit:.1f} Å from it, the farthest donor {away.max():.1f} Å from the ion",
            )
        )
        return metal, waters, "geometry"
    shell = place.waters if state == "bound" else np.concatenate([place.waters, place.ligands])
    xyz, polar, carbons = _split(repaired, donors)
    missing = placement.SHELL - len(donors) - len(shell)
    added = placement.place_waters(
        place.metal, np.concatenate([xyz, shell]), missing, polar, carbons
    )
    decisions.append(
        Decision(
            f"Mg²⁺ and {len(shell)} waters placed where {place.entry} has them"
            + (f", {missing} more by geometry" if missing else ""),
            f"{none_there}; the backbone of the MIDAS superposes on that of {place.entry} within "
            f"{misfit:.2f} Å",
        )
    )
    return place.metal, np.concatenate([shell, added]), place.entry


def _by_geometry(repaired: Repaired, state: str) -> tuple[Points, Points]:
    """Place the metal with every choice of carboxylate oxygens; the best octahedron wins."""
    index = _index(repaired.topology)
    choices: list[list[int]] = [[]]
    for key, number, names in _demanded(state):
        choices = [[*c, index[key, number, name]] for c in choices for name in names]
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
    domain: ProteinDomain, repaired: Repaired, state: str, decisions: list[Decision]
) -> tuple[Points, Points]:
    """Judge the entry's metal by its donors, keep its waters and complete its shell."""
    index = _index(repaired.topology)
    metal = domain.metals[0]
    oxygens = [v for k, v in index.items() if k in _OXYGENS]
    distance = np.linalg.norm(repaired.positions[oxygens] - metal.xyz, axis=1).min()
    if distance > _ENTRY_REACH:
        raise MetalSiteError(
            f"{domain.name}: {metal.label} is {distance:.1f} Å from the nearest MIDAS oxygen",
            "correct its position, or remove it from the file to have Mg²⁺ placed where a crystal "
            "has it",
        )
    offered = []
    for key, number, atoms in [(ALPHA_L.key, *d) for d in MIDAS_DONORS.values()] + [
        LIGAND_DONORS[name] for name in STATE_LIGANDS.get(state, ())
    ]:
        kind: Kind = "protein" if key == ALPHA_L.key else "ligand"
        label = ("" if key == ALPHA_L.key else f"{key}:") + f"{PROTEINS[key].wild(number)}{number}"
        offered += [
            Donor(atom, label, kind, repaired.positions[index[key, number, atom]]) for atom in atoms
        ]
    offered += [Donor(k.split()[1], k.split()[0], "ligand", v) for k, v in domain.ligands.items()]
    offered += [Donor("O", f"HOH{i + 1}", "water", xyz) for i, xyz in enumerate(domain.waters)]
    site = classify(metal.xyz, offered, _ENTRY_REACH)
    verdict = judgement.SiteVerdict(SiteAtoms(ALPHA_I, "mg", None, ()), site, state=state)
    held = {
        judgement.shown(donor)
        for donor in site.bound
        if donor.kind == "protein" or ":" in donor.residue
    }
    wanted = judgement.demanded_by(state)
    if held != wanted:
        verdict.faults.append(
            f"{metal.label} is held by {', '.join(sorted(held)) or 'no MIDAS residue'}, the "
            f"{state} MIDAS holds it by {', '.join(sorted(wanted))}"
        )
        judgement.require([verdict], domain.name)
    shell = np.array([d.xyz for d in site.bound if d.kind == "water"]).reshape(-1, 3)
    nearest: dict[str, Donor] = {}
    for donor in site.bound:
        if donor.kind == "protein" or ":" in donor.residue:  # other ligands give way to water
            nearest.setdefault(donor.residue, donor)
    donors = []
    for label, donor in nearest.items():
        key, _, residue = label.rpartition(":")
        donors.append(index[key or ALPHA_L.key, int(residue[3:]), donor.name])
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
