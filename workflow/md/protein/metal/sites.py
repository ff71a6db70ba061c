"""The metal sites of an integrin that is prepared: found in its structure, and given their ions."""

from __future__ import annotations

import gemmi
import numpy as np

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.metal_site import places
from lfa1_analysis.metal_site.places import ALPHA_I
from lfa1_analysis.metal_site.shells import SHELLS
from lfa1_analysis.proteins.integrins.subunits import SIDE_CHAIN, SITES, Binder, MetalSite
from lfa1_md.protein.input.integrin import IntegrinStructure, KeptResidue
from lfa1_md.protein.input.residues import Decision, is_water
from lfa1_md.protein.metal.placement import BACKBONE_MISFIT, DONOR_REACH
from lfa1_md.protein.metal.site_placement import (
    PlacedSite,
    Points,
    fill_shell,
    place_metal,
    position,
    residues_near,
)
from lfa1_md.study.construct import Construct, group

REACH = 3.3
"""Å; an oxygen of the entry may be this far from a metal to count as holding it (3.2 Å resolution
entries as 1L5G have such distances)."""
HELD = 2
"""First-shell residues of a site that must be near a metal of the entry for it to be the site's."""
_METALS = {"MG": "mg", "MN": "mn", "CA": "ca"}


def find(integrin: IntegrinStructure, construct: Construct, state: str) -> list[PlacedSite]:
    """Find every site, and give it what the configuration wants of it.

    Parameters
    ----------
    integrin : IntegrinStructure
        Its `decisions` gain what was done.
    construct : Construct
    state : str
        ``closed`` or ``open``: which crystal's αI MIDAS is an example.

    Raises
    ------
    InputError
        A site that was asked for has a residue missing or mutated, or none of its name is there.
    MetalSiteError
        A metal has to be placed and there is no place for it.
    """
    metals = _metals(integrin)
    taken: set[int] = set()
    found: list[PlacedSite] = []
    why: dict[str, str] = {}
    for site in SITES:
        places, problem = _residues(site, integrin)
        if problem:
            why[site.name] = problem
            continue
        metal, _ = construct.sites.wanted(site.name)
        held = PlacedSite(site.name, metal, "empty", None, places)
        index = _nearest(held, metals, taken)
        if index is not None:
            taken.add(index)
            _take(held, metals[index], integrin.decisions)
        found.append(held)
    _check_asked(found, why, construct, integrin)
    everything = _atoms(integrin)
    crystal = _waters(integrin)
    shells: dict[str, Points] = {}
    for held in found:
        if held.metal == "none":
            continue
        brought = np.empty((0, 3))
        if held.xyz is None:
            brought = _give(held, integrin, state, everything)
        held.demanded = _demanded(held)
        shells[held.name] = np.concatenate([crystal, brought])
    for held in found:
        if held.metal != "none":
            fill_shell(held, shells[held.name], everything, found, integrin.decisions)
    for index, (label, element, _) in enumerate(metals):
        if index not in taken:
            integrin.decisions.append(
                Decision(f"{label} ({element}) removed", "at no known site of the family")
            )
    return found


def _give(held: PlacedSite, integrin: IntegrinStructure, state: str, everything: Points) -> Points:
    """Give an empty site the ion of a crystal that shows it; return the waters that come with it.

    Where the backbone is not the crystal's, or fewer than two residues are near its ion, geometry
    has to do.
    """
    name = held.name
    place = places.of_alpha_i(state) if name == ALPHA_I else places.load()[name]
    kind = next(p.kind for p, *_ in held.places)
    backbone = {
        (p.column, atom.name): position(atom)
        for p in integrin.places
        if p.kind == kind and p.column
        for atom in p.residue
    }
    place, misfit = place.brought_to(backbone)
    held.xyz, shell = place.metal, SHELLS[held.metal]
    near = residues_near(held, place.metal, DONOR_REACH)
    none_there = "the structure shows no metal there"
    if misfit <= BACKBONE_MISFIT and len(near) >= HELD:
        held.source = place.entry
        held.demanded = _donors(held, place)
        integrin.decisions.append(
            Decision(
                f"{name}: {shell.label} placed where {place.entry} has its ion",
                f"{none_there}; the site's backbone superposes on the crystal's within "
                f"{misfit:.2f} Å",
            )
        )
        return np.concatenate([place.waters, place.ligands])
    held.xyz = None
    place_metal(held, everything)
    integrin.decisions.append(
        Decision(
            f"{name}: {shell.label} placed by geometry on {len(held.demanded)} residues, a last "
            "resort",
            f"{none_there}, and the site is not that of {place.entry} (backbone {misfit:.1f} Å "
            f"from it, {len(near)} residues near its ion); on fewer than four residues the place "
            "is a guess (docs/integrins_as_systems.md)",
        )
    )
    return np.empty((0, 3))


def _residues(
    site: MetalSite, integrin: IntegrinStructure
) -> tuple[list[tuple[KeptResidue, tuple[str, ...], Binder]], str]:
    """Return a site's residues with their oxygens, or why it is not there."""
    known = {p.column: p for p in integrin.places if p.kind == site.chain and p.column}
    result = []
    for binder in site.binders:
        place = known.get(binder.number)
        if place is None:
            if binder.first_shell:
                return [], f"residue {binder.number} (of mature αL or β2) is missing"
            continue
        code = gemmi.find_tabulated_residue(place.residue.name).one_letter_code.upper()
        if binder.first_shell and binder.expected and code not in binder.expected:
            return [], f"{place.label} is none of {', '.join(binder.expected)}"
        names = ("O",) if binder.backbone else SIDE_CHAIN
        there = tuple(a.name for a in place.residue if a.name in names)
        if there:
            result.append((place, there, binder))
        elif binder.first_shell:
            return [], f"{place.label} lacks the atoms that hold the metal"
    return result, ""


def _check_asked(
    found: list[PlacedSite], why: dict[str, str], construct: Construct, integrin: IntegrinStructure
) -> None:
    there = {group(held.name) for held in found}
    for key in type(construct.sites).model_fields:
        asked = getattr(construct.sites, key) is not None or key == construct.titrate
        if asked and key not in there:
            reasons = "; ".join(f"{n}: {r}" for n, r in why.items() if group(n) == key)
            raise InputError(
                f"{integrin.name}: integrin: the site {key} is not there ({reasons})",
                f"take `{key}` out of `integrin.sites` or `integrin.titrate`, keep its domain, or"
                " give a structure that has its residues",
            )
    for name, reason in why.items():
        integrin.decisions.append(Decision(f"{name}: no such site here", reason))


def _metals(integrin: IntegrinStructure) -> list[tuple[str, str, Points]]:
    return [
        (f"{atom.name} {chain} {residue.seqid}", atom.element.name.upper(), position(atom))
        for chain, residue in integrin.others
        if len(residue) and all(a.element.is_metal for a in residue)
        for atom in list(residue)[:1]
    ]


def _nearest(
    held: PlacedSite, metals: list[tuple[str, str, Points]], taken: set[int]
) -> int | None:
    """Return which metal of the entry is the site's: the one that most of its residues hold."""
    counts = [
        (len(residues_near(held, xyz, REACH)), -index)
        for index, (_, _, xyz) in enumerate(metals)
        if index not in taken
    ]
    best = max(counts, default=(0, 0))
    return -best[1] if best[0] >= HELD else None


def _take(held: PlacedSite, metal: tuple[str, str, Points], decisions: list[Decision]) -> None:
    label, element, xyz = metal
    if held.metal == "none":
        held.source = "removed"
        decisions.append(Decision(f"{held.name}: {label} ({element}) removed", "`sites`: none"))
        return
    held.xyz = xyz
    held.source = "entry" if _METALS.get(element) == held.metal else "swapped"
    if held.source == "swapped":
        decisions.append(
            Decision(
                f"{held.name}: {label} ({element}) exchanged for {SHELLS[held.metal].label}",
                "`sites`, or the site's usual ion",
            )
        )


def _demanded(held: PlacedSite) -> list[KeptResidue]:
    """Return who must hold the metal: who does in the structure, or should where it was placed."""
    assert held.xyz is not None
    if held.source == "geometry":
        return held.demanded
    reach = SHELLS[held.metal].cutoff + 0.3  # of a crystal's distances, before minimisation
    near = [*residues_near(held, held.xyz, reach, first=False), *held.demanded]
    return [place for place, *_ in held.places if any(place is one for one in near)]


def _donors(held: PlacedSite, place: places.CrystalSite) -> list[KeptResidue]:
    """Return the residues that hold the ion in the crystal, and can be turned to it here."""
    holding = {number for number, _ in place.donors}
    there = {id(p) for p, _, binder in held.places if binder.number in holding}
    near = residues_near(held, place.metal, DONOR_REACH, first=False)
    return [p for p in near if id(p) in there]


def _atoms(integrin: IntegrinStructure) -> Points:
    """Return all heavy atoms of what is kept."""
    atoms = [a for p in integrin.places for a in p.residue]
    return np.array([position(a) for a in atoms]).reshape(-1, 3)


def _waters(integrin: IntegrinStructure) -> Points:
    return np.array(
        [
            position(a)
            for _, residue in integrin.others
            if is_water(residue)
            for a in residue
            if a.element.name == "O"
        ]
    ).reshape(-1, 3)
