"""From a coordinate file to one αL I domain: which chain, which atoms, which numbering.

Every choice is recorded as a :class:`Decision` with its reason, for ``site.json`` and the report.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import gemmi
import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.alphal import (
    ALPHA7,
    FIRST,
    LAST,
    MIDAS,
    SHEET_CORE,
    SIGNAL_PEPTIDE,
    WILD_TYPE,
)
from lfa1_analysis.errors import InputError
from lfa1_md.files import provenance
from lfa1_md.protein import plausible, reading, surroundings
from lfa1_md.protein.residues import (
    Decision,
    amino_acids,
    clean,
    is_amino_acid,
    mature_numbers,
    number_of,
    one_letter,
)
from lfa1_md.protein.surroundings import Metal


@dataclass
class Domain:
    """One αL I domain in mature numbering, heavy atoms of one conformation.

    Attributes
    ----------
    name, sha256 : str
        Where it came from.
    chain : gemmi.Chain
        Residues 128–307 as far as they are there; the sequence number is the mature number.
    mutations : tuple of str
        Differences from P20701, such as ``R189W``.
    gaps : tuple of (int, int)
        First and last residue of every stretch missing inside the chain.
    metals : tuple of Metal
        Those at the MIDAS.
    waters : ndarray, shape (n, 3)
        Oxygens of crystal waters near the MIDAS, Å.
    n_waters : int
        How many crystal waters the file has in all.
    ligands : dict of str to ndarray
        Oxygens and nitrogens of other molecules within reach of the metal, by label.
    """

    name: str
    sha256: str
    chain: gemmi.Chain
    mutations: tuple[str, ...]
    gaps: tuple[tuple[int, int], ...]
    metals: tuple[Metal, ...] = ()
    waters: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    n_waters: int = 0
    ligands: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)

    @property
    def numbers(self) -> list[int]:
        """Mature residue numbers, in order."""
        return [number_of(residue) for residue in self.chain]


def load(path: str | Path, chain: str | None = None) -> Domain:
    """Read the αL I domain of a file.

    Parameters
    ----------
    path : path
        PDB or mmCIF file.
    chain : str, optional
        Chain name; by default the chain whose sequence fits best.

    Returns
    -------
    Domain
        The domain with the decisions taken; gaps are listed, not judged.

    Raises
    ------
    InputError
        The file cannot be used; the message names file, chain, residue and remedy.
    """
    structure = reading.read(path)
    return select(structure, chain, str(path), provenance.sha256(path))


def select(structure: gemmi.Structure, chain: str | None, name: str, digest: str) -> Domain:
    """As :func:`load`, from a structure that was read already."""
    decisions = []
    if len(structure) > 1:
        decisions.append(
            Decision(f"model 1 of {len(structure)} used", "one start structure; the first model")
        )
    model = structure[0]
    found = _choose(model, chain, name, decisions)
    residues = amino_acids(model[found], name)
    numbers = mature_numbers(one_letter(residues), [number_of(r) for r in residues])
    if numbers is None:
        raise InputError(
            f"{name}: chain {found} is not an αL I domain (its sequence does not match P20701 "
            f"residues {FIRST}–{LAST})",
            "name the chain of the I domain with `chain:`, or give an LFA-1 structure",
        )
    protein = gemmi.Chain("A")
    for residue, number in zip(residues, numbers, strict=True):
        if number is not None and FIRST <= number <= LAST:
            protein.add_residue(clean(residue, number, found, name, decisions))
    _note_numbering(residues, numbers, found, decisions)
    _check_insertions(residues, numbers, found, name)
    _check_complete(protein, name)
    plausible.check(protein, name)
    domain = Domain(name, digest, protein, _mutations(protein), _gaps(protein))
    domain.decisions = decisions
    around = surroundings.sort_out(model, found, protein, name)
    domain.metals, domain.waters, domain.n_waters = around.metals, around.waters, around.n_waters
    domain.ligands = around.ligands
    domain.decisions += around.decisions
    return domain


def _choose(model: gemmi.Model, chain: str | None, name: str, decisions: list[Decision]) -> str:
    names = [c.name for c in model]
    if chain is not None:
        if chain not in names:
            raise InputError(
                f"{name}: no chain {chain}; it has {', '.join(dict.fromkeys(names))}",
                "correct `chain:`, or leave it out to have it found by sequence",
            )
        return chain
    fits: dict[str, int] = {}
    for candidate in model:
        # Other molecules of a complex may hold residues that nobody knows: not our concern here.
        residues = [r for r in candidate if is_amino_acid(r)]
        numbers = mature_numbers(one_letter(residues), [number_of(r) for r in residues])
        if numbers is not None:
            fits[candidate.name] = sum(n is not None and n <= LAST for n in numbers)
    if not fits:
        raise InputError(
            f"{name}: no chain is an αL I domain (chains {', '.join(dict.fromkeys(names))}; "
            f"compared with P20701 residues {FIRST}–{LAST})",
            "give a structure of the LFA-1 αL I domain",
        )
    best = max(fits, key=lambda c: fits[c])
    if len(fits) > 1:
        others = ", ".join(c for c in fits if c != best)
        decisions.append(
            Decision(f"chain {best} used, not {others}", "the most complete copy of the I domain")
        )
    return best


def _note_numbering(
    residues: list[gemmi.Residue],
    numbers: list[int | None],
    chain: str,
    decisions: list[Decision],
) -> None:
    shifts = Counter(
        number_of(r) - n for r, n in zip(residues, numbers, strict=True) if n is not None
    )
    shift = shifts.most_common(1)[0][0]
    if shift:
        scheme = "UniProt" if shift == SIGNAL_PEPTIDE and len(shifts) == 1 else "its own"
        decisions.append(
            Decision(
                f"chain {chain} renumbered from {scheme} to mature numbering",
                "sequence compared with P20701",
            )
        )
    outside = [
        str(r.seqid)
        for r, n in zip(residues, numbers, strict=True)
        if n is None or not FIRST <= n <= LAST
    ]
    if outside:
        span = outside[0] if len(outside) == 1 else f"{outside[0]}…{outside[-1]}"
        decisions.append(
            Decision(
                f"{len(outside)} residues ({span}) left out",
                f"all models span residues {FIRST}–{LAST}",
            )
        )


def _check_insertions(
    residues: list[gemmi.Residue], numbers: list[int | None], chain: str, name: str
) -> None:
    inside = [i for i, n in enumerate(numbers) if n is not None]
    for i in range(inside[0], inside[-1]):
        if numbers[i] is None:
            raise InputError(
                f"{name}: chain {chain} residue {residues[i].name} {residues[i].seqid} has no "
                "counterpart in P20701",
                "remove the inserted residues",
            )


def _check_complete(chain: gemmi.Chain, name: str) -> None:
    there = {number_of(residue) for residue in chain}
    missing = [n for n in MIDAS if n not in there]
    if missing:
        raise InputError(
            f"{name}: the MIDAS residues {', '.join(map(str, missing))} are missing",
            "give a structure with residues 137, 139, 141, 206 and 239 (mature numbering)",
        )
    first, last = min(there), max(there)
    if first > SHEET_CORE[0] or last < ALPHA7[-1]:
        raise InputError(
            f"{name}: the chain goes from residue {first} to {last}; the opening is measured from "
            f"the β-sheet (from {SHEET_CORE[0]}) to α7 (to {ALPHA7[-1]}), so its ends are missing",
            "check that the file is complete, or give a structure that has these residues",
        )


def _mutations(chain: gemmi.Chain) -> tuple[str, ...]:
    codes = [(number_of(r), gemmi.find_tabulated_residue(r.name).one_letter_code) for r in chain]
    return tuple(f"{WILD_TYPE[n]}{n}{code}" for n, code in codes if WILD_TYPE[n] != code)


def _gaps(chain: gemmi.Chain) -> tuple[tuple[int, int], ...]:
    gaps = []
    for before, after in pairwise(chain):
        first, last = number_of(before) + 1, number_of(after) - 1
        if first <= last:
            gaps.append((first, last))
    return tuple(gaps)
