"""The metal sites of an integrin that is prepared: found, given their ions and waters, judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.spatial import cKDTree

from lfa1_analysis.coordination import Donor, Site, classify
from lfa1_analysis.errors import InputError, MetalSiteError
from lfa1_analysis.integrin.subunits import SIDE_CHAIN, SITES, MetalSite
from lfa1_analysis.site_shells import SHELLS, faults
from lfa1_md.integrin.reading import Integrin, Place
from lfa1_md.protein.residues import WATERS, Decision
from lfa1_md.study.construct import Construct, group
from lfa1_md.study.ions import SITE_IONS

Points = NDArray[np.float64]

REACH = 3.3
"""Å; an oxygen of the entry may be this far from a metal to count as holding it (3.2 Å resolution
entries as 1L5G have such distances)."""
HELD = 2
"""First-shell residues of a site that must be near a metal of the entry for it to be the site's."""
WATER_REACH = 3.4
"""Å; waters of the entry this near to a metal are kept."""
_CLEAR = 2.6
"""Å; no water is placed nearer to another heavy atom, the shortest hydrogen bond of a water."""
_CROWDED = 2.35
"""Å; nor nearer to another ligand of the same metal (O–O of a carboxylate is 2.2 Å)."""
_FEWEST = 2
"""Residues that a placed metal must have; the rest of its shell is water."""
_MISFIT = 0.4
"""Å; how far their oxygens may be from the usual distance before the minimisation."""
_METALS = {"MG": "mg", "MN": "mn", "CA": "ca"}


@dataclass
class Held:
    """A metal site of the model.

    Attributes
    ----------
    name : str
        As in `SITES`.
    metal : str
        ``mg``, ``mn``, ``ca`` or ``none``.
    source : {"entry", "swapped", "removed", "placed", "empty"}
    xyz : ndarray, shape (3,), or None
        Where the metal is (Å).
    places : list of (Place, tuple of str, bool)
        Its residues, the oxygens that can hold the metal, and whether they are of the first shell.
    demanded : list of Place
        Residues that must hold the metal.
    waters : ndarray, shape (n, 3)
        Oxygens of waters in the first shell (Å).
    """

    name: str
    metal: str
    source: str
    xyz: Points | None
    places: list[tuple[Place, tuple[str, ...], bool]]
    demanded: list[Place] = field(default_factory=list)
    waters: Points = field(default_factory=lambda: np.empty((0, 3)))

    @property
    def residues(self) -> list[Place]:
        """Its residues, first and second shell."""
        return [place for place, *_ in self.places]


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
            _place(held, everything)
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
            _shell(held, crystal, everything, found, integrin.decisions)
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
        (f"{atom.name} {chain} {residue.seqid}", atom.element.name.upper(), _xyz(atom))
        for chain, residue in integrin.others
        if len(residue) and all(a.element.is_metal for a in residue)
        for atom in list(residue)[:1]
    ]


def _xyz(atom: gemmi.Atom) -> Points:
    return np.array(atom.pos.tolist())


def _oxygens(place: Place, names: tuple[str, ...]) -> Points:
    return np.array([_xyz(a) for a in place.residue if a.name in names]).reshape(-1, 3)


def _near(held: Held, xyz: Points, reach: float, first: bool = True) -> list[Place]:
    """Return the site's residues with an oxygen near a point."""
    return [
        place
        for place, names, shell in held.places
        if (shell or not first)
        and np.linalg.norm(_oxygens(place, names) - xyz, axis=1).min() <= reach
    ]


def _nearest(held: Held, metals: list[tuple[str, str, Points]], taken: set[int]) -> int | None:
    """Return which metal of the entry is the site's: the one that most of its residues hold."""
    counts = [
        (len(_near(held, xyz, REACH)), -index)
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
    return _near(held, held.xyz, reach, first=False)


def _atoms(integrin: Integrin) -> Points:
    """Return all heavy atoms of what is kept."""
    atoms = [a for p in integrin.places for a in p.residue]
    return np.array([_xyz(a) for a in atoms]).reshape(-1, 3)


def _waters(integrin: Integrin) -> Points:
    return np.array(
        [
            _xyz(a)
            for _, residue in integrin.others
            if residue.name in WATERS
            for a in residue
            if a.element.name == "O"
        ]
    ).reshape(-1, 3)


def _place(held: Held, everything: Points) -> None:
    """Put a metal where first-shell oxygens are at the usual distance and nothing is in its way.

    Not all residues of a site hold the metal in every conformation, so that the largest set of them
    that fits is taken; water completes the shell.
    """
    shell = SHELLS[held.metal]
    first = [(place, _oxygens(place, names)) for place, names, inner in held.places if inner]
    start = np.array([d.mean(axis=0) for _, d in first]).mean(axis=0)
    near = everything[cKDTree(everything).query_ball_point(start, 8.0)]
    directions = np.random.default_rng(0).normal(size=(16, 3))
    starts = [start, *(start + 1.5 * d / np.linalg.norm(d) for d in directions)]
    every = [_oxygens(place, names) for place, names, _ in held.places]
    acid = any(place.residue.name in ("ASP", "GLU") for place, _ in first)
    for size in range(len(first), _FEWEST - 1, -1):
        sets = [
            chosen
            for chosen in combinations(first, size)
            if not acid or any(place.residue.name in ("ASP", "GLU") for place, _ in chosen)
        ]
        fits = [_fit(starts, [d for _, d in s], every, near, shell.usual) for s in sets]
        best = min(range(len(fits)), key=lambda i: fits[i][0], default=-1)
        if best >= 0 and fits[best][0] <= _MISFIT:
            held.xyz, held.source = fits[best][1], "placed"
            held.demanded = [place for place, _ in sets[best]]
            return
    raise MetalSiteError(
        f"{held.name}: no place for {shell.label}: no {_FEWEST} of its residues "
        f"({', '.join(place.label for place, _ in first)}) have room for it between them",
        f"the site is not formed in this structure: set `sites: {{{group(held.name)}: none}}`, "
        "or give a structure with the metal",
    )


def _fit(
    starts: list[Points], donors: list[Points], every: list[Points], near: Points, bond: float
) -> tuple[float, Points]:
    """Return the largest deviation (Å) of the best place for a metal, and the place.

    Where few donors leave a choice, the place nearest to the site's other residues is taken.
    """

    def parts(x: Points) -> tuple[Points, Points]:
        nearest = np.array([np.linalg.norm(d - x, axis=1).min() for d in donors]) - bond
        clash = np.maximum(0.0, bond - 0.1 - np.linalg.norm(near - x, axis=1))
        return nearest, np.sort(clash)[-12:]

    def all_parts(x: Points) -> Points:
        others = np.array([np.linalg.norm(d - x, axis=1).min() for d in every])
        return np.concatenate([*parts(x), 0.05 * np.maximum(0.0, others - bond)])

    fits = [least_squares(all_parts, s) for s in starts]
    best = min(fits, key=lambda fit: float(fit.cost)).x
    return float(max(np.abs(part).max() for part in parts(best))), np.asarray(best)


def _shell(
    held: Held, crystal: Points, everything: Points, sites: list[Held], decisions: list[Decision]
) -> None:
    """Keep the structure's waters on the metal and add those that are missing."""
    assert held.xyz is not None
    shell = SHELLS[held.metal]
    others = np.concatenate([s.waters for s in sites if s is not held] or [np.empty((0, 3))])
    if len(crystal):
        apart = np.linalg.norm(crystal - held.xyz, axis=1)
        near = [crystal[i] for i in np.argsort(apart) if apart[i] <= WATER_REACH]
        near = [w for w in near if not len(others) or np.linalg.norm(others - w, axis=1).min() > 1]
    else:
        near = []
    atoms = everything[np.linalg.norm(everything - held.xyz, axis=1) < 8.0]
    metals = np.array([s.xyz for s in sites if s.xyz is not None and s is not held]).reshape(-1, 3)
    ligands = int(np.count_nonzero(np.linalg.norm(atoms - held.xyz, axis=1) <= shell.cutoff))
    kept = near[: max(0, shell.most - ligands)]
    added: list[Points] = []
    while ligands + len(kept) + len(added) < shell.wanted:
        inner = np.linalg.norm(atoms - held.xyz, axis=1) <= shell.cutoff + 0.2
        placed = np.array([*kept, *added]).reshape(-1, 3)
        spot = _spot(
            held.xyz,
            shell.usual,
            np.concatenate([atoms[inner], placed]),
            np.concatenate([atoms[~inner], others, metals]),
        )
        if spot is None:
            break
        added.append(spot)
    held.waters = np.array([*kept, *added]).reshape(-1, 3)
    decisions.append(
        Decision(
            f"{held.name}: {shell.label} ({held.source}) held by "
            f"{', '.join(p.label for p in held.demanded) or 'waters alone'}, {len(kept)} waters of "
            f"the structure, {len(added)} added",
            "judged by the residues of the family's sites",
        )
    )


def _spot(metal: Points, bond: float, ligands: Points, others: Points) -> Points | None:
    """Return the roomiest place for a water's oxygen on a metal, or None."""
    i = np.arange(600) + 0.5
    polar, around = np.arccos(1 - 2 * i / 600), np.pi * (1 + 5**0.5) * i
    sphere = metal + bond * np.stack(
        [np.cos(around) * np.sin(polar), np.sin(around) * np.sin(polar), np.cos(polar)], axis=1
    )

    def nearest(points: Points) -> Points:
        if not len(points):
            return np.full(len(sphere), 9.0)
        return np.asarray(np.linalg.norm(sphere[:, None] - points[None], axis=2).min(axis=1))

    inner, outer = nearest(ligands) - _CROWDED, nearest(others) - _CLEAR
    room = np.minimum(inner, outer)
    best = int(np.argmax(room))
    return sphere[best] if room[best] > 0 else None


@dataclass
class Verdict:
    """A judged site: what it holds, by whom, and what is wrong."""

    held: Held
    site: Site | None
    faults: list[str]
    oxygens: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return it as ``site.json`` holds it (distances in Å)."""
        ion = SITE_IONS[self.held.metal] if self.held.metal != "none" else None
        content: dict[str, Any] = {
            "metal": "none" if ion is None else ion.residue,
            "source": self.held.source,
            "residues": [f"{p.kind} {p.residue.name}{p.number}" for p in self.held.residues],
            "accepted": not self.faults,
            "faults": self.faults,
            "oxygens": self.oxygens,
        }
        if self.site is not None:
            number = self.site.coordination_number
            content["coordination_number"] = number
            content["donors"] = [
                {"atom": d.label, "distance_angstrom": round(float(r), 3), "kind": d.kind}
                for d, r in zip(self.site.bound, self.site.distances[:number], strict=True)
            ]
        return content

    def lines(self) -> list[str]:
        """Return it as lines of text."""
        if self.site is None:
            return [f"{self.held.name}: empty"]
        bound = zip(self.site.bound, self.site.distances, strict=False)
        told = ", ".join(f"{donor.label} {distance:.2f}" for donor, distance in bound)
        verdict = "accepted" if not self.faults else "; ".join(self.faults)
        return [f"{self.held.name}: {SHELLS[self.held.metal].label}, {told} Å: {verdict}"]


def judge(held: Held, metal: Points, donors: list[Donor], names: dict[int, str]) -> Verdict:
    """Judge a site of a minimised model.

    Parameters
    ----------
    held : Held
    metal : ndarray, shape (3,)
        Å.
    donors : list of Donor
        Every oxygen, nitrogen and sulfur nearby.
    names : dict of int to str
        ``id`` of a place → what its donors' residue is called.
    """
    site = classify(metal, donors, SHELLS[held.metal].cutoff)
    return Verdict(held, site, faults(held.metal, site, [names[id(p)] for p in held.demanded]))
