"""From a coordinate file to one αL I domain: which chain, which atoms, which numbering.

Every choice is recorded as a :class:`Decision` with its reason, for ``site.json`` and the report.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import gemmi
import numpy as np
from lfa1_analysis.alphal import FIRST, LAST, MIDAS, MIDAS_DONORS, SIGNAL_PEPTIDE, WILD_TYPE
from lfa1_analysis.errors import InputError
from lfa1_md import reading
from numpy.typing import NDArray

METALS = frozenset({"MG", "MN", "CA", "ZN", "CO", "NI", "CD", "NA", "K", "FE", "CU", "SR", "BA"})
_LEAST_IDENTITY = 0.85
_LEAST_LENGTH = 100
_PEPTIDE_BOND = 2.0
"""Å; C–N further apart than this are not bonded (1.33 Å)."""
_NEAR_SITE = 8.0
"""Å; crystal waters this near to the MIDAS start the hydration of the site."""
_METAL_REACH = 5.0
"""Å; a metal further from the MIDAS donors' centroid is another site's."""


@dataclass(frozen=True)
class Decision:
    """What was done with a part of the input, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Metal:
    """A metal ion of the entry: element, label and position in Å."""

    element: str
    label: str
    xyz: NDArray[np.float64]


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
    ligands: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)

    @property
    def numbers(self) -> list[int]:
        """Mature residue numbers, in order."""
        return [number_of(residue) for residue in self.chain]


def number_of(residue: gemmi.Residue) -> int:
    """Return the sequence number of a residue."""
    return int(residue.seqid.num or 0)


def mature_numbers(sequence: str, numbers: list[int] | None = None) -> list[int | None] | None:
    """Return the mature αL numbers of a one-letter sequence.

    Parameters
    ----------
    sequence : str
        One-letter codes in chain order.
    numbers : list of int, optional
        The file's own numbers. Where they are the mature or UniProt numbers they are taken,
        since an alignment cannot place a gap inside a repeat.

    Returns
    -------
    list of int or None
        The mature number of each residue, None outside 128–309; None altogether when the
        sequence is no αL I domain.
    """
    for offset in (0, SIGNAL_PEPTIDE):
        if numbers is None or len(set(numbers)) < len(numbers):
            break
        shifted = [n - offset for n in numbers]
        inside = [(code, n) for code, n in zip(sequence, shifted, strict=True) if n in WILD_TYPE]
        same = sum(WILD_TYPE[n] == code for code, n in inside)
        if len(inside) >= _LEAST_LENGTH and same >= _LEAST_IDENTITY * len(inside):
            return [n if n in WILD_TYPE else None for n in shifted]
    target = "".join(WILD_TYPE.values())
    aligned = gemmi.align_string_sequences(list(sequence), list(target), [])
    query, reference = aligned.add_gaps(sequence, 1), aligned.add_gaps(target, 2)
    result: list[int | None] = []
    same, number = 0, FIRST
    for code, wild in zip(query, reference, strict=True):
        if code != "-":
            result.append(number if wild != "-" else None)
            same += code == wild
        number += wild != "-"
    matched = sum(n is not None for n in result)
    enough = matched >= _LEAST_LENGTH and same >= _LEAST_IDENTITY * matched
    return result if enough else None


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
    return select(structure, chain, str(path), reading.sha256(path))


def select(structure: gemmi.Structure, chain: str | None, name: str, digest: str) -> Domain:
    """As :func:`load`, from a structure that was read already."""
    decisions = []
    if len(structure) > 1:
        decisions.append(
            Decision(f"model 1 of {len(structure)} used", "one start structure; the first model")
        )
    model = structure[0]
    found = _choose(model, chain, name, decisions)
    residues = _residues(model[found], name)
    numbers = mature_numbers(_codes(residues), [number_of(r) for r in residues])
    if numbers is None:
        raise InputError(
            f"{name}: chain {found} is not an αL I domain (its sequence does not match P20701 "
            f"residues {FIRST}–{LAST})",
            "name the chain of the I domain with `chain:`, or give an LFA-1 structure",
        )
    protein = gemmi.Chain("A")
    for residue, number in zip(residues, numbers, strict=True):
        if number is not None and FIRST <= number <= LAST:
            protein.add_residue(_clean(residue, number, found, name, decisions))
    _note_numbering(residues, numbers, found, decisions)
    _check_insertions(residues, numbers, found, name)
    _check_complete(protein, name)
    domain = Domain(name, digest, protein, _mutations(protein), _gaps(protein, name))
    domain.decisions = decisions
    _surroundings(model, found, residues, domain)
    return domain


def _codes(residues: list[gemmi.Residue]) -> str:
    return "".join(
        gemmi.find_tabulated_residue(r.name).one_letter_code.upper().strip() or "X"
        for r in residues
    )


def _is_amino_acid(residue: gemmi.Residue) -> bool:
    backbone = any(a.name == "CA" and a.element.name == "C" for a in residue)
    return backbone or gemmi.find_tabulated_residue(residue.name).is_amino_acid()


def _residues(chain: gemmi.Chain, name: str) -> list[gemmi.Residue]:
    kept: list[gemmi.Residue] = []
    for residue in chain:
        if residue.name in ("ACE", "NME", "NMA", "NH2", "HOH") or not _is_amino_acid(residue):
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
        residues = [r for r in candidate if _is_amino_acid(r)]
        numbers = mature_numbers(_codes(residues), [number_of(r) for r in residues])
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


def _clean(
    residue: gemmi.Residue, number: int, chain: str, name: str, decisions: list[Decision]
) -> gemmi.Residue:
    """One conformation, heavy atoms, parent amino acid, mature number."""
    label = f"{residue.name} {number}"
    clean = residue.clone()
    clean.seqid = gemmi.SeqId(number, " ")
    altlocs: defaultdict[str, float] = defaultdict(float)
    for atom in clean:
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
    for i in reversed(range(len(clean))):
        atom = clean[i]
        if atom.is_hydrogen() or atom.altloc not in ("\0", keep):
            del clean[i]
    for atom in clean:
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
        for atom in clean:
            if atom.name in template:
                atom.name = template[atom.name]
                atom.element = gemmi.Element("S")
        clean.name = parent
    clean.het_flag = "A"
    clean.flag = "\0"
    return clean


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


def _mutations(chain: gemmi.Chain) -> tuple[str, ...]:
    codes = [(number_of(r), gemmi.find_tabulated_residue(r.name).one_letter_code) for r in chain]
    return tuple(f"{WILD_TYPE[n]}{n}{code}" for n, code in codes if WILD_TYPE[n] != code)


def _gaps(chain: gemmi.Chain, name: str) -> tuple[tuple[int, int], ...]:
    gaps = []
    for before, after in zip(list(chain)[:-1], list(chain)[1:], strict=True):
        first, last = number_of(before) + 1, number_of(after) - 1
        if first <= last:
            gaps.append((first, last))
            continue
        distance = before["C"][0].pos.dist(after["N"][0].pos)
        if distance > _PEPTIDE_BOND:
            raise InputError(
                f"{name}: residues {number_of(before)} and {number_of(after)} are neighbours in "
                f"the sequence but {distance:.1f} Å apart (C–N)",
                "remove the misplaced residues from the file (then see `gaps:`)",
            )
    return tuple(gaps)


def _surroundings(
    model: gemmi.Model, chain: str, residues: list[gemmi.Residue], domain: Domain
) -> None:
    """Sort everything that is not the domain: metals, waters, ligands; keep what the site needs."""
    donors = np.array(
        [
            atom.pos.tolist()
            for residue in domain.chain
            for number, names in MIDAS_DONORS.values()
            if number_of(residue) == number
            for atom in residue
            if atom.name in names
        ]
    )
    if not len(donors):
        return
    centre = donors.mean(axis=0)
    taken = {id(r) for r in residues}
    own = {str(r.seqid) for r in residues}
    others: list[tuple[str, gemmi.Residue]] = [
        (c.name, r)
        for c in model
        for r in c
        if id(r) not in taken
        and not (c.name == chain and str(r.seqid) in own and _is_amino_acid(r))
    ]
    metals, removed, waters, n_waters = [], Counter[str](), [], 0
    for name, residue in others:
        if residue.name in ("HOH", "WAT", "DOD"):
            n_waters += 1
            xyz = np.array(next((a.pos.tolist() for a in residue if a.element.name == "O"), centre))
            if np.linalg.norm(donors - xyz, axis=1).min() <= _NEAR_SITE:
                waters.append(xyz)
        elif len(residue) == 1 and residue[0].element.is_metal:
            atom = residue[0]
            xyz = np.array(atom.pos.tolist())
            label = f"{residue.name} {name} {residue.seqid}"
            if np.linalg.norm(xyz - centre) <= _METAL_REACH:
                metals.append(Metal(atom.element.name.upper(), label, xyz))
            else:
                domain.decisions.append(
                    Decision(
                        f"{label} removed", f"{np.linalg.norm(xyz - centre):.1f} Å from the MIDAS"
                    )
                )
        elif not _is_amino_acid(residue):
            removed[residue.name] += 1
    domain.metals = tuple(metals)
    domain.waters = np.array(waters).reshape(-1, 3)
    for metal in metals:
        for name, residue in others:
            if residue.name in ("HOH", "WAT", "DOD"):
                continue
            for atom in residue:
                near = np.linalg.norm(np.array(atom.pos.tolist()) - metal.xyz)
                if atom.element.name in ("O", "N") and near < 2.9:
                    label = f"{residue.name}{number_of(residue)} {atom.name}"
                    domain.ligands[label] = np.array(atom.pos.tolist())
                    domain.decisions.append(
                        Decision(
                            f"ligand {residue.name} {name} {residue.seqid} taken off the "
                            "metal, a water in its place",
                            "the study is about the I domain alone",
                        )
                    )
    if n_waters:
        domain.decisions.append(
            Decision(
                f"{len(waters)} of {n_waters} crystal waters kept, those within "
                f"{_NEAR_SITE:g} Å of the MIDAS",
                "they hold the metal site; the others are replaced by solvation",
            )
        )
    for hetero, count in sorted(removed.items()):
        domain.decisions.append(
            Decision(
                f"hetero group {hetero} removed ({count})",
                "not part of the αL I domain and its MIDAS metal",
            )
        )
    chains = [c.name for c in model if c.name != chain and any(_is_amino_acid(r) for r in c)]
    if chains:
        domain.decisions.append(
            Decision(
                f"protein chains {', '.join(dict.fromkeys(chains))} removed",
                "the study is about the I domain alone",
            )
        )
