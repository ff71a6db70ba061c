"""What lies around the domain: metals, waters, ligands; what the metal site needs is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import gemmi
import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.alphal import MIDAS_DONORS
from lfa1_analysis.proteins.ion_names import ion_element
from lfa1_md.protein.input.residues import Decision, is_amino_acid, is_water, number_of

Points = NDArray[np.float64]

SITE_METALS = frozenset({"MG", "MN", "CA", "ZN", "CO", "NI", "CD"})
"""Divalent ions that take the place of Mg²⁺ in crystals."""
SOLVENT_METALS = frozenset({"LI", "NA", "K", "RB", "CS"})
"""Monovalent ions of the buffer."""
_NEAR_SITE = 8.0
"""Å; crystal waters this near to a MIDAS oxygen start the hydration of the site."""
_METAL_REACH = 12.0
"""Å; a metal nearer than this to a MIDAS oxygen is meant to be the MIDAS's, further away another
site's (the next one of a whole integrin is more than 20 Å away)."""
_LIGAND_BOND = 2.9
"""Å; an oxygen or nitrogen this near to the metal is its ligand."""


@dataclass(frozen=True)
class Metal:
    """A metal ion of the entry: element, label and position in Å."""

    element: str
    label: str
    xyz: NDArray[np.float64]


@dataclass
class Surroundings:
    """Metals near the MIDAS, waters near it (oxygens, Å), other ligands of the metal, and why."""

    metals: tuple[Metal, ...] = ()
    waters: Points = field(default_factory=lambda: np.empty((0, 3)))
    n_waters: int = 0
    ligands: dict[str, Points] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)


def sort_out(
    model: gemmi.Model, chains: list[str], protein: gemmi.Chain, name: str
) -> Surroundings:
    """Judge everything of a model that is not the domain or its ligand.

    Parameters
    ----------
    model : gemmi.Model
        The whole model.
    chains : list of str
        Names of the chains that the domain and its ligand came from.
    protein : gemmi.Chain
        The domain.
    name : str
        Of the file, for messages.

    Raises
    ------
    InputError
        A metal that cannot stand for Mg²⁺ is at the MIDAS.
    """
    around = Surroundings()
    donors = _midas_oxygens(protein)
    others = [(c.name, r) for c in model for r in c if not (c.name in chains and is_amino_acid(r))]
    around.metals = _metals(others, donors, name, around.decisions)
    around.waters, around.n_waters = _waters(others, donors)
    for metal in around.metals:
        _ligands(metal, others, around)
    _removals(others, around.decisions)
    return around


Others = list[tuple[str, gemmi.Residue]]


def _midas_oxygens(protein: gemmi.Chain) -> Points:
    wanted = {(number, name) for number, names in MIDAS_DONORS.values() for name in names}
    return np.array(
        [a.pos.tolist() for r in protein for a in r if (number_of(r), a.name) in wanted]
    ).reshape(-1, 3)


def _nearest(xyz: Points, donors: Points) -> float:
    return float(np.linalg.norm(donors - xyz, axis=1).min(initial=np.inf))


def _is_metal(residue: gemmi.Residue) -> bool:
    return len(residue) > 0 and all(atom.element.is_metal for atom in residue)


def _one_place(atoms: list[gemmi.Atom]) -> list[gemmi.Atom]:
    """Return the likeliest of alternate places; all atoms that merely share a wrapped number."""
    alternates = [atom for atom in atoms if atom.altloc != "\0"]
    kept = max(alternates, key=lambda atom: float(atom.occ)).altloc if alternates else "\0"
    return [atom for atom in atoms if atom.altloc in ("\0", kept)]


def _metals(
    others: Others, donors: Points, name: str, decisions: list[Decision]
) -> tuple[Metal, ...]:
    found = []
    for chain, residue in others:
        if len(residue) == 1 and not (_is_metal(residue) or is_water(residue)):
            _unknown(chain, residue, donors, name)
    ions = [(c, r, atom) for c, r in others if _is_metal(r) for atom in _one_place(list(r))]
    for chain, residue, atom in ions:
        xyz = np.array(atom.pos.tolist())
        label = f"{residue.name} {chain} {residue.seqid}"
        if atom.altloc != "\0" and len(residue) > 1:
            decisions.append(Decision(f"{label}: place {atom.altloc} used", "highest occupancy"))
        element, distance = atom.element.name.upper(), _nearest(xyz, donors)
        if distance > _METAL_REACH:
            decisions.append(Decision(f"{label} removed", f"{distance:.0f} Å from the MIDAS"))
        elif element in SOLVENT_METALS:
            decisions.append(Decision(f"{label} removed", "monovalent: an ion of the solvent"))
        elif element not in SITE_METALS:
            raise InputError(
                f"{name}: {label}, {distance:.1f} Å from the MIDAS, is {element.capitalize()}, "
                f"which is not known to take the place of Mg²⁺ "
                f"({', '.join(sorted(e.capitalize() for e in SITE_METALS))} are)",
                "remove it from the file to have Mg²⁺ placed where a crystal has it, or use "
                "another structure",
            )
        else:
            held = int(np.count_nonzero(np.linalg.norm(donors - xyz, axis=1) <= _LIGAND_BOND))
            found.append((held, distance, Metal(element, label, xyz)))
    found.sort(key=lambda one: (-one[0], one[1]))  # the one that most oxygens of the MIDAS hold
    for _, distance, metal in found[1:]:
        decisions.append(
            Decision(
                f"{metal.label} removed", f"{distance:.1f} Å from the MIDAS, another metal is in it"
            )
        )
    return tuple(metal for *_, metal in found[:1])


def _unknown(chain: str, residue: gemmi.Residue, donors: Points, name: str) -> None:
    """Refuse a lone atom in the site that may be its metal under a name unknown here."""
    atom = residue[0]
    distance = _nearest(np.array(atom.pos.tolist()), donors)
    halide = ion_element(atom.name) or ion_element(residue.name)
    if distance < _LIGAND_BOND and not halide and not is_amino_acid(residue):
        raise InputError(
            f"{name}: the atom {atom.name} of {residue.name} {chain} {residue.seqid}, "
            f"{distance:.1f} Å from the nearest MIDAS oxygen, is no ion known here",
            "if it is the metal, name atom and residue after its element (MG, MN, CA …); "
            "otherwise remove it from the file",
        )


def _waters(others: Others, donors: Points) -> tuple[Points, int]:
    waters, count = [], 0
    for _, residue in others:
        if not is_water(residue):
            continue
        oxygens = _one_place([a for a in residue if a.element.name == "O"])
        count += len(oxygens)
        places = [atom.pos.tolist() for atom in oxygens]
        waters += [place for place in places if _nearest(np.array(place), donors) <= _NEAR_SITE]
    return np.array(waters).reshape(-1, 3), count


def _ligands(metal: Metal, others: Others, around: Surroundings) -> None:
    for chain, residue in others:
        if is_water(residue):
            continue
        for atom in residue:
            xyz = np.array(atom.pos.tolist())
            if atom.element.name in ("O", "N") and np.linalg.norm(xyz - metal.xyz) < _LIGAND_BOND:
                around.ligands[f"{residue.name}{residue.seqid.num} {atom.name}"] = xyz
                around.decisions.append(
                    Decision(
                        f"ligand {residue.name} {chain} {residue.seqid} taken off the metal, a "
                        "water in its place",
                        "the study is about the I domain alone",
                    )
                )


def _removals(others: Others, decisions: list[Decision]) -> None:
    groups = Counter(
        r.name for _, r in others if not is_water(r) and not is_amino_acid(r) and not _is_metal(r)
    )
    for name, count in sorted(groups.items()):
        decisions.append(
            Decision(
                f"hetero group {name} removed ({count})",
                "not part of the αL I domain and its MIDAS metal",
            )
        )
    chains = dict.fromkeys(chain for chain, r in others if is_amino_acid(r))
    if chains:
        decisions.append(
            Decision(
                f"protein chains {', '.join(chains)} removed",
                "the study is about the I domain alone",
            )
        )
