"""Building with PDBFixer: wild-type side chains, missing atoms, loops of sound geometry."""

from __future__ import annotations

import io

import gemmi
import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit
from pdbfixer import PDBFixer

from lfa1_analysis.io.errors import InputError
from lfa1_md.forcefield.randomness import reproducible
from lfa1_md.protein.input.i_domain import ProteinDomain
from lfa1_md.protein.input.residues import number_of
from lfa1_md.protein.repair import stereo

There = set[tuple[str, str]]

_SEED = 1
"""Of the dynamics by which PDBFixer frees built atoms from clashes."""
_REBUILDS = 2


def build(
    segments: list[gemmi.Chain], domain: ProteinDomain, there: There, platform: openmm.Platform
) -> tuple[app.Topology, NDArray[np.float64]]:
    """Return complete heavy atoms without caps (Å).

    Parameters
    ----------
    segments : list of gemmi.Chain
        The chain, in pieces where gaps are capped; gaps inside a piece are built.
    domain : ProteinDomain
        Its mutations and gaps.
    there : set of (str, str)
        Residue number and name of the atoms that the structure has.
    platform : openmm.Platform
        For the minimisation of what is built.

    Raises
    ------
    InputError
        A loop came out with a wrong configuration or a cis peptide bond.
    """
    with reproducible(platform):
        fixer = _fixed(segments, domain, platform)
        for _ in range(_REBUILDS):
            wrong = _mirrored(fixer, there)
            if not wrong:
                break
            fixer = _rebuilt(fixer, wrong, platform)
    topology, positions = fixer.topology, _angstrom(fixer)
    faults = _mirrored(fixer, there) + _cis(topology, positions, there)
    if not faults:
        return topology, positions
    raise InputError(
        f"{domain.name}: the missing residues cannot be modelled soundly ({', '.join(faults)} "
        "come out as D-amino acid or cis)",
        "model them with a dedicated program first, or set `gaps: cap`",
    )


def _angstrom(fixer: PDBFixer) -> NDArray[np.float64]:
    return np.array(fixer.positions.value_in_unit(unit.angstrom), dtype=float)


def _fixed(
    segments: list[gemmi.Chain],
    domain: ProteinDomain,
    platform: openmm.Platform,
) -> PDBFixer:
    fixer = PDBFixer(pdbfile=io.StringIO(pdb_of(segments)), platform=platform)
    for mutation in domain.mutations:
        number = int(mutation[1:-1])
        chain = next(c.name for c in segments if any(number_of(r) == number for r in c))
        old = gemmi.expand_one_letter(mutation[-1], gemmi.ResidueKind.AA)
        fixer.applyMutations([f"{old}-{number}-{domain.protein.wild(number)}"], chain)
    fixer.missingResidues = _insertions(segments, domain)
    return _completed(fixer)


def _completed(fixer: PDBFixer) -> PDBFixer:
    fixer.findMissingAtoms()
    fixer.missingTerminals = {}
    fixer.addMissingAtoms(seed=_SEED)
    return fixer


def _cis(topology: app.Topology, positions: NDArray[np.float64], there: There) -> list[str]:
    """Return the built cis peptide bonds, but for those before proline."""
    return [
        label
        for label in stereo.cis_peptides(topology, positions)
        if not label.startswith("PRO")
        and not {(label[3:], "CA"), (str(int(label[3:]) - 1), "CA")} <= there
    ]


def _mirrored(fixer: PDBFixer, there: There) -> list[str]:
    """Return the built residues that came out as mirror images."""
    wrong = stereo.mirrored(fixer.topology, _angstrom(fixer))
    return [f"{r.name}{r.id}" for r in wrong if (r.id, "CB") not in there]


def _rebuilt(fixer: PDBFixer, wrong: list[str], platform: openmm.Platform) -> PDBFixer:
    """Build side chains anew.

    Loops grow through each other under a soft potential, which may leave D-amino acids; with the
    backbone in place, a side chain built from its template is L.
    """
    modeller = app.Modeller(fixer.topology, fixer.positions)
    modeller.delete(
        [
            atom
            for residue in fixer.topology.residues()
            if f"{residue.name}{residue.id}" in wrong
            for atom in residue.atoms()
            if atom.name not in ("N", "CA", "C", "O")
        ]
    )
    text = io.StringIO()
    app.PDBFile.writeFile(modeller.topology, modeller.positions, text, keepIds=True)
    again = PDBFixer(pdbfile=io.StringIO(text.getvalue()), platform=platform)
    again.missingResidues = {}
    return _completed(again)


def pdb_of(segments: list[gemmi.Chain]) -> str:
    """Return pieces of chain as the PDB file that PDBFixer reads."""
    structure = gemmi.Structure()
    structure.add_model(gemmi.Model(1))
    for segment in segments:
        structure[0].add_chain(segment)
    structure.setup_entities()
    return str(structure.make_pdb_string())


def _insertions(
    segments: list[gemmi.Chain], domain: ProteinDomain
) -> dict[tuple[int, int], list[str]]:
    insertions: dict[tuple[int, int], list[str]] = {}
    for index, segment in enumerate(segments):
        numbers = [number_of(residue) for residue in segment]
        for first, last in domain.gaps:
            if first - 1 in numbers and last + 1 in numbers:
                place = numbers.index(last + 1)
                insertions[(index, place)] = [
                    domain.protein.wild(n) for n in range(first, last + 1)
                ]
    return insertions
