"""Computing the embedded models from their PDB entries: ``lfa1 structures build``."""

from __future__ import annotations

import hashlib
from pathlib import Path

import gemmi

from lfa1_analysis import crystals, reference
from lfa1_analysis.alphal import MIDAS, SHEET_CORE
from lfa1_analysis.errors import InputError, MetalSiteError
from lfa1_analysis.proteins import ALPHA_L, ICAM1
from lfa1_md.files import durable, provenance
from lfa1_md.protein import (
    catalogue,
    chains,
    embedded,
    fetch,
    models,
    prepare,
    protonation,
    structure,
)
from lfa1_md.protein.assembly import Draft, assemble
from lfa1_md.protein.metal_site import metal_index
from lfa1_md.protein.prepare import Compute, Prepared, Say
from lfa1_md.protein.residues import number_of
from lfa1_md.protein.structure import Domain, Span

SOURCES = {"closed": ("3F74", "1CQP"), "open": ("3HI6", "1MQ9"), "bound": ("1MQ8", "1MQ9")}
"""For each model the entry that it is made from and the one that it is checked against."""

_AGREEMENT = 1.5
"""Å; how far the metal may be from where the other entry has it, or would have it placed."""
_ALIKE = {
    **{n: ("N", "CA", "C", "O") for n in SHEET_CORE},
    **{n: ("CA",) for n in MIDAS},
}


def build(folder: Path, ph: float, compute: Compute, say: Say = print) -> list[Path]:
    """Make the models, check them, and write them with their checksums.

    Parameters
    ----------
    folder : path
        Where ``closed.cif``, ``open.cif``, ``bound.cif`` and ``checksums`` are written.
    ph : float
        At which the protonation is decided.
    compute : (Platform, properties)
        Where it runs.
    say : callable
        Told each step in a line.

    Returns
    -------
    list of path
        The files written, all of them or none.

    Raises
    ------
    StudyError
        An entry cannot be had, a site is not accepted, or the models' atoms differ.
    """
    files = {state: fetch.fetch(source, say=say) for state, (source, _) in SOURCES.items()}
    drafts = {}
    for state, file in files.items():
        entry = catalogue.find(SOURCES[state][0])
        say(f"{state}: repairing chain {entry.chain} of {entry.entry}")
        domain = structure.load(file, entry.chain, _ligand(state))
        drafts[state] = assemble(domain, state, "refuse", compute[0])
    prepared = {}
    for state, draft in drafts.items():
        say(f"{state}: adding hydrogens, minimising")
        variants = decide_together([drafts[name] for name in embedded.alike(state)], ph)
        model = prepare.finish(draft, variants, compute, SOURCES[state][0])
        agreement = _compare(model, SOURCES[state][1], compute)
        say(f"{state}: {agreement}")
        model.provenance = {
            "name": state,
            "entry": SOURCES[state][0],
            "chain": catalogue.find(SOURCES[state][0]).chain,
            **({"residues": _span(model)} if state in embedded.LIGANDS else {}),
            "source_file": files[state].name,
            "source_sha256": provenance.sha256(files[state]),
            "citation": catalogue.find(SOURCES[state][0]).citation.strip(),
            "checked_against": agreement,
            **prepare.conditions(ph),
        }
        prepared[state] = model
    _require_same_atoms(prepared)
    return _write(folder, prepared)


def _ligand(state: str) -> Span | None:
    return Span(ICAM1.key, embedded.LIGANDS[state]) if state in embedded.LIGANDS else None


def _span(model: Prepared) -> str:
    """Say from where to where the αL chain goes, caps left out."""
    keys = chains.keys(model.topology)
    there = [int(n) for key, n, name in keys if key == ALPHA_L.key and name == "CA"]
    return f"{min(there)}–{max(there)}"


def decide_together(drafts: list[Draft], ph: float) -> list[protonation.Protonation]:
    """Choose one set of protonation variants for drafts of the same molecule."""
    built = frozenset[str]().union(*(draft.built for draft in drafts))
    return protonation.decide([(d.topology, d.positions) for d in drafts], ph, built)


def build_tables(folder: Path, say: Say = print) -> list[Path]:
    """Make the analysis library's tables of crystal structures anew from the entries.

    Parameters
    ----------
    folder : path
        Where ``reference.csv`` and ``crystals.csv`` are written.
    """
    entries = {name: fetch.fetch(name, say=say) for name in catalogue.load([catalogue.FILE])}
    tables = [folder / reference.FILE.name, folder / crystals.FILE.name]
    reference.build(entries["3F74"], entries["3HI6"], tables[0])
    crystals.build(entries, tables[1])
    return tables


def _require_same_atoms(prepared: dict[str, Prepared]) -> None:
    atoms = [
        [(a.name, a.residue.name, a.residue.id) for a in p.topology.atoms()]
        for p in (prepared[name] for name in embedded.TWINS)
    ]
    if atoms[0] != atoms[1]:
        differing = sorted({a[1] + a[2] for a in set(atoms[0]) ^ set(atoms[1])})
        raise InputError(
            f"the models' atoms differ in {', '.join(differing) or 'their order'}",
            "this is a defect of the program; please report it with both entries",
        )


def _compare(model: Prepared, name: str, compute: Compute) -> str:
    """Superpose the checking entry and say how far apart the two metals are.

    Where the entry has no metal, its MIDAS is given one by the same geometry.

    Raises
    ------
    MetalSiteError
        They are further apart than 1.5 Å.
    """
    entry = catalogue.find(name)
    other = structure.load(fetch.fetch(name), entry.chain)
    draft = assemble(other, entry.state, "refuse", compute[0])
    fixed, moved = _pairs(model, other)
    fit = gemmi.superpose_positions(fixed, moved)
    metal = gemmi.Position(*draft.positions[metal_index(draft.topology)])
    mine = gemmi.Position(*model.positions[metal_index(model.topology)])
    distance = mine.dist(gemmi.Position(fit.transform.apply(metal)))
    whose = "the Mg²⁺ of" if draft.source == "entry" else "where geometry puts it in"
    text = f"Mg²⁺ {distance:.2f} Å from {whose} {name} (sheet core and MIDAS superposed)"
    if distance > _AGREEMENT:
        raise MetalSiteError(text, "check the placement; nothing was written")
    return text


def _pairs(model: Prepared, other: Domain) -> tuple[list[gemmi.Position], list[gemmi.Position]]:
    keys = chains.keys(model.topology)
    mine = {
        (int(number), name): model.positions[i]
        for i, (key, number, name) in enumerate(keys)
        if key == ALPHA_L.key
    }
    fixed, moved = [], []
    for residue in other.chain:
        for name in _ALIKE.get(number_of(residue), ()):
            atom = residue.find_atom(name, "*")
            if atom is not None:
                fixed.append(gemmi.Position(*mine[number_of(residue), name]))
                moved.append(atom.pos)
    return fixed, moved


def _write(folder: Path, prepared: dict[str, Prepared]) -> list[Path]:
    texts = {f"{state}.cif": prepare.as_cif(model) for state, model in prepared.items()}
    sums = [f"{hashlib.sha256(t.encode()).hexdigest()}  {name}\n" for name, t in texts.items()]
    texts[models.CHECKSUMS] = "".join(sums)
    paths = [folder / name for name in texts]
    with durable.all_or_nothing(*paths):
        for path, text in zip(paths, texts.values(), strict=True):
            durable.part(path).write_text(text, encoding="utf-8")
    return paths
