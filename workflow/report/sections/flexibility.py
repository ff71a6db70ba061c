"""The question which parts of the chain move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lfa1_report.methods.references import Bibliography
from lfa1_report.sections.base import Section
from lfa1_report.sources.study import Results


def section(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Section | None:
    """Show the fluctuation of each residue, or return None without its tables."""
    if not found.rmsf:
        return None
    return Section(
        "flexibility",
        "Flexibility",
        "Which parts of the chain move?",
        "How far each residue strays from its mean place, with Mg²⁺ and without: the curve is the "
        "mean over replicas, the band their range. Dotted lines mark the five residues of the "
        "MIDAS, the shaded stretch helix α7. The ends of the chain always move most.",
        "Slow motions: only what a run had time for is in its fluctuation, and longer runs "
        "always show more.",
        "flexibility",
    )
