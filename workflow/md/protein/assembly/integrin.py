"""One model of protein, sugars, metals and their waters, with hydrogens, before it is minimised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_analysis.metal_site.site_atoms import Role, SiteAtoms, SiteResidue
from lfa1_md.protein.assembly import protonation, relaxation
from lfa1_md.protein.assembly.draft import Draft
from lfa1_md.protein.assembly.protonation import Protonation
from lfa1_md.protein.input import sugars
from lfa1_md.protein.input.integrin import KeptResidue
from lfa1_md.protein.input.sugars import Sugar
from lfa1_md.protein.metal.site_placement import PlacedSite
from lfa1_md.protein.repair.loops import Chains
from lfa1_md.study.ions import FIXED_CHAIN, SITE_IONS
from lfa1_md.study.sections import Chemistry

Points = NDArray[np.float64]
SUGAR_CHAIN, METAL_CHAIN, WATER_CHAIN = "G", "M", "W"


def assemble(
    chains: Chains, roots: list[Sugar], sites: list[PlacedSite], titrated: str, chemistry: Chemistry
) -> Draft:
    """Put protein, sugars, metals and their waters together.

    Parameters
    ----------
    chains : Chains
    roots : list of Sugar
        Glycans that are kept.
    sites : list of PlacedSite
    titrated : str
        The site whose metal has a chain of its own, since the systems differ there.
    chemistry : Chemistry
        Force field and water of the minimisation.
    """
    topology, xyz = app.Topology(), list(chains.positions)
    copies: dict[app.Atom, app.Atom] = {}
    carriers = {
        chains.running[id(root.parent)] for root in roots if isinstance(root.parent, KeptResidue)
    }
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
    protein = len(xyz)
    number = _add_sugars(topology, xyz, roots, chains, number)
    loose = chains.built | frozenset(range(protein, len(xyz)))  # sugars are not held either
    metals: dict[str, int] = {}
    for fixed in (True, False):
        of_kind = [s for s in sites if s.metal != "none" and (s.name != titrated) == fixed]
        chain = topology.addChain(FIXED_CHAIN if fixed else METAL_CHAIN) if of_kind else None
        for site in of_kind:
            number += 1
            ion = SITE_IONS[site.metal]
            assert ion is not None and site.xyz is not None
            residue = topology.addResidue(ion.residue, chain, str(number))
            metals[site.name] = topology.addAtom(ion.atom, ion.element, residue).index
            xyz.append(site.xyz)
    water = topology.addChain(WATER_CHAIN)
    for site in sites:
        for place in site.waters:
            number += 1
            residue = topology.addResidue("HOH", water, str(number))
            topology.addAtom("O", app.element.oxygen, residue)
            xyz.append(place)
    residues = {r.id: r for r in topology.residues()}
    own = {id(p): residues[str(chains.running[id(p)])] for s in sites for p in s.residues}
    atoms = [_site(site, own, metals.get(site.name)) for site in sites]
    firm = {residue.index for residue in own.values()}
    return Draft(
        topology,
        np.array(xyz),
        atoms,
        relaxation.springs(topology, atoms, loose, firm),
        [chains.label(r) for r in topology.residues()],
        frozenset(
            chains.label(atom.residue)
            for atom in chains.topology.atoms()
            if atom.index in chains.built and atom.name not in ("N", "C", "O")
        ),
        chemistry=chemistry,
        sugars=bool(roots),
        integrin=True,
    )


def _site(site: PlacedSite, own: dict[int, app.topology.Residue], metal: int | None) -> SiteAtoms:
    """Return a site by its atoms, its residues called ``beta:ASP112``."""
    roles: dict[int, Role] = {id(p): "donor" for p in site.demanded}
    roles |= {id(p): "outer" for p in site.outer}
    residues = []
    for place, names, _ in site.places:
        oxygens = [a.index for a in own[id(place)].atoms() if a.name in names]
        label = f"{place.kind}:{place.residue.name}{place.number}"
        role = roles.get(id(place), "other")
        residues.append(SiteResidue(label, np.array(oxygens, dtype=np.intp), role))
    return SiteAtoms(site.name, site.metal, metal, tuple(residues), site.source)


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
            if isinstance(sugar.parent, KeptResidue):
                carrier = asparagines[str(chains.running[id(sugar.parent)]), "ND2"]
            else:
                carrier = made[id(sugar.parent)][sugar.parent_atom]
            topology.addBond(carrier, atoms["C1"])
    return number


def protonate(
    draft: Draft, sites: list[PlacedSite], chains: Chains, ph: float
) -> list[Protonation]:
    """Decide protonation states: PROPKA with the metals; residues on a metal site stay charged.

    Parameters
    ----------
    draft : Draft
    sites : list of PlacedSite
        Also of sites that are emptied: matched systems have the same protons.
    chains : Chains
    ph : float
    """
    running = {chains.running[id(place)] for site in sites for place in site.residues}
    residues = list(draft.topology.residues())
    charged = {draft.labels[r.index] for r in residues if int(r.id) in running}
    modeller = app.Modeller(draft.topology, draft.positions * unit.angstrom)
    modeller.delete([c for c in draft.topology.chains() if c.id in (SUGAR_CHAIN, WATER_CHAIN)])
    places = np.array(modeller.positions.value_in_unit(unit.angstrom), dtype=float)
    kept = [
        label
        for r, label in zip(residues, draft.labels, strict=True)
        if r.chain.id not in (SUGAR_CHAIN, WATER_CHAIN)
    ]
    found = protonation.decide([(modeller.topology, places)], ph, draft.built, kept, charged)
    return [p for p in found if p.variant[:3] not in ("CYS", "TYR", "ARG")]
