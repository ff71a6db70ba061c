"""The question what it costs the domain to open, with Mg²⁺ and without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lfa1_report.methods.references import Bibliography
from lfa1_report.sections.base import Section
from lfa1_report.sources.study import Results
from lfa1_report.wording.free_energy import free_energy


def section(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Section | None:
    """Return the umbrella windows and pulls, or None where nothing was sampled."""
    told = free_energy(found, config)
    if told is None:
        return None
    if told["experiment"]:
        told["measured"] = cites.cite("vorup_jensen", "ajroud")
    alerts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    if told["demonstration"]:
        alerts = (
            (
                "Far too short: a demonstration.",
                (
                    f"The longest run of a window covers {told['demonstration']}; an estimate "
                    "needs nanoseconds to microseconds in every window. What follows shows that "
                    "each step works, and says nothing about LFA-1.",
                ),
            ),
        )
    return Section(
        "free-energy",
        "Free energy",
        "What does opening cost, with Mg²⁺ and without?",
        "An ordinary run is far too short to see the domain open. So springs held it at many "
        "places on the way from the closed to the open crystal (“windows”), and the way was "
        "pieced together from them: above zero, closed is favoured; every +6 kJ/mol makes open "
        "about ten times rarer.",
        "The free energy holds along this one coordinate and for the isolated I domain: it is no "
        "affinity, and says nothing of whole LFA-1 on a cell. It gives no rates: how fast the "
        "domain opens cannot be read off the height between the basins. The intervals hold what "
        "sampling leaves uncertain, not the errors of the force field and of its Mg²⁺, which no "
        "one knows. “Not converged” means that something speaks against the estimate, so that no "
        "number is given on purpose; “hysteresis untested” that nothing was found against it, but "
        "that runs were not begun from both ends in every window, so that a slow motion besides "
        "the coordinate could make the number wrong by any amount; “converged” that they were, "
        "agree, and nothing else was found against it.",
        "free-energy",
        {"free_energy": told},
        alerts,
    )
