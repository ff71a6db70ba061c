"""What each measure of the big motions is: the domains it needs, and its formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from lfa1_analysis.geometry import Array
from lfa1_analysis.integrin.find import Layout
from lfa1_analysis.integrin.pairs import ENOUGH, Integrin, carried
from lfa1_analysis.integrin.reference import closed_headpiece
from lfa1_analysis.integrin.subunits import DOMAINS, ChainKind
from lfa1_analysis.many_frames import Motion, lengths

GENU = (742, 752)
"""αL residues of the knee: the end of the thigh and the Ca²⁺ loop before calf-1."""
LEG_ENDS: dict[str, tuple[ChainKind, int, int]] = {
    "alpha_end": ("alpha", 1034, 1063),
    "beta_end": ("beta", 647, 676),
}
"""The last 30 residues before the membrane."""
MIN_END = 10
"""Residues of a leg's end that must be there."""
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
        The parts that belong to the β chain; of ``all``, see `beta_rows`.
    missing : dict of str to str
        Column → why it cannot be measured.
    core, hybrid : ndarray, shape (n, 3)
        The closed reference's places of the atoms in ``core`` and ``hybrid_core``.
    """

    rows: dict[str, NDArray[np.intp]]
    of_beta: frozenset[str]
    missing: dict[str, str]
    core: Array
    hybrid: Array


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
    of_beta = set()
    for kind, domains in DOMAINS.items():
        for name in domains:
            of_beta |= {name} if kind == "beta" else set()
            if reason := integrin.why_not(name):
                lacking[name] = reason
            else:
                rows[name] = place.rows(integrin.residues_of(name))
    known = closed_headpiece()
    for name, places in (("core", known.core), ("hybrid_core", known.hybrid)):
        of_beta.add(name)
        there = [n for n in places if place.numbered("beta", n) is not None]
        if len(there) < ENOUGH * len(places):
            whole = "beta_i" if name == "core" else "hybrid"
            lacking[name] = lacking.get(
                whole, f"{whole} has {len(there)} of {len(places)} residues of the reference"
            )
            there = []
        else:
            rows[name] = place.of("beta", there)
        places_of = {name: there}
        if name == "core":
            core = np.array([known.core[n] for n in places_of[name]]).reshape(-1, 3)
        else:
            hybrid = np.array([known.hybrid[n] for n in places_of[name]]).reshape(-1, 3)
    for name, (kind, first, last) in (LEG_ENDS | {"genu": ("alpha", *GENU)}).items():
        there = [n for n in range(first, last + 1) if place.numbered(kind, n) is not None]
        needed = MIN_END if name in LEG_ENDS else (last - first + 1) // 2
        of_beta |= {name} if kind == "beta" else set()
        if len(there) < needed:
            lacking[name] = f"{name} has {len(there)} residues of {needed} needed"
        else:
            rows[name] = place.of(kind, there)
    for name, (kind, numbers) in MIDAS.items():
        of_beta |= {name} if kind == "beta" else set()
        if absent := [n for n in numbers if place.numbered(kind, n) is None]:
            lacking[name] = f"{name} has no residue that stands for {', '.join(map(str, absent))}"
        else:
            rows[name] = place.of(kind, list(numbers))
    units = {unit.kind: unit for unit in integrin.units}
    for kind, name in (("alpha", "anchor_alpha"), ("beta", "anchor_beta")):
        if kind in units:
            head = "propeller" if kind == "alpha" else "beta_i"
            whole = place.rows([int(i) for i in units[kind].residues])  # type: ignore[index]
            rows[name] = rows.get(head, whole)
            rows[f"all_{kind}"] = whole
    of_beta |= {"anchor_beta", "all_beta"}
    missing = {}
    for column, (parts, _) in COLUMNS.items():
        reasons = [lacking[part] for part in parts if part in lacking]
        if reasons:
            missing[column] = "; ".join(dict.fromkeys(reasons))
    return Definition(rows, frozenset(of_beta & rows.keys()), missing, core, hybrid)


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


class Measure:
    """The formulae, for some frames of one integrin.

    Parameters
    ----------
    parts : dict of str to ndarray, shape (n, 3, F)
        Cα atoms in Å.
    start : the same, of the frame that turns are counted from
    defined : Definition
    """

    def __init__(
        self, parts: dict[str, Array], start: dict[str, Array], defined: Definition
    ) -> None:
        self.parts, self.start, self.defined = parts, start, defined

    def column(self, name: str) -> Array:
        """Return one of `COLUMNS`, shape (F,)."""
        formulae: dict[str, Callable[[], Array]] = {
            "hybrid_swing_degree": self._swing,
            "hybrid_turn_degree": lambda: self._turn(("core",), ("hybrid",)),
            "headpiece_opening_angstrom": lambda: self._apart("propeller", "hybrid"),
            "genu_angle_degree": self._bend,
            "leg_turn_degree": lambda: self._turn(("thigh",), ("calf_1", "calf_2")),
            "propeller_calf2_angstrom": lambda: self._apart("propeller", "calf_2"),
            "leg_separation_angstrom": lambda: self._apart("calf_2", "beta_tail"),
            "midas_height_angstrom": lambda: self._height("beta_i_midas"),
            "alpha_i_midas_height_angstrom": lambda: self._height("alpha_i_midas"),
            "radius_of_gyration_angstrom": self._gyration,
            "longest_extent_angstrom": self._extent,
        }
        return formulae[name]()

    def _middle(self, name: str) -> Array:
        return np.asarray(self.parts[name].mean(axis=0))

    def _apart(self, first: str, second: str) -> Array:
        return np.asarray(np.linalg.norm(self._middle(first) - self._middle(second), axis=0))

    def _swing(self) -> Array:
        core = Motion(self.parts["core"], self.defined.core)
        hybrid = Motion(self.parts["hybrid_core"], self.defined.hybrid)
        return rotation_angle(core.rotation, hybrid.rotation)

    def _turn(self, fixed: tuple[str, ...], moving: tuple[str, ...]) -> Array:
        turns = [
            Motion(
                np.concatenate([self.parts[name] for name in names]),
                np.concatenate([self.start[name] for name in names])[:, :, 0],
            ).rotation
            for names in (fixed, moving)
        ]
        return rotation_angle(*turns)

    def _bend(self) -> Array:
        knee = self._middle("genu")
        up, down = self._middle("propeller") - knee, self._middle("calf_2") - knee
        across = np.linalg.norm(np.cross(up, down, axis=0), axis=0)
        return np.asarray(np.degrees(np.arctan2(across, np.sum(up * down, axis=0))))

    def _height(self, midas: str) -> Array:
        axis = self._middle("calf_1") - self._middle("calf_2")
        axis /= np.linalg.norm(axis, axis=0)
        ends = (self._middle("alpha_end") + self._middle("beta_end")) / 2
        return np.asarray(np.sum((self._middle(midas) - ends) * axis, axis=0))

    def _all(self) -> Array:
        return np.concatenate(
            [self.parts[name] for name in ("all_alpha", "all_beta") if name in self.parts]
        )

    def _gyration(self) -> Array:
        every = self._all()
        away = lengths(every - every.mean(axis=0))
        return np.asarray(np.sqrt(np.mean(away**2, axis=0)))

    def _extent(self) -> Array:
        return np.array([longest(frame) for frame in np.moveaxis(self._all(), 2, 0)])


def rotation_angle(first: Array, second: Array) -> Array:
    """Return the angle between two rotations in degrees, of shape (F, 3, 3) each.

    From ‖R − 1‖ = 2√2 sin(θ/2), which keeps its precision for small angles, where the trace
    loses it, and tr R = 1 + 2 cos θ for large ones.
    """
    between = first @ np.swapaxes(second, 1, 2)
    norm = np.linalg.norm(between - np.eye(3), axis=(1, 2))
    sine = norm / np.sqrt(8.0)  # of half the angle
    cosine = np.sqrt(np.clip(1.0 + np.trace(between, axis1=1, axis2=2), 0.0, None)) / 2.0
    return np.asarray(np.degrees(2.0 * np.arctan2(sine, cosine)))


def longest(points: Array) -> float:
    """Return the largest distance between two points, which are corners of the convex hull."""
    try:
        points = points[ConvexHull(points).vertices]
    except QhullError:  # all in a plane, or too few
        pass
    return float(pdist(points).max(initial=0.0))


__all__ = ["COLUMNS", "Definition", "Measure", "carried", "definition", "longest", "rotation_angle"]
