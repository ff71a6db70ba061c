"""Names of ions, waters and residues in the dialects of the common programs."""

import numpy as np
import pytest

from lfa1_analysis.proteins.ion_names import ion_element
from lfa1_analysis.proteins.species import (
    find_ions,
    find_unknown,
    find_waters,
    is_hydrogen,
    is_oxygen,
    one_letter,
)


@pytest.mark.parametrize(
    ("name", "element"),
    [
        *((name, "Mg") for name in ("MG", "MG2", "Mg2+", "MG+2", "MG2P", "MGN")),
        *((name, "Ca") for name in ("CA", "CAL", "CA2+", "CA2", "CA2P", "C0")),
        *((name, "Na") for name in ("NA", "SOD", "Na+", "NA+", "CIP", "CIO", "NA+1")),
        *((name, "Zn") for name in ("ZN", "ZN2", "Zn2+", "ZN2P")),
        *((name, "Cd") for name in ("CD", "CAD", "CD2+")),
        *((name, "Cl") for name in ("CL", "CLA", "Cl-", "CIM")),
        *((name, "K") for name in ("K", "POT", "K+")),
        *((name, "Mn") for name in ("MN", "MN2", "Mn2+", "MN2P", "MN3")),
        *((name, "") for name in ("ALA", "HOH", "C", "OG", "N", "CB", "CAP", "NAG", "O2P", "XX")),
    ],
)
def test_ion_names(name, element):
    assert ion_element(name) == element


def test_calcium_is_told_from_alpha_carbons():
    names = np.array(["N", "CA", "C", "CA", "CA", "CAL", "CA"], dtype=object)
    residues = np.array(["ALA", "ALA", "ALA", "CA", "GLY", "CAL", "ION"], dtype=object)
    sizes = np.array([3, 3, 3, 1, 1, 1, 1])
    assert find_ions(names, residues, sizes) == {3: "Ca", 5: "Ca", 6: "Ca"}


def test_lone_atoms_that_are_nothing_known():
    names = np.array(["CA", "OW", "XX", "MN2P", "C1", "C2", "CH3"], dtype=object)
    residues = np.array(["ALA", "SOL", "UNX", "MN2P", "LIG", "LIG", "ACE"], dtype=object)
    assert find_unknown(names, residues, np.array([1, 1, 1, 1, 2, 2, 1])) == [2]


def test_ions_that_share_a_residue_number():
    names = np.array(["NA", "NA", "MG"], dtype=object)
    residues = np.array(["NA", "NA", "MG"], dtype=object)
    assert find_ions(names, residues, np.array([2, 2, 1])) == {0: "Na", 1: "Na", 2: "Mg"}


@pytest.mark.parametrize(
    ("residue", "atoms"),
    [
        ("HOH", ["O", "H1", "H2"]),
        ("SOL", ["OW", "HW1", "HW2", "MW"]),
        ("TIP3", ["OH2", "H1", "H2"]),
        ("WAT", ["O", "H1", "H2", "EPW"]),
        ("OPC", ["O", "H1", "H2", "EP"]),
    ],
)
def test_water_oxygens_only(residue, atoms):
    names = np.array(["OG", *atoms], dtype=object)
    residues = np.array(["SER", *[residue] * len(atoms)], dtype=object)
    assert find_waters(names, residues).tolist() == [1]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *((name, "H") for name in ("HIS", "HID", "HIE", "HIP", "HSD", "HSE", "HSP")),
        *((name, "C") for name in ("CYS", "CYX", "CYM")),
        *((name, "D") for name in ("ASP", "ASH", "ASPP")),
        *((name, "E") for name in ("GLU", "GLH")),
        ("LYN", "K"),
        ("MSE", "M"),
        ("NGLY", "G"),
        ("CTYR", "Y"),
        *((name, "") for name in ("ACE", "NME", "HOH", "MG", "NAG", "CA", "NA")),
    ],
)
def test_residue_names(name, code):
    assert one_letter(name) == code


def test_elements_of_atom_names():
    assert all(map(is_hydrogen, ("H", "HA", "1HB", "HE21", "D")))
    assert not any(map(is_hydrogen, ("CH2", "NH1", "OH", "CA")))
    assert is_oxygen("OD1") and is_oxygen("OW") and not is_oxygen("CO")
