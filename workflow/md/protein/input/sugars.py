"""N-glycans: recognised by their bonds to asparagine, then cut off or kept with GLYCAM's names.

GLYCAM names a sugar by its linkage, its kind and its anomer: ``4YB`` is β-D-GlcNAc with a neighbour
on O4 (Kirschner et al. 2008, 10.1002/jcc.20820). Atoms keep their names but for the acetyl group.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import gemmi
import numpy as np

from lfa1_analysis.io.errors import InputError
from lfa1_md.protein.input.integrin import IntegrinStructure, KeptResidue
from lfa1_md.protein.input.residues import Decision

LINKED = 2.0
"""Å; C1 and the atom it is linked to are 1.40–1.46 Å apart; poor entries stretch that."""
GLYCAM: dict[str, str] = {
    "NAG": "YB",
    "NDG": "YA",
    "BMA": "MB",
    "MAN": "MA",
    "FUC": "fA",
    "GAL": "LB",
}
"""Kind and anomer of each sugar by its name in the PDB; those not listed cannot be kept."""
_CARRIERS = (
    "",
    *"2346",
    *("23", "24", "26", "34", "36", "46"),
    *("234", "236", "246", "346"),
    "2346",
)
_POSITIONS = dict(zip(_CARRIERS, "02346ZYXWVUTSRQP", strict=True))
"""GLYCAM's letter for the oxygens that carry further sugars."""
_ATOMS = {"C7": "C2N", "O7": "O2N", "C8": "CME"}
"""The acetyl group of GlcNAc."""


@dataclass
class Sugar:
    """A sugar of a glycan.

    Attributes
    ----------
    residue : gemmi.Residue
    label : str
        As the file has it.
    parent : Sugar or KeptResidue
        What its C1 is linked to.
    parent_atom : str
    branches : dict of str to Sugar
        Further sugars by the position (``4``) of the oxygen that carries them.
    """

    residue: gemmi.Residue
    label: str
    parent: Sugar | KeptResidue | None = None
    parent_atom: str = ""
    branches: dict[str, Sugar] = field(default_factory=dict)

    def tree(self) -> list[Sugar]:
        """Return it with all further sugars, parents first."""
        found = [self]
        for key in sorted(self.branches):
            found += self.branches[key].tree()
        return found


def find(integrin: IntegrinStructure) -> tuple[list[Sugar], list[Sugar]]:
    """Find the glycans of an integrin.

    Returns
    -------
    roots : list of Sugar
        First sugars of the glycans on kept asparagines.
    loose : list of Sugar
        Sugars that hang on nothing that is kept.
    """
    sugars = [
        Sugar(residue, f"{chain} {residue.name} {residue.seqid}")
        for chain, residue in integrin.others
        if gemmi.find_tabulated_residue(residue.name).kind == gemmi.ResidueKind.PYR
    ]
    carriers: list[tuple[gemmi.Position, str, Sugar | KeptResidue]] = [
        (atom.pos, atom.name, place)
        for place in integrin.places
        if place.residue.name == "ASN"
        for atom in place.residue
        if atom.name == "ND2"
    ]
    carriers += [
        (atom.pos, atom.name, sugar)
        for sugar in sugars
        for atom in sugar.residue
        if atom.name in ("O2", "O3", "O4", "O6")
    ]
    roots = []
    for sugar in sugars:
        first = next((atom.pos for atom in sugar.residue if atom.name in ("C1", "C2")), None)
        near = [
            (first.dist(place), name, owner)
            for place, name, owner in carriers
            if first is not None and owner is not sugar and first.dist(place) < LINKED
        ]
        if not near:
            continue
        _, sugar.parent_atom, sugar.parent = min(near, key=lambda one: one[0])
        if isinstance(sugar.parent, Sugar):
            sugar.parent.branches[sugar.parent_atom[1:]] = sugar
        else:
            roots.append(sugar)
    attached = {id(s) for root in roots for s in root.tree()}
    return roots, [sugar for sugar in sugars if id(sugar) not in attached]


def decide(integrin: IntegrinStructure, policy: str) -> list[Sugar]:
    """Cut the glycans off or keep them, each with a line in the record.

    Parameters
    ----------
    integrin : IntegrinStructure
        Its `decisions` gain a line for each glycan.
    policy : {"cut", "keep"}

    Returns
    -------
    list of Sugar
        First sugars of the glycans that are kept.

    Raises
    ------
    InputError
        A glycan that is to be kept has a sugar or a linkage without GLYCAM parameters here.
    """
    roots, loose = find(integrin)
    for root in roots:
        assert isinstance(root.parent, KeptResidue)
        listed = " ".join(s.residue.name for s in root.tree())
        done, why = (
            ("kept", "`glycans: keep`") if policy == "keep" else ("cut off", "`glycans: cut`")
        )
        integrin.decisions.append(Decision(f"glycan on {root.parent.label} ({listed}) {done}", why))
    for sugar in loose:
        integrin.decisions.append(
            Decision(f"sugar {sugar.label} removed", "linked to nothing that is kept")
        )
    if policy == "cut":
        return []
    for root in roots:
        for sugar in root.tree():
            glycam(sugar, integrin.name)
            _check_whole(sugar, integrin.name)
    return roots


def glycam(sugar: Sugar, name: str) -> str:
    """Return a sugar's residue name in GLYCAM.

    Raises
    ------
    InputError
        It is not one of those known here.
    """
    kind = GLYCAM.get(sugar.residue.name)
    position = _POSITIONS.get("".join(sorted(sugar.branches)))
    if kind is None or position is None:
        raise InputError(
            f"{name}: the sugar {sugar.label} is none that can be kept "
            f"({', '.join(sorted(GLYCAM))} are)",
            "set `integrin.glycans: cut`, or take this sugar out of the file",
        )
    return position + kind


def _check_whole(sugar: Sugar, name: str) -> None:
    """Check that no atom is missing and that the anomer is the one that the name says."""
    wanted = {"C1", "C2", "C3", "C4", "C5", "C6", "O3", "O4", "O5"}
    wanted |= {"N2", "C7", "C8", "O7"} if sugar.residue.name in ("NAG", "NDG") else {"O2"}
    if sugar.residue.name != "FUC":
        wanted |= {"O6"}
    there = {atom.name for atom in sugar.residue}
    if wanted - there:
        raise InputError(
            f"{name}: the sugar {sugar.label} lacks {', '.join(sorted(wanted - there))}",
            "set `integrin.glycans: cut`, or complete it",
        )


def atoms(sugar: Sugar) -> dict[str, tuple[str, np.ndarray]]:
    """Return a sugar's heavy atoms by their names in GLYCAM: element and position (Å).

    O1 of a free sugar is left out: in a glycan it is the atom that the sugar is linked to.
    """
    acetyl = _ATOMS if sugar.residue.name in ("NAG", "NDG") else {}
    return {
        acetyl.get(atom.name, atom.name): (atom.element.name, np.array(atom.pos.tolist()))
        for atom in sugar.residue
        if not atom.is_hydrogen() and atom.name != "O1" and atom.altloc in ("\0", "A")
    }


def bonds(names: dict[str, tuple[str, np.ndarray]]) -> list[tuple[str, str]]:
    """Return which of a sugar's heavy atoms are bonded, by distance (below 1.75 Å)."""
    keys = list(names)
    return [
        (a, b)
        for i, a in enumerate(keys)
        for b in keys[i + 1 :]
        if np.linalg.norm(names[a][1] - names[b][1]) < 1.75
    ]
