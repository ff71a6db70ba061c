"""Repair with PDBFixer: wild type, missing atoms, gaps, caps. Never a bond across a gap."""

from __future__ import annotations

import io
from dataclasses import dataclass

import gemmi
import numpy as np
import openmm
from lfa1_analysis.alphal import WILD_TYPE
from lfa1_analysis.errors import InputError
from numpy.typing import NDArray
from openmm import app, unit
from pdbfixer import PDBFixer

from lfa1_md.randomness import reproducible
from lfa1_md.structure import Decision, Domain

_SEED = 1
"""Of the short dynamics by which PDBFixer frees built atoms from clashes."""
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
        (residue.seqid.num, atom.pos)
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


def repair(domain: Domain, gaps: str, platform: openmm.Platform) -> Repaired:
    """Complete a domain's heavy atoms as wild type, capped where the chain was cut.

    Parameters
    ----------
    domain : Domain
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
        The chain has a gap and `gaps` is "refuse", or a gap too long to model.
    """
    repairs = _judge_gaps(domain, gaps)
    segments = _segments(domain, split=gaps == "cap")
    fixer = PDBFixer(pdbfile=io.StringIO(_pdb(segments)), platform=platform)
    original = {
        (residue.id, atom.name) for residue in fixer.topology.residues()
        for atom in residue.atoms() if residue.name == _wild(int(residue.id))
    }
    for mutation in domain.mutations:
        number = int(mutation[1:-1])
        chain_id = next(c.name for c in segments if any(r.seqid.num == number for r in c))
        old = gemmi.expand_one_letter(mutation[-1], gemmi.ResidueKind.AA)
        fixer.applyMutations([f"{old}-{number}-{_wild(number)}"], chain_id)
        repairs.append(
            Decision(f"{mutation[-1]}{number} reverted to {mutation[0]}{number}",
                     "wild type P20701 in every state")
        )
    for a, b in disulfides(domain.chain):
        repairs.append(
            Decision(f"disulfide Cys{a}–Cys{b} opened",
                     "both cysteines are engineered and reverted to wild type")
        )
    fixer.missingResidues = _insertions(segments, domain)
    fixer.findMissingAtoms()
    rebuilt = sorted(int(r.id) for r in fixer.missingAtoms
                     if all(int(r.id) != int(m[1:-1]) for m in domain.mutations))
    if rebuilt:
        repairs.append(
            Decision("missing side-chain atoms built: residues " + ", ".join(map(str, rebuilt)),
                     "not modelled in the entry")
        )
    fixer.missingTerminals = {}
    with reproducible():
        fixer.addMissingAtoms(seed=_SEED)
    repairs.append(
        Decision("caps ACE and NME at " + " and ".join(
            f"{c[0].seqid.num}…{c[-1].seqid.num}" for c in segments),
            "the chain goes on there in the whole protein")
    )
    topology, order = _numbered(fixer.topology)
    positions = np.array(fixer.positions.value_in_unit(unit.angstrom), dtype=float)[order]
    built = frozenset(
        atom.index for atom in topology.atoms()
        if (atom.residue.id, atom.name) not in original or atom.residue.name in ("ACE", "NME")
    )
    return Repaired(topology, positions, built, repairs)


def _wild(number: int) -> str:
    return str(gemmi.expand_one_letter(WILD_TYPE[number], gemmi.ResidueKind.AA))


def _judge_gaps(domain: Domain, gaps: str) -> list[Decision]:
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


def _segments(domain: Domain, split: bool) -> list[gemmi.Chain]:
    segments = [gemmi.Chain("A")]
    previous = None
    for residue in domain.chain:
        if split and previous is not None and residue.seqid.num != previous + 1:
            segments.append(gemmi.Chain(chr(ord("A") + len(segments))))
        segments[-1].add_residue(residue)
        previous = residue.seqid.num
    return segments


def _pdb(segments: list[gemmi.Chain]) -> str:
    structure = gemmi.Structure()
    structure.add_model(gemmi.Model(1))
    for segment in segments:
        structure[0].add_chain(segment)
    structure.setup_entities()
    return str(structure.make_pdb_string())


def _insertions(
    segments: list[gemmi.Chain], domain: Domain
) -> dict[tuple[int, int], list[str]]:
    insertions: dict[tuple[int, int], list[str]] = {}
    for index, segment in enumerate(segments):
        insertions[(index, 0)] = ["ACE"]
        insertions[(index, len(segment))] = ["NME"]
        numbers = [residue.seqid.num for residue in segment]
        for first, last in domain.gaps:
            if first - 1 in numbers and last + 1 in numbers:
                place = numbers.index(last + 1)
                insertions[(index, place)] = [_wild(n) for n in range(first, last + 1)]
    return insertions


def _numbered(topology: app.Topology) -> tuple[app.Topology, list[int]]:
    """Return the topology in canonical order: template atom order, bonds by template."""
    new = app.Topology()
    order: list[int] = []
    for chain in topology.chains():
        target = new.addChain(chain.id)
        for residue in chain.residues():
            copy = new.addResidue(residue.name, target, residue.id)
            atoms = {atom.name: atom for atom in residue.atoms()}
            for name in _canonical(residue.name, atoms):
                new.addAtom(name, atoms[name].element, copy)
                order.append(atoms[name].index)
    new.createStandardBonds()
    return new, order


_BACKBONE = ("N", "CA", "C", "O", "CB")


def _canonical(residue: str, atoms: dict[str, app.topology.Atom]) -> list[str]:
    """Order atoms alike in every structure, whichever of them were built."""
    if residue in ("ACE", "NME"):
        return sorted(atoms)
    first = [name for name in _BACKBONE if name in atoms]
    rest = [name for name in atoms if name not in first]
    # By remoteness (G, D, E, Z, H), then branch number, as the wwPDB orders side chains.
    rest.sort(key=lambda n: ("GDEZH".find(n[1:2]), n[2:], n[0]))
    return first + rest
