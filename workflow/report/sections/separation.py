"""The question how ICAM-1 comes off when it is pulled; only where it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lfa1_report.methods.references import Bibliography
from lfa1_report.sections.base import Section
from lfa1_report.sources.study import Results
from lfa1_report.wording.separation import separation


def section(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Section | None:
    """Compare the pulls, or return None without any."""
    told = separation(found.separation)
    if told is None:
        return None
    return Section(
        "separation",
        "Pulling ICAM-1 off",
        "How does ICAM-1 come off when it is pulled?",
        "A spring between the centres of the I domain and ICAM-1 was lengthened at constant speed "
        f"to take them apart, in independent pulls of each system. {told['said']}",
        "At these speeds most of the work is lost as friction, rupture forces are far above "
        "measured ones, and the order of events may not be that of slow unbinding. No binding free "
        "energy follows, nor a lifetime of the bond; an estimate of ΔF between the two lengths of "
        "the spring is given only where the lost work is a few kT (kT: the energy of thermal "
        "motion). What remains is a comparison: whether, pulled alike, the complex holds "
        "differently with and without the metal.",
        "separation",
        {"separation": told},
    )
