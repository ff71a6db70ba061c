"""The Methods' paragraph on the starting structures: where they come from and what was changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from lfa1_analysis.metal_site.rules import SECOND_SHELL
from lfa1_report.methods.references import Bibliography
from lfa1_report.sources import study_subject as subject
from lfa1_report.sources.study import Results

_REVERTED = re.compile(r"^(?P<ligand>ICAM-1: )?(?P<now>[A-Z]\d+) reverted to (?P<wild>[A-Z]\d+)$")
_METALS: dict[object, str] = {"geometry": "placed by geometry", "entry": "taken from the entry"}


def _metal_from(source: object) -> str:
    """Say where the metal of a prepared site came from."""
    known = _METALS | {None: "of unrecorded origin"}
    return known.get(source, f"placed where {source} has it")


def structures(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Markup:
    """Write the paragraph from ``site.json`` of each state."""
    if not found.sites:
        return Markup("The records of the prepared structures (site.json) were not found.")
    integrins = subject.integrins(found, config)
    alone = [state for state in found.sites if state not in integrins]
    parts = []
    if alone:
        parts.append(
            Markup("Starting structures of the αL I domain (UniProt P20701): {}.").format(
                Markup("; ").join(_domain(found, config, cites, state) for state in alone)
            )
        )
    parts += [_integrin(found, config, cites, state) for state in integrins if state in found.sites]
    chemistry = config.get("chemistry")
    ph = chemistry.get("ph", "unrecorded") if isinstance(chemistry, Mapping) else "unrecorded"
    parts.append(
        Markup(
            "Missing atoms and caps were built with PDBFixer{}; protonation at pH {} followed "
            "PROPKA{}{}."
        ).format(_version(found, "pdbfixer"), ph, _version(found, "propka"), cites.cite("propka"))
    )
    if alone:
        parts.append(
            Markup(
                "The MIDAS aspartates stayed charged. A MIDAS was accepted only with six oxygens "
                "within 0.25 Å of 2.1 Å, the donors of its state, no bidentate Asp, and the Asp of "
                "its second shell at least {} Å away."
            ).format(SECOND_SHELL)
        )
    return Markup(" ").join(parts)


def changes(site: Mapping[str, Any]) -> str:
    """Say in one clause what was changed in a structure: mutations first, then everything else.

    Parameters
    ----------
    site : mapping
        ``site.json``; of its ``repairs`` those that are readable are taken.
    """
    reverted: dict[str, list[str]] = {}
    others = []
    repairs = site.get("repairs")
    for repair in repairs if isinstance(repairs, list) else []:
        what = str(repair.get("what", "")) if isinstance(repair, Mapping) else ""
        if mutation := _REVERTED.match(what):
            protein = mutation["ligand"] or ""
            reverted.setdefault(protein, []).append(f"{mutation['now']}→{mutation['wild'][0]}")
        elif what:
            others.append(what)
    said = [
        f"{protein}reverted to the wild type: {', '.join(each)}"
        for protein, each in reverted.items()
    ]
    return ", ".join([*said, *others])


def _domain(found: Results, config: Mapping[str, Any], cites: Bibliography, state: str) -> Markup:
    site = found.sites[state]
    changed = changes(site)
    return Markup("the {} state from {} (Mg²⁺ {}, coordination number {}{}{})").format(
        state,
        _origin(found, config, cites, state),
        _metal_from(site.get("source")),
        site.get("coordination_number", "unknown"),
        f"; {checked}" if (checked := _provenance(site).get("checked_against")) else "",
        f"; {changed}" if changed else "; no change of the protein is recorded",
    )


def _integrin(found: Results, config: Mapping[str, Any], cites: Bibliography, state: str) -> Markup:
    site = found.sites[state]
    held = site.get("sites")
    metals = [
        f"{subject.named(name)} {its.get('metal', 'unrecorded')}"
        for name, its in (held.items() if isinstance(held, Mapping) else ())
        if isinstance(its, Mapping)
    ]
    decisions = site.get("decisions")
    said = [
        str(each["what"])
        for each in (decisions if isinstance(decisions, list) else [])
        if isinstance(each, Mapping) and "what" in each
    ]
    return Markup(
        "The {} state is the {} from {}. Its metal sites were prepared with: {}; the {} is "
        "titrated. What was changed: {}."
    ).format(
        state,
        subject.protein(site, _source(config, state)),
        _origin(found, config, cites, state),
        ", ".join(metals) or "no record",
        subject.SITES.get(str(site.get("titrated")), "site of the configuration"),
        "; ".join(said) or "no record",
    )


def _origin(found: Results, config: Mapping[str, Any], cites: Bibliography, state: str) -> Markup:
    entry = _provenance(found.sites[state])
    source = _source(config, state)
    given = source.get("structure") if isinstance(source, Mapping) else None
    name = entry.get("entry") or entry.get("structure") or given or "not recorded"
    cited = cites.cite_text(str(entry["citation"])) if entry.get("citation") else ""
    return Markup("{}{}").format(name, cited)


def _source(config: Mapping[str, Any], state: str) -> object:
    states = config.get("states")
    return states.get(state) if isinstance(states, Mapping) else None


def _version(found: Results, name: str) -> str:
    """Return the versions that the structures' records name, with a space before them."""
    seen = set()
    for site in found.sites.values():
        versions = _provenance(site).get("versions")
        if isinstance(versions, Mapping) and name in versions:
            seen.add(str(versions[name]))
    return f" {' and '.join(sorted(seen))}" if seen else " (version unrecorded)"


def _provenance(site: Mapping[str, Any]) -> Mapping[str, Any]:
    entry = site.get("provenance")
    return entry if isinstance(entry, Mapping) else {}
