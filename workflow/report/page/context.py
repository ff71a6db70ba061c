"""What the page shows, in the order of the page, made from the results alone."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from lfa1_analysis.comparison.findings import about
from lfa1_analysis.comparison.relevance import MOTION_NS
from lfa1_analysis.comparison.verdicts import duration
from lfa1_report.methods.references import Bibliography
from lfa1_report.methods.text import methods
from lfa1_report.page.summary import front
from lfa1_report.sections import sections
from lfa1_report.sources.history import provenance
from lfa1_report.sources.study import Results

DEMONSTRATION_NS = 100.0
"""Runs shorter than this are called a demonstration whatever the configuration says."""


def context(found: Results, config: Mapping[str, Any], config_text: str) -> dict[str, Any]:
    """Collect everything the template needs except the figures."""
    cites = Bibliography()
    shortest = demonstration(found, config)
    return {
        "title": str(config.get("title") or "Mg²⁺ at the MIDAS of LFA-1"),
        "demonstration": shortest,
        "runs": len(found.keys),
        "total": duration(sum(found.length_ps(*key) for key in found.keys) / 1000),
        "front": front(found, config, shortest),
        "sections": sections(found, config, cites),
        "methods": methods(found, config, cites),
        "references": cites.used,
        "provenance": provenance(found),
        "config": config_text,
        "missing": found.missing,
    }


def demonstration(found: Results, config: Mapping[str, Any]) -> dict[str, str] | None:
    """Length of the median run, and how many times longer the motion takes; None for a study."""
    typical = median(found.length_ps(*key) for key in found.keys) / 1000
    if not config.get("demonstration") and not typical < DEMONSTRATION_NS:
        return None
    return {"length": duration(typical), "ratio": about(MOTION_NS / typical) if typical else "?"}
