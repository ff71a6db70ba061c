"""Does Mg²⁺ change the shape of the domain? The primary comparisons and the exploratory ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lfa1_report.methods.references import Bibliography
from lfa1_report.sections.base import Section
from lfa1_report.sources import study_subject as subject
from lfa1_report.sources.study import Results
from lfa1_report.wording.effects import shown, verdicts
from lfa1_report.wording.occupant import occupant


def section(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Section:
    """Return the question of the whole study."""
    summary = found.summary or {}
    background = {
        key: cites.cite(*names)
        for key, names in {
            "cells": ("loetscher",),
            "crystals": ("qu",),
            "isolated": ("isolated",),
            "motion": ("nunes", "leung", "kukic"),
            "affinity": ("shimaoka2001",),
            "metal": ("vorup_jensen", "ajroud"),
            "constants": ("labadia", "griggs"),
        }.items()
    }
    headline = " ".join(summary.get("headline", []))
    missing = "There is no comparison to report: the tables of lfa1 compare were not found."
    integrin = bool(subject.integrins(found, config))
    site = subject.titrated(found, config)
    return Section(
        "effect",
        "Effect of the ion" if integrin else "Effect of Mg²⁺",
        f"Does the ion at the {site} change the αI domain’s shape?"
        if integrin
        else "Does Mg²⁺ at the MIDAS change the domain’s shape?",
        (headline or missing)
        + " In the picture each run stands where its helix α7 stood on average, on the scale of "
        "the crystals: closed to the left, open to the right. With and without the ion differ if "
        "their runs stand apart by more than the runs of one kind do among themselves.",
        "What happens in a cell, how well ICAM-1 binds, or how often the domain opens by itself. "
        "“Cannot tell” means that this study is too small or too short, not that there is no "
        "effect; “both stayed where they started” that no run passed from one state to another, "
        "so that an effect on these passages could not be seen.",
        "effect",
        {
            "verdicts": verdicts(summary),
            "drifting": summary.get("drifting", []),
            "exploratory": [shown(row) for row in summary.get("exploratory", [])],
            "relevant": summary.get("relevant_sizes", []),
            "cannot_tell": summary.get("cannot_tell", []),
            "background": background,
            "occupant": [] if integrin else occupant(config),
            "bound": found.tables.holds_ligand,
        },
    )
