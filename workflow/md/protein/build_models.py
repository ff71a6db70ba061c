"""Computing the embedded models from their PDB entries: ``lfa1 structures build``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lfa1_analysis.io.errors import InputError, MetalSiteError
from lfa1_analysis.metal_site import places
from lfa1_analysis.observables import crystals
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.known import ALPHA_L, ICAM1
from lfa1_md.files import provenance
from lfa1_md.protein import catalogue, chains, fetch, models, prepare
from lfa1_md.protein.assembly import protonation
from lfa1_md.protein.assembly.draft import Prepared, Report
from lfa1_md.protein.assembly.i_domain import assemble
from lfa1_md.protein.assembly.relaxation import Compute
from lfa1_md.protein.input import i_domain
from lfa1_md.protein.input.i_domain import Span
from lfa1_md.protein.metal import place_table
from lfa1_md.protein.metal.judgement import metal_index
from lfa1_md.study import embedded

SOURCES = {"closed": "3F74", "open": "3HI6", "bound": "1MQ8"}
"""The entry that each model is made from."""
WHAT_THEY_ARE = {
    "closed": "the copy of 3F74 holds no metal at the MIDAS",
    "open": (
        "an L161C/F299C mutant of intermediate affinity, held by the ligand-mimetic Fab AL-57, "
        "reverted to wild type; by the abstract of its paper an aspartate of the antibody "
        "coordinates the metal of the MIDAS, which the copy of the entry used here does not hold"
    ),
    "bound": "an L161C/F299C mutant of intermediate affinity on ICAM-1, reverted to wild type",
}
"""What is known of the entries, for the models' provenance."""

METAL_AGREEMENT = 0.3
"""Å; how far the minimised metal may be from where the crystal has it."""


def build(
    folder: Path,
    ph: float,
    compute: Compute,
    say: Report = print,
    names: Sequence[str] = embedded.NAMES,
) -> list[Path]:
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
    names : sequence of str
        Which models; of those with the same atoms all are made.

    Returns
    -------
    list of path
        The files written, all of them or none.

    Raises
    ------
    StudyError
        An entry cannot be had, a site is not accepted, or the models' atoms differ.
    """
    wanted = [name for name in embedded.NAMES if {*embedded.alike(name)} & {*names}]
    files = {state: fetch.fetch(SOURCES[state], say=say) for state in wanted}
    drafts = {}
    for state, file in files.items():
        entry = catalogue.find(SOURCES[state])
        say(f"{state}: repairing chain {entry.chain} of {entry.entry}")
        domain = i_domain.load(file, entry.chain, _ligand(state))
        drafts[state] = assemble(domain, state, "refuse", compute[0])
    prepared = {}
    for state, draft in drafts.items():
        say(f"{state}: adding hydrogens, minimising")
        alike = [drafts[name] for name in embedded.alike(state)]
        built = frozenset[str]().union(*(one.built for one in alike))
        variants = protonation.decide([(d.topology, d.positions) for d in alike], ph, built)
        model = prepare.finish(draft, state, variants, compute, SOURCES[state])
        agreement = _compare(model, state)
        say(f"{state}: {agreement}")
        model.provenance = {
            "name": state,
            "entry": SOURCES[state],
            "chain": catalogue.find(SOURCES[state]).chain,
            **({"residues": _span(model)} if state in embedded.LIGANDS else {}),
            "source_file": files[state].name,
            "source_sha256": provenance.sha256(files[state]),
            "citation": catalogue.find(SOURCES[state]).citation.strip(),
            "about_the_entry": WHAT_THEY_ARE[state],
            "metal_from": places.of_alpha_i(state).entry,
            "metal_agreement": agreement,
            **prepare.i_domain_conditions(ph),
        }
        prepared[state] = model
    if {*embedded.TWINS} <= {*wanted}:
        _require_same_atoms(prepared)
    return models.write({f"{n}.cif": prepare.as_cif(m) for n, m in prepared.items()}, folder)


def _ligand(state: str) -> Span | None:
    return Span(ICAM1.key, embedded.LIGANDS[state]) if state in embedded.LIGANDS else None


def _span(model: Prepared) -> str:
    """Say from where to where the αL chain goes, caps left out."""
    keys = chains.keys(model.topology)
    there = [int(n) for key, n, name in keys if key == ALPHA_L.key and name == "CA"]
    return f"{min(there)}–{max(there)}"


def build_tables(folder: Path | None = None, say: Report = print) -> list[Path]:
    """Make the analysis library's tables of crystal structures anew from the entries.

    Parameters
    ----------
    folder : path, optional
        Where the tables are written; in place of the library's own by default.
    """
    entries = {name: fetch.fetch(name, say=say) for name in catalogue.load([catalogue.FILE])}
    tables = [reference.FILE, crystals.FILE, places.FILE]
    if folder is not None:
        tables = [folder / file.name for file in tables]
    reference.build(entries["3F74"], entries["3HI6"], tables[0])
    crystals.build(entries, tables[1])
    shown = {name: fetch.fetch_any(name, say=say) for name in set(places.ENTRIES.values())}
    place_table.build(shown, tables[2])
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


def _compare(model: Prepared, state: str) -> str:
    """Say how far the metal is from where the crystal has it, the MIDAS backbone superposed.

    Raises
    ------
    MetalSiteError
        Further than 0.3 Å.
    """
    backbone = {
        (int(number), name): model.positions[i]
        for i, (key, number, name) in enumerate(chains.keys(model.topology))
        if key == ALPHA_L.key
    }
    place, misfit = places.of_alpha_i(state).brought_to(backbone)
    distance = np.linalg.norm(model.positions[metal_index(model.topology)] - place.metal)
    text = (
        f"Mg²⁺ {distance:.2f} Å from that of {place.entry} (backbone of the MIDAS superposed "
        f"within {misfit:.2f} Å)"
    )
    if distance > METAL_AGREEMENT:
        raise MetalSiteError(text, "check the placement; nothing was written")
    return text
