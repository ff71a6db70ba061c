"""The question whether the measurements would notice an effect, and see none where none is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lfa1_report.methods.references import Bibliography
from lfa1_report.sections.base import Section
from lfa1_report.sources.study import Results
from lfa1_report.wording.effects import controls


def section(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Section:
    """List the controls."""
    rows = controls(found.summary or {})
    failed = tuple(
        f"{row['control'].capitalize()} control, {row['comparison']}: {row['sentence']}"
        for row in rows
        if row["outcome"] == "failed"
    )
    return Section(
        "controls",
        "Controls",
        "Would these measurements notice an effect?",
        "The measurements must tell open from closed (positive control), and must not find a "
        "difference between two halves of the runs without metal (negative control). Taking the "
        "metal out also turns one ion of the solvent into another, to keep the box neutral; where "
        "the study has a sham, which keeps the metal and exchanges two ions far from the protein, "
        "it must not differ either (sham control). One in twenty controls of the last two kinds "
        "fails by chance alone.",
        "That a passed control makes the answer right: it only rules out that the measurements "
        "are blind or see differences everywhere.",
        "controls",
        {"controls": rows},
        (("Warning: a control failed.", failed),) if failed else (),
    )
