"""Which residue pairs hold two proteins together, and when each lets go for good."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from MDAnalysis import Universe
from MDAnalysis.lib.distances import distance_array

from lfa1_analysis.interface.ligand import find_ligand
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.metal_site.coordination import CUTOFFS
from lfa1_analysis.metal_site.rules import LOST_MARGIN
from lfa1_analysis.proteins.alphal import MIDAS_DONORS
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.species import find_ions, one_letter
from lfa1_analysis.trajectory.geometry import Array

CONTACT, PARTED = 4.5, 6.0
"""Å; heavy atoms of two residues this near are in contact, and beyond the second no longer."""
POLAR, POLAR_PARTED = 3.5, 4.5
"""Å; likewise an oxygen or nitrogen of each: a hydrogen bond or salt bridge, hydrogens not seen."""
METAL_SITE = 4.0
"""Å; an ion this near to the middle of the MIDAS oxygens is in the site."""
_BEGINNING = 0.05
"""Share of the frames that say what held at the start: in at least half of them."""
COLUMNS = ("kind", "residue", "ligand_residue", "start_angstrom", "rupture_time_ns", "frame")


Residues = list[tuple[str, list[int]]]
"""Residue in one letter and number, and those of its atoms that count."""
Kind = tuple[str, Residues, Residues, float, float]
"""Its name, the residues of both sides, and the distances (Å) within which and beyond which."""


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
    beginning = max(1, round(_BEGINNING * len(universe.trajectory)))
    rows: list[tuple[object, ...]] = []
    seen: set[tuple[str, str]] = set()
    for kind, own, ligand, holds, parted in _kinds(universe, domain):
        first = _distances(universe, universe.trajectory[:beginning], own, ligand)
        near = (first <= holds).mean(axis=0) >= 0.5
        # Most residues of both proteins hold nothing at the start.
        own = [own[i] for i in np.flatnonzero(near.any(axis=1))]
        ligand = [ligand[j] for j in np.flatnonzero(near.any(axis=0))]
        apart = _distances(universe, universe.trajectory, own, ligand)
        first = apart[:beginning]
        for i, j in zip(*np.nonzero((first <= holds).mean(axis=0) >= 0.5), strict=True):
            pair = own[i][0], ligand[j][0]
            if pair in seen:
                continue
            seen.add(pair)
            frame = int(np.flatnonzero(apart[:, i, j] <= parted)[-1]) + 1
            start = round(float(np.median(first[:, i, j])), 3)
            when = (float(times_ns[frame]), frame) if frame < len(apart) else (np.nan, np.nan)
            rows.append((kind, *pair, start, *when))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values("rupture_time_ns", kind="stable", ignore_index=True)


def _kinds(universe: Universe, domain: Domain) -> Iterator[Kind]:
    """List what may hold: the metal, polar atoms, all heavy atoms; the closest kind first."""
    found = find_ligand(universe, domain)
    if found is None:
        raise InputError(
            f"{universe.filename}: ICAM-1 is not there",
            "give the trajectory.pdb of a `bound` system",
        )
    names = [str(name).lstrip("0123456789")[:1] for name in universe.atoms.names]

    def side(molecule: Domain, elements: str = "") -> Residues:
        """Return the residues with atoms of some elements, or with any heavy atom."""
        residues = []
        for number, atoms in sorted(molecule.atoms.items()):
            label = f"{one_letter(molecule.names[number])}{number}"
            heavy = [i for i in atoms.values() if names[i] != "H"]
            counted = [i for i in heavy if not elements or names[i] in elements]
            residues += [(label, counted)] if counted else []
        return residues

    metal = _metal(universe, domain)
    if metal is not None:
        index, element = metal
        cutoff = CUTOFFS[element]
        yield "metal", [(element, [index])], side(found, "O"), cutoff, cutoff + LOST_MARGIN
    yield "polar", side(domain, "NO"), side(found, "NO"), POLAR, POLAR_PARTED
    yield "contact", side(domain), side(found), CONTACT, PARTED


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


def _distances(universe: Universe, frames: Any, own: Residues, ligand: Residues) -> Array:
    """Return the smallest distance of every residue pair (Å), shape (frames, own, ligand)."""
    if not own or not ligand:
        return np.empty((len(frames), len(own), len(ligand)))
    atoms = [[i for _, its in residues for i in its] for residues in (own, ligand)]
    starts = [np.cumsum([0, *(len(its) for _, its in residues[:-1])]) for residues in (own, ligand)]
    found = []
    for _ in frames:
        xyz = universe.atoms.positions
        apart = np.minimum.reduceat(distance_array(xyz[atoms[0]], xyz[atoms[1]]), starts[0], 0)
        found.append(np.minimum.reduceat(apart, starts[1], 1))
    return np.array(found)
