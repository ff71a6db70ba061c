"""What an atom is, by the names that AMBER, CHARMM, GROMACS and the PDB give it.

Ions are told from protein atoms by their residue: ``CA`` in a residue called ``CA`` or ``CAL`` is
calcium, ``CA`` in an alanine is its α carbon.
"""

from __future__ import annotations

import re

import gemmi
import numpy as np
from MDAnalysis.lib.util import inverse_aa_codes
from numpy.typing import NDArray

from lfa1_analysis.proteins.ion_names import ion_element

WATERS = frozenset(
    {
        *("HOH", "WAT", "SOL", "H2O", "DOD", "SPC", "SPCE", "SPE", "OPC", "OPC3"),
        *("TIP", "TIP2", "TIP3", "TIP3P", "TIP4", "TIP4P", "TIP5", "TIP5P"),
        *("TP3", "TP4", "TP5", "T3P", "T4P", "T5P"),
    }
)
"""Residue names of water."""

CAPS = frozenset(["ACE", "NME", "NMA", "NHE", "NH2", "FOR", "CT1", "CT2", "CT3"])
"""Residue names of chain caps: part of the chain's ends, not of its sequence."""

_AMINO_ACIDS: dict[str, str] = {
    **inverse_aa_codes,
    **dict.fromkeys(["HIP", "HSP", "HISD", "HISE", "HISH", "HISP", "HIS+"], "H"),
    **dict.fromkeys(["ASPP", "ASP-", "ASPM", "AS4"], "D"),
    **dict.fromkeys(["GLUP", "GLU-", "GLUM", "GL4"], "E"),
    **dict.fromkeys(["CYX", "CYM", "CYSM", "CYSX", "CYSS"], "C"),
    **dict.fromkeys(["LYP", "LYS+", "LSN"], "K"),
    "SERD": "S",
}

SIDE_CHAIN_ATOMS: dict[str, int] = {
    **{"G": 1, "A": 2, "S": 3, "C": 3, "T": 4, "V": 4, "P": 4, "D": 5, "N": 5, "I": 5, "L": 5},
    **{"M": 5, "E": 6, "Q": 6, "K": 6, "H": 7, "F": 8, "R": 8, "Y": 9, "W": 11},
}
"""Heavy atoms of each amino acid's side chain, Cα included, by one-letter code (IUPAC-IUB 1970,
10.1021/bi00820a001); a number, since force fields differ in their names."""


def one_letter(residue_name: str) -> str:
    """Return the one-letter code of an amino acid under any usual name, or ``""``.

    Protonation and disulfide variants (HID, HSE, CYX, ASH …), AMBER's terminal variants (NALA,
    CTYR) and modified residues with a standard parent (MSE) are read as that parent.
    """
    name = residue_name.strip().upper()
    if name in _AMINO_ACIDS:
        return _AMINO_ACIDS[name]
    if len(name) == 4 and name[0] in "NC" and name[1:] in _AMINO_ACIDS:
        return _AMINO_ACIDS[name[1:]]
    known = gemmi.find_tabulated_residue(name)
    return known.one_letter_code.strip().upper() if known.is_amino_acid() else ""


def is_hydrogen(name: str) -> bool:
    """Tell a protein hydrogen by its atom name (``HB2``, ``1HB``, ``D``)."""
    return name.lstrip("0123456789'\"")[:1].upper() in {"H", "D"}


def is_side_chain(name: str) -> bool:
    """Tell a heavy atom of a side chain, Cα included, from hydrogens and the backbone."""
    return not is_hydrogen(name) and not re.fullmatch(r"N|C|O|OXT|O[CT]?[12]", name)


def is_oxygen(name: str) -> bool:
    """Tell an oxygen of a protein, ligand or water by its atom name."""
    return name.lstrip("0123456789")[:1].upper() == "O"


def find_waters(names: NDArray[np.object_], residue_names: NDArray[np.object_]) -> NDArray[np.intp]:
    """Return the indices of the water oxygens (never of virtual sites).

    Parameters
    ----------
    names, residue_names : ndarray of str, shape (n_atoms,)
        Atom names and the residue name of each atom.
    """
    unique, inverse = np.unique(residue_names.astype(str), return_inverse=True)
    wet = np.array([name.strip().upper() in WATERS for name in unique])[inverse]
    found = np.flatnonzero(wet)
    return found[[is_oxygen(str(name)) for name in names[found]]]


def find_ions(
    names: NDArray[np.object_],
    residue_names: NDArray[np.object_],
    residue_sizes: NDArray[np.int_],
) -> dict[int, str]:
    """Return the monoatomic ions: atom index → element.

    Parameters
    ----------
    names, residue_names : ndarray of str, shape (n_atoms,)
        Atom names and the residue name of each atom.
    residue_sizes : ndarray of int, shape (n_atoms,)
        Number of atoms in each atom's residue. A lone atom with an ion's name is an ion under
        any residue name (``ION``); an atom among others must have an ion's residue name too.
    """
    unique, inverse = np.unique(residue_names.astype(str), return_inverse=True)
    is_known = np.array([_is_known(name) for name in unique.tolist()], dtype=bool)[inverse]
    named = np.array([bool(ion_element(name)) for name in unique.tolist()], dtype=bool)[inverse]
    ions: dict[int, str] = {}
    for index in np.flatnonzero(named | ((residue_sizes == 1) & ~is_known)):
        element = ion_element(str(names[index]))
        if element:
            ions[int(index)] = element
        elif residue_sizes[index] == 1 and named[index]:
            ions[int(index)] = ion_element(str(residue_names[index]))
    return ions


def find_unknown(
    names: NDArray[np.object_],
    residue_names: NDArray[np.object_],
    residue_sizes: NDArray[np.int_],
) -> list[int]:
    """Return the lone atoms that are no ion, water or residue known here.

    What lies in a metal site under such a name may be its metal.

    Parameters
    ----------
    names, residue_names, residue_sizes
        As in :func:`find_ions`.
    """
    ions = find_ions(names, residue_names, residue_sizes)
    return [
        i
        for i in np.flatnonzero(residue_sizes == 1).tolist()
        if i not in ions and not _is_known(str(residue_names[i]))
    ]


def _is_known(residue_name: str) -> bool:
    """Tell amino acids, waters and caps by the residue's name."""
    return bool(one_letter(residue_name)) or residue_name.strip().upper() in WATERS | CAPS
