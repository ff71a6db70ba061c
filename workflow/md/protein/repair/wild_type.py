"""Repair with PDBFixer: wild type, missing atoms, gaps, caps. Never a bond across a gap."""

from __future__ import annotations

from dataclasses import dataclass, replace

import gemmi
import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.known import ALPHA_L
from lfa1_md.protein.input.i_domain import ProteinDomain
from lfa1_md.protein.input.residues import Decision, number_of
from lfa1_md.protein.repair import building, capping, rotamers

_MARGINS = ((0, 0), (0, 1), (1, 0), (1, 1), (2, 2))
"""Residues before and after a gap that are rebuilt with it, until its geometry is sound."""
MATURE_FIRST = 1
"""Number of the residue that every mature chain begins with."""
_LONGEST_MODELLED = 12
"""Residues; longer loops built without data are inventions."""


@dataclass
class Repaired:
    """Complete heavy atoms: topology, positions in Å, and which atoms the crystal did not have."""

    topology: app.Topology
    positions: NDArray[np.float64]
    built: frozenset[int]
    repairs: list[Decision]


def disulfides(chain: gemmi.Chain, longest: float = 2.5) -> list[tuple[int, int]]:
    """Return the pairs of cysteines whose sulfurs are nearer than `longest` Å (2.05 Å bonded)."""
    sulfurs = [
        (number_of(residue), atom.pos)
        for residue in chain
        for atom in residue
        if residue.name == "CYS" and atom.name == "SG"
    ]
    return [
        (a, b)
        for i, (a, at) in enumerate(sulfurs)
        for b, bt in sulfurs[i + 1 :]
        if at.dist(bt) < longest
    ]


def repair(domain: ProteinDomain, gaps: str, platform: openmm.Platform) -> Repaired:
    """Complete one domain's heavy atoms as wild type, capped where the chain was cut.

    Parameters
    ----------
    domain : ProteinDomain
        As read.
    gaps : {"refuse", "model", "cap"}
        What to do with residues that are missing inside the chain.
    platform : openmm.Platform
        For PDBFixer's minimisation.

    Returns
    -------
    Repaired
        Chain A (with gaps capped: A, B, …), ACE and NME numbered before and after their
        neighbours.

    Raises
    ------
    InputError
        The chain has a gap and `gaps` is "refuse", or a gap that cannot be modelled.
    """
    repairs = _judge_gaps(domain, gaps)
    failure: InputError | None = None
    for margin in _MARGINS if gaps == "model" and domain.gaps else _MARGINS[:1]:
        widened = _widened(domain, *margin)
        segments = _segments(widened, split=gaps == "cap")
        there = _there(widened)
        try:
            whole, positions = building.build(segments, widened, there, platform)
        except InputError as error:
            failure = failure or error
            continue
        topology, positions = capping.capped(whole, positions, MATURE_FIRST)
        built = frozenset(
            atom.index
            for atom in topology.atoms()
            if (atom.residue.id, atom.name) not in there or atom.residue.name in ("ACE", "NME")
        )
        positions = rotamers.settle(topology, positions, built)
        repairs += _changes(domain, segments, topology, built)
        return Repaired(topology, positions, built, repairs)
    assert failure is not None
    raise failure


def _there(domain: ProteinDomain) -> set[tuple[str, str]]:
    """Return residue number and name of the atoms that are kept."""
    return {
        (str(number_of(residue)), atom.name)
        for residue in domain.chain
        for atom in residue
        if atom.name in capping.BACKBONE or residue.name == domain.protein.wild(number_of(residue))
    }


def _widened(domain: ProteinDomain, before: int, after: int) -> ProteinDomain:
    """Return the domain with so many residues beside each gap missing as well."""
    gaps = tuple((first - before, last + after) for first, last in domain.gaps)
    chain = gemmi.Chain("A")
    for residue in domain.chain:
        if not any(first <= number_of(residue) <= last for first, last in gaps):
            chain.add_residue(residue)
    gone = {n for first, last in gaps for n in range(first, last + 1)}
    mutations = tuple(m for m in domain.mutations if int(m[1:-1]) not in gone)
    return replace(domain, chain=chain, gaps=gaps, mutations=mutations)


def _changes(
    domain: ProteinDomain,
    segments: list[gemmi.Chain],
    topology: app.Topology,
    built: frozenset[int],
) -> list[Decision]:
    """Say what was changed, and why."""
    changes = [
        Decision(
            f"{m[-1]}{m[1:-1]} reverted to {m[:-1]}",
            f"wild type {domain.protein.accession} in every state",
        )
        for m in domain.mutations
    ]
    engineered = {int(m[1:-1]) for m in domain.mutations}
    for a, b in disulfides(domain.chain):
        if {a, b} & engineered:
            why = "both cysteines are engineered and reverted to wild type"
            if not {a, b} <= engineered:
                why = "one of its cysteines is engineered and reverted to wild type"
            changes.append(Decision(f"disulfide Cys{a}–Cys{b} opened", why))
        else:
            changes.append(Decision(f"disulfide Cys{a}–Cys{b} kept", "both are wild type"))
    known = {str(number_of(r)) for r in domain.chain} - {m[1:-1] for m in domain.mutations}
    completed = {a.residue.id for a in topology.atoms() if a.index in built} & known
    if completed:
        listed = ", ".join(sorted(completed, key=int))
        changes.append(
            Decision(f"missing atoms built: residues {listed}", "not modelled in the entry")
        )
    ends = " and ".join(f"{number_of(c[0])}…{number_of(c[-1])}" for c in segments)
    changes.append(
        Decision(f"caps ACE and NME at {ends}", "the chain goes on there in the whole protein")
        if number_of(segments[0][0]) > MATURE_FIRST
        else Decision(
            f"caps ACE and NME at {ends}, but for the charged amino group of residue "
            f"{MATURE_FIRST}",
            "the mature chain begins there",
        )
    )
    if domain.protein is not ALPHA_L:
        return [Decision(f"{domain.protein.name}: {c.what}", c.why) for c in changes]
    return changes


def _judge_gaps(domain: ProteinDomain, gaps: str) -> list[Decision]:
    listed = ", ".join(f"{a}–{b}" if a != b else f"{a}" for a, b in domain.gaps)
    if domain.gaps and gaps == "refuse":
        raise InputError(
            f"{domain.name}: residues {listed} are missing inside the chain",
            "use another structure, or set `gaps: model` (build them) or `gaps: cap` (leave them "
            "out, cap both ends)",
        )
    if gaps == "model":
        for a, b in domain.gaps:
            if b - a + 1 > _LONGEST_MODELLED:
                raise InputError(
                    f"{domain.name}: the gap {a}–{b} is {b - a + 1} residues long, too long to "
                    f"be modelled (at most {_LONGEST_MODELLED})",
                    "model it with a dedicated program first, or set `gaps: cap`",
                )
    if not domain.gaps:
        return []
    done = "modelled" if gaps == "model" else "left out, both ends capped"
    return [Decision(f"missing residues {listed} {done}", f"`gaps: {gaps}`")]


def _segments(domain: ProteinDomain, split: bool) -> list[gemmi.Chain]:
    segments = [gemmi.Chain("A")]
    previous = None
    for residue in domain.chain:
        if split and previous is not None and number_of(residue) != previous + 1:
            segments.append(gemmi.Chain(chr(ord("A") + len(segments))))
        segments[-1].add_residue(residue)
        previous = number_of(residue)
    return segments
