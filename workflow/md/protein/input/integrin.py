"""Reading an integrin: which chains are α and β, which domains are kept, what else is there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import gemmi
import numpy as np
from MDAnalysis import Universe

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.integrins.chains import Subunit, find_subunits
from lfa1_analysis.proteins.integrins.subunits import DOMAINS, ChainKind, domain_of
from lfa1_analysis.proteins.species import CAPS
from lfa1_md.protein.input import coordinates
from lfa1_md.protein.input.residues import Decision, clean, is_amino_acid, number_of
from lfa1_md.study.construct import Construct

BONDED = 2.0
"""Å; C and N of a peptide bond are 1.33 Å apart."""
SMALLEST = 0.3
"""Fraction of a domain's residues below which it counts as not there."""
_CONTACT = 8.0
"""Å; Cα atoms of α and β nearer than this touch."""
MATURE = {"alpha": "αL", "beta": "β2"}
"""Chains that are renumbered as the mature protein; others keep the numbers of the file."""


@dataclass
class KeptResidue:
    """A residue that is kept.

    Attributes
    ----------
    residue : gemmi.Residue
        One conformation, heavy atoms, standard name.
    kind : {"alpha", "beta"}
    number : int
        Number in the prepared model.
    column : int
        Mature number of αL or β2 that it stands for; 0 for none.
    label : str
        As the file has it, ``A ASP 130``.
    follows : bool
        Whether it is bonded to the residue before.
    """

    residue: gemmi.Residue
    kind: ChainKind
    number: int
    column: int
    label: str
    follows: bool


@dataclass
class IntegrinStructure:
    """An integrin as it was read from a file.

    Attributes
    ----------
    places : list of KeptResidue
        Kept residues, α first, in the order of the chains.
    chains : dict of str to str
        Kind → chain of the file.
    names : dict of str to str
        Kind → the family's member it is nearest to, with the identity, in words.
    others : list of (str, gemmi.Residue)
        Everything that is neither kept nor another residue of the two chains.
    sequences : dict of str to list of str
        Kind → full sequence by the file (three-letter codes), if it has one.
    """

    name: str
    structure: gemmi.Structure
    places: list[KeptResidue] = field(default_factory=list)
    chains: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    others: list[tuple[str, gemmi.Residue]] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


def load(file: Path, construct: Construct) -> IntegrinStructure:
    """Read the α and β chain of an integrin.

    Parameters
    ----------
    file : path
        PDB or mmCIF, gzipped or not.
    construct : Construct
        Which domains are kept.

    Raises
    ------
    InputError
        A chain or a domain that was asked for is missing, or a residue is unusable.
    """
    structure = coordinates.read(file)
    found = IntegrinStructure(str(file), structure)
    model = structure[0]
    residues = [(c.name, r) for c in model for r in c if is_amino_acid(r) and r.name not in CAPS]
    if not residues:
        raise InputError(f"{file}: holds no protein", "give a structure of an integrin")
    if len(structure) > 1:
        found.decisions.append(Decision("first model of several used", "one structure is needed"))
    subunits = find_subunits(*residue_universe(residues))
    alpha, beta = _pair(subunits, residues, construct, str(file), found.decisions)
    for unit in (alpha, beta):
        _keep(unit, residues, construct, found)
    own = (alpha.chain, beta.chain)
    found.others = [
        (c.name, r) for c in model for r in c if not (c.name in own and is_amino_acid(r))
    ]
    return found


def residue_universe(
    residues: list[tuple[str, gemmi.Residue]],
) -> tuple[Universe, np.ndarray, None]:
    """Make what the finder of chains reads: one atom for each residue, its Cα."""
    n = len(residues)
    places = np.full((n, 3), np.nan)
    for i, (_, residue) in enumerate(residues):
        for atom in residue:
            if atom.name == "CA":
                places[i] = atom.pos.tolist()
                break
    universe = Universe.empty(
        n, n_residues=n, atom_resindex=np.arange(n), residue_segindex=np.zeros(n, dtype=int)
    )
    universe.add_TopologyAttr("name", ["CA"] * n)
    universe.add_TopologyAttr("resname", [r.name for _, r in residues])
    universe.add_TopologyAttr("resid", [number_of(r) for _, r in residues])
    universe.add_TopologyAttr("segid", ["X"])
    universe.add_TopologyAttr("chainID", [c for c, _ in residues])
    return universe, places, None


def _pair(
    subunits: list[Subunit],
    residues: list[tuple[str, gemmi.Residue]],
    construct: Construct,
    name: str,
    decisions: list[Decision],
) -> tuple[Subunit, Subunit]:
    """Choose the α and the β chain: those named, or the first two that touch."""
    chosen: dict[str, list[Subunit]] = {}
    for kind, letter, wanted in (("alpha", "α", construct.alpha), ("beta", "β", construct.beta)):
        fits = [u for u in subunits if u.kind == kind and wanted in (None, u.chain)]
        if not fits:
            seen = ", ".join(f"{u.chain} ({u.name})" for u in subunits) or "none"
            where = f"chain {wanted} is no" if wanted else "no chain is an"
            remedy = "give a complex of both chains, as from the wwPDB"
            if len({c for c, _ in residues}) == 1:
                remedy += (
                    "; models of single chains, such as those of the AlphaFold database, are not "
                    "docked here: make the complex with a dedicated program and give its file"
                )
            raise InputError(f"{name}: {where} integrin {letter} subunit (found: {seen})", remedy)
        chosen[kind] = fits
    pairs = [(a, b) for a in chosen["alpha"] for b in chosen["beta"]]
    for alpha, beta in pairs:
        if _touch(alpha, beta, residues):
            break
    else:
        raise InputError(
            f"{name}: its α and β subunits do not touch (no Cα atoms within {_CONTACT:g} Å)",
            "give a file in which they form the heterodimer, or name the chains with "
            "`integrin.alpha` and `integrin.beta`",
        )
    spare = [u.chain for u in subunits if u is not alpha and u is not beta]
    if spare:
        decisions.append(
            Decision(
                f"further integrin chains {', '.join(spare)} removed",
                f"chains {alpha.chain} and {beta.chain} are the heterodimer that is kept",
            )
        )
    return alpha, beta


def _touch(one: Subunit, two: Subunit, residues: list[tuple[str, gemmi.Residue]]) -> bool:
    from scipy.spatial import cKDTree

    trees = []
    for unit in (one, two):
        places = [
            atom.pos.tolist() for i in unit.residues for atom in residues[i][1] if atom.name == "CA"
        ]
        trees.append(cKDTree(np.array(places)))
    return bool(trees[0].count_neighbors(trees[1], _CONTACT))


def _keep(
    unit: Subunit,
    residues: list[tuple[str, gemmi.Residue]],
    construct: Construct,
    found: IntegrinStructure,
) -> None:
    """Keep a chain's residues of the domains that are wanted."""
    kind, decisions = unit.kind, found.decisions
    found.chains[kind] = unit.chain
    found.names[kind] = f"nearest to {unit.name}, {unit.identity:.0%} identical"
    domains = _domains(unit)
    counts = Counter(domains)
    there = {
        name
        for name, ranges in DOMAINS[kind].items()
        if counts[name] >= SMALLEST * sum(b - a + 1 for a, b in ranges)
    }
    _check_domains(kind, there, counts, construct, found)
    wanted = there if construct.kept is None else there & set(construct.kept)
    mature = unit.name == MATURE[kind] and bool(unit.own.any())
    dropped: Counter[str] = Counter()
    before: gemmi.Residue | None = None
    for i, column, own, domain in zip(
        unit.residues.tolist(), unit.numbers.tolist(), unit.own.tolist(), domains, strict=True
    ):
        residue = residues[i][1]
        if domain not in wanted:
            dropped[domain or "no domain"] += 1
            before = None
            continue
        number = int(own) if mature and own else number_of(residue)
        copy = clean(residue, number, unit.chain, found.name, decisions)
        copy.seqid.icode = residue.seqid.icode if not mature else " "
        follows = before is not None and _bonded(before, residue)
        label = f"{unit.chain} {residue.name} {residue.seqid}"
        found.places.append(KeptResidue(copy, kind, number, int(column), label, follows))
        before = residue
    seen: set[tuple[int, str]] = set()
    for place in found.places:
        if place.kind == kind:
            key = (place.number, place.residue.seqid.icode)
            if key in seen:
                raise InputError(
                    f"{found.name}: {place.label} has a number that the chain uses twice",
                    "renumber the chain's residues",
                )
            seen.add(key)
    for domain, count in dropped.items():
        decisions.append(
            Decision(
                f"chain {unit.chain}: {count} residues of {domain} cut off, ends capped",
                "`integrin` keeps " + ", ".join(n for n in DOMAINS[kind] if n in wanted),
            )
        )
    outside = sum(c == unit.chain for c, _ in residues) - len(unit.residues)
    if outside > 0:
        decisions.append(
            Decision(
                f"chain {unit.chain}: {outside} residues before or after the integrin left out",
                "tags, or another protein of the same chain",
            )
        )


def _domains(unit: Subunit) -> list[str]:
    """Return each residue's domain; one without a column goes with the residue before."""
    found, last = [], ""
    for number in unit.numbers.tolist():
        last = domain_of(unit.kind, int(number)) if number else last
        found.append(last)
    first = next((d for d in found if d), "")
    return [domain or first for domain in found]


def _check_domains(
    kind: ChainKind,
    there: set[str],
    counts: Counter[str],
    construct: Construct,
    found: IntegrinStructure,
) -> None:
    asked = set(construct.kept or DOMAINS[kind]) & set(DOMAINS[kind])
    missing = [name for name in DOMAINS[kind] if name in asked and name not in there]
    if not missing:
        return
    if construct.domains is not None:
        raise InputError(
            f"{found.name}: chain {found.chains[kind]} does not show "
            + ", ".join(f"{m} ({counts[m]} residues)" for m in missing),
            "take these out of `integrin.domains`, or give a structure that has them",
        )
    for name in missing:
        why = "α subunit without an αI domain, or one that the structure does not show"
        found.decisions.append(
            Decision(
                f"chain {found.chains[kind]}: no {name} in the structure "
                f"({counts[name]} residues), left out",
                why if name == "alpha_i" else "domains that are missing are not built",
            )
        )


def _bonded(one: gemmi.Residue, two: gemmi.Residue) -> bool:
    carbons = [a.pos for a in one if a.name == "C"]
    nitrogens = [a.pos for a in two if a.name == "N"]
    return any(c.dist(n) < BONDED for c in carbons for n in nitrogens)
