"""Missing stretches and atoms of an integrin's chains: built, capped or refused, each reported."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import pairwise

import gemmi
import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit
from pdbfixer import PDBFixer

from lfa1_analysis.io.errors import InputError
from lfa1_md.forcefield.randomness import reproducible
from lfa1_md.protein.input import sequences
from lfa1_md.protein.input.integrin import IntegrinStructure, KeptResidue
from lfa1_md.protein.input.residues import Decision
from lfa1_md.protein.repair import building, capping, rotamers, stereo
from lfa1_md.study.construct import Construct

Points = NDArray[np.float64]

LETTERS = "ABCDEFHJKLNOPQRTUV"
"""Names of the prepared model's protein chains; G is that of the sugars, I, M, S, W, X, Y and Z of
ions, fixed metals and waters."""
_SEED = 1
_SPAN = 3.9
"""Å; Cα atoms of neighbours are at most this far apart: a gap that is wider than its residues can
span is no gap of so many residues."""


@dataclass
class Gap:
    """A break inside a chain: the places before and after it, and what is missing, if known."""

    before: KeptResidue
    after: KeptResidue
    missing: list[str] | None


@dataclass
class Chains:
    """The protein, complete in its heavy atoms.

    Attributes
    ----------
    topology, positions
        Heavy atoms with caps, Å; residues are numbered from 1 through all chains, so that no two
        have the same number.
    built : frozenset of int
        Atoms that the structure did not have.
    final : dict of int to (str, int, str)
        Running number → subunit kind, number and insertion code in the prepared model.
    running : dict of int to int
        ``id`` of a place → running number.
    """

    topology: app.Topology
    positions: Points
    built: frozenset[int]
    final: dict[int, tuple[str, int, str]]
    running: dict[int, int]

    def label(self, residue: app.topology.Residue) -> str:
        """Return what a residue is called: ``beta ASP112``; ``HOH17`` outside the protein."""
        if int(residue.id) not in self.final:
            return f"{residue.name}{residue.id}"
        kind, number, icode = self.final[int(residue.id)]
        return f"{kind} {residue.name}{number}{icode.strip()}"


def gaps(integrin: IntegrinStructure) -> list[Gap]:
    """Return the breaks between residues that are kept and follow each other in the protein.

    A break where the kept domains end is no gap: there the chain was cut, or never shown.
    """
    found = []
    for before, after in pairwise(integrin.places):
        if before.kind == after.kind and not after.follows:
            missing = sequences.between(integrin, before, after)
            found.append(Gap(before, after, missing))
    return found


def judge(integrin: IntegrinStructure, policy: str, construct: Construct) -> list[Gap]:
    """Decide what happens to each gap; return those that are built.

    Raises
    ------
    InputError
        A gap is refused, or is to be built and cannot.
    """
    built = []
    for gap in gaps(integrin):
        where = f"{gap.before.label} … {gap.after.label}"
        known = gap.missing is not None
        length = len(gap.missing) if gap.missing is not None else None
        count = f"{length} residues missing" if known else "residues missing"
        if policy == "refuse":
            raise InputError(
                f"{integrin.name}: {count} between {where}",
                "set `gaps: model` (build up to `integrin.longest_loop` residues) or `gaps: cap` "
                "(leave them out, cap both ends), or give a complete structure",
            )
        if policy == "cap":
            integrin.decisions.append(
                Decision(f"{count} between {where}: left out, both ends capped", "`gaps: cap`")
            )
            continue
        problem = _unbuildable(gap, construct.longest_loop)
        if not problem:
            built.append(gap)
            codes = gemmi.one_letter_code(gap.missing or [])
            integrin.decisions.append(
                Decision(f"{count} between {where} ({codes}): built", "`gaps: model`")
            )
        elif construct.longer_gaps == "cap":
            integrin.decisions.append(
                Decision(
                    f"{count} between {where}: left out, both ends capped",
                    f"{problem}; `integrin.longer_gaps: cap`",
                )
            )
        else:
            raise InputError(
                f"{integrin.name}: {count} between {where}: {problem}",
                "build them with a dedicated program first, or set `integrin.longer_gaps: cap`",
            )
    return built


def _unbuildable(gap: Gap, longest: int) -> str:
    """Say why a gap cannot be built; empty if it can."""
    if gap.missing is None:
        return "which residues these are is not known (the file names no full sequence)"
    if len(gap.missing) > longest:
        return f"longer than {longest} residues"
    ends = [
        next(a.pos for a in place.residue if a.name == "CA") for place in (gap.before, gap.after)
    ]
    apart = ends[0].dist(ends[1])
    if apart > _SPAN * (len(gap.missing) + 1):
        return f"its ends are {apart:.1f} Å apart, farther than so many residues reach"
    return ""


def complete(integrin: IntegrinStructure, built: list[Gap], platform: openmm.Platform) -> Chains:
    """Build what is missing in the kept residues and the gaps, and cap the ends.

    Parameters
    ----------
    integrin : IntegrinStructure
    built : list of Gap
        Of `judge`.
    platform : openmm.Platform
        For PDBFixer's minimisation of built atoms.

    Raises
    ------
    InputError
        A built residue comes out as mirror image, or there are too many pieces.
    """
    segments, final, running, insertions = _segments(integrin, built)
    if len(segments) > len(LETTERS):
        raise InputError(
            f"{integrin.name}: {len(segments)} pieces of chain, more than {len(LETTERS)}",
            "give a more complete structure, or keep fewer domains",
        )
    there = {
        (str(running[id(place)]), atom.name) for place in integrin.places for atom in place.residue
    }
    with reproducible(platform):
        fixer = PDBFixer(pdbfile=io.StringIO(building.pdb_of(segments)), platform=platform)
        fixer.missingResidues = insertions
        fixer.findMissingAtoms()
        fixer.missingTerminals = {}
        if insertions or fixer.missingAtoms:
            fixer.addMissingAtoms(seed=_SEED)
    _renumber(fixer.topology, segments, insertions)
    positions = np.array(fixer.positions.value_in_unit(unit.angstrom), dtype=float)
    topology, positions = capping.capped(fixer.topology, positions)
    new = frozenset(
        a.index
        for a in topology.atoms()
        if (a.residue.id, a.name) not in there or a.residue.name in ("ACE", "NME")
    )
    positions = rotamers.settle(topology, positions, new)
    wrong = [r for r in stereo.mirrored(topology, positions) if (r.id, "CB") not in there]
    if wrong:
        raise InputError(
            f"{integrin.name}: {len(wrong)} built residues come out as mirror images",
            "build the missing residues with a dedicated program first, or set `gaps: cap`",
        )
    _report(topology, new, final, integrin)
    return Chains(topology, positions, new, final, running)


def _segments(
    integrin: IntegrinStructure, built: list[Gap]
) -> tuple[
    list[gemmi.Chain],
    dict[int, tuple[str, int, str]],
    dict[int, int],
    dict[tuple[int, int], list[str]],
]:
    """Cut the places into pieces of chain, with running numbers that leave room for loops."""
    bridged = {id(gap.after): gap for gap in built}
    segments: list[gemmi.Chain] = []
    final: dict[int, tuple[str, int, str]] = {}
    running: dict[int, int] = {}
    insertions: dict[tuple[int, int], list[str]] = {}
    count = 0
    last: KeptResidue | None = None
    for place in integrin.places:
        gap = bridged.get(id(place))
        joined = last is not None and last.kind == place.kind and (place.follows or gap)
        if not joined:
            if last is not None:
                count += 1
                final[count] = (last.kind, last.number + 1, " ")
            count += 1
            final[count] = (place.kind, place.number - 1, " ")
            segments.append(gemmi.Chain(LETTERS[len(segments) % len(LETTERS)]))
        elif gap is not None and gap.missing:
            assert last is not None
            insertions[len(segments) - 1, len(segments[-1])] = gap.missing
            for i in range(len(gap.missing)):
                count += 1
                final[count] = (place.kind, last.number + 1 + i, " ")
        count += 1
        residue = place.residue.clone()
        residue.seqid = gemmi.SeqId(count, " ")
        final[count] = (place.kind, place.number, place.residue.seqid.icode)
        running[id(place)] = count
        segments[-1].add_residue(residue)
        last = place
    if last is not None:
        final[count + 1] = (last.kind, last.number + 1, " ")
    return segments, final, running, insertions


def _renumber(
    topology: app.Topology,
    segments: list[gemmi.Chain],
    insertions: dict[tuple[int, int], list[str]],
) -> None:
    """Give built residues their running numbers, which PDBFixer does not know."""
    for index, chain in enumerate(topology.chains()):
        known = [int(r.seqid.num or 0) for r in segments[index]]
        numbers: list[int] = []
        for place, number in enumerate(known):
            extra = len(insertions.get((index, place), []))
            numbers += [number - extra + i for i in range(extra)] + [number]
        for residue, number in zip(chain.residues(), numbers, strict=True):
            residue.id = str(number)


def _report(
    topology: app.Topology,
    new: frozenset[int],
    final: dict[int, tuple[str, int, str]],
    integrin: IntegrinStructure,
) -> None:
    touched: dict[str, list[str]] = {}
    for residue in topology.residues():
        if residue.name not in ("ACE", "NME") and any(a.index in new for a in residue.atoms()):
            kind, number, _ = final[int(residue.id)]
            touched.setdefault(kind, []).append(f"{residue.name}{number}")
    for kind, labels in touched.items():
        integrin.decisions.append(
            Decision(f"{kind}: atoms built in {', '.join(labels)}", "missing in the structure")
        )
    ends = [
        (final[int(residues[1].id)], final[int(residues[-2].id)])
        for residues in (list(chain.residues()) for chain in topology.chains())
    ]
    pieces = ", ".join(f"{kind} {first}–{last}" for (kind, first, _), (_, last, _) in ends)
    integrin.decisions.append(
        Decision(
            f"{len(ends)} pieces of chain ({pieces}), capped by ACE and NME",
            "true ends of the protein are capped too, so that all ends are alike",
        )
    )


def disulfides(
    topology: app.Topology, positions: Points, chains: Chains
) -> tuple[list[dict[str, object]], list[str]]:
    """Return the disulfides with their S–S distances (Å), and the cysteines without one."""

    def short(residue: app.topology.Residue) -> str:
        kind, number, icode = chains.final[int(residue.id)]
        return f"{kind} {number}{icode.strip()}"

    pairs, paired = [], set()
    for one, two, *_ in topology.bonds():
        if one.name == two.name == "SG":
            apart = float(np.linalg.norm(positions[one.index] - positions[two.index]))
            labels = [short(one.residue), short(two.residue)]
            pairs.append({"cysteines": labels, "distance_angstrom": round(apart, 3)})
            paired |= {one.residue.id, two.residue.id}
    free = [
        short(r) for r in topology.residues() if r.name in ("CYS", "CYX") and r.id not in paired
    ]
    return pairs, free
