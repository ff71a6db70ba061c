"""One model of protein, sugars, metals and their waters, with hydrogens, before it is minimised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_analysis.metal_site.shells import SHELLS
from lfa1_md.forcefield.randomness import reproducible
from lfa1_md.integrin import protons, sugars
from lfa1_md.integrin.held import Held
from lfa1_md.integrin.loops import Chains
from lfa1_md.integrin.reading import Place
from lfa1_md.integrin.sugars import Sugar
from lfa1_md.protein.protonation import Protonation
from lfa1_md.protein.relaxation import OUTER
from lfa1_md.study.ions import FIXED_CHAIN, SITE_IONS

Points = NDArray[np.float64]
SUGAR_CHAIN, METAL_CHAIN, WATER_CHAIN = "G", "M", "W"


@dataclass
class Draft:
    """The model before minimisation.

    Attributes
    ----------
    topology, positions
        Running residue numbers; Å.
    metals : dict of str to int
        Site → running number of its metal's residue.
    """

    topology: app.Topology
    positions: Points
    metals: dict[str, int]


def assemble(chains: Chains, roots: list[Sugar], sites: list[Held], titrated: str) -> Draft:
    """Put protein, sugars, metals and their waters together.

    Parameters
    ----------
    chains : Chains
    roots : list of Sugar
        Glycans that are kept.
    sites : list of Held
    titrated : str
        The site whose metal has a chain of its own, since the systems differ there.
    """
    topology, xyz = app.Topology(), list(chains.positions)
    copies: dict[app.Atom, app.Atom] = {}
    carriers = {chains.running[id(root.parent)] for root in roots if isinstance(root.parent, Place)}
    for chain in chains.topology.chains():
        target = topology.addChain(chain.id)
        for old in chain.residues():
            name = "NLN" if int(old.id) in carriers else old.name
            residue = topology.addResidue(name, target, old.id)
            for atom in old.atoms():
                copies[atom] = topology.addAtom(atom.name, atom.element, residue)
    for one, two, *_ in chains.topology.bonds():
        topology.addBond(copies[one], copies[two])
    number = max(chains.final)
    number = _add_sugars(topology, xyz, roots, chains, number)
    metals: dict[str, int] = {}
    for fixed in (True, False):
        of_kind = [s for s in sites if s.metal != "none" and (s.name != titrated) == fixed]
        chain = topology.addChain(FIXED_CHAIN if fixed else METAL_CHAIN) if of_kind else None
        for site in of_kind:
            number += 1
            ion = SITE_IONS[site.metal]
            assert ion is not None and site.xyz is not None
            residue = topology.addResidue(ion.residue, chain, str(number))
            topology.addAtom(ion.atom, ion.element, residue)
            xyz.append(site.xyz)
            metals[site.name] = number
    water = topology.addChain(WATER_CHAIN)
    for site in sites:
        for place in site.waters:
            number += 1
            residue = topology.addResidue("HOH", water, str(number))
            topology.addAtom("O", app.element.oxygen, residue)
            xyz.append(place)
    return Draft(topology, np.array(xyz), metals)


def _add_sugars(
    topology: app.Topology, xyz: list[Points], roots: list[Sugar], chains: Chains, number: int
) -> int:
    """Add the glycans with GLYCAM's names and all their bonds; return the last running number."""
    if not roots:
        return number
    asparagines = {(a.residue.id, a.name): a for a in topology.atoms() if a.residue.name == "NLN"}
    chain = topology.addChain(SUGAR_CHAIN)
    for root in roots:
        made: dict[int, dict[str, app.Atom]] = {}
        for sugar in root.tree():
            number += 1
            residue = topology.addResidue(sugars.glycam(sugar, ""), chain, str(number))
            atoms = {}
            named = sugars.atoms(sugar)
            for name, (element, place) in named.items():
                atoms[name] = topology.addAtom(
                    name, app.Element.getBySymbol(element.capitalize()), residue
                )
                xyz.append(place)
            for one, two in sugars.bonds(named):
                topology.addBond(atoms[one], atoms[two])
            made[id(sugar)] = atoms
            if isinstance(sugar.parent, Place):
                carrier = asparagines[str(chains.running[id(sugar.parent)]), "ND2"]
            else:
                carrier = made[id(sugar.parent)][sugar.parent_atom]
            topology.addBond(carrier, atoms["C1"])
    return number


def protonate(draft: Draft, sites: list[Held], chains: Chains, ph: float) -> list[Protonation]:
    """Decide protonation states: PROPKA with the metals; residues on a metal site stay charged.

    Parameters
    ----------
    draft : Draft
    sites : list of Held
        Also of sites that are emptied: matched systems have the same protons.
    chains : Chains
    ph : float

    Returns
    -------
    list of Protonation
        By running number.
    """
    atoms = list(chains.topology.atoms())
    built = {int(atoms[i].residue.id) for i in chains.built if atoms[i].name not in ("N", "C", "O")}
    charged = frozenset(chains.running[id(place)] for site in sites for place in site.residues)
    modeller = app.Modeller(draft.topology, draft.positions * unit.angstrom)
    modeller.delete([c for c in draft.topology.chains() if c.id in (SUGAR_CHAIN, WATER_CHAIN)])
    places = np.array(modeller.positions.value_in_unit(unit.angstrom), dtype=float)
    return protons.decide(modeller.topology, places, ph, built, charged)


def hydrogenate(
    draft: Draft, variants: list[Protonation], field: app.ForceField, platform: openmm.Platform
) -> Draft:
    """Add hydrogens in the given variants; the heavy atoms stay where they are."""
    wanted = {(p.residue[:3], p.number): p.variant for p in variants}
    chosen = [
        wanted.get((r.name, int(r.id))) if r.name in ("ASP", "GLU", "HIS", "LYS") else None
        for r in draft.topology.residues()
    ]
    app.Modeller.loadHydrogenDefinitions("glycam-hydrogens.xml")
    modeller = app.Modeller(draft.topology, draft.positions * unit.angstrom)
    with reproducible(platform):
        modeller.addHydrogens(field, variants=chosen, platform=platform)
    added = np.array(modeller.positions.value_in_unit(unit.angstrom), dtype=float)
    return Draft(modeller.topology, added, draft.metals)


def guides(draft: Draft, sites: list[Held], chains: Chains) -> list[tuple[int, int, float, bool]]:
    """Return what the first pass of the minimisation keeps around each metal.

    Returns
    -------
    list of (metal, atom, distance, bound)
        Atom indices; Å; whether the atom is drawn to the distance or only kept beyond it.
    """
    index = {int(a.residue.id): a.index for a in draft.topology.atoms() if _is_metal(a)}
    found = []
    for site in sites:
        if site.metal == "none":
            continue
        shell, metal = SHELLS[site.metal], index[draft.metals[site.name]]
        names = {chains.running[id(place)]: atoms for place, atoms, _ in site.places}
        demanded = {chains.running[id(place)] for place in site.demanded}
        outer = {chains.running[id(place)] for place in site.outer}
        for number in demanded:
            own = [
                a.index
                for a in draft.topology.atoms()
                if a.residue.id == str(number) and a.name in names[number]
            ]
            own.sort(key=lambda i: _apart(draft, metal, i))
            found.append((metal, own[0], shell.usual, True))
        for atom in draft.topology.atoms():
            apart = _apart(draft, metal, atom.index)
            if apart > 5.0 or atom.element is not app.element.oxygen:
                continue
            if atom.residue.name == "HOH":
                if apart <= shell.cutoff + 0.8:
                    found.append((metal, atom.index, shell.usual, True))
            elif int(atom.residue.id) not in demanded and apart > shell.cutoff:
                least = OUTER if int(atom.residue.id) in outer else shell.cutoff + 0.5
                found.append((metal, atom.index, least, False))
    return found


def _is_metal(atom: app.Atom) -> bool:
    return any(ion and atom.residue.name == ion.residue for ion in SITE_IONS.values())


def _apart(draft: Draft, one: int, two: int) -> float:
    return float(np.linalg.norm(draft.positions[one] - draft.positions[two]))
