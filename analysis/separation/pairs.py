"""Which residue pairs hold two proteins together, and when each lets go for good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from MDAnalysis import Universe
from MDAnalysis.lib.distances import distance_array

from lfa1_analysis.interface.ligand import find_ligand
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.metal_site.coordination import CUTOFFS
from lfa1_analysis.proteins.alphal import MIDAS_DONORS
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.species import find_ions, one_letter
from lfa1_analysis.trajectory.geometry import Array

CONTACT, PARTED = 4.5, 6.0
"""Å; heavy atoms of two residues this near are in contact, and beyond the second no longer."""
POLAR, POLAR_PARTED = 3.5, 4.5
"""Å; likewise an oxygen or nitrogen of each: a hydrogen bond or salt bridge, hydrogens not seen."""
METAL_MARGIN = 0.4
"""Å beyond the first shell at which a donor is lost (`lfa1_analysis.metal_site.rules`)."""
METAL_SITE = 4.0
"""Å; an ion this near to the middle of the MIDAS oxygens is in the site."""
_BEGINNING = 0.05
"""Share of the frames that say what held at the start: in at least half of them."""
COLUMNS = ("kind", "residue", "ligand_residue", "start_angstrom", "rupture_time_ns", "frame")


@dataclass(frozen=True)
class _Kind:
    name: str
    own: list[tuple[str, list[int]]]
    ligand: list[tuple[str, list[int]]]
    holds: float
    parted: float


def ruptures(universe: Universe, domain: Domain, times_ns: Array) -> pd.DataFrame:
    """Find the pairs that hold at the start, and when each parts without return.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Both proteins and the ions at their nearest images; residues may be counted in any way.
    domain : Domain
        The I domain in it.
    times_ns : ndarray, shape (n_frames,)
        Of the frames.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; ``kind`` is ``metal``, ``polar`` or ``contact`` (a pair has its closest kind
        only); ``rupture_time_ns`` and ``frame`` are missing where the pair holds at the end. In the
        order of rupture.

    Raises
    ------
    InputError
        ICAM-1 is not there.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis import examples, find_domain, open_universe, read_separations, ruptures
    >>> pull = read_separations(examples.separations())["bound-mg"][0]
    >>> universe = open_universe(pull.topology, pull.trajectory)
    >>> times = np.array([frame.time / 1000 for frame in universe.trajectory])
    >>> table = ruptures(universe, find_domain(universe), times)
    >>> table.loc[table["kind"] == "metal", ["ligand_residue", "rupture_time_ns"]]
      ligand_residue  rupture_time_ns
    0            E34            0.042
    """
    length = len(universe.trajectory)
    beginning = universe.trajectory[: max(1, round(_BEGINNING * length))]
    kinds = [_holding(universe, beginning, kind) for kind in _kinds(universe, domain)]
    found: dict[str, list[Array]] = {kind.name: [] for kind in kinds}
    for _ in universe.trajectory:
        xyz = universe.atoms.positions
        for kind in kinds:
            found[kind.name].append(_nearest(xyz, kind))
    rows: list[tuple[object, ...]] = []
    seen: set[tuple[str, str]] = set()
    for kind in kinds:
        apart = np.array(found[kind.name])
        first = apart[: len(beginning)]
        held = (first <= kind.holds).mean(axis=0) >= 0.5
        for i, j in zip(*np.nonzero(held), strict=True):
            pair = kind.own[i][0], kind.ligand[j][0]
            if pair in seen:
                continue
            seen.add(pair)
            near = np.flatnonzero(apart[:, i, j] <= kind.parted)
            frame = int(near[-1]) + 1
            gone = frame < len(apart)
            start = float(np.median(first[:, i, j]))
            when = float(times_ns[frame]) if gone else np.nan
            rows.append((kind.name, *pair, round(start, 3), when, frame if gone else np.nan))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values("rupture_time_ns", kind="stable", ignore_index=True)


def _kinds(universe: Universe, domain: Domain) -> Iterator[_Kind]:
    """List what may hold: the metal, polar atoms, all heavy atoms; the closest kind first."""
    own, ligand = (
        [
            (f"{one_letter(its.names[n])}{n}", _heavy(universe, list(atoms.values())))
            for n, atoms in sorted(its.atoms.items())
        ]
        for its in (domain, _ligand(universe, domain))
    )
    metal = _metal(universe, domain)
    if metal is not None:
        index, element = metal
        oxygens = [(name, _polar(universe, atoms, "O")) for name, atoms in ligand]
        cutoff = CUTOFFS[element]
        yield _Kind("metal", [(element, [index])], _some(oxygens), cutoff, cutoff + METAL_MARGIN)
    polar = [
        [(name, _polar(universe, atoms, "NO")) for name, atoms in side] for side in (own, ligand)
    ]
    yield _Kind("polar", _some(polar[0]), _some(polar[1]), POLAR, POLAR_PARTED)
    yield _Kind("contact", own, ligand, CONTACT, PARTED)


def _holding(universe: Universe, beginning: Any, kind: _Kind) -> _Kind:
    """Leave out the residues that hold nothing at the start: most of both proteins."""
    near = np.array([_nearest(universe.atoms.positions, kind) for _ in beginning])
    held = (near <= kind.holds).mean(axis=0) >= 0.5
    own = [residue for residue, some in zip(kind.own, held.any(axis=1), strict=True) if some]
    ligand = [residue for residue, some in zip(kind.ligand, held.any(axis=0), strict=True) if some]
    return replace(kind, own=own, ligand=ligand)


def _some(residues: list[tuple[str, list[int]]]) -> list[tuple[str, list[int]]]:
    return [residue for residue in residues if residue[1]]


def _heavy(universe: Universe, indices: list[int]) -> list[int]:
    names = universe.atoms.names
    return [i for i in indices if str(names[i]).lstrip("0123456789")[:1] != "H"]


def _polar(universe: Universe, indices: list[int], elements: str) -> list[int]:
    return [i for i in indices if str(universe.atoms.names[i])[:1] in elements]


def _ligand(universe: Universe, domain: Domain) -> Domain:
    ligand = find_ligand(universe, domain)
    if ligand is None:
        raise InputError(
            f"{universe.filename}: ICAM-1 is not there",
            "give the trajectory.pdb of a `bound` system",
        )
    return ligand


def _metal(universe: Universe, domain: Domain) -> tuple[int, str] | None:
    """Return the ion in the site at the start, and its element."""
    atoms = universe.atoms
    sizes = np.bincount(atoms.resindices)[atoms.resindices]
    ions = find_ions(np.asarray(atoms.names), np.asarray(atoms.resnames), sizes)
    site = [
        domain.atoms[n][name]
        for n, names in MIDAS_DONORS.values()
        for name in names
        if name in domain.atoms.get(n, {})
    ]
    universe.trajectory[0]
    middle = atoms.positions[site].mean(axis=0)
    near = {i: float(np.linalg.norm(atoms.positions[i] - middle)) for i in ions}
    best = min(near, key=lambda i: near[i], default=None)
    if best is None or near[best] > METAL_SITE or ions[best] not in CUTOFFS:
        return None
    return best, ions[best]


def _nearest(xyz: Array, kind: _Kind) -> Array:
    """Return the smallest distance of every residue pair (Å)."""
    if not kind.own or not kind.ligand:
        return np.empty((len(kind.own), len(kind.ligand)))
    sides = []
    for residues in (kind.own, kind.ligand):
        starts = np.cumsum([0, *(len(atoms) for _, atoms in residues[:-1])])
        sides.append((xyz[[i for _, atoms in residues for i in atoms]], starts))
    (own, rows), (ligand, columns) = sides
    apart = distance_array(own, ligand)
    return np.asarray(np.minimum.reduceat(np.minimum.reduceat(apart, rows, 0), columns, 1))
