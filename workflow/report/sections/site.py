"""Did the metal site hold? Mg²⁺ and its shell, ions in the empty site, events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lfa1_report.figures.gate import event_rows
from lfa1_report.methods.references import Bibliography
from lfa1_report.sections.base import Section
from lfa1_report.sources.study import Results


def section(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Section:
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
        "Did the metal site hold?",
        "Mg²⁺ is held by six oxygens: in the closed state by Ser139, Ser141, Asp239 and waters, "
        "in the open state by Ser139, Ser141, Thr206 and waters; bound to ICAM-1, its Glu34 takes "
        "the place of one water. A run whose site does not stay so is not a run with the crystal’s "
        "metal site; an empty site that fills with Na⁺ is no longer empty.",
        "How strongly Mg²⁺ is bound, or whether it would leave: its exchange takes far longer "
        "than any run here, and its model decides how it is held.",
        "midas",
        {
            "site_rows": rows,
            "visits": control.get("visits", []),
            "gate": event_rows(found),
            "sites": found.sites,
        },
        alerts,
    )
