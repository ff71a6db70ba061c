"""The Methods section, written from what the manifests and segment records say was run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from lfa1_analysis.comparison.inference import BOOTSTRAP_FROM
from lfa1_analysis.comparison.verdicts import duration
from lfa1_report.methods_sampling import sampling
from lfa1_report.methods_separation import interface, separation
from lfa1_report.references import Bibliography
from lfa1_report.sources import Results
from lfa1_report.style import ION_NAMES

_FIELD_KEYS = {"ff19SB": ["ff19sb"], "ff14SB": ["ff14sb"], "CHARMM36": ["charmm36"]}
_WATER_KEYS = {"OPC3": ["opc3"], "OPC": ["opc"], "TIP3P": ["tip3p"], "CHARMM-TIP3P": ["tip3p"]}
_UNITS = {" kelvin": " K", " molar": " mol/l", " dalton": " Da", "^2": "²", " 1/ps": " per ps"}

_GATE = {
    "note": "only noted in the records",
    "warn": "noted in the records and the log, and ended no run",
    "stop": "set to end a replica whose site is lost",
}

Paragraphs = list[tuple[str, Markup]]


def quantity(value: object) -> str:
    """Write a setting with its unit for people: ``0.15 molar`` → ``0.15 mol/l``."""
    text = str(value)
    for short, nice in _UNITS.items():
        text = text.replace(short, nice)
    return text


def methods(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Paragraphs:
    """Write the Methods as (heading, paragraph) pairs; what is unknown is said to be.

    Parameters
    ----------
    config : mapping
        The study's settings with all defaults filled in; used for what neither manifests nor
        segment records hold.
    """
    return [
        ("Structures", _structures(found, config, cites)),
        ("Systems", _systems(found, config, cites)),
        ("Dynamics", _dynamics(found, config, cites)),
        ("Runs", _runs(found, config, cites)),
        ("Observables", _observables(cites)),
        *interface(found, config, cites),
        *sampling(found.free_energy, config, cites),
        *separation(found.separation, config, cites),
        ("Statistics", _statistics(found, cites)),
    ]


def _structures(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Markup:
    parts = []
    for state, site in found.sites.items():
        source = _nested(config, "states", state).get("structure", "not recorded")
        entry = site.get("provenance", {}) if isinstance(site.get("provenance"), dict) else {}
        name = entry.get("entry") or entry.get("structure") or source
        metal = {"placed": "placed by geometry", "entry": "taken from the entry"}.get(
            str(site.get("source")), "of unrecorded origin"
        )
        parts.append(
            Markup("the {} state from {}{} (Mg²⁺ {}, coordination number {}{})").format(
                state,
                name,
                cites.cite_text(str(entry["citation"])) if entry.get("citation") else "",
                metal,
                site.get("coordination_number", "unknown"),
                f"; {entry['checked_against']}" if entry.get("checked_against") else "",
            )
        )
    if not parts:
        return Markup("The records of the prepared structures (site.json) were not found.")
    ph = _nested(config, "chemistry").get("ph", "unrecorded")
    return Markup(
        "Starting structures of the αL I domain (UniProt P20701, wild type): {}. Protonation at pH "
        "{} followed PROPKA{}; the MIDAS aspartates stayed charged. A metal site was accepted only "
        "with six oxygens within 0.25 Å of 2.1 Å, the donors of its state and no bidentate Asp."
    ).format(Markup("; ").join(parts), ph, cites.cite("propka"))


def _systems(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Markup:
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
        "Force field: {}{}. Each rhombic-dodecahedral box holds {} atoms, is neutral and has "
        "{} mol/l NaCl beyond neutralisation{}. Systems without metal are the same box with the "
        "Mg²⁺ gone: same coordinates, protonation, box vectors and seeds; the report lists every "
        "difference."
    ).format(
        models,
        Markup(" ({})").format(metals) if metals else "",
        span,
        first.get("ionic_strength_molar", "an unrecorded concentration of"),
        _magnesium_chloride(found),
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


def _dynamics(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Markup:
    dynamics, chemistry = _nested(config, "dynamics"), _nested(config, "chemistry")
    steps = sorted(
        {r["timestep_fs"] for rs in found.segments.values() for r in rs if "timestep_fs" in r}
    )
    versions = sorted(
        {str(m.get("versions", {}).get("openmm")) for m in _records(found)} - {"None"}
    )
    step = " and ".join(f"{s:g}" for s in steps) or "unrecorded"
    return Markup(
        "OpenMM {}{}; Langevin middle integrator{}, {} fs, friction {}, {}; Monte Carlo "
        "barostat{} at {}, every {} steps; particle-mesh Ewald{} with a direct-space cutoff of "
        "{}. Hydrogen masses were {} (repartitioned{}); bonds to hydrogen and waters were "
        "constrained{}."
    ).format(
        ", ".join(versions) or "(version unrecorded)",
        cites.cite("openmm"),
        cites.cite("langevin"),
        step,
        quantity(dynamics.get("friction", "unrecorded")),
        quantity(chemistry.get("temperature", "temperature unrecorded")),
        cites.cite("barostat"),
        quantity(chemistry.get("pressure", "unrecorded pressure")),
        dynamics.get("barostat_interval", "an unrecorded number of"),
        cites.cite("pme"),
        quantity(dynamics.get("cutoff", "unrecorded")),
        quantity(dynamics.get("hydrogen_mass", "unrecorded")),
        cites.cite("hmr"),
        cites.cite("settle", "ccma"),
    )


def _runs(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Markup:
    stages = config.get("equilibration") or []
    said = Markup(", ").join(
        Markup("{} ({}, {} in steps of {}{}{})").format(
            stage.get("name"),
            stage.get("ensemble"),
            quantity(stage.get("duration")),
            quantity(stage.get("timestep", "unrecorded length")),
            f", friction {quantity(stage['friction'])}" if stage.get("friction") else "",
            f", heavy atoms held by {quantity(stage['restraint'])}"
            if not str(stage.get("restraint", "0")).startswith("0")
            else ", free",
        )
        for stage in stages
        if isinstance(stage, dict)
    )
    counts = {s: len(found.tables.replicas(s)) for s in found.systems}
    replicas = ", ".join(f"{n} of {system}" for system, n in counts.items())
    lengths = [found.length_ps(*key) / 1000 for key in found.keys]
    low, high = min(lengths), max(lengths)
    watched = any("site_events" in r for rs in found.segments.values() for r in rs)
    gate = _GATE.get(str(_nested(config, "gate").get("action"))) if watched else None
    each = duration(low) if high - low < 1e-9 else f"{duration(low)} to {duration(high)}"
    platforms = sorted(
        {str(r.get("platform", {}).get("name", "?")) for rs in found.segments.values() for r in rs}
    )
    return Markup(
        "Energy minimisation, then equilibration in stages: {}. Production without restraints: "
        "{} replicas, {} each, {} in all{}, with their own velocities and seeds; the runs with "
        "and without metal of one number share theirs.{} The workflow is driven by Snakemake{}."
    ).format(
        said or "not recorded",
        replicas,
        each,
        duration(sum(lengths)),
        f" (platform {', '.join(platforms)})" if platforms else "",
        f" Alarms about the metal site during the runs were {gate}." if gate else "",
        cites.cite("snakemake"),
    )


def _observables(cites: Bibliography) -> Markup:
    return Markup(
        "Analysis with MDAnalysis{}. α7 shift: movement of the Cα centroid of residues 294–300 "
        "along the helix axis of the closed crystal 3F74, after superposing the β-sheet core. "
        "Opening fraction: projection on the difference between the closed (3F74) and the open "
        "(3HI6) crystal. An oxygen within 2.6 Å of Mg²⁺ is in its first shell."
    ).format(cites.cite("mdanalysis"))


def _statistics(found: Results, cites: Bibliography) -> Markup:
    method = (found.summary or {}).get("method", {})
    return Markup(
        "The replica is the independent unit. Within a replica the equilibrated part and the "
        "statistical inefficiency were found automatically{} after discarding {}. Differences "
        "between replicas of the same number (with minus without metal) give the effect and its "
        "95 % interval: Student's t below {} pairs, BCa bootstrap{} from there on. The primary "
        "observables ({}) were named beforehand and share Holm's correction{}; all others are "
        "exploratory. “No effect beyond X” needs the whole interval inside ±X and at least {} per "
        "run. The smallest detectable effect is the one that a repeat would find with 80 % "
        "power at 95 % confidence."
    ).format(
        cites.cite("equilibration", "pymbar"),
        duration(float(method.get("discard_ns") or 0)) if method.get("discard_ns") else "nothing",
        method.get("bootstrap_from_replicas", BOOTSTRAP_FROM),
        cites.cite("bca"),
        "α7 shift, opening fraction, Ser139–Thr206 gap",
        cites.cite("holm"),
        duration(float(method.get("minimum_time_for_no_effect_ns", 10))),
    )


def _records(found: Results) -> list[dict[str, Any]]:
    return [*found.manifests.values(), *(r for rs in found.segments.values() for r in rs)]


def _nested(config: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    here: Any = config
    for key in keys:
        here = here.get(key, {}) if isinstance(here, Mapping) else {}
    return here if isinstance(here, Mapping) else {}
