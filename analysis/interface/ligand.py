"""Find ICAM-1 beside the αL I domain, by its sequence, whatever the file calls and numbers it."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from MDAnalysis import Universe
from MDAnalysis.core.groups import ResidueGroup

from lfa1_analysis.io.errors import InputError, InputWarning
from lfa1_analysis.proteins.alphal import MIDAS
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.known import GLU34, ICAM1, number_chain
from lfa1_analysis.proteins.numbering import (
    as_domain,
    copy_names,
    polymers,
    shared_name,
)
from lfa1_analysis.proteins.species import one_letter
from lfa1_analysis.trajectory.geometry import nearest_images
from lfa1_analysis.trajectory.universe import usable_box

MIN_IDENTITY = 0.60
"""As for αL. Human ICAM-1 and its mutants are above it."""
MIN_ALIGNED = 60
"""Residues; three quarters of domain 1."""


def find_ligand(universe: Universe, domain: Domain, chain: str = "") -> Domain | None:
    """Find ICAM-1.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Anyone's molecule, in the frame that decides between several copies.
    domain : Domain
        The αL I domain in it; its residues are left out.
    chain : str
        Look in this chain or segment only.

    Returns
    -------
    Domain or None
        Of several copies the one whose Glu34 is nearest to the MIDAS, with an `InputWarning`;
        None without ICAM-1. The names and atoms are by mature number of P05362.

    Raises
    ------
    InputError
        `chain` names no protein chain, or one that is not ICAM-1.

    Examples
    --------
    >>> from lfa1_analysis import examples, find_domain, find_ligand, open_universe
    >>> universe = open_universe(examples.bound())
    >>> ligand = find_ligand(universe, find_domain(universe))
    >>> ligand.names[34], min(ligand.atoms), max(ligand.atoms)
    ('GLU', 1, 84)
    """
    taken = {i for atoms in domain.atoms.values() for i in atoms.values()}
    chains = polymers(universe)
    wanted = shared_name(chain, [label for label, _ in chains])
    labels, found = [], []
    for label, residues in chains:
        labels.append(label)
        if chain and label != wanted:
            continue
        for piece in _without(residues, taken):
            sequence = [one_letter(name) for name in piece.resnames]
            numbers, scheme = number_chain(
                sequence, piece.resids, "auto", ICAM1.sequence, ICAM1.signal_peptide
            )
            same = sum(ICAM1.sequence[n] == sequence[i] for n, i in numbers.items())
            if len(numbers) < MIN_ALIGNED or same < MIN_IDENTITY * len(numbers):
                continue
            if GLU34 not in numbers:
                continue
            found.append(as_domain(domain.source, label, scheme, piece, numbers, ICAM1.sequence))
    names = copy_names([one.chain for one in found])
    found = [replace(one, chain=name) for one, name in zip(found, names, strict=True)]
    if wanted != chain:
        found = [one for one in found if one.chain == chain]
    if chain and wanted not in labels:
        raise InputError(
            f"chain {chain} is not in {domain.source}; protein chains: {', '.join(sorted(labels))}",
            "choose one of them with --ligand-chain, or leave it out",
        )
    if not found:
        if chain:
            raise InputError(
                f"{domain.source}, chain {chain}, is not ICAM-1 (UniProt P05362, domain 1)",
                "leave --ligand-chain out, so that the sequence decides",
            )
        return None
    found.sort(key=lambda ligand: _apart(universe, domain, ligand))
    if len(found) > 1:
        warnings.warn(
            f"{len(found)} copies of ICAM-1 (chains {', '.join(one.chain for one in found)}); the "
            f"one nearest to the MIDAS, chain {found[0].chain}, is analysed; choose another with "
            "--ligand-chain",
            InputWarning,
            stacklevel=2,
        )
    return found[0]


def _without(residues: ResidueGroup, taken: set[int]) -> list[ResidueGroup]:
    """Split a chain at the residues that are taken: files without chain names may join two."""
    free = np.array([int(residue.atoms.ix[0]) not in taken for residue in residues])
    edges = np.flatnonzero(np.diff(free)) + 1
    pieces = np.split(np.arange(len(residues)), edges)
    return [residues[piece] for piece in pieces if free[piece[0]]]


def _apart(universe: Universe, domain: Domain, ligand: Domain) -> float:
    """Return how far Glu34 is from the middle of the MIDAS (Å)."""
    xyz = universe.atoms.positions.astype(np.float64)
    site = xyz[domain.indices(domain.has(MIDAS))].mean(axis=0)
    glu = xyz[list(ligand.atoms[GLU34].values())].mean(axis=0)
    box = usable_box(universe.trajectory.ts.dimensions)
    return float(np.linalg.norm(nearest_images((glu - site)[None], box)))
