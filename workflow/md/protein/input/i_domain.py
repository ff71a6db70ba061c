"""From a coordinate file to the proteins of a study: which chains, which atoms, which numbering.

The αL I domain is always there; a state may have a ligand bound to it. Every choice is recorded as
a :class:`Decision` with its reason, for ``site.json`` and the report.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import gemmi
import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.alphal import ALPHA7, LIGAND_DONORS, MIDAS, MIDAS_DONORS, SHEET_CORE
from lfa1_analysis.proteins.known import ALPHA_L, PROTEINS, Protein
from lfa1_md.files import provenance
from lfa1_md.protein.input import coordinates, plausible, surroundings
from lfa1_md.protein.input.residues import (
    Decision,
    amino_acids,
    clean,
    is_amino_acid,
    number_of,
    one_letter,
)
from lfa1_md.protein.input.surroundings import Metal

I_DOMAIN = "I"
"""Of `ALPHA_L.domains`: what all models span of αL."""
_TERMINUS = 5
"""Residues of a ligand's ends that a crystal may lack."""
_BOUND = 6.0
"""Å; a ligand's donor farther than this from every MIDAS oxygen is not at the metal between them
(1MQ8: 2.9 Å, and 4.2 Å for two ligands on opposite sides of a metal)."""


@dataclass
class ProteinDomain:
    """One domain of one protein in mature numbering, heavy atoms of one conformation.

    Attributes
    ----------
    name, sha256 : str
        Where it came from.
    chain : gemmi.Chain
        The span's residues as far as they are there; the sequence number is the mature number.
    mutations : tuple of str
        Differences from the wild type, such as ``R189W``.
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
    protein : Protein
        Which protein it is.
    partners : tuple of ProteinDomain
        What is bound to it and stays: the ligand.
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
    protein: Protein = ALPHA_L
    partners: tuple[ProteinDomain, ...] = ()

    @property
    def numbers(self) -> list[int]:
        """Mature residue numbers, in order."""
        return [number_of(residue) for residue in self.chain]


@dataclass(frozen=True)
class Span:
    """The part that is taken of a protein: a key of `PROTEINS` and one of its `domains`."""

    protein: str
    domain: str

    @property
    def limits(self) -> tuple[int, int]:
        """First and last residue."""
        return PROTEINS[self.protein].domains[self.domain]


def load(path: str | Path, chain: str | None = None, ligand: Span | None = None) -> ProteinDomain:
    """Read the αL I domain of a file, and its ligand.

    Parameters
    ----------
    path : path
        PDB or mmCIF file.
    chain : str, optional
        Chain name of the I domain; by default the chain whose sequence fits best.
    ligand : Span, optional
        What bound protein to keep. Its chain is the copy whose donor is nearest to the MIDAS.

    Returns
    -------
    ProteinDomain
        The domain with the decisions taken; gaps are listed, not judged.

    Raises
    ------
    InputError
        The file cannot be used; the message names file, chain, residue and remedy.
    """
    structure = coordinates.read(path)
    return select(structure, chain, str(path), provenance.sha256(path), ligand)


def select(
    structure: gemmi.Structure,
    chain: str | None,
    name: str,
    digest: str,
    ligand: Span | None = None,
) -> ProteinDomain:
    """Select the domain as `load` does, from a structure that was read already."""
    decisions = []
    if len(structure) > 1:
        decisions.append(
            Decision(f"model 1 of {len(structure)} used", "one start structure; the first model")
        )
    model = structure[0]
    found = _choose(model, chain, name, decisions)
    span = Span(ALPHA_L.key, I_DOMAIN)
    domain = _extract(model, found, span, name, digest, decisions)
    used = [found]
    if ligand is not None:
        bound = _bound_chain(model, found, domain, ligand, name)
        domain.partners = (_extract(model, bound, ligand, name, digest, []),)
        _check_ligand(domain.partners[0], ligand, bound)
        used.append(bound)
        plausible.check_apart(domain.chain, domain.partners[0].chain, name)
    around = surroundings.sort_out(model, used, domain.chain, name)
    domain.metals, domain.waters, domain.n_waters = around.metals, around.waters, around.n_waters
    domain.ligands = around.ligands
    domain.decisions += around.decisions
    return domain


def _extract(
    model: gemmi.Model,
    found: str,
    span: Span,
    name: str,
    digest: str,
    decisions: list[Decision],
) -> ProteinDomain:
    """Take a span of a protein from a chain."""
    protein, (first, last) = PROTEINS[span.protein], span.limits
    residues = amino_acids(model[found], name)
    numbers = protein.numbers(one_letter(residues), [number_of(r) for r in residues])
    if numbers is None:
        raise InputError(
            f"{name}: chain {found} is not {_described(protein)} (its sequence does not match "
            f"{protein.accession} residues {first}–{last}: "
            f"{protein.closeness(one_letter(residues))})",
            _FOREIGN,
        )
    chain = gemmi.Chain("A")
    for residue, number in zip(residues, numbers, strict=True):
        if number is not None and first <= number <= last:
            chain.add_residue(clean(residue, number, found, name, decisions))
    _note_numbering(residues, numbers, found, span, decisions)
    _check_insertions(residues, numbers, found, protein, name)
    if protein is ALPHA_L:
        _check_complete(chain, name)
    plausible.check(chain, name)
    domain = ProteinDomain(name, digest, chain, _mutations(chain, protein), _gaps(chain))
    domain.decisions, domain.protein = decisions, protein
    return domain


_FOREIGN = (
    "give a structure of human LFA-1's αL I domain, and its chain as `chain:` if it has several; "
    "relatives and other species can be analysed (`lfa1 opening`, `lfa1 integrin`), not prepared"
)


def _described(protein: Protein) -> str:
    return "an αL I domain" if protein is ALPHA_L else protein.name


def _choose(model: gemmi.Model, chain: str | None, name: str, decisions: list[Decision]) -> str:
    names = [c.name for c in model]
    if chain is not None:
        if chain not in names:
            raise InputError(
                f"{name}: no chain {chain}; it has {', '.join(dict.fromkeys(names))}",
                "correct `chain:`, or leave it out to have it found by sequence",
            )
        return chain
    last = ALPHA_L.domains[I_DOMAIN][1]
    fits = {
        candidate: sum(n is not None and n <= last for n in numbers)
        for candidate, numbers in _chains_of(model, ALPHA_L).items()
    }
    if not fits:
        compared = "; ".join(
            f"chain {c.name}: {ALPHA_L.closeness(one_letter([r for r in c if is_amino_acid(r)]))}"
            for c in model
            if any(map(is_amino_acid, c))
        )
        raise InputError(
            f"{name}: no chain is an αL I domain (compared with P20701 residues "
            f"{ALPHA_L.domains[I_DOMAIN][0]}–{last}; {compared or 'no amino acids'})",
            _FOREIGN,
        )
    best = max(fits, key=lambda c: fits[c])
    if len(fits) > 1:
        others = ", ".join(c for c in fits if c != best)
        decisions.append(
            Decision(f"chain {best} used, not {others}", "the most complete copy of the I domain")
        )
    return best


def _chains_of(model: gemmi.Model, protein: Protein) -> dict[str, list[int | None]]:
    """Return the mature numbers of every chain that is a protein."""
    found = {}
    for candidate in model:
        # Other molecules of a complex may hold residues that nobody knows: not our concern here.
        residues = [r for r in candidate if is_amino_acid(r)]
        numbers = protein.numbers(one_letter(residues), [number_of(r) for r in residues])
        if numbers is not None:
            found[candidate.name] = numbers
    return found


def _bound_chain(
    model: gemmi.Model, own: str, domain: ProteinDomain, ligand: Span, name: str
) -> str:
    """Return the ligand's chain: the copy whose donor is nearest to the MIDAS."""
    protein = PROTEINS[ligand.protein]
    wanted = {n: atoms for key, n, atoms in LIGAND_DONORS.values() if key == ligand.protein}
    site = _places(domain.chain, dict(MIDAS_DONORS.values()))
    reach: dict[str, float] = {}
    for chain, numbers in _chains_of(model, protein).items():
        if chain == own:
            continue
        residues = [r for r in model[chain] if is_amino_acid(r)]
        places = [
            atom.pos.tolist()
            for residue, number in zip(residues, numbers, strict=True)
            for atom in residue
            if atom.name in wanted.get(number or 0, ())
        ]
        apart = np.array(places).reshape(-1, 1, 3) - site
        reach[chain] = float(np.linalg.norm(apart, axis=2).min(initial=np.inf))
    if not reach:
        raise InputError(
            f"{name}: no chain is {protein.name} (chains "
            f"{', '.join(dict.fromkeys(c.name for c in model))}; compared with "
            f"{protein.accession})",
            f"give a structure of the I domain with {protein.name} bound (such as 1MQ8), or name "
            "the state `open`",
        )
    best = min(reach, key=lambda chain: reach[chain])
    if reach[best] > _BOUND:
        donors = ", ".join(f"{protein.wild(n).capitalize()}{n}" for n in wanted)
        raise InputError(
            f"{name}: {protein.name} (chain {best}) is not at the MIDAS: {donors} is "
            + (f"{reach[best]:.1f} Å from it" if np.isfinite(reach[best]) else "not there"),
            f"give a structure of the I domain with {protein.name} bound (such as 1MQ8)",
        )
    return best


def _places(chain: gemmi.Chain, wanted: dict[int, tuple[str, ...]]) -> NDArray[np.float64]:
    return np.array(
        [a.pos.tolist() for r in chain for a in r if a.name in wanted.get(number_of(r), ())]
    ).reshape(-1, 3)


def _note_numbering(
    residues: list[gemmi.Residue],
    numbers: list[int | None],
    chain: str,
    span: Span,
    decisions: list[Decision],
) -> None:
    protein, (first, last) = PROTEINS[span.protein], span.limits
    shifts = Counter(
        number_of(r) - n for r, n in zip(residues, numbers, strict=True) if n is not None
    )
    shift = shifts.most_common(1)[0][0]
    if shift:
        scheme = "UniProt" if shift == protein.signal_peptide and len(shifts) == 1 else "its own"
        decisions.append(
            Decision(
                f"chain {chain} renumbered from {scheme} to mature numbering",
                f"sequence compared with {protein.accession}",
            )
        )
    if protein is not ALPHA_L:
        decisions.append(
            Decision(f"chain {chain} kept: {protein.name} {span.domain}", "the ligand of the state")
        )
    outside = [
        str(r.seqid)
        for r, n in zip(residues, numbers, strict=True)
        if n is None or not first <= n <= last
    ]
    if outside:
        listed = outside[0] if len(outside) == 1 else f"{outside[0]}…{outside[-1]}"
        why = (
            f"all models span residues {first}–{last}"
            if protein is ALPHA_L
            else f"`ligand: {span.domain}` is residues {first}–{last} of {protein.name}"
        )
        decisions.append(Decision(f"{len(outside)} residues ({listed}) left out", why))


def _check_insertions(
    residues: list[gemmi.Residue],
    numbers: list[int | None],
    chain: str,
    protein: Protein,
    name: str,
) -> None:
    inside = [i for i, n in enumerate(numbers) if n is not None]
    for i in range(inside[0], inside[-1]):
        if numbers[i] is None:
            raise InputError(
                f"{name}: chain {chain} residue {residues[i].name} {residues[i].seqid} has no "
                f"counterpart in {protein.accession}",
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


def _check_ligand(ligand: ProteinDomain, span: Span, chain: str) -> None:
    """Check that the ligand has the span asked for, but for a few residues at its ends."""
    first, last = span.limits
    numbers = ligand.numbers
    if numbers[0] > first + _TERMINUS or numbers[-1] < last - _TERMINUS:
        raise InputError(
            f"{ligand.name}: chain {chain} has residues {numbers[0]}–{numbers[-1]} of "
            f"{ligand.protein.name}, `ligand: {span.domain}` is {first}–{last}",
            "choose another `ligand:`, or give a structure that has these residues",
        )


def _mutations(chain: gemmi.Chain, protein: Protein) -> tuple[str, ...]:
    wild = protein.sequence
    codes = [(number_of(r), gemmi.find_tabulated_residue(r.name).one_letter_code) for r in chain]
    return tuple(f"{wild[n]}{n}{code}" for n, code in codes if wild[n] != code)


def _gaps(chain: gemmi.Chain) -> tuple[tuple[int, int], ...]:
    gaps = []
    for before, after in pairwise(chain):
        first, last = number_of(before) + 1, number_of(after) - 1
        if first <= last:
            gaps.append((first, last))
    return tuple(gaps)
