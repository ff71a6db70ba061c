"""The question whether the domain opened or closed while it was simulated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from lfa1_report.methods.references import Bibliography
from lfa1_report.sections.base import Section
from lfa1_report.sources.study import Results

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


def section(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Section:
    """Follow helix α7 against the crystals."""
    return Section(
        "opening",
        "Opening",
        "Did the domain open or close?",
        "Helix α7 slides down as the domain opens. Here its position is followed through every "
        "run: 0 Å is the closed crystal 3F74, the bands are what closed, intermediate and open "
        "crystals show. A run that leaves its band and stays in the other has changed its state.",
        "How often the domain opens or closes. A few events, or none, in runs far shorter than "
        "the motion are no rate.",
        "opening",
        {"crystals": _crystals(found.crystals)},
    )


def _crystals(table: pd.DataFrame | None) -> list[dict[str, Any]]:
    if table is None:
        return []
    kept = []
    for caption, names in _TABLES.items():
        columns = [name for name in names if name in table]
        rows = table[columns]
        if "metal" in columns:
            rows = rows[rows["metal"] != "none"]
        cells = [[_cell(value) for value in row] for row in rows.itertuples(index=False)]
        if cells:
            kept.append(
                {"caption": caption, "columns": [names[name] for name in columns], "rows": cells}
            )
    return kept


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".replace("-", "−") if math.isfinite(value) else "–"
    return str(value)
