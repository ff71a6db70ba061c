"""What the Methods say of the starting structures and of the solvated systems."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lfa1_md.study.settings import StudyConfig
from lfa1_report.sources import proteins
from lfa1_report.sources.study import Results
from lfa1_report.style.style import ION_NAMES

_REVERTED = re.compile(r"^(?P<ligand>ICAM-1: )?(?P<now>[A-Z]\d+) reverted to (?P<wild>[A-Z]\d+)$")
_METAL_SOURCES = {
    "geometry": "placed by geometry",
    "entry": "taken from the entry",
    None: "of unrecorded origin",
}
FIELD_KEYS = {"ff19SB": "ff19sb", "ff14SB": "ff14sb", "CHARMM36": "charmm36"}
WATER_KEYS = {"OPC3": "opc3", "OPC": "opc", "TIP3P": "tip3p", "CHARMM-TIP3P": "tip3p"}


def structures(found: Results, study: StudyConfig) -> dict[str, Any]:
    """Collect from ``site.json`` of each state what the Methods say of its structure."""
    integrins = proteins.integrins(found, study)
    domains, whole = [], []
    for state, site in found.sites.items():
        about, source = site.get("provenance", {}), study.states.get(state)
        its = {
            "state": state,
            "entry": about.get("entry")
            or about.get("structure")
            or (source.structure if source else "not recorded"),
            "citation": about.get("citation"),
        }
        if state in integrins:
            metals = [
                f"{proteins.site_name(name)} {held.get('metal', 'unrecorded')}"
                for name, held in site.get("sites", {}).items()
            ]
            titrated = str(site.get("titrated"))
            its |= {
                "protein": proteins.protein(site, source),
                "metals": metals,
                "titrated": proteins.SITES.get(titrated, "site of the configuration"),
                "changed": [str(each["what"]) for each in site.get("decisions", [])],
            }
            whole.append(its)
            continue
        metal = site.get("source")
        its |= {
            "metal": _METAL_SOURCES.get(metal, f"placed where {metal} has it"),
            "number": site.get("coordination_number", "unknown"),
            "checked": about.get("checked_against"),
            "changed": changes(site),
        }
        domains.append(its)
    versions = {name: _version(found, name) for name in ("pdbfixer", "propka")}
    return {"sites": found.sites, "domains": domains, "integrins": whole, "versions": versions}


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
    mutations = [f"{who}reverted to the wild type: {', '.join(m)}" for who, m in reverted.items()]
    return ", ".join([*mutations, *others])


def _version(found: Results, name: str) -> str:
    """Return the versions that the structures' records name, with a space before them."""
    records = [site.get("provenance", {}).get("versions", {}) for site in found.sites.values()]
    seen = sorted({str(versions[name]) for versions in records if name in versions})
    return f" {' and '.join(seen)}" if seen else " (version unrecorded)"


def systems(found: Results, study: StudyConfig) -> dict[str, Any]:
    """Collect from the manifests what the Methods say of force field, metals and box."""
    manifests = list(found.manifests.values())
    sizes = sorted({int(m["n_atoms"]) for m in manifests if "n_atoms" in m})
    bulks = [bulk for each in manifests if (bulk := each.get("bulk_mgcl2"))]
    models = [each.get("metal_model") for each in manifests]
    models += [bulk.get("metal_model") for bulk in bulks]
    metals = {}
    for model in models:
        if not isinstance(model, Mapping):
            model = {"ion": "mg", "title": model}
        name = ION_NAMES.get(str(model.get("ion")), str(model.get("ion")))
        if title := model.get("title") or model.get("model"):
            metals[name, title] = {**model, "ion": name, "title": title}
    return {
        "manifests": manifests,
        "first": manifests[0] if manifests else {},
        "field_keys": FIELD_KEYS,
        "water_keys": WATER_KEYS,
        "metals": list(metals.values()),
        "boxes": sorted({proteins.box_shape(each) for each in manifests}),
        "atoms": " to ".join(f"{n:,}" for n in dict.fromkeys(sizes[:1] + sizes[-1:])) or "?",
        "bulk": {
            "numbers": sorted({int(bulk["mg"]) for bulk in bulks}),
            "levels": list(dict.fromkeys(f"{1000 * bulk['molar']:.3g}" for bulk in bulks)),
        }
        if bulks
        else None,
        "titrated": proteins.titrated(found, study),
    }
