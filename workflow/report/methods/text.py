"""The Methods section, written from what the manifests and segment records say was run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from lfa1_analysis.comparison.verdicts import duration
from lfa1_analysis.statistics.inference import BOOTSTRAP_FROM
from lfa1_report.methods.references import Bibliography
from lfa1_report.methods.sampling import sampling
from lfa1_report.methods.separation import interface, separation
from lfa1_report.methods.structures import structures
from lfa1_report.methods.systems import systems
from lfa1_report.sources.study import Results

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
        ("Structures", structures(found, config, cites)),
        ("Systems", systems(found, config, cites)),
        ("Dynamics", _dynamics(found, config, cites)),
        ("Runs", _runs(found, config, cites)),
        ("Observables", _observables(cites)),
        *interface(found, config, cites),
        *sampling(found.free_energy, config, cites),
        *separation(found.separation, config, cites),
        ("Statistics", _statistics(found, cites)),
    ]


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
        "along the helix axis of the closed crystal 3F74{}, after superposing the β-sheet core. "
        "Opening fraction: projection on the difference between the closed (3F74) and the open "
        "(3HI6{}) crystal. An oxygen within 2.6 Å of Mg²⁺ is in its first shell."
    ).format(cites.cite("mdanalysis"), cites.cite("3F74"), cites.cite("3HI6"))


def _statistics(found: Results, cites: Bibliography) -> Markup:
    method = (found.summary or {}).get("method", {})
    return Markup(
        "The replica is the independent unit. Within a replica the equilibrated part and the "
        "statistical inefficiency were found automatically{} after discarding {}. Differences "
        "between replicas of the same number (with minus without metal) give the effect and its "
        "95 % interval: {}. The primary "
        "observables ({}) were named beforehand and share Holm's correction{}; all others are "
        "exploratory. “No effect beyond X” needs the whole interval inside ±X and at least {} per "
        "run. The smallest detectable effect is the one that a repeat would find with 80 % "
        "power at 95 % confidence."
    ).format(
        cites.cite("equilibration", "inefficiency"),
        duration(float(method.get("discard_ns") or 0)) if method.get("discard_ns") else "nothing",
        _intervals(found, method.get("bootstrap_from_replicas", BOOTSTRAP_FROM), cites),
        "α7 shift, opening fraction, Ser139–Thr206 gap",
        cites.cite("holm"),
        duration(float(method.get("minimum_time_for_no_effect_ns", 10))),
    )


def _intervals(found: Results, bootstrap_from: object, cites: Bibliography) -> Markup:
    """Name the intervals that were used; the bootstrap is cited where there was one."""
    effects = found.effects
    used = [] if effects is None or "method" not in effects else effects["method"].tolist()
    if not any("bootstrap" in str(each) for each in used):
        return Markup("Student's t")
    return Markup("Student's t below {} pairs, BCa bootstrap{} from there on").format(
        bootstrap_from, cites.cite("bca")
    )


def _records(found: Results) -> list[dict[str, Any]]:
    return [*found.manifests.values(), *(r for rs in found.segments.values() for r in rs)]


def _nested(config: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    here: Any = config
    for key in keys:
        here = here.get(key, {}) if isinstance(here, Mapping) else {}
    return here if isinstance(here, Mapping) else {}
