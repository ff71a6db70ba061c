"""Did the metal site hold? Mg²⁺ and its shell, ions in the empty site, events."""

from __future__ import annotations

from lfa1_md.study.settings import StudyConfig
from lfa1_report.figures.metal_site import event_rows
from lfa1_report.sections.base import Section
from lfa1_report.sources.study import Results


def metal_site(found: Results, study: StudyConfig) -> Section:
    """Judge the site in every run."""
    control = (found.summary or {}).get("controls", {})
    rows = control.get("metal_site", [])
    broken = [row for row in rows if not row.get("intact")]
    alerts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    if broken:
        alerts = (
            (
                f"Warning: the metal site is not intact in {len(broken)} of {len(rows)} runs.",
                tuple(str(row["sentence"]) for row in broken),
            ),
        )
    return Section(
        "midas",
        "Metal site",
        "midas",
        {
            "site_rows": rows,
            "visits": control.get("visits", []),
            "gate": event_rows(found),
            "sites": found.sites,
        },
        alerts,
    )
