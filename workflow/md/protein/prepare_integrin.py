"""Preparing an integrin: chains → domains → glycans → gaps → sites → protons → minimise → judge."""

from __future__ import annotations

from pathlib import Path

import gemmi
from openmm import app

from lfa1_analysis.io.errors import InputError
from lfa1_md.files import provenance
from lfa1_md.protein.assembly.draft import Prepared, Report, conditions
from lfa1_md.protein.assembly.integrin import assemble, protonate
from lfa1_md.protein.assembly.relaxation import CHEMISTRY, Compute
from lfa1_md.protein.input import confidence, integrin, sugars
from lfa1_md.protein.input.integrin import IntegrinStructure
from lfa1_md.protein.input.residues import Decision, is_water
from lfa1_md.protein.metal import judgement, sites
from lfa1_md.protein.repair import loops
from lfa1_md.study import force_fields
from lfa1_md.study.construct import Construct
from lfa1_md.study.sections import Chemistry, StateSource

_LONGEST_SS = 2.2
"""Å; a disulfide's S–S is 2.05 Å long."""


def prepare(
    file: Path,
    source: StateSource,
    chemistry: Chemistry,
    compute: Compute,
    say: Report = lambda line: None,
) -> Prepared:
    """Prepare an integrin's headpiece or ectodomain.

    Parameters
    ----------
    file : path
        Coordinates of the complex.
    source : StateSource
        With a `integrin`.
    chemistry : Chemistry
    compute : (Platform, properties)
    say : callable
        Is called with a line for each step.

    Raises
    ------
    InputError
        The structure cannot be used.
    MetalSiteError
        A site is not accepted; nothing is written then.
    """
    construct = source.integrin
    assert construct is not None
    chosen = chemistry_for(construct, chemistry)
    say(f"{file}: finding chains, domains and sites")
    found = integrin.load(file, construct)
    _confidence(file, found)
    roots = sugars.decide(found, construct.glycans)
    built = loops.judge(found, source.gaps, construct)
    placed = sites.find(found, construct, str(source.state))
    _removals(found)
    say("completing the chains")
    chains = loops.complete(found, built, compute[0])
    draft = assemble(chains, roots, placed, construct.titrate, chosen)
    say("protonation (PROPKA)")
    variants = protonate(draft, placed, chains, chemistry.ph)
    model, energies = draft.minimised(variants, compute, str(file), say)
    pairs, single = loops.disulfides(model.topology, model.positions, chains)
    if long := [p for p in pairs if float(str(p["distance_angstrom"])) > _LONGEST_SS]:
        raise InputError(
            f"{file}: disulfides came apart: {long}", "correct the cysteines in the structure"
        )
    labels = [label.replace(" ", ":", 1) for label in model.labels]
    verdicts = [
        judgement.judge(site, model.topology, model.positions, labels) for site in model.sites
    ]
    judgement.require(verdicts, str(file), say)
    return Prepared(
        _final(model.topology, chains.final),
        model.positions,
        verdicts,
        found.decisions,
        [],
        variants,
        {
            "structure": source.structure,
            "source_sha256": provenance.sha256(file),
            **conditions(chemistry.ph, chosen),
        },
        {
            "state": str(source.state),
            "titrated": construct.titrate,
            "reference": construct.reference,
            "chains": found.chains,
            "nearest_family_members": found.names,
            "disulfides": pairs,
            "cysteines_without_partner": single,
            "glycans_kept": len(roots),
            "energy_kj_mol": {"before": round(energies[0], 1), "after": round(energies[1], 1)},
        },
    )


def chemistry_for(construct: Construct, chemistry: Chemistry) -> Chemistry:
    """Return the force field that a construct is minimised with.

    Without sugars that of all preparations, ff19SB in OPC3, whatever is simulated with afterwards;
    with sugars the configuration's own, which must have them.

    Raises
    ------
    ConfigError
        Glycans are to be kept with a force field that has no sugars here.
    """
    if construct.glycans == "cut":
        return CHEMISTRY
    force_fields.check_sugars(chemistry)
    return chemistry


def _confidence(file: Path, found: IntegrinStructure) -> None:
    """Say how sure a prediction is of its domains."""
    if not confidence.is_prediction(file):
        return
    for name, value in confidence.by_domain(file).items():
        low = ", low: its place and shape are a guess" if value < confidence.LOW else ""
        found.decisions.append(
            Decision(f"{name}: mean pLDDT {value:.0f}{low}", "the structure is a prediction")
        )


def _removals(found: IntegrinStructure) -> None:
    """List what else the structure holds and is left out."""
    groups: dict[str, list[str]] = {}
    for chain, residue in found.others:
        info = gemmi.find_tabulated_residue(residue.name)
        if is_water(residue) or info.kind == gemmi.ResidueKind.PYR:
            continue
        if all(a.element.is_metal for a in residue):
            continue
        what = f"chain {chain}" if info.is_amino_acid() else f"molecule {residue.name}"
        groups.setdefault(what, []).append(f"{residue.name} {residue.seqid}")
    for what, members in groups.items():
        count = f"{len(members)} residues" if what.startswith("chain") else f"{len(members)}"
        found.decisions.append(
            Decision(
                f"{what} removed ({count})", "no part of the integrin: ligand, antibody, buffer"
            )
        )


def _final(topology: app.Topology, final: dict[int, tuple[str, int, str]]) -> app.Topology:
    """Return the topology with the numbers that the model is written with."""
    copy, copies = app.Topology(), {}
    for chain in topology.chains():
        target = copy.addChain(chain.id)
        for count, residue in enumerate(chain.residues(), start=1):
            place = final.get(int(residue.id)) if residue.name not in ("HOH",) else None
            number, icode = (str(place[1]), place[2].strip()) if place else (str(count), "")
            made = copy.addResidue(residue.name, target, number, icode)
            for atom in residue.atoms():
                copies[atom] = copy.addAtom(atom.name, atom.element, made)
    for one, two, *_ in topology.bonds():
        copy.addBond(copies[one], copies[two])
    return copy
