"""Repair with PDBFixer: wild type, missing atoms, gaps, caps. Never a bond across a gap."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

import gemmi
import numpy as np
import openmm
from lfa1_analysis.alphal import WILD_TYPE
from lfa1_analysis.errors import InputError
from lfa1_md import caps, rotamers
from lfa1_md.randomness import reproducible
from lfa1_md.residues import Decision, number_of
from lfa1_md.structure import Domain
from numpy.typing import NDArray
from openmm import app, unit
from pdbfixer import PDBFixer

Atoms = dict[str, tuple[app.Element, NDArray[np.float64]]]

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
        (residue.id, atom.name)
        for residue in fixer.topology.residues()
        for atom in residue.atoms()
        if atom.name in _BACKBONE or residue.name == _wild(int(residue.id))
    }
    for mutation in domain.mutations:
        number = int(mutation[1:-1])
        chain_id = next(c.name for c in segments if any(number_of(r) == number for r in c))
        old = gemmi.expand_one_letter(mutation[-1], gemmi.ResidueKind.AA)
        fixer.applyMutations([f"{old}-{number}-{_wild(number)}"], chain_id)
        repairs.append(
            Decision(
                f"{mutation[-1]}{number} reverted to {mutation[0]}{number}",
                "wild type P20701 in every state",
            )
        )
    for a, b in disulfides(domain.chain):
        repairs.append(
            Decision(
                f"disulfide Cys{a}–Cys{b} opened",
                "both cysteines are engineered and reverted to wild type",
            )
        )
    fixer.missingResidues = _insertions(segments, domain)
    fixer.findMissingAtoms()
    rebuilt = sorted(
        int(r.id)
        for r in fixer.missingAtoms
        if all(int(r.id) != int(m[1:-1]) for m in domain.mutations)
    )
    if rebuilt:
        repairs.append(
            Decision(
                "missing side-chain atoms built: residues " + ", ".join(map(str, rebuilt)),
                "not modelled in the entry",
            )
        )
    fixer.missingTerminals = {}
    with reproducible():
        fixer.addMissingAtoms(seed=_SEED)
    repairs.append(
        Decision(
            "caps ACE and NME at "
            + " and ".join(f"{number_of(c[0])}…{number_of(c[-1])}" for c in segments),
            "the chain goes on there in the whole protein",
        )
    )
    whole = np.array(fixer.positions.value_in_unit(unit.angstrom), dtype=float)
    topology, positions = _capped(fixer.topology, whole)
    built = frozenset(
        atom.index
        for atom in topology.atoms()
        if (atom.residue.id, atom.name) not in original or atom.residue.name in ("ACE", "NME")
    )
    positions = rotamers.settle(topology, positions, built)
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
        if split and previous is not None and number_of(residue) != previous + 1:
            segments.append(gemmi.Chain(chr(ord("A") + len(segments))))
        segments[-1].add_residue(residue)
        previous = number_of(residue)
    return segments


def _pdb(segments: list[gemmi.Chain]) -> str:
    structure = gemmi.Structure()
    structure.add_model(gemmi.Model(1))
    for segment in segments:
        structure[0].add_chain(segment)
    structure.setup_entities()
    return str(structure.make_pdb_string())


def _insertions(segments: list[gemmi.Chain], domain: Domain) -> dict[tuple[int, int], list[str]]:
    insertions: dict[tuple[int, int], list[str]] = {}
    for index, segment in enumerate(segments):
        numbers = [number_of(residue) for residue in segment]
        for first, last in domain.gaps:
            if first - 1 in numbers and last + 1 in numbers:
                place = numbers.index(last + 1)
                insertions[(index, place)] = [_wild(n) for n in range(first, last + 1)]
    return insertions


def _capped(
    topology: app.Topology, positions: NDArray[np.float64]
) -> tuple[app.Topology, NDArray[np.float64]]:
    """Return the model with caps and in canonical order: atoms by remoteness, standard bonds."""
    new = app.Topology()
    xyz: list[NDArray[np.float64]] = []

    def add(chain: app.topology.Chain, name: str, number: int, atoms: Atoms) -> None:
        residue = new.addResidue(name, chain, str(number))
        for atom, (element, place) in atoms.items():
            new.addAtom(atom, element, residue)
            xyz.append(place)

    for chain in topology.chains():
        target = new.addChain(chain.id)
        residues = list(chain.residues())
        first, last = (_places(r, positions) for r in (residues[0], residues[-1]))
        cap = caps.acetyl(first["N"], first["CA"], first["C"], positions)
        add(target, "ACE", int(residues[0].id) - 1, _cap_atoms(cap))
        for residue in residues:
            atoms = {atom.name: (atom.element, positions[atom.index]) for atom in residue.atoms()}
            add(target, residue.name, int(residue.id), {n: atoms[n] for n in _canonical(atoms)})
        cap = caps.methylamide(last["N"], last["CA"], last["C"], last["O"])
        add(target, "NME", int(residues[-1].id) + 1, _cap_atoms(cap))
    new.createStandardBonds()
    return new, np.array(xyz)


def _places(
    residue: app.topology.Residue, positions: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    return {atom.name: positions[atom.index] for atom in residue.atoms()}


def _cap_atoms(places: dict[str, NDArray[np.float64]]) -> Atoms:
    return {name: (app.Element.getBySymbol(name[0]), xyz) for name, xyz in places.items()}


_BACKBONE = ("N", "CA", "C", "O", "CB")


def _canonical(atoms: Iterable[str]) -> list[str]:
    """Order atoms alike in every structure, whichever of them were built."""
    first = [name for name in _BACKBONE if name in atoms]
    rest = [name for name in atoms if name not in first and name != "OXT"]
    # By remoteness (G, D, E, Z, H), then branch number, as the wwPDB orders side chains.
    rest.sort(key=lambda n: ("GDEZH".find(n[1:2]), n[2:], n[0]))
    return first + rest
