"""Ions, and the oxygens of waters and other molecules, around the I domain."""

from __future__ import annotations

import numpy as np
from MDAnalysis import Universe

from lfa1_analysis.coordination import Kind
from lfa1_analysis.domain import Domain
from lfa1_analysis.species import find_ions, find_waters, is_oxygen

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
