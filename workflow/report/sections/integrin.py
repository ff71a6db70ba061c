"""The question how a whole integrin moved; only where the study has one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lfa1_analysis.integrin.definitions import COLUMNS
from lfa1_md.study.settings import StudyConfig
from lfa1_report.sections.base import Section
from lfa1_report.sources import proteins
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


def integrin(found: Results, study: StudyConfig) -> Section | None:
    """List the means of the big motions, or return None in a study of I domains alone."""
    held = proteins.integrins(found, study)
    if not held and not found.integrins:
        return None
    systems = list(dict.fromkeys(system for system, _ in found.integrins))
    rows = []
    for name, (_, meaning) in COLUMNS.items():
        cells = [_cell(found, system, name) for system in systems]
        if any(cells):
            rows.append({"name": _NAMES.get(name, name), "meaning": meaning, "cells": cells})
    return Section(
        "integrin",
        "Whole integrin",
        "",
        {"systems": [label(system) for system in systems], "rows": rows}
        | {"titrated": proteins.titrated(found, study) if held else ""},
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
