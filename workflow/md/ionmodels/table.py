"""The checks of a folder as a table, beside what is published of each model and of the ion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import rounded_csv
from lfa1_md.files.durable import write_text
from lfa1_md.files.locking import locked
from lfa1_md.files.provenance import read_json
from lfa1_md.ionmodels.check import RESULT
from lfa1_md.ionmodels.reference import EXPERIMENT, PublishedValue, reference

NAME = "ion-check.csv"
COLUMNS = (
    "ion",
    "water",
    "model",
    "quantity",
    "value",
    "standard_error",
    "published",
    "published_uncertainty",
    "published_source",
    "verdict",
    "experiment",
    "experiment_uncertainty",
    "experiment_source",
    "shell_ps",
    "window_ps",
    "waters",
)
KEYS = ("ion", "water", "model")
DISTANCE_TOLERANCE = 0.02
"""Å within which a distance agrees with the published one: what is lost between programs by the
time step, the cutoff and the rounding of the published value."""
WITHIN, AWAY, UNKNOWN = "agrees", "differs", "none published"
STUDENT = {True: 1.96, False: 2.776}
"""Two-sided 95 % of Student's t: MBAR's errors, and those of five blocks (4 degrees of freedom)."""
_SHOWN = {
    "distance_peak_angstrom": ("M–O peak (Å)", 3),
    "distance_mean_angstrom": ("M–O mean (Å)", 3),
    "coordination_number": ("CN", 2),
    "trans_angle_mean_degrees": ("trans O–M–O (°)", 1),
    "hydration_free_energy_kcal_per_mol": ("ΔG hydration (kcal/mol)", 1),
    "finite_size_kcal_per_mol": ("… not added: box size", 1),
    "c4_beyond_cutoff_kcal_per_mol": ("… not added: C4 tail", 1),
    "diffusion_1e-9_m2_per_s": ("D (10⁻⁹ m²/s)", 2),
}


def write(folder: Path) -> list[dict[str, Any]]:
    """Write ``ion-check.csv`` from all finished checks of a folder, and print what matters.

    Parameters
    ----------
    folder : Path
        Holds a folder for each check.

    Returns
    -------
    list of dict
        The rows, by `COLUMNS`.
    """
    checks = [_read(path) for path in sorted(folder.glob(f"*/{RESULT}"))]
    rows = [row for check in checks for row in compared(check)]
    text = rounded_csv(pd.DataFrame(rows, columns=list(COLUMNS), dtype=object))
    with locked(folder / "table", str(folder / NAME)):
        write_text(folder / NAME, text)
    _print(rows)
    for check in checks:
        for note in check["notes"]:
            print(f"{' '.join(check['settings'][k] for k in KEYS)}: {note}")
    print(f"all quantities, with sources: {folder / NAME}")
    return rows


def compared(check: dict[str, Any]) -> list[dict[str, Any]]:
    """Set a check's quantities beside the published ones.

    Parameters
    ----------
    check : dict
        From `check.check`.

    Returns
    -------
    list of dict
        By `COLUMNS`.
    """
    settings, rows = check["settings"], []
    ion, water, model = (settings[key] for key in KEYS)
    lengths = settings["lengths_ps"]
    for quantity, found in check["quantities"].items():
        published = reference(ion, water, model, quantity)
        measured = reference(ion, EXPERIMENT, EXPERIMENT, quantity)
        rows.append(
            {
                "ion": ion,
                "water": water,
                "model": model,
                "quantity": quantity,
                "value": f"{found['value']:.5g}",
                "standard_error": f"{found['error']:.2g}",
                **_columns("published", published),
                "verdict": verdict(quantity, found["value"], found["error"], published),
                **_columns("experiment", measured),
                "shell_ps": lengths["shell"],
                "window_ps": lengths["window"],
                "waters": settings["waters"],
            }
        )
    return rows


def verdict(quantity: str, value: float, error: float, published: PublishedValue | None) -> str:
    """Return whether a value agrees with the published one of its model.

    Distances agree within `DISTANCE_TOLERANCE` or the published uncertainty; all else if the
    difference is at most the published uncertainty and the 95 % interval's half width.

    Returns
    -------
    str
        `WITHIN`, `AWAY`, or `UNKNOWN` where nothing is published.
    """
    if published is None:
        return UNKNOWN
    allowed = (published.uncertainty or 0.0) + STUDENT["free_energy" in quantity] * error
    if "distance" in quantity:
        allowed = max(published.uncertainty or 0.0, DISTANCE_TOLERANCE)
    return WITHIN if abs(value - published.value) <= allowed else AWAY


def _read(path: Path) -> dict[str, Any]:
    check = read_json(path)
    if not {"settings", "quantities", "notes"} <= check.keys():
        raise InputError(
            f"{path}: is not the result of a check", "delete it, or name a folder of checks alone"
        )
    return check


def _columns(name: str, found: PublishedValue | None) -> dict[str, Any]:
    values = ("", "", "") if found is None else (found.value, found.uncertainty, found.source)
    keys = (name, f"{name}_uncertainty", f"{name}_source")
    return {k: "" if v is None else v for k, v in zip(keys, values, strict=True)}


def _print(rows: list[dict[str, Any]]) -> None:
    table = Table("ion", "water", "model", box=None, pad_edge=False)
    table.add_column("quantity", no_wrap=True)
    for heading in ("here", "published", "experiment"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in rows:
        if row["quantity"] in _SHOWN:
            label, digits = _SHOWN[row["quantity"]]
            here = f"{float(row['value']):.{digits}f} ± {float(row['standard_error']):.{digits}f}"
            table.add_row(
                row["ion"],
                row["water"],
                row["model"],
                label,
                here,
                _pair(row, "published", digits),
                _pair(row, "experiment", digits),
                row["verdict"],
            )
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:  # a file has no width to fit into
        console.width = 200
    console.print(table)


def _pair(row: dict[str, Any], name: str, digits: int) -> str:
    value, uncertainty = row[name], row[f"{name}_uncertainty"]
    if value == "":
        return "–"
    told = f"{value:.{digits}f}"
    return told if uncertainty == "" else f"{told} ± {uncertainty:g}"
