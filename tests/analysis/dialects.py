"""The example as the files of other programs name it: CHARMM and NAMD, AMBER, GROMACS, OpenMM.

MDAnalysis writes neither PSF nor PRMTOP; what its parsers need of them is written here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from MDAnalysis import Universe, Writer

Name = tuple[str, str]
"""Residue and atom."""


def charmm(residue: str, atom: str) -> Name:
    """Names of CHARMM36 and NAMD."""
    if residue == "ILE" and atom == "CD1":
        return residue, "CD"
    waters_and_ions = {
        ("HOH", "O"): ("TIP3", "OH2"),
        ("NA", "NA"): ("SOD", "SOD"),
        ("CL", "CL"): ("CLA", "CLA"),
    }
    return waters_and_ions.get((residue, atom), ({"HIS": "HSD"}.get(residue, residue), atom))


def amber(residue: str, atom: str) -> Name:
    """Names of tleap."""
    renamed = {"HOH": "WAT", "HIS": "HIE", "NA": "Na+", "CL": "Cl-"}.get(residue, residue)
    return renamed, {"NA": "Na+", "CL": "Cl-"}.get(atom, atom) if residue == atom else atom


def gromacs(residue: str, atom: str) -> Name:
    """Names of pdb2gmx."""
    if residue == "ILE" and atom == "CD1":
        return residue, "CD"
    if residue == "HOH":
        return "SOL", "OW"
    return {"HIS": "HISE"}.get(residue, residue), atom


def renamed(universe: Universe, dialect: Callable[[str, str], Name], first: int | None) -> None:
    """Rename in place; residues are counted from `first` on if it is given."""
    for residue in universe.residues:
        names = [dialect(str(residue.resname), str(atom.name)) for atom in residue.atoms]
        residue.resname = names[0][0]
        residue.atoms.names = [name for _, name in names]
    last = universe.select_atoms("protein or resname ACE NME").residues[-1]
    # The C-terminus, which the cap hides: the last residue before it ends in two oxygens.
    before = universe.residues[last.ix - 1]
    oxygen = before.atoms[before.atoms.names == "O"]
    oxygen.names = ["OT1" if dialect is charmm else "OC1" if dialect is gromacs else "O"]
    if first is not None:
        universe.residues.resids = np.arange(first, first + len(universe.residues))


def write_psf(universe: Universe, file: Path) -> None:
    """Write the atoms of a PSF file in its extended format, without bonds."""
    lines = ["PSF EXT XPLOR", "", "         1 !NTITLE", " REMARKS example", ""]
    lines.append(f"{universe.atoms.n_atoms:10d} !NATOM")
    for atom in universe.atoms:
        segment = {"A": "PROA", "M": "HETA", "I": "IONS", "W": "WAT"}[atom.segid]
        lines.append(
            f"{atom.ix + 1:10d} {segment:<8s} {atom.resid:<8d} {atom.resname:<8s} "
            f"{atom.name:<8s} {atom.name[:4]:<4s} {0.0:10.6f} {12.011:13.4f} {0:11d}"
        )
    lines += ["", "         0 !NBOND: bonds", "", ""]
    file.write_text("\n".join(lines))


def write_prmtop(universe: Universe, file: Path) -> None:
    """Write the sections of a PRMTOP file that say what its atoms are."""
    residues = universe.residues
    pointers = [0] * 31
    pointers[0], pointers[1], pointers[11] = universe.atoms.n_atoms, 1, len(residues)
    starts = [int(residue.atoms.ix[0]) + 1 for residue in residues]
    text = "%VERSION  VERSION_STAMP = V0001.000  DATE = 01/01/26  00:00:00\n"
    text += _section("TITLE", "20a4", 1, ["example"])
    text += _section("POINTERS", "10I8", 10, [f"{n:8d}" for n in pointers])
    text += _section("ATOM_NAME", "20a4", 20, [f"{name:<4s}" for name in universe.atoms.names])
    text += _section("CHARGE", "5E16.8", 5, [f"{0.0:16.8E}"] * universe.atoms.n_atoms)
    text += _section("MASS", "5E16.8", 5, [f"{12.01:16.8E}"] * universe.atoms.n_atoms)
    text += _section("ATOM_TYPE_INDEX", "10I8", 10, [f"{1:8d}"] * universe.atoms.n_atoms)
    text += _section("RESIDUE_LABEL", "20a4", 20, [f"{name:<4s}" for name in residues.resnames])
    text += _section("RESIDUE_POINTER", "10I8", 10, [f"{n:8d}" for n in starts])
    text += _section("AMBER_ATOM_TYPE", "20a4", 20, ["XX  "] * universe.atoms.n_atoms)
    for kind in ("BONDS", "ANGLES", "DIHEDRALS"):
        for part in ("INC_HYDROGEN", "WITHOUT_HYDROGEN"):
            text += _section(f"{kind}_{part}", "10I8", 10, [""])
    file.write_text(text)


def _section(flag: str, form: str, each: int, values: list[str]) -> str:
    rows = ["".join(values[i : i + each]) for i in range(0, len(values), each)]
    return f"%FLAG {flag:<74s}\n%FORMAT({form})\n" + "\n".join(rows) + "\n"


def write_frames(universe: Universe, file: Path) -> None:
    """Write every frame in the format that the file's ending says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Writer(str(file), universe.atoms.n_atoms, dt=universe.trajectory.dt) as writer:
            for _ in universe.trajectory:
                writer.write(universe.atoms)
