"""Preparing a state: repair → wild type → metal site → protonation → minimise → judge."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.known import ICAM1
from lfa1_md.files import durable, provenance
from lfa1_md.protein import (
    catalogue,
    conformation,
    fetch,
    hydrogens,
    metal_site,
    models,
    protonation,
    relaxation,
    stereo,
    structure,
)
from lfa1_md.protein.assembly import Draft, assemble
from lfa1_md.protein.metal_site import Verdict
from lfa1_md.protein.protonation import Protonation
from lfa1_md.protein.residues import Decision
from lfa1_md.protein.structure import Domain, Span
from lfa1_md.study import embedded, force_fields
from lfa1_md.study.sections import Chemistry, StateSource

Compute = tuple[openmm.Platform, dict[str, str]]
Say = Callable[[str], None]


class Complete(Protocol):
    """A prepared molecule, of one domain or a whole integrin, that can be written."""

    topology: app.Topology
    positions: Any

    def report(self) -> dict[str, Any]:
        """Return the content of ``site.json``."""
        ...


@dataclass
class Prepared:
    """A prepared state.

    Attributes
    ----------
    topology : openmm.app.Topology
        Proteins, each ACE–…–NME where it was cut, then MG, then the first-shell waters;
        mature numbering.
    positions : ndarray, shape (n, 3)
        Å.
    verdict : Verdict
        The judged metal site.
    source : str
        Where the metal came from, as in `Draft`.
    """

    topology: app.Topology
    positions: NDArray[np.float64]
    verdict: Verdict
    source: str
    decisions: list[Decision] = field(default_factory=list)
    repairs: list[Decision] = field(default_factory=list)
    variants: list[Protonation] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """Return the content of ``site.json``."""
        return {
            **self.verdict.as_dict(),
            "source": self.source,
            "decisions": metal_site.summary(self.decisions),
            "repairs": metal_site.summary(self.repairs),
            "protonation": metal_site.summary(self.variants),
            "provenance": self.provenance,
        }


def prepare(
    source: StateSource,
    chemistry: Chemistry,
    compute: Compute,
    say: Say = lambda line: None,
) -> Prepared:
    """Prepare the structure of one state.

    Parameters
    ----------
    source : StateSource
        An embedded model, a catalogue entry or a file; `source.state` decides what the metal site
        must be.
    chemistry : Chemistry
        Its pH; the force field of the minimisation is always that of the embedded models.
    compute : (Platform, properties)
        As :func:`lfa1_md.machine.platform.select` returns them.
    say : callable
        Told each step in a line.

    Returns
    -------
    Prepared
        Complete, minimised, its metal sites accepted.

    Raises
    ------
    InputError
        The structure cannot be used.
    MetalSiteError
        The metal site is not what the state demands.
    """
    if source.state is None:
        raise InputError(
            f"{source.structure}: no state given", "say `state: closed`, `open` or `bound`"
        )
    if source.structure in models.NAMES:
        say(f"embedded model {source.structure}")
        prepared = _embedded(source.structure, source.state, chemistry, compute, say)
    else:
        domain = read(source, say)
        shift = conformation.require(domain, source.state)
        if math.isfinite(shift):
            say(f"{source.structure}: α7 {shift:+.1f} Å from the closed crystal 3F74")
        say(f"{source.structure}: repairing")
        draft = assemble(domain, source.state, source.gaps, compute[0])
        variants = protonation.decide(
            [(draft.topology, draft.positions)], chemistry.ph, draft.built
        )
        prepared = finish(draft, variants, compute, source.structure, say)
        prepared.provenance = {
            "structure": source.structure,
            "source_sha256": domain.sha256,
            "alpha7_shift_angstrom": round(shift, 2) if math.isfinite(shift) else None,
            **conditions(chemistry.ph),
        }
    return prepared


def read(source: StateSource, say: Say = lambda line: None) -> Domain:
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
        return structure.load(file, source.chain or entry.chain, ligand_of(source))
    if not there:
        raise InputError(
            f"structure: {name!r}: no such file",
            f"give a coordinate file, an embedded model ({', '.join(models.NAMES)}) or an entry "
            "of `lfa1 structures list`",
        )
    return structure.load(name, source.chain, ligand_of(source))


def ligand_of(source: StateSource) -> Span | None:
    """Return what ligand a state keeps."""
    return None if source.ligand is None else Span(ICAM1.key, source.ligand)


def locate(source: StateSource, say: Say = lambda line: None) -> Path:
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


def conditions(ph: float) -> dict[str, Any]:
    """Return under which conditions a model was prepared, for its provenance."""
    chemistry = relaxation.CHEMISTRY
    chosen = force_fields.choose(chemistry)
    return {
        "force_field": chemistry.force_field,
        "water": chemistry.water,
        "force_field_files": list(chosen.files),
        "metal_model": chosen.metal,
        "ph": ph,
        "steps": [
            "domain selected and numbered",
            "wild type restored, missing atoms and caps built (PDBFixer)",
            "metal site judged, or given the ion of a crystal; shell completed with waters",
            "protonation (PROPKA), hydrogens",
            "minimised in a temporary box of water, metal site judged",
        ],
        "versions": provenance.versions(provenance.BUILDING),
    }


def as_cif(prepared: Complete) -> str:
    """Return the model as mmCIF with its preparation in the header."""
    return models.text(prepared.topology, prepared.positions, prepared.report())


def write(prepared: Complete, folder: Path) -> None:
    """Write ``protein.cif`` and ``site.json``, both or none."""
    protein, site = folder / "protein.cif", folder / "site.json"
    with durable.all_or_nothing(protein, site):
        durable.part(protein).write_text(as_cif(prepared), encoding="utf-8")
        files = {"files": {protein.name: provenance.sha256(durable.part(protein))}}
        report = provenance.as_json({**prepared.report(), **files})
        durable.part(site).write_text(report, encoding="utf-8")


def _embedded(name: str, state: str, chemistry: Chemistry, compute: Compute, say: Say) -> Prepared:
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
            prepared = finish(drafts[name], variants, compute, name, say)
            prepared.provenance = {**made["provenance"], **conditions(chemistry.ph)}
            return prepared
        known = variants
    verdict = metal_site.examine(model.topology, model.positions, state)
    metal_site.require(verdict, f"embedded model {name}")
    say(f"metal site accepted: {', '.join(d.label for d in verdict.site.bound)}")
    return Prepared(
        model.topology,
        model.positions,
        verdict,
        made["source"],
        [Decision(**record) for record in made["decisions"]],
        [Decision(**record) for record in made["repairs"]],
        known,
        {**made["provenance"], "ph": chemistry.ph},
    )


def finish(
    draft: Draft,
    variants: list[Protonation],
    compute: Compute,
    name: str,
    say: Say = lambda line: None,
) -> Prepared:
    """Add hydrogens, minimise in water and judge.

    Parameters
    ----------
    draft : Draft
        Heavy atoms with metal and shell waters.
    variants : list of Protonation
        By residue.
    compute : (Platform, properties)
        Passed to everything that computes.
    name : str
        Of the structure, for messages.
    say : callable
        Told each step in a line.

    Raises
    ------
    MetalSiteError
        The minimised site is not accepted.
    InputError
        A residue came out with the wrong configuration.
    """
    say("adding hydrogens")
    topology, positions = hydrogens.add(draft.topology, draft.positions, variants, compute[0])
    say("minimising in a temporary box of water")
    relaxed = relaxation.relax(
        topology,
        positions,
        draft.springs(topology),
        draft.guide(topology, positions),
        compute,
    )
    wrong = stereo.d_amino_acids(topology, relaxed) + stereo.wrong_side_chains(topology, relaxed)
    if wrong:
        raise InputError(
            f"{name}: {', '.join(wrong)} came out with the wrong configuration",
            "correct these residues in the structure before preparing it",
        )
    verdict = metal_site.examine(topology, relaxed, draft.state)
    metal_site.require(verdict, name)
    say(f"metal site accepted: {', '.join(d.label for d in verdict.site.bound)}")
    decisions = list(draft.decisions)
    cis = stereo.cis_peptides(topology, relaxed)
    if cis:
        decisions.append(Decision(f"cis peptide bonds before {', '.join(cis)} kept", "as given"))
    return Prepared(
        topology, relaxed, verdict, draft.source, decisions, list(draft.repairs), variants
    )
