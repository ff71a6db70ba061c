"""Find the αL I domain in any molecule and give its residues their mature numbers.

Every protein chain is aligned with the wild-type sequence, so that it does not matter whether a
file counts from the mature chain, from UniProt P20701 (mature + 25) or from 1, whether the domain
is part of a whole αL chain, or whether ICAM-1 lies beside it.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Container, Mapping

import numpy as np
from MDAnalysis import Universe
from MDAnalysis.core.groups import Residue, ResidueGroup

from lfa1_analysis.io.errors import InputError, InputWarning
from lfa1_analysis.proteins.alphal import MIDAS, WILD_TYPE
from lfa1_analysis.proteins.domain import Domain, spans
from lfa1_analysis.proteins.integrins.chains import ca_positions, find_subunits
from lfa1_analysis.proteins.integrins.pieces import amino_acids
from lfa1_analysis.proteins.known import Scheme, number_chain
from lfa1_analysis.proteins.species import one_letter
from lfa1_analysis.trajectory.universe import usable_box

MIN_IDENTITY = 0.60
"""Mutants and near orthologues are above it; the I domains of αM, αX and α1 reach 0.27–0.39."""
MIN_ALIGNED = 90
"""Residues; half an I domain."""

_COPY = re.compile(r"(.*)#[1-9]\d*")


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
        Copies that share the name of a chain, as in files without chains, are told apart by a
        number: ``SYSTEM#1``, ``SYSTEM#2``, in the order of the file. Of atoms with alternative
        locations the first is taken, with an `InputWarning`.

    Raises
    ------
    InputError
        If there is no protein, no such chain, or no αL I domain.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.proteins.numbering import find_domain
    >>> domain = find_domain(examples.universe())
    >>> domain.chain, domain.scheme, domain.identity, min(domain.atoms), max(domain.atoms)
    ('A', 'mature', 1.0, 128, 307)
    """
    source = str(universe.filename or "the molecule")
    chains = polymers(universe)
    labels = sorted({label for label, _ in chains})
    if not chains:
        raise InputError(f"{source} holds no protein", "use a file with the αL chain")
    wanted = shared_name(chain, labels)
    if chain and wanted not in labels:
        raise InputError(
            f"chain {chain} is not in {source}; protein chains: {', '.join(labels) or 'unnamed'}",
            "choose one of them with --chain, or leave --chain out",
        )
    found = []
    closest = 0.0
    for label, residues in chains:
        if chain and label != wanted:
            continue
        sequence = [one_letter(name) for name in residues.resnames]
        numbers, scheme = number_chain(sequence, residues.resids, numbering)
        same = sum(WILD_TYPE[n] == sequence[i] for n, i in numbers.items())
        identity = same / max(len(numbers), 1)
        closest = max(closest, identity if len(numbers) >= MIN_ALIGNED else 0.0)
        if len(numbers) >= MIN_ALIGNED and identity >= MIN_IDENTITY:
            found.append((same, label, residues, numbers, scheme))
    if not found:
        raise InputError(
            _no_domain(source, numbering, chain, closest), _remedy(universe, numbering)
        )
    names = copy_names([entry[1] for entry in found])
    found = [(e[0], name, *e[2:]) for e, name in zip(found, names, strict=True)]
    if wanted != chain:
        if chain not in names:
            raise InputError(
                f"chain {chain} is not in {source}; its αL I domains are in {', '.join(names)}",
                "choose one of them with --chain, or leave --chain out",
            )
        found = [entry for entry in found if entry[1] == chain]
    found.sort(key=lambda entry: -entry[0])
    same, label, residues, numbers, scheme = found[0]
    if len(copies := [entry[1] for entry in found if entry[0] > 0.9 * same]) > 1:
        warnings.warn(
            f"{len(copies)} αL I domains (chains {', '.join(copies)}); chain {label} is analysed, "
            "choose another with --chain",
            InputWarning,
            stacklevel=2,
        )
    _warn_of_alternatives(residues, numbers)
    return as_domain(source, label, scheme, residues, numbers, WILD_TYPE)


def as_domain(
    source: str,
    chain: str,
    scheme: str,
    residues: ResidueGroup,
    numbers: Mapping[int, int],
    wild_type: Mapping[int, str],
) -> Domain:
    """Return the numbered residues of a chain as a domain.

    Parameters
    ----------
    source, chain, scheme : str
        As :class:`~lfa1_analysis.proteins.domain.Domain` has them.
    residues : ResidueGroup
        Of the chain.
    numbers : mapping of int to int
        Mature number → position in the chain, from :func:`number_chain`.
    wild_type : mapping of int to str
        One-letter code by mature number.
    """
    found = {n: residues[i] for n, i in sorted(numbers.items())}
    codes = {n: one_letter(residue.resname) for n, residue in found.items()}
    changed = {n: code for n, code in codes.items() if code != wild_type[n]}
    return Domain(
        source=source,
        chain=chain,
        scheme=scheme,
        identity=(len(found) - len(changed)) / len(found),
        mutations=tuple(f"{wild_type[n]}{n}{code}" for n, code in changed.items()),
        names={n: str(residue.resname) for n, residue in found.items()},
        atoms={n: _atoms_of(residue) for n, residue in found.items()},
    )


def shared_name(chain: str, labels: Container[str]) -> str:
    """Return the file's name of a chain that :func:`copy_names` named: ``SYSTEM#2`` → SYSTEM."""
    asked = _COPY.fullmatch(chain)
    return asked[1] if asked and chain not in labels else chain


def copy_names(labels: list[str]) -> list[str]:
    """Tell copies whose chains have one name apart by a number.

    Examples
    --------
    >>> from lfa1_analysis.proteins.numbering import copy_names
    >>> copy_names(["SYSTEM", "SYSTEM", "B"])
    ['SYSTEM#1', 'SYSTEM#2', 'B']
    """
    counts, seen = Counter(labels), Counter[str]()
    names = []
    for label in labels:
        seen[label] += 1
        names.append(f"{label}#{seen[label]}" if counts[label] > 1 else label)
    return names


def _warn_of_alternatives(residues: ResidueGroup, numbers: Mapping[int, int]) -> None:
    """Warn of residues with atoms in several places, of which one is measured."""
    if not hasattr(residues.atoms, "altLocs"):
        return
    several = {
        number: taken
        for number, i in numbers.items()
        if len(set(residues[i].atoms.altLocs) - {"", " "}) > 1
        and (taken := next(place for place in residues[i].atoms.altLocs if place.strip()))
    }
    if not several:
        return
    at_site = sorted(set(several) & set(MIDAS))
    warnings.warn(
        f"alternative locations in {spans(several)} (mature numbering): the first of each is "
        f"measured, {' and '.join(sorted(set(several.values())))}"
        + (f"; of the metal site {spans(at_site)} have some" if at_site else ""),
        InputWarning,
        stacklevel=3,
    )


def polymers(universe: Universe) -> list[tuple[str, ResidueGroup]]:
    """Split the amino acids into chains.

    A new chain begins where the chain name changes, where residue numbers fall back (files
    without chain names) and behind a cap.
    """
    chosen, _, labels, resids, parted = amino_acids(universe)
    if not len(chosen):
        return []
    starts = np.flatnonzero(parted | (np.diff(resids) < 0)) + 1
    return [
        (str(labels[piece[0]]), universe.residues[chosen[piece]])
        for piece in np.split(np.arange(len(chosen)), starts)
    ]


def _atoms_of(residue: Residue) -> dict[str, int]:
    """Return atom name → index, of alternate locations the first."""
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


def _remedy(universe: Universe, numbering: Scheme) -> str:
    if numbering != "auto":
        return "leave --numbering out, so that the sequence decides"
    use = "use a file with the I domain of integrin αL (LFA-1, CD11a; mature residues 128–307)"
    if find_subunits(universe, ca_positions(universe), usable_box(universe.dimensions)):
        use += "; `lfa1 integrin` measures integrins without one"
    return use
