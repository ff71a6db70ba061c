"""Ions, and the oxygens of waters and other molecules, around the I domain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from MDAnalysis import Universe

from lfa1_analysis.metal_site.coordination import Kind
from lfa1_analysis.proteins.alphal import MIDAS
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.presence import note
from lfa1_analysis.proteins.species import (
    SIDE_CHAIN_ATOMS,
    find_ions,
    find_unknown,
    find_waters,
    is_oxygen,
    is_side_chain,
    one_letter,
)
from lfa1_analysis.trajectory.geometry import nearest_images
from lfa1_analysis.trajectory.universe import usable_box

HOLDERS = frozenset("DENQST")
"""Amino acids whose side chain may hold a metal by an oxygen."""
IN_SITE = 4.0
"""Å; a lone atom this near to the middle of a site's oxygens lies in it."""
AROUND = 15.0
"""Å around the MIDAS; residues farther away are not going to hold its metal."""

Labels = dict[int, tuple[str, str, Kind]]
"""Atom index → atom name, residue label and kind."""


def surroundings(universe: Universe, domain: Domain) -> tuple[dict[int, str], Labels]:
    """Return what may be in, or hold, the metal site besides the I domain.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        The whole system.
    domain : Domain
        The I domain in it, whose atoms are left out.

    Returns
    -------
    ions : dict of int to str
        Atom index → element of every monoatomic ion.
    oxygens : dict of int to (atom name, residue label, kind)
        Oxygens of waters (``HOH404``, ``water``) and of every other molecule, such as ICAM-1 or
        the rest of αL (``A:GLU34``, ``ligand``). Of alternate locations the first counts.
    """
    atoms = universe.atoms
    names, residues = np.asarray(atoms.names), np.asarray(atoms.resnames)
    resids, chains = atoms.resids, np.asarray(getattr(atoms, "chainIDs", atoms.segids)).astype(str)
    sizes = np.bincount(atoms.resindices)[atoms.resindices]
    ions = find_ions(names, residues, sizes)
    waters = find_waters(names, residues)
    oxygens: Labels = {
        int(i): (str(names[i]), f"{residues[i]}{resids[i]}", "water") for i in waters
    }
    taken = {i for own in domain.atoms.values() for i in own.values()}
    for i in np.flatnonzero(np.char.find(names.astype(str), "O") >= 0).tolist():
        if i not in taken and i not in oxygens and i not in ions and is_oxygen(str(names[i])):
            label = f"{chains[i].strip()}:{residues[i]}{resids[i]}".lstrip(":")
            oxygens[i] = (str(names[i]), label, "ligand")
    if hasattr(atoms, "altLocs"):
        second = set(np.flatnonzero(~np.isin(atoms.altLocs, ("", " ", "A", "1"))).tolist())
        ions = {i: element for i, element in ions.items() if i not in second}
        oxygens = {i: label for i, label in oxygens.items() if i not in second}
    return ions, oxygens


def stubs(universe: Universe, domain: Domain) -> dict[int, str]:
    """Return the residues near the metal site whose side chain lacks the oxygen it should have.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        The whole system, in the frame that tells what is near.
    domain : Domain
        The I domain; the residues of its MIDAS are left out.

    Returns
    -------
    dict of int to str
        Index of the Cα atom → residue label (``GLU241``, ``B:GLU34``).
    """
    residues = universe.residues
    unique, inverse = np.unique(residues.resnames.astype(str), return_inverse=True)
    holds = np.array([one_letter(name) in HOLDERS for name in unique.tolist()], dtype=bool)
    site = universe.atoms[domain.indices(domain.has(MIDAS))]
    if not len(site):
        return {}
    middle, mine = (
        site.positions.mean(axis=0),
        {i for a in domain.atoms.values() for i in a.values()},
    )
    box = usable_box(universe.trajectory.ts.dimensions)
    found = {}
    for residue in residues[holds[inverse]] - site.residues:
        atoms = {str(atom.name): atom for atom in residue.atoms}
        side = [name for name in atoms if is_side_chain(name)]
        if "CA" not in atoms or len(side) >= SIDE_CHAIN_ATOMS[one_letter(residue.resname)]:
            continue
        alpha = atoms["CA"]
        gap = nearest_images((alpha.position - middle).astype(np.float64)[None], box)
        if np.linalg.norm(gap) <= AROUND:
            chain = "" if alpha.ix in mine else str(getattr(alpha, "chainID", alpha.segid)).strip()
            found[int(alpha.ix)] = f"{chain}:{residue.resname}{residue.resid}".lstrip(":")
    return found


def note_what_is_not_there(ions: dict[int, str], others: Labels) -> tuple[bool, bool]:
    """Tell whether the file holds ions and waters, with a note on what it does not hold.

    Parameters
    ----------
    ions, others
        As :func:`surroundings` returns them.
    """
    dry = not any(kind == "water" for _, _, kind in others.values())
    if not ions:
        note("the file holds no ions: what is in a metal site cannot be told")
    if dry:
        note("the file holds no waters: the number of oxygens around a metal cannot be told")
    return bool(ions), not dry


def note_unknown(universe: Universe, places: Sequence[tuple[str, Sequence[int]]]) -> None:
    """Note every lone atom of an unknown kind that lies in a metal site in the first frame.

    Parameters
    ----------
    universe : MDAnalysis.Universe
    places : sequence of (str, sequence of int)
        A site's name, and the indices of the oxygens around it.
    """
    atoms = universe.atoms
    sizes = np.bincount(atoms.resindices)[atoms.resindices]
    lone = find_unknown(np.asarray(atoms.names), np.asarray(atoms.resnames), sizes)
    box = usable_box(universe.trajectory.ts.dimensions)
    for name, oxygens in places:
        middle = atoms.positions[list(oxygens)].astype(np.float64).mean(axis=0)
        gaps = nearest_images(atoms.positions[lone].astype(np.float64) - middle, box)
        for i, away in zip(lone, np.linalg.norm(gaps, axis=1), strict=True):
            if away <= IN_SITE:
                atom = atoms[i]
                note(
                    f"{atom.resname} {atom.resid} ({atom.name}, atom {i + 1}) lies in {name}, and "
                    "what it is its name does not tell: it is not taken for a metal; rename it "
                    "(MG, CA, MN, NA …) to have it measured"
                )
