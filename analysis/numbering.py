"""Find the αL I domain in any molecule and give its residues their mature numbers.

Every protein chain is aligned with the wild-type sequence, so that it does not matter whether a
file counts from the mature chain, from UniProt P20701 (mature + 25) or from 1, whether the domain
is part of a whole αL chain, or whether ICAM-1 lies beside it.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from typing import Literal

import gemmi
import numpy as np
from MDAnalysis import Universe
from MDAnalysis.core.groups import Residue, ResidueGroup
from numpy.typing import NDArray

from lfa1_analysis.alphal import SIGNAL_PEPTIDE, WILD_TYPE
from lfa1_analysis.domain import Domain
from lfa1_analysis.errors import InputError, InputWarning
from lfa1_analysis.species import CAPS, one_letter

Scheme = Literal["auto", "mature", "uniprot"]

MIN_IDENTITY = 0.60
"""Mutants and near orthologues are above it; the I domains of αM, αX and α1 reach 0.27–0.39."""
MIN_ALIGNED = 90
"""Residues; half an I domain."""


def find_domain(universe: Universe, numbering: Scheme = "auto", chain: str = "") -> Domain:
    """Find the αL I domain.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Anyone's molecule.
    numbering : {"auto", "mature", "uniprot"}
        ``auto`` aligns the sequence; the others trust the residue numbers of the file.
    chain : str
        Look in this chain or segment only.

    Returns
    -------
    Domain
        The best match; with several equal copies the first, and an `InputWarning` naming them.

    Raises
    ------
    InputError
        If there is no protein, no such chain, or no αL I domain.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.numbering import find_domain
    >>> domain = find_domain(examples.universe())
    >>> domain.chain, domain.scheme, domain.identity, min(domain.atoms), max(domain.atoms)
    ('A', 'mature', 1.0, 128, 307)
    """
    source = str(universe.filename or "the molecule")
    polymers = _polymers(universe)
    labels = sorted({label for label, _ in polymers})
    if not polymers:
        raise InputError(f"{source} holds no protein", "use a file with the αL chain")
    if chain and chain not in labels:
        raise InputError(
            f"chain {chain} is not in {source}; protein chains: {', '.join(labels) or 'unnamed'}",
            "choose one of them with --chain, or leave --chain out",
        )
    found = []
    closest = 0.0
    for label, residues in polymers:
        if chain and label != chain:
            continue
        sequence = [one_letter(name) for name in residues.resnames]
        numbers, scheme = _number(sequence, residues.resids, numbering)
        same = sum(WILD_TYPE[n] == sequence[i] for n, i in numbers.items())
        identity = same / max(len(numbers), 1)
        closest = max(closest, identity if len(numbers) >= MIN_ALIGNED else 0.0)
        if len(numbers) >= MIN_ALIGNED and identity >= MIN_IDENTITY:
            found.append((same, label, residues, numbers, scheme, identity, sequence))
    if not found:
        raise InputError(_no_domain(source, numbering, chain, closest), _remedy(numbering))
    found.sort(key=lambda entry: -entry[0])
    same, label, residues, numbers, scheme, identity, sequence = found[0]
    if len(copies := [entry[1] for entry in found if entry[0] > 0.9 * same]) > 1:
        warnings.warn(
            f"{len(copies)} αL I domains (chains {', '.join(copies)}); chain {label} is analysed, "
            "choose another with --chain",
            InputWarning,
            stacklevel=2,
        )
    return Domain(
        source=source,
        chain=label,
        scheme=scheme,
        identity=identity,
        mutations=tuple(
            f"{WILD_TYPE[n]}{n}{sequence[i]}"
            for n, i in sorted(numbers.items())
            if sequence[i] != WILD_TYPE[n]
        ),
        names={n: str(residues[i].resname) for n, i in sorted(numbers.items())},
        atoms={n: _atoms(residues[i]) for n, i in sorted(numbers.items())},
    )


def _polymers(universe: Universe) -> list[tuple[str, ResidueGroup]]:
    """Split the amino acids into chains.

    A new chain begins where the chain name changes, where residue numbers fall back (files
    without chain names) and behind a cap.
    """
    residues = universe.residues
    names = residues.resnames.astype(str)
    unique, inverse = np.unique(names, return_inverse=True)
    amino = np.array([bool(one_letter(name)) for name in unique.tolist()])[inverse]
    cap = np.array([name.upper() in CAPS for name in unique.tolist()])[inverse]
    chosen = np.flatnonzero(amino)
    if not len(chosen):
        return []
    labels = _chain_labels(residues[chosen])
    resids = residues.resids[chosen]
    caps_before = np.cumsum(cap)[chosen]
    starts = np.flatnonzero(
        (labels[1:] != labels[:-1]) | (np.diff(resids) < 0) | (np.diff(caps_before) > 0)
    )
    pieces = np.split(np.arange(len(chosen)), starts + 1)
    return [(str(labels[piece[0]]), residues[chosen[piece]]) for piece in pieces]


def _chain_labels(residues: ResidueGroup) -> NDArray[np.str_]:
    atoms = residues.atoms
    first = np.searchsorted(atoms.resindices, residues.resindices)
    if hasattr(atoms, "chainIDs") and any(atoms.chainIDs[first]):
        return np.asarray(atoms.chainIDs[first]).astype(str)
    return np.asarray(residues.segids).astype(str)


def _number(
    sequence: list[str], resids: NDArray[np.int_], numbering: Scheme
) -> tuple[dict[int, int], str]:
    """Return mature number → position in the chain, and the scheme in words."""
    if numbering != "auto":
        return _shifted(resids, -SIGNAL_PEPTIDE if numbering == "uniprot" else 0), numbering
    aligned = _align(sequence)
    if not aligned:
        return {}, ""
    # Beside a gap an alignment may slide by a residue; the file's own numbers, shifted by one
    # constant, are surer wherever they fit the sequence as well.
    shift = Counter(n - int(resids[i]) for n, i in aligned.items()).most_common(1)[0][0]
    shifted = _shifted(resids, shift)

    def fit(numbers: dict[int, int]) -> int:
        return sum(WILD_TYPE[n] == sequence[i] for n, i in numbers.items())

    if fit(shifted) < fit(aligned):
        return aligned, "by alignment only"
    names = {0: "mature", -SIGNAL_PEPTIDE: "UniProt"}
    return shifted, names.get(shift, f"mature = number {shift:+d}")


def _shifted(resids: NDArray[np.int_], shift: int) -> dict[int, int]:
    numbers: dict[int, int] = {}
    for i, resid in enumerate(resids):
        if int(resid) + shift in WILD_TYPE:
            numbers.setdefault(int(resid) + shift, i)
    return numbers


def _align(sequence: list[str]) -> dict[int, int]:
    """Align a chain with the wild type: mature number → position in the chain."""
    scoring = gemmi.AlignmentScoring("b")  # BLOSUM62, gap 10 + 1 per residue
    wild_type = [gemmi.expand_one_letter(code, gemmi.ResidueKind.AA) for code in WILD_TYPE.values()]
    chain = [gemmi.expand_one_letter(code, gemmi.ResidueKind.AA) or "UNK" for code in sequence]
    result = gemmi.align_string_sequences(chain, wild_type, [], scoring)
    first = min(WILD_TYPE)
    numbers: dict[int, int] = {}
    i = n = 0
    for length, operation in re.findall(r"(\d+)([MID])", result.cigar_str()):
        count = int(length)
        if operation == "M":
            numbers.update({first + n + k: i + k for k in range(count)})
        i += count if operation in "MI" else 0
        n += count if operation in "MD" else 0
    return numbers


def _atoms(residue: Residue) -> dict[str, int]:
    atoms: dict[str, int] = {}
    for name, index in zip(residue.atoms.names, residue.atoms.ix, strict=True):
        atoms.setdefault(str(name), int(index))
    return atoms


def _no_domain(source: str, numbering: Scheme, chain: str, closest: float) -> str:
    where = f"{source}, chain {chain}," if chain else source
    if numbering != "auto":
        return f"the residue numbers of {where} are not those of αL in {numbering} numbering"
    return (
        f"{where} holds no αL I domain: "
        + (f"at best {closest:.0%} of the residues agree" if closest else "no part aligns")
        + f" with UniProt P20701, {MIN_IDENTITY:.0%} are needed"
    )


def _remedy(numbering: Scheme) -> str:
    if numbering != "auto":
        return "leave --numbering out, so that the sequence decides"
    return "use a file with the I domain of integrin αL (LFA-1, CD11a; mature residues 128–307)"
