"""Preparing a state: repair → wild type → metal sites → protonation → minimise → judge."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.known import ICAM1
from lfa1_md.files import durable, provenance
from lfa1_md.protein import catalogue, fetch, models, prepare_integrin
from lfa1_md.protein.assembly import protonation
from lfa1_md.protein.assembly.draft import Draft, Prepared, Report, conditions
from lfa1_md.protein.assembly.i_domain import assemble
from lfa1_md.protein.assembly.protonation import Protonation
from lfa1_md.protein.assembly.relaxation import CHEMISTRY, Compute
from lfa1_md.protein.input import conformation, i_domain
from lfa1_md.protein.input.i_domain import ProteinDomain, Span
from lfa1_md.protein.input.residues import Decision
from lfa1_md.protein.metal import judgement
from lfa1_md.protein.repair import stereo
from lfa1_md.study import embedded, force_fields
from lfa1_md.study.sections import Chemistry, StateSource


def prepare(
    source: StateSource,
    chemistry: Chemistry,
    compute: Compute,
    say: Report = lambda line: None,
) -> Prepared:
    """Prepare the structure of one state: the αL I domain, or an integrin.

    Parameters
    ----------
    source : StateSource
        An embedded model, a catalogue entry or a file; `source.state` decides what the metal site
        must be, `source.integrin` what is kept of an integrin.
    chemistry : Chemistry
        Its pH; the force field of the minimisation is that of the embedded models, but for an
        integrin with glycans.
    compute : (Platform, properties)
        As :func:`lfa1_md.machine.platform.select` returns them.
    say : callable
        Is called with a line for each step.

    Returns
    -------
    Prepared
        Complete, minimised, its metal sites accepted.

    Raises
    ------
    InputError
        The structure cannot be used.
    MetalSiteError
        A metal site is not what is demanded.
    """
    if source.integrin is not None:
        return prepare_integrin.prepare(locate(source, say), source, chemistry, compute, say)
    if source.state is None:
        raise InputError(
            f"{source.structure}: no state given", "say `state: closed`, `open` or `bound`"
        )
    if source.structure in models.NAMES:
        say(f"embedded model {source.structure}")
        return _embedded(source.structure, source.state, chemistry, compute, say)
    domain = read(source, say)
    shift = conformation.require(domain, source.state)
    if math.isfinite(shift):
        say(f"{source.structure}: α7 {shift:+.1f} Å from the closed crystal 3F74")
    say(f"{source.structure}: repairing")
    draft = assemble(domain, source.state, source.gaps, compute[0])
    variants = protonation.decide([(draft.topology, draft.positions)], chemistry.ph, draft.built)
    prepared = finish(draft, source.state, variants, compute, source.structure, say)
    prepared.provenance = {
        "structure": source.structure,
        "source_sha256": domain.sha256,
        "alpha7_shift_angstrom": round(shift, 2) if math.isfinite(shift) else None,
        **i_domain_conditions(chemistry.ph),
    }
    return prepared


def read(source: StateSource, say: Report = lambda line: None) -> ProteinDomain:
    """Read the file or the catalogue entry that `source` names.

    Raises
    ------
    InputError
        There is none, or it cannot be used.
    """
    name = source.structure
    there = os.path.lexists(name)
    if not there and catalogue.is_identifier(name):
        entry = catalogue.find(name)
        file = fetch.fetch(name, say=say)
        return i_domain.load(file, source.chain or entry.chain, _ligand_of(source))
    if not there:
        raise InputError(
            f"structure: {name!r}: no such file",
            f"give a coordinate file, an embedded model ({', '.join(models.NAMES)}) or an entry "
            "of `lfa1 structures list`",
        )
    return i_domain.load(name, source.chain, _ligand_of(source))


def _ligand_of(source: StateSource) -> Span | None:
    """Return what ligand a state keeps."""
    return None if source.ligand is None else Span(ICAM1.key, source.ligand)


def locate(source: StateSource, say: Report = lambda line: None) -> Path:
    """Return the file of an integrin: the one that is named, or an entry that is fetched.

    Raises
    ------
    InputError
        There is none.
    """
    name = source.structure
    if os.path.lexists(name):
        return Path(name)
    if fetch.is_entry(name):
        return fetch.fetch_any(name, say=say)
    raise InputError(
        f"structure: {name!r}: no such file",
        "give a coordinate file with both chains of an integrin, or a PDB identifier such as 5E6R",
    )


def i_domain_conditions(ph: float) -> dict[str, Any]:
    """Return the same of an αL I domain, with the metal's model and the steps."""
    return {
        **conditions(ph),
        "metal_model": force_fields.choose(CHEMISTRY).metal,
        "steps": [
            "domain selected and numbered",
            "wild type restored, missing atoms and caps built (PDBFixer)",
            "metal site judged, or given the ion of a crystal; shell completed with waters",
            "protonation (PROPKA), hydrogens",
            "minimised in a temporary box of water, metal site judged",
        ],
    }


def as_cif(prepared: Prepared) -> str:
    """Return the model as mmCIF with its preparation in the header."""
    return models.text(prepared.topology, prepared.positions, prepared.report())


def write(prepared: Prepared, folder: Path) -> None:
    """Write ``protein.cif`` and ``site.json``, both or none."""
    protein, site = folder / "protein.cif", folder / "site.json"
    with durable.all_or_nothing(protein, site):
        durable.part(protein).write_text(as_cif(prepared), encoding="utf-8")
        files = {"files": {protein.name: provenance.sha256(durable.part(protein))}}
        report = provenance.as_json({**prepared.report(), **files})
        durable.part(site).write_text(report, encoding="utf-8")


def _embedded(
    name: str, state: str, chemistry: Chemistry, compute: Compute, say: Report
) -> Prepared:
    """Take an embedded model as it is, or with other protons where the pH asks for them."""
    model = models.load(name)
    made = model.preparation
    known = [Protonation(**record) for record in made["protonation"]]
    if chemistry.ph != made["provenance"]["ph"]:
        drafts = {each: models.load(each).draft(state) for each in embedded.alike(name)}
        variants = protonation.decide(
            [(d.topology, d.positions) for d in drafts.values()], chemistry.ph
        )
        if [(v.residue, v.variant) for v in variants] != [(v.residue, v.variant) for v in known]:
            say(f"protonating anew at pH {chemistry.ph:g}")
            prepared = finish(drafts[name], state, variants, compute, name, say)
            prepared.provenance = {**made["provenance"], **i_domain_conditions(chemistry.ph)}
            return prepared
        known = variants
    verdict = judgement.examine(model.topology, model.positions, state, made["source"])
    judgement.require([verdict], f"embedded model {name}", say)
    return Prepared(
        model.topology,
        model.positions,
        [verdict],
        [Decision(**record) for record in made["decisions"]],
        [Decision(**record) for record in made["repairs"]],
        known,
        {**made["provenance"], "ph": chemistry.ph},
    )


def finish(
    draft: Draft,
    state: str,
    variants: list[Protonation],
    compute: Compute,
    name: str,
    say: Report = lambda line: None,
) -> Prepared:
    """Add hydrogens to an αL I domain, minimise it in water and judge its metal site.

    Parameters
    ----------
    draft : Draft
        Heavy atoms with metal and shell waters.
    state : {"closed", "open", "bound"}
        Whose donors are demanded.
    variants : list of Protonation
        By residue.
    compute : (Platform, properties)
        Passed to everything that computes.
    name : str
        Of the structure, for messages.
    say : callable
        Is called with a line for each step.

    Raises
    ------
    MetalSiteError
        The minimised site is not accepted.
    InputError
        A residue came out with the wrong configuration.
    """
    model, _ = draft.minimised(variants, compute, name, say)
    verdict = judgement.examine(model.topology, model.positions, state, draft.sites[0].source)
    judgement.require([verdict], name, say)
    decisions = list(draft.decisions)
    if cis := stereo.cis_peptides(model.topology, model.positions):
        decisions.append(Decision(f"cis peptide bonds before {', '.join(cis)} kept", "as given"))
    return Prepared(
        model.topology, model.positions, [verdict], decisions, list(draft.repairs), variants
    )
