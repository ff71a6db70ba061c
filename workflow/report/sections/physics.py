"""Is the physics sound? Temperature, density, energy, blow-ups, what differs within a pair."""

from __future__ import annotations

from typing import Any

from lfa1_md.study.settings import StudyConfig
from lfa1_report.sections.base import Section
from lfa1_report.sources.physics import check
from lfa1_report.sources.provenance import history
from lfa1_report.sources.study import Results


def physics(found: Results, study: StudyConfig) -> Section:
    """Judge every run's thermodynamics."""
    past = history(found)
    alerts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    if past["blow_ups"]:
        count = len(past["blow_ups"])
        lines = tuple(f"{row['run']}: {row['what']}" for row in past["blow_ups"])
        said = (
            "These runs became unphysical, went back to their last checkpoint and on from there "
            "with new velocities, as dynamics.blow_up_retries allows. Their cause is not mended."
        )
        alerts = ((f"Warning: {count} blow-up{'s' if count > 1 else ''}.", (said, *lines)),)
    target = study.chemistry.temperature
    return Section(
        "sanity",
        "Physics",
        "sanity",
        {
            "sanity": check(found, target),
            "target": target,
            "history": past,
            "pairs": _pairs(found),
        },
        alerts,
    )


def _pairs(found: Results) -> list[dict[str, Any]]:
    rows = []
    for system, manifest in found.manifests.items():
        pair = manifest.get("pair") or {}
        differences = [str(item) for item in pair.get("differences") or []]
        followers = [
            other
            for other, theirs in found.manifests.items()
            if (theirs.get("pair") or {}).get("partner") == system
        ]
        rows.append(
            {
                "system": system,
                "partner": pair.get("partner") or ", ".join(followers) or "–",
                "differences": differences,
                "atoms": manifest.get("n_atoms"),
                "waters": manifest.get("n_waters"),
                "ions": ", ".join(f"{k} {v}" for k, v in (manifest.get("ions") or {}).items()),
                "charge": manifest.get("charge_e"),
            }
        )
    return rows
