"""Residues of a chain: which are amino acids, their mature numbers, one conformation of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import gemmi

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.species import CAPS, WATERS


@dataclass(frozen=True)
class Decision:
    """A decision about a part of the input, with its reason."""

    what: str
    why: str


def number_of(residue: gemmi.Residue) -> int:
    """Return the sequence number of a residue."""
    return int(residue.seqid.num or 0)


def one_letter(residues: list[gemmi.Residue]) -> str:
    """Return the sequence, modified residues as their parents, unknown ones as X."""
    return "".join(
        gemmi.find_tabulated_residue(r.name).one_letter_code.upper().strip() or "X"
        for r in residues
    )


def is_amino_acid(residue: gemmi.Residue) -> bool:
    """Whether a residue is an amino acid by its name or by its backbone."""
    backbone = {"N", "CA", "C"} <= {a.name for a in residue}
    return backbone or gemmi.find_tabulated_residue(residue.name).is_amino_acid()


def is_water(residue: gemmi.Residue) -> bool:
    """Whether a residue is water, one molecule or more.

    Some names of water models are also the wwPDB's codes of ligands, which have carbon.
    """
    return residue.name in WATERS and all(atom.element.name != "C" for atom in residue)


def amino_acids(chain: gemmi.Chain, name: str) -> list[gemmi.Residue]:
    """Return a chain's amino acids without caps; `name` of the file is for messages.

    Raises
    ------
    InputError
        One of them is unknown.
    """
    kept: list[gemmi.Residue] = []
    for residue in chain:
        if residue.name in CAPS or not is_amino_acid(residue):
            continue
        if kept and kept[-1].seqid == residue.seqid:
            continue  # another residue type modelled at the same place: the first is taken
        info = gemmi.find_tabulated_residue(residue.name)
        if not info.found() or info.one_letter_code.upper().strip() in ("", "X"):
            raise InputError(
                f"{name}: chain {chain.name} residue {residue.seqid}: unknown residue "
                f"{residue.name}",
                "rename it to a standard amino acid or remove it from the file",
            )
        kept.append(residue)
    return kept


def element_of(name: str) -> gemmi.Element:
    """Return the element of an amino acid's atom by its name, which is surer than its column.

    Programs leave the element out, or shift names by a column, which makes Cα calcium.
    """
    letters = name.lstrip("0123456789").upper()
    return gemmi.Element("SE" if letters.startswith("SE") else letters[:1])


def clean(
    residue: gemmi.Residue, number: int, chain: str, name: str, decisions: list[Decision]
) -> gemmi.Residue:
    """Return a copy with one conformation, heavy atoms, its parent's name and mature number.

    Raises
    ------
    InputError
        The backbone is incomplete or an atom occurs twice.
    """
    label = f"{residue.name} {number}"
    copy = residue.clone()
    copy.seqid = gemmi.SeqId(number, " ")
    altlocs: defaultdict[str, float] = defaultdict(float)
    for atom in copy:
        if atom.altloc != "\0":
            altlocs[atom.altloc] += atom.occ
    keep = min(altlocs, key=lambda a: (-round(altlocs[a], 4), a)) if altlocs else None
    if len(altlocs) > 1:
        decisions.append(
            Decision(
                f"{label}: conformation {keep} of {', '.join(sorted(altlocs))} used",
                "highest occupancy, the first among equals",
            )
        )
    names: set[str] = set()
    for i in reversed(range(len(copy))):
        atom = copy[i]
        atom.element = element_of(atom.name)
        if atom.is_hydrogen() or atom.altloc not in ("\0", keep):
            del copy[i]
    for atom in copy:
        if atom.name in names:
            raise InputError(
                f"{name}: chain {chain} residue {label}: atom {atom.name} occurs twice",
                "remove one of them",
            )
        names.add(atom.name)
        atom.altloc = "\0"
        atom.occ = 1.0
    missing = [atom for atom in ("N", "CA", "C") if atom not in names]
    if missing:
        raise InputError(
            f"{name}: chain {chain} residue {label} lacks its backbone ({', '.join(missing)})",
            "complete it or remove the whole residue (then see `gaps:`)",
        )
    info = gemmi.find_tabulated_residue(residue.name)
    parent = gemmi.expand_one_letter(info.one_letter_code.upper(), gemmi.ResidueKind.AA)
    if parent != residue.name:
        decisions.append(
            Decision(f"{label} turned into {parent}", "the force field knows its parent only")
        )
        template = {"MSE": {"SE": "SD"}}.get(residue.name, {})
        for atom in copy:
            if atom.name in template:
                atom.name = template[atom.name]
                atom.element = gemmi.Element("S")
        copy.name = parent
    copy.het_flag = "A"
    copy.flag = "\0"
    return copy
