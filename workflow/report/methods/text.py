"""The Methods section, written from what the manifests and segment records say was run."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from lfa1_analysis.comparison.verdicts import duration
from lfa1_analysis.free_energy.pulling import comparison as pulling
from lfa1_analysis.metal_site.rules import SECOND_SHELL
from lfa1_analysis.observables.contacts import BROKEN, FORMED
from lfa1_analysis.proteins.known import ICAM1
from lfa1_analysis.separation.separations import (
    FALLEN,
    LEAST_PULLS,
    MOST_DISSIPATED_KT,
    SMOOTHED_NM,
)
from lfa1_analysis.statistics.inference import BOOTSTRAP_FROM
from lfa1_md.study.settings import StudyConfig
from lfa1_report.methods.biased import sampling_protocol, separation_protocol
from lfa1_report.methods.references import Bibliography
from lfa1_report.methods.systems import structures, systems
from lfa1_report.sources.study import Results
from lfa1_report.style.inline import environment

_LIMITS = {
    "second_shell": SECOND_SHELL,
    "icam1": ICAM1.accession,
    "formed": FORMED,
    "broken": BROKEN,
    "least_pulls_each_way": pulling.LEAST_PULLS,
    "least_pulls": LEAST_PULLS,
    "most_dissipated_kt": MOST_DISSIPATED_KT,
    "smoothed_nm": SMOOTHED_NM,
    "fallen": FALLEN,
    "bootstrap_from": BOOTSTRAP_FROM,
}


def methods(found: Results, study: StudyConfig, cites: Bibliography) -> list[tuple[str, Markup]]:
    """Write the Methods as (heading, paragraph) pairs; what is unknown is said to be.

    The words are in ``templates/methods.html``; the configuration gives what neither manifests nor
    segment records hold.
    """
    energy, pulled = found.free_energy, found.separation
    extents = {}
    for state in found.states:
        ligand = study.states[state].ligand if state in study.states else None
        if ligand or state.split("_")[0] == "bound":
            extents[state] = (ligand or "extent unrecorded").replace("-", "–")
    values = {
        **_LIMITS,
        **structures(found, study),
        **systems(found, study),
        **_runs(found),
        "study": study,
        "cites": cites,
        "duration": duration,
        "extents": extents,
        "energy": energy,
        "limits": ((energy and energy.record) or {}).get("settings", {}),
        "sampling_protocol": sampling_protocol(energy, study) if energy else "",
        "separation_protocol": separation_protocol(pulled, study) if pulled else "",
    }
    template = environment().get_template("methods.html").make_module(values)
    paragraphs = [
        ("Structures", "structures", True),
        ("Systems", "systems", True),
        ("Dynamics", "dynamics", True),
        ("Runs", "runs", True),
        ("Observables", "observables", True),
        ("ICAM-1 and the interface", "interface", bool(extents)),
        ("Free energy of opening", "sampling", energy is not None),
        ("Steered separation", "separation", pulled is not None),
        ("Statistics", "statistics", True),
    ]
    return [
        (heading, Markup(" ".join(getattr(template, name)().split())))
        for heading, name, shown in paragraphs
        if shown
    ]


def _runs(found: Results) -> dict[str, Any]:
    """Collect what the segments' records and the comparison say."""
    segments = [record for records in found.segments.values() for record in records]
    made = [*found.manifests.values(), *segments]
    steps = sorted({record["timestep_fs"] for record in segments if "timestep_fs" in record})
    versions = {str(record.get("versions", {}).get("openmm")) for record in made} - {"None"}
    lengths = [found.length_ps(*key) / 1000 for key in found.keys]
    low, high = min(lengths), max(lengths)
    used: Any = [] if found.effects is None else found.effects.get("method", [])
    return {
        "openmm": ", ".join(sorted(versions)),
        "timesteps": " and ".join(f"{step:g}" for step in steps),
        "replicas": ", ".join(f"{len(found.tables.replicas(s))} of {s}" for s in found.systems),
        "each": duration(low) if high - low < 1e-9 else f"{duration(low)} to {duration(high)}",
        "total": duration(sum(lengths)),
        "platforms": ", ".join(sorted({r.get("platform", {}).get("name", "?") for r in segments})),
        "watched": any("site_events" in record for record in segments),
        "method": (found.summary or {}).get("method", {}),
        "bootstrapped": any("bootstrap" in str(each) for each in used),
    }
