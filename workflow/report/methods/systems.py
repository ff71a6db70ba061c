"""The Methods' paragraph on the solvated systems: force field, metals, box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from lfa1_report.methods.references import Bibliography
from lfa1_report.sources import study_subject as subject
from lfa1_report.sources.study import Results
from lfa1_report.style.style import ION_NAMES

_FIELD_KEYS = {"ff19SB": ["ff19sb"], "ff14SB": ["ff14sb"], "CHARMM36": ["charmm36"]}
_WATER_KEYS = {"OPC3": ["opc3"], "OPC": ["opc"], "TIP3P": ["tip3p"], "CHARMM-TIP3P": ["tip3p"]}


def systems(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Markup:
    """Write the paragraph: force field, models of the metals, the box and what is in it."""
    if not found.manifests:
        return Markup("The manifests of the solvated systems were not found.")
    first = next(iter(found.manifests.values()))
    sources = first.get("sources")
    if isinstance(sources, list) and sources:
        models = Markup(", ").join(cites.cite_source(str(source)) for source in sources)
    else:
        field, water = str(first.get("force_field")), str(first.get("water"))
        models = Markup("{}{} with {} water{}").format(
            field,
            cites.cite(*_FIELD_KEYS[field]) if field in _FIELD_KEYS else "",
            water,
            cites.cite(*_WATER_KEYS[water]) if water in _WATER_KEYS else "",
        )
    metals = _metal_models(found, cites)
    sizes = sorted({int(m["n_atoms"]) for m in found.manifests.values() if "n_atoms" in m})
    span = (
        f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}" if sizes else "?"
    )
    return Markup(
        "Force field: {}{}. Each {} box holds {} atoms, is neutral and has {} mol/l NaCl beyond "
        "neutralisation{}. Systems called `apo` are the same box with the ion of the {} gone{}: "
        "same coordinates, protonation, box vectors and seeds; the report lists every difference."
    ).format(
        models,
        Markup(" ({})").format(metals) if metals else "",
        " or ".join(sorted({subject.box(each) for each in found.manifests.values()})),
        span,
        first.get("ionic_strength_molar", "an unrecorded concentration of"),
        _magnesium_chloride(found),
        subject.titrated(found, config),
        ", all other sites as they were" if subject.integrins(found, config) else "",
    )


def _magnesium_chloride(found: Results) -> str:
    """Name the MgCl₂ of the solvent, as whole ions give it; nothing where there is none."""
    held = [manifest.get("bulk_mgcl2") for manifest in found.manifests.values()]
    known = [bulk for bulk in held if isinstance(bulk, Mapping)]
    numbers = sorted({int(bulk["mg"]) for bulk in known if "mg" in bulk})
    levels = sorted({1000 * float(bulk["molar"]) for bulk in known if "molar" in bulk})
    if not numbers or not levels:
        return ""
    return (
        f" and {' or '.join(f'{level:.3g}' for level in dict.fromkeys(levels))} mmol/l MgCl₂ "
        f"({' or '.join(str(number) for number in numbers)} Mg²⁺ of the solvent in each box, "
        "with or without metal at the site)"
    )


def _metal_models(found: Results, cites: Bibliography) -> Markup:
    """Name the metals' models, each with its source and what it was not made for."""
    said: dict[str, Markup] = {}
    models = [manifest.get("metal_model") for manifest in found.manifests.values()]
    models += [
        manifest["bulk_mgcl2"].get("metal_model")
        for manifest in found.manifests.values()
        if isinstance(manifest.get("bulk_mgcl2"), Mapping)
    ]
    for model in models:
        if isinstance(model, Mapping):
            name = ION_NAMES.get(str(model.get("ion")), str(model.get("ion")))
            title = str(model.get("title") or model.get("model"))
            source = model.get("source")
            cited = (
                cites.cite_source(f"{title}: {source}") if source else Markup("{}").format(title)
            )
            limits = Markup("; {}").format(model["caveat"]) if model.get("caveat") else ""
            said[f"{name} {title}"] = Markup("{}: {}{}").format(name, cited, limits)
        elif model:
            said[str(model)] = Markup("Mg²⁺: {}").format(model)
    return Markup("; ").join(said.values())
