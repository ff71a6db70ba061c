"""The question whether ICAM-1 stays held; only where the study holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from lfa1_report.figures.interface import SECTION, holding
from lfa1_report.methods.references import Bibliography
from lfa1_report.sections.base import Section
from lfa1_report.sources.study import Results


def section(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Section | None:
    """Follow the interface, or return None in a study without ICAM-1."""
    told = holding(found)
    if told is None:
        return None
    return Section(
        "holding",
        "Holding ICAM-1",
        "Does the domain hold ICAM-1 without Mg²⁺?",
        Markup(
            "In the crystal of the complex (1MQ8) the carboxylate of ICAM-1’s Glu34 sits on the "
            "Mg²⁺ of the MIDAS itself, 2.23 Å from it{}. Here the same complex is run with and "
            "without the ion. {}"
        ).format(cites.cite("complex"), " ".join(told["said"])),
        "Runs of this length do not see a tight complex come apart: that ICAM-1 stays is no "
        "measure of how well it binds. The runs without metal begin in the pose that the ion "
        "made, so their first moments are those of a complex that has just lost its ion, not of "
        "one that formed without it.",
        SECTION,
        {"holding": told},
    )
