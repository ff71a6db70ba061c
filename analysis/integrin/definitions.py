"""What each measure of the big motions is: the domains it needs, and its formula."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.integrin.find import Layout
from lfa1_analysis.integrin.pairs import ENOUGH, Integrin
from lfa1_analysis.integrin.reference import closed_headpiece
from lfa1_analysis.proteins import presence
from lfa1_analysis.proteins.integrins.subunits import DOMAINS, ChainKind, residues
from lfa1_analysis.trajectory.geometry import Array

GENU = (742, 752)
"""αL residues of the knee: the end of the thigh and the Ca²⁺ loop before calf-1."""
LEG_ENDS: dict[str, tuple[ChainKind, int, int]] = {
    "alpha_end": ("alpha", 1034, 1063),
    "beta_end": ("beta", 647, 676),
}
"""The last 30 residues before the membrane."""
MIN_END = 10
"""Residues of a leg's end that must be there."""
HEADS: dict[ChainKind, str] = {"alpha": "propeller", "beta": "beta_i"}
"""The domains whose contact says at which periodic image the β chain is the α chain's."""
MIDAS: dict[str, tuple[ChainKind, tuple[int, ...]]] = {
    "beta_i_midas": ("beta", (112, 114, 116, 212, 242)),
    "alpha_i_midas": ("alpha", (137, 139, 141, 206, 239)),
}
"""Residues whose Cα centroid is the place of a MIDAS."""

COLUMNS: dict[str, tuple[tuple[str, ...], str]] = {
    "hybrid_swing_degree": (
        ("core", "hybrid_core"),
        "rotation of the hybrid domain from the closed headpiece (4WJK), βI core superposed",
    ),
    "hybrid_turn_degree": (
        ("core", "hybrid"),
        "the same rotation from the first frame analysed",
    ),
    "headpiece_opening_angstrom": (
        ("propeller", "hybrid"),
        "Cα centroid of the β-propeller to that of the hybrid domain",
    ),
    "genu_angle_degree": (
        ("propeller", "genu", "calf_2"),
        "angle at the genu between the centroids of the β-propeller and calf-2: small when bent",
    ),
    "leg_turn_degree": (
        ("thigh", "calf_1", "calf_2"),
        "rotation of calf-1 and calf-2 from the first frame analysed, thigh superposed",
    ),
    "propeller_calf2_angstrom": (
        ("propeller", "calf_2"),
        "extension: centroid of the β-propeller to that of calf-2",
    ),
    "leg_separation_angstrom": (
        ("calf_2", "beta_tail"),
        "centroid of calf-2 to that of the β-tail",
    ),
    "midas_height_angstrom": (
        ("beta_i_midas", "calf_1", "calf_2", "alpha_end", "beta_end"),
        "βI MIDAS above the ends of the legs, along calf-2 to calf-1",
    ),
    "alpha_i_midas_height_angstrom": (
        ("alpha_i_midas", "calf_1", "calf_2", "alpha_end", "beta_end"),
        "αI MIDAS above the ends of the legs, the same way",
    ),
    "radius_of_gyration_angstrom": (("all",), "of the Cα atoms of both chains' ectodomains"),
    "longest_extent_angstrom": (("all",), "largest distance between two of these Cα atoms"),
}
"""Columns: the parts that each needs, and its meaning."""


@dataclass(frozen=True)
class Definition:
    """Where the parts of one integrin lie in the coordinates.

    Attributes
    ----------
    rows : dict of str to ndarray of int
    of_beta : frozenset of str
        The parts that belong to the β chain.
    missing : dict of str to str
        Column → why it cannot be measured.
    goals : dict of str to ndarray, shape (n, 3)
        The closed reference's places of the atoms in ``core`` and ``hybrid_core``.
    """

    rows: dict[str, NDArray[np.intp]]
    of_beta: frozenset[str]
    missing: dict[str, str]
    goals: dict[str, Array]


def definition(integrin: Integrin, layout: Layout, row: dict[int, int]) -> Definition:
    """Find the parts of an integrin, and what cannot be measured.

    Parameters
    ----------
    integrin : Integrin
    layout : Layout
        That has its atoms.
    row : dict of int to int
        Atom index → row of the coordinates.
    """
    place = _Places(integrin, layout, row)
    rows: dict[str, NDArray[np.intp]] = {}
    lacking: dict[str, str] = {}
    fewer: dict[str, str] = {}
    of_beta = set()
    for kind, domains in DOMAINS.items():
        for name in domains:
            of_beta |= {name} if kind == "beta" else set()
            alphas = place.rows(integrin.residues_of(name))
            expected = len(residues(domains[name]))
            if reason := integrin.why_not(name):
                lacking[name] = reason
            elif len(alphas) < ENOUGH * expected:
                lacking[name] = f"{name} has Cα atoms of {len(alphas)} of {expected} residues"
            else:
                rows[name] = alphas
                if len(alphas) < presence.ENOUGH * expected:
                    fewer[name] = f"{name} {len(alphas)} of {expected}"
    goals: dict[str, Array] = {}
    known = closed_headpiece()
    for name, whole, places in (
        ("core", "beta_i", known.core),
        ("hybrid_core", "hybrid", known.hybrid),
    ):
        of_beta.add(name)
        there = [n for n in places if place.numbered("beta", n) is not None]
        if len(there) < ENOUGH * len(places):
            own = f"{whole} has {len(there)} of {len(places)} residues of the reference"
            lacking[name] = lacking.get(whole, own)
        else:
            rows[name] = place.of("beta", there)
            goals[name] = np.array([places[n] for n in there])
    for name, (kind, first, last) in (LEG_ENDS | {"genu": ("alpha", *GENU)}).items():
        there = [n for n in range(first, last + 1) if place.numbered(kind, n) is not None]
        expected = last - first + 1
        needed = MIN_END if name in LEG_ENDS else expected // 2
        of_beta |= {name} if kind == "beta" else set()
        if len(there) < needed:
            lacking[name] = f"{name} has {len(there)} residues of {needed} needed"
        else:
            rows[name] = place.of(kind, there)
            if len(there) < presence.ENOUGH * expected:
                fewer[name] = f"{name} {len(there)} of {expected}"
    for name, (kind, numbers) in MIDAS.items():
        of_beta |= {name} if kind == "beta" else set()
        inserted = "alpha_i" if kind == "alpha" else "beta_i"
        if inserted in lacking:
            lacking[name] = lacking[inserted]
        elif absent := [n for n in numbers if place.numbered(kind, n) is None]:
            lacking[name] = f"{name} has no residue that stands for {', '.join(map(str, absent))}"
        else:
            rows[name] = place.of(kind, list(numbers))
    for unit in integrin.units:
        every = place.rows([int(i) for i in unit.residues])
        rows[f"anchor_{unit.kind}"] = rows.get(HEADS[unit.kind], every)
        rows[f"all_{unit.kind}"] = every
    of_beta |= {"anchor_beta", "all_beta"}
    missing = {}
    for column, (parts, _) in COLUMNS.items():
        reasons = [lacking[part] for part in parts if part in lacking]
        if reasons:
            missing[column] = "; ".join(dict.fromkeys(reasons))
    # Only what is measured is worth a note.
    used = {
        part for column, (parts, _) in COLUMNS.items() if column not in missing for part in parts
    }
    if partial := [text for name, text in fewer.items() if name in used]:
        presence.note(
            f"integrin {integrin.number}: domains are taken of the residues that are there: "
            + ", ".join(partial)
        )
    return Definition(rows, frozenset(of_beta & rows.keys()), missing, goals)


class _Places:
    """Rows of Cα atoms by residue."""

    def __init__(self, integrin: Integrin, layout: Layout, row: dict[int, int]) -> None:
        self._integrin, self._layout, self._row = integrin, layout, row

    def rows(self, resindices: list[int]) -> NDArray[np.intp]:
        """Return the rows of some residues, those without Cα left out."""
        atoms = self._layout.domain.atoms
        return np.array(
            [self._row[atoms[n]["CA"]] for n in self._layout.serials(resindices)], dtype=np.intp
        )

    def numbered(self, kind: ChainKind, number: int) -> int | None:
        """Return the residue that stands for one of αL or β2, if it has a Cα atom."""
        found = self._integrin.residue(kind, number)
        return found if found is not None and self._layout.serials([found]) else None

    def of(self, kind: ChainKind, numbers: list[int]) -> NDArray[np.intp]:
        """Return the rows of residues that are there."""
        found = [self.numbered(kind, n) for n in numbers]
        return self.rows([i for i in found if i is not None])
