"""The questions about the shape: what it looks like, whether it opened, and what moves."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from lfa1_md.study.settings import StudyConfig
from lfa1_report.figures.molecule.scene import scene
from lfa1_report.sections.base import Section
from lfa1_report.sources.study import Results
from lfa1_report.style.inline import script_json
from lfa1_report.style.style import minus

_TABLES = {
    "The crystals’ opening, measured with the same definitions as the runs (Å unless said).": {
        "entry": "entry",
        "state": "state",
        "mutations": "mutations",
        "alpha7_shift_angstrom": "α7 shift",
        "opening_fraction": "opening fraction",
        "rmsd_closed_angstrom": "RMSD to closed",
        "midas_alpha7_angstrom": "MIDAS–α7",
        "pocket_leu289_angstrom": "pocket–Leu289",
        "pocket_phe292_angstrom": "pocket–Phe292",
        "pocket_leu295_angstrom": "pocket–Leu295",
        "ser139og_thr206og1_angstrom": "Ser139–Thr206",
        "glu241cd_ser139og_angstrom": "Glu241–Ser139",
    },
    "The crystals’ metal sites: distances from the metal (Å).": {
        "entry": "entry",
        "state": "state",
        "metal": "metal",
        "ser139_angstrom": "Ser139",
        "ser141_angstrom": "Ser141",
        "thr206_angstrom": "Thr206",
        "asp239_angstrom": "Asp239",
        "asp137_angstrom": "Asp137",
        "water_1_angstrom": "water 1",
        "water_2_angstrom": "water 2",
        "ligand_angstrom": "ligand",
        "pattern": "pattern",
    },
}


def view(found: Results, study: StudyConfig) -> Section:
    """Show both crystals and some runs in three dimensions."""
    content = scene(found)
    return Section(
        "view",
        "In 3-D",
        "view",
        {
            "scene": script_json(content),
            "runs": [run["name"] for run in content["runs"]],
            "every": len(found.keys),
            "most": max((run["frames"] for run in content["runs"]), default=0),
            "ligand": any(run["ligand"] for run in content["runs"]),
        },
        stage="view.html",
    )


def opening(found: Results, study: StudyConfig) -> Section:
    """Ask whether the domain opened or closed: helix α7 against the crystals."""
    return Section(
        "opening",
        "Opening",
        "opening",
        {"crystals": _crystals(found.crystals)},
    )


def flexibility(found: Results, study: StudyConfig) -> Section | None:
    """Ask which parts of the chain move, or return None without the tables of fluctuations."""
    if not found.rmsf:
        return None
    return Section(
        "flexibility",
        "Flexibility",
        "flexibility",
    )


def _crystals(table: pd.DataFrame) -> list[dict[str, Any]]:
    shown = []
    for caption, names in _TABLES.items():
        columns = [name for name in names if name in table]
        rows = table[columns]
        if "metal" in columns:
            rows = rows[rows["metal"] != "none"]
        cells = [[_cell(value) for value in row] for row in rows.itertuples(index=False)]
        if cells:
            shown.append(
                {"caption": caption, "columns": [names[name] for name in columns], "rows": cells}
            )
    return shown


def _cell(value: object) -> str:
    if isinstance(value, float):
        return minus(f"{value:.2f}") if math.isfinite(value) else "–"
    return str(value)
