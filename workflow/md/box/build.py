"""From a prepared structure to the folders of its matched systems."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import InputError, MetalSiteError
from lfa1_analysis.proteins.ion_names import MODELS
from lfa1_md.box import bulk, matched_systems, molecules, site_atoms, system
from lfa1_md.box import separation_pairs as separation
from lfa1_md.box.molecules import Model
from lfa1_md.box.solvate import enclosing_radius, solvate
from lfa1_md.files.durable import all_or_nothing, part
from lfa1_md.files.provenance import (
    BUILDING,
    as_json,
    changed,
    read_json,
    sha256,
    sha256_of,
    versions,
)
from lfa1_md.forcefield import forcefield
from lfa1_md.study import force_fields, ion_models
from lfa1_md.study.construct import Construct
from lfa1_md.study.ion_models import Parameters
from lfa1_md.study.ions import ANION, CATION, REFERENCE
from lfa1_md.study.seeds import derive
from lfa1_md.study.settings import StudyConfig, split_system

BOX, BOX_RECORD = "box.cif", "box.json"
"""The solvated box of a state, from which all its systems are made, and its record."""


def solvate_state(study: StudyConfig, state: str, prepared: Path, output: Path) -> str:
    """Put a prepared state into its box of water and salt.

    Parameters
    ----------
    study : StudyConfig
    state : str
        A key of ``states``.
    prepared : Path
        Folder with ``protein.cif`` and ``site.json``.
    output : Path
        Folder for the box and its record.

    Returns
    -------
    str
        What was made, in a line.

    Raises
    ------
    InputError, MetalSiteError
        The state is unknown, a file unusable, or the metal site was not accepted.
    """
    if state not in study.states:
        raise InputError(
            f"state {state!r} is not in the configuration",
            f"choose one of {', '.join(study.states)}",
        )
    verdict = _check_accepted(prepared / "site.json")
    chemistry, integrin = study.chemistry, study.states[state].integrin
    chosen = force_fields.check(chemistry, study.dynamics)
    model, padding = molecules.read(str(prepared / "protein.cif")), chemistry.padding
    if study.separation is not None and state in study.bound_states:
        radius = enclosing_radius(model.positions)
        padding = separation.room(model, study.separation, radius, padding)
    box = solvate(
        model,
        forcefield.load(chemistry, _sugars(integrin)),
        chosen.solvent,
        padding,
        chemistry.ionic_strength,
        derive(study.seed, state, "solvent"),
        chemistry.bulk_mgcl2,
        chemistry.box,
        REFERENCE if integrin is None else integrin.reference,
    )
    if study.separation is not None and state in study.bound_states:
        # Said here, and not by the first pull after minimisation and equilibration.
        separation.check_room(box, study.separation, state)
    text = molecules.as_cif(box)
    record = {
        "state": state,
        "box_vectors_nm": box.box.tolist(),
        "started_from": {"file": "protein.cif", "sha256": sha256(prepared / "protein.cif")},
        "settings_digest": study.digest("solvate", state),
        "files": {BOX: sha256_of(text.encode())},
        "versions": versions(BUILDING),
    }
    if integrin is not None:
        record |= {"titrated": integrin.titrate, "sites": site_atoms.located(box, verdict)}
    with all_or_nothing(output / BOX, output / BOX_RECORD):
        part(output / BOX).write_text(text, encoding="utf-8")
        part(output / BOX_RECORD).write_text(as_json(record), encoding="utf-8")
    return (
        f"{state}: {len(box.positions)} atoms, {len(box.waters())} waters, "
        f"{len(box.atoms_of(CATION))} Na⁺, {len(box.atoms_of(ANION))} Cl⁻, "
        f"{_told(box)}box {box.box[0, 0]:.2f} nm"
    )


def _told(box: Model) -> str:
    """Name the solvent's Mg²⁺ with the concentration that whole ions give."""
    if not (number := len(box.bulk_metals())):
        return ""
    molar = bulk.concentration(number, len(box.waters()))
    return f"{number} Mg²⁺ of the solvent ({1000 * molar:.3g} mM MgCl₂), "


def build(study: StudyConfig, name: str, solvated: Path, output: Path) -> str:
    """Make one system from the box of its state; the others of its family come from the same box.

    Parameters
    ----------
    study : StudyConfig
    name : str
        ``{state}-{ion}``.
    solvated : Path
        Folder with the state's box, from `solvate_state`.
    output : Path
        The system's folder.

    Returns
    -------
    str
        What was made, in a line.

    Raises
    ------
    InputError
        The system is not in the configuration, or a file is missing or damaged.
    """
    if name not in study.systems:
        raise InputError(
            f"system {name!r} is not in the configuration",
            f"choose one of {', '.join(study.systems)}",
        )
    state, ion = split_system(name)
    box, record = _read_box(solvated)
    integrin = study.states[state].integrin
    chemistry, dynamics = study.chemistry, study.dynamics
    chosen = force_fields.check(chemistry, dynamics)
    member = matched_systems.matched(box, ion)
    kind, metal, solvent = ion.partition("_")[0], None, None
    model = ion_models.of_member(ion, chemistry.ion_model)
    number = len(member.model.bulk_metals())
    if number:
        # Of the model that the member names: two kinds of Mg²⁺ in one box would be compared.
        solvent = ion_models.parameters(REFERENCE, chemistry.water, model)
    if kind not in ("apo", "na"):
        metal = ion_models.parameters(kind, chemistry.water, model)
        usual = ion_models.parameters(kind, chemistry.water, chemistry.ion_model)
        if metal != usual:
            now, before = MODELS[metal.model].title, MODELS[usual.model].title
            difference = f"Mg²⁺ by {now} instead of {before}"
            difference += f", the {number} of the solvent too" if number else ""
            member = replace(member, differences=(*member.differences, difference))
    field = forcefield.load(chemistry, _sugars(integrin))
    fixed = {
        int(index): ion_models.parameters(its, chemistry.water, chemistry.ion_model)
        for index, its in site_atoms.fixed(member.model).items()
    }
    parameters = system.parametrise(member.model, field, chosen, dynamics, metal, solvent, fixed)
    cited = [source for source in chosen.sources if not source.startswith("Mg²⁺")]
    facts = {
        "started_from": {"file": BOX, "sha256": sha256(solvated / BOX)},
        "ionic_strength_molar": chemistry.ionic_strength,
        "force_field": chemistry.force_field,
        "water": chemistry.water,
        "force_field_files": list(chosen.files),
        "metal_model": None if metal is None else _described(kind, metal),
        "sources": cited,
        "settings": study.settings("solvate", state),
        "settings_digest": study.digest("solvate", state),
    }
    if solvent is not None:
        waters = len(member.model.waters())
        facts["bulk_mgcl2"] = {
            "asked_molar": chemistry.bulk_mgcl2,
            "molar": round(bulk.concentration(number, waters), 6),
            "mg": number,
            "metal_model": _described(REFERENCE, solvent),
        }
    if integrin is not None:
        facts["titrated"] = record["titrated"]
        facts["sites"] = site_atoms.of_member(member.model, record["sites"], record["titrated"])
        facts["fixed_metal_models"] = {
            its: _described(its, ion_models.parameters(its, chemistry.water, chemistry.ion_model))
            for its in sorted(set(site_atoms.fixed(member.model).values()))
        }
        if _sugars(integrin):
            facts["force_field_files"] = [*chosen.files, force_fields.SUGARS]
            facts["sources"] = [*cited, force_fields.SUGARS_SOURCE]
    reference = matched_systems.holds(box)
    partner = None if ion == reference else f"{state}-{reference}"
    system.write(output, parameters, member, state, partner, facts)
    return f"{name}: {len(member.model.positions)} atoms" + "".join(
        f"; against {partner}: {difference}" for difference in member.differences
    )


def _described(kind: str, metal: Parameters) -> dict[str, Any]:
    """Return what the metal's model is, with its numbers, its source and its limits."""
    return {
        "ion": kind,
        "model": metal.model,
        "title": MODELS[metal.model].title,
        "water": metal.water,
        "sigma_nm": metal.sigma,
        "epsilon_kj_per_mol": metal.epsilon,
        "c4_kj_nm4_per_mol": metal.c4,
        "source": metal.source,
        "caveat": MODELS[metal.model].caveat,
    }


def _read_box(folder: Path) -> tuple[Model, dict[str, Any]]:
    record = read_json(folder / BOX_RECORD)
    if wrong := changed(record, folder):
        raise InputError("; ".join(wrong), f"delete {folder} and run `lfa1 solvate` again")
    return molecules.read(str(folder / BOX), record["box_vectors_nm"]), record


def _check_accepted(path: Path) -> dict[str, Any]:
    verdict = read_json(path)
    if verdict.get("accepted") is not True:
        raise MetalSiteError(
            f"{path}: the metal site was not accepted",
            "see the donors listed there and prepare the structure again",
        )
    return verdict


def _sugars(integrin: Construct | None) -> bool:
    return integrin is not None and integrin.glycans == "keep"
