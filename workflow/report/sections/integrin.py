"""The question how a whole integrin moved; only where the study has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lfa1_analysis.integrin.definitions import COLUMNS
from lfa1_report.methods.references import Bibliography
from lfa1_report.sections.base import Section
from lfa1_report.sources import study_subject as subject
from lfa1_report.sources.study import Results
from lfa1_report.style.style import label, minus

_NAMES = {
    "hybrid_swing_degree": "Swing of the hybrid domain (°)",
    "hybrid_turn_degree": "Turn of the hybrid domain since the start (°)",
    "headpiece_opening_angstrom": "Propeller–hybrid (Å)",
    "genu_angle_degree": "Angle at the genu (°)",
    "leg_turn_degree": "Turn of the leg since the start (°)",
    "propeller_calf2_angstrom": "Propeller–calf-2 (Å)",
    "leg_separation_angstrom": "Calf-2–β-tail (Å)",
    "midas_height_angstrom": "Height of the βI MIDAS (Å)",
    "alpha_i_midas_height_angstrom": "Height of the αI MIDAS (Å)",
    "radius_of_gyration_angstrom": "Radius of gyration (Å)",
    "longest_extent_angstrom": "Longest extent (Å)",
}


def section(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Section | None:
    """List the means of the big motions, or return None in a study of I domains alone."""
    held = subject.integrins(found, config)
    if not held and not found.integrins:
        return None
    systems = list(dict.fromkeys(system for system, _ in found.integrins))
    rows = []
    for name, (_, meaning) in COLUMNS.items():
        cells = [_cell(found, system, name) for system in systems]
        if any(cells):
            rows.append({"name": _NAMES.get(name, name), "meaning": meaning, "cells": cells})
    site = subject.titrated(found, config)
    said = (
        f"The ions of this study are about the {site}; the other metal sites are the same in all "
        "systems. "
        if held
        else ""
    )
    there = (
        "The table has the mean of each measure over all frames of a system’s runs, and in "
        "brackets the lowest and the highest mean of a run."
        if rows
        else "The tables of lfa1 integrin (analysis/*/*/integrin.csv) were not found, or no "
        "measure could be taken."
    )
    return Section(
        "integrin",
        "Whole integrin",
        "How did the integrin move?",
        said + "Swinging out of the hybrid domain, extension and separation of the legs are what "
        f"activation is thought to look like. {there} Frame by frame they are in "
        "analysis/*/*/integrin.csv, the metal sites in integrin-sites.csv.",
        "Whether the integrin is active: none of these measures has a threshold that tells, and no "
        "interval or test is given here. The motions take far longer than such runs, so means "
        "mostly tell how the runs began. The other sections of this page are about the αI domain.",
        "",
        {"systems": [label(system) for system in systems], "rows": rows},
    )


def _cell(found: Results, system: str, name: str) -> str:
    """Write the mean over runs and the range of their means; empty where nothing was measured."""
    means = [
        float(values.mean())
        for (its, _), table in found.integrins.items()
        if its == system
        and len(values := pd.to_numeric(table[name], errors="coerce").dropna().to_numpy())
    ]
    if not means:
        return ""
    spread = f" ({min(means):.1f} to {max(means):.1f})" if len(means) > 1 else " (one run)"
    return minus(f"{np.mean(means):.1f}{spread}")
