"""The metal sites of an integrin that is prepared: found in its structure, and given their ions."""

from __future__ import annotations

import gemmi
import numpy as np

from lfa1_analysis.errors import InputError
from lfa1_analysis.integrin.subunits import SIDE_CHAIN, SITES, MetalSite
from lfa1_analysis.site_shells import SHELLS
from lfa1_md.integrin.held import Held, Points, position, residues_near
from lfa1_md.integrin.reading import Integrin, Place
from lfa1_md.integrin.site_placement import fill_shell, place_metal
from lfa1_md.protein.residues import Decision, is_water
from lfa1_md.study.construct import Construct, group

REACH = 3.3
"""Å; an oxygen of the entry may be this far from a metal to count as holding it (3.2 Å resolution
entries as 1L5G have such distances)."""
HELD = 2
"""First-shell residues of a site that must be near a metal of the entry for it to be the site's."""
_METALS = {"MG": "mg", "MN": "mn", "CA": "ca"}


def find(integrin: Integrin, construct: Construct) -> list[Held]:
    """Find every site, and give it what the configuration wants of it.

    Parameters
    ----------
    integrin : Integrin
        Its `decisions` gain what was done.
    construct : Construct

    Raises
    ------
    InputError
        A site that was asked for has a residue missing or mutated, or none of its name is there.
    MetalSiteError
        A metal has to be placed and there is no place for it.
    """
    metals = _metals(integrin)
    taken: set[int] = set()
    found: list[Held] = []
    why: dict[str, str] = {}
    for site in SITES:
        places, problem = _residues(site, integrin)
        if problem:
            why[site.name] = problem
            continue
        metal, _ = construct.sites.wanted(site.name)
        held = Held(site.name, metal, "empty", None, places)
        index = _nearest(held, metals, taken)
        if index is not None:
            taken.add(index)
            _take(held, metals[index], integrin.decisions)
        found.append(held)
    _check_asked(found, why, construct, integrin)
    everything = _atoms(integrin)
    crystal = _waters(integrin)
    for held in found:
        if held.metal == "none":
            continue
        if held.xyz is None:
            place_metal(held, everything)
            integrin.decisions.append(
                Decision(
                    f"{held.name}: {SHELLS[held.metal].label} placed by geometry on "
                    f"{len(held.demanded)} residues",
                    "the structure shows no metal there; on fewer than four residues the place "
                    "is a guess (docs/integrins_as_systems.md)",
                )
            )
        held.demanded = _demanded(held)
    for held in found:
        if held.metal != "none":
            fill_shell(held, crystal, everything, found, integrin.decisions)
    for index, (label, element, _) in enumerate(metals):
        if index not in taken:
            integrin.decisions.append(
                Decision(f"{label} ({element}) removed", "at no known site of the family")
            )
    return found


def _residues(
    site: MetalSite, integrin: Integrin
) -> tuple[list[tuple[Place, tuple[str, ...], bool]], str]:
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
            result.append((place, there, binder.first_shell))
        elif binder.first_shell:
            return [], f"{place.label} lacks the atoms that hold the metal"
    return result, ""


def _check_asked(
    found: list[Held], why: dict[str, str], construct: Construct, integrin: Integrin
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


def _metals(integrin: Integrin) -> list[tuple[str, str, Points]]:
    return [
        (f"{atom.name} {chain} {residue.seqid}", atom.element.name.upper(), position(atom))
        for chain, residue in integrin.others
        if len(residue) and all(a.element.is_metal for a in residue)
        for atom in list(residue)[:1]
    ]


def _nearest(held: Held, metals: list[tuple[str, str, Points]], taken: set[int]) -> int | None:
    """Return which metal of the entry is the site's: the one that most of its residues hold."""
    counts = [
        (len(residues_near(held, xyz, REACH)), -index)
        for index, (_, _, xyz) in enumerate(metals)
        if index not in taken
    ]
    best = max(counts, default=(0, 0))
    return -best[1] if best[0] >= HELD else None


def _take(held: Held, metal: tuple[str, str, Points], decisions: list[Decision]) -> None:
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


def _demanded(held: Held) -> list[Place]:
    """Return who must hold the metal: who does in the structure, or should where it was placed."""
    assert held.xyz is not None
    if held.source == "placed":
        return held.demanded
    reach = SHELLS[held.metal].cutoff + 0.3  # of a crystal's distances, before minimisation
    return residues_near(held, held.xyz, reach, first=False)


def _atoms(integrin: Integrin) -> Points:
    """Return all heavy atoms of what is kept."""
    atoms = [a for p in integrin.places for a in p.residue]
    return np.array([position(a) for a in atoms]).reshape(-1, 3)


def _waters(integrin: Integrin) -> Points:
    return np.array(
        [
            position(a)
            for _, residue in integrin.others
            if is_water(residue)
            for a in residue
            if a.element.name == "O"
        ]
    ).reshape(-1, 3)
