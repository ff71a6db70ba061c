"""Umbrella windows: the table that lists them, and the time series of the CV of each run.

A window is a centre and a force constant; it may have several runs (replicas), each with its own
file. A file that cannot be used does not stop the reading: its problem is kept, because the other
windows can still be diagnosed, and no free energy is given without it (``docs/free_energy.md``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_analysis.io.table import read_table

Array = npt.NDArray[np.float64]

COLUMNS = (
    "system",
    "window",
    "replica",
    "seeded_from",
    "centre",
    "force_constant_kj_per_mol_per_unit2",
    "file",
)
SEEDS = ("closed", "open", "")
TIME_STEP_SPREAD = 0.01
"""Relative; frames further apart than this from the median mean that some are missing."""
_TABLE = f"give a CSV file with the columns {', '.join(COLUMNS)}"
_SERIES = "give a CSV file with the columns time_ns and cv, or run the window again"


@dataclass(frozen=True)
class Window:
    """A harmonic bias k/2 (cv − centre)², in kJ/mol with the CV in its own unit.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.free_energy.umbrella.windows import read_windows
    >>> window = read_windows(examples.windows())[0].windows[1]
    >>> window.label, window.centre, window.force_constant
    ('1', 0.2, 500.0)
    """

    label: str
    centre: float
    force_constant: float

    def width(self, kt: float) -> float:
        """Return √(kT/k), the spread that the bias alone would give (unit of the CV)."""
        return math.sqrt(kt / self.force_constant)


@dataclass(frozen=True)
class Run:
    """One run of a window.

    Attributes
    ----------
    cv : ndarray, shape (n_frames,)
        Empty where `problem` is set.
    interval_ns : float
        Between frames.
    problem : str
        Why the file cannot be used, or empty.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.free_energy.umbrella.windows import read_windows
    >>> run = read_windows(examples.windows())[0].runs[0]
    >>> run.seeded_from, len(run.cv), f"{run.interval_ns * 1e6:.0f} fs", run.problem
    ('closed', 60, '20 fs', '')
    """

    window: Window
    replica: int
    seeded_from: str
    file: Path
    cv: Array
    interval_ns: float
    problem: str = ""

    @property
    def name(self) -> str:
        """Window and replica, for messages."""
        return f"window {self.window.label}, replica {self.replica}"


@dataclass(frozen=True)
class UmbrellaSet:
    """All runs of one system, in order of centre and replica.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.free_energy.umbrella.windows import read_windows
    >>> found = read_windows(examples.windows())[0]
    >>> found.system, [window.centre for window in found.windows[:3]]
    ('mg', [0.0, 0.2, 0.4])
    """

    system: str
    unit: str
    runs: list[Run]

    @property
    def windows(self) -> list[Window]:
        """Every window once, in order of centre."""
        return sorted({run.window for run in self.runs}, key=_place)


def read_windows(path: Path) -> list[UmbrellaSet]:
    """Read a table of windows and every time series that it names.

    Parameters
    ----------
    path : Path
        CSV with `COLUMNS` and perhaps ``unit``; files are relative to it.

    Returns
    -------
    list of UmbrellaSet
        In the order in which the systems come first.

    Raises
    ------
    InputError
        The table cannot be used, a window has two biases, or no file at all can be used.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.free_energy.umbrella.windows import read_windows
    >>> sets = read_windows(examples.windows())
    >>> [(found.system, len(found.windows), len(found.runs)) for found in sets]
    [('mg', 8, 16), ('apo', 8, 16)]
    """
    table = read_table(path, _TABLE, dtype=str, keep_default_na=False)
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise InputError(f"{path}: lacks the column {', '.join(missing)}", _TABLE)
    if table.empty:
        raise InputError(f"{path}: lists no window", _TABLE)
    sets: dict[str, UmbrellaSet] = {}
    for number, row in enumerate(table.to_dict("records"), start=2):
        run = _run(path, number, {str(k): str(v).strip() for k, v in row.items()})
        system, unit = str(row["system"]).strip(), str(row.get("unit", "")).strip()
        found = sets.setdefault(system, UmbrellaSet(system, unit, []))
        _check_fits(path, number, run, unit, found)
        found.runs.append(run)
    for found in sets.values():
        found.runs.sort(key=lambda run: (*_place(run.window), run.replica))
    runs = [run for found in sets.values() for run in found.runs]
    if all(run.problem for run in runs):
        raise InputError(f"{path}: no file in it can be used; the first: {runs[0].problem}", _TABLE)
    return list(sets.values())


def _run(path: Path, number: int, row: dict[str, str]) -> Run:
    for name in ("system", "window", "file"):
        if not row[name]:
            raise InputError(f"{path}: line {number}: '{name}' is empty", "fill it in")
    seed = row["seeded_from"].lower()
    if seed not in SEEDS:
        raise InputError(
            f"{path}: line {number}: seeded_from is '{row['seeded_from']}'",
            "write closed, open or leave it empty",
        )
    replica = _number(path, number, "replica", row["replica"])
    if not 0 <= replica < 1e9 or replica != int(replica):
        raise InputError(
            f"{path}: line {number}: replica is {replica}", "give a whole number, 0 or more"
        )
    centre = _number(path, number, "centre", row["centre"])
    constant = _number(path, number, COLUMNS[5], row[COLUMNS[5]])
    if constant <= 0:
        raise InputError(
            f"{path}: line {number}: {COLUMNS[5]} is {constant:g}", "give a number above 0"
        )
    window = Window(row["window"], centre, constant)
    file = path.parent / row["file"]
    try:
        cv, interval, problem = *read_series(file), ""
    except InputError as error:
        cv, interval, problem = np.empty(0), math.nan, error.problem
    return Run(window, int(replica), seed, file, cv, interval, problem)


def read_series(file: Path) -> tuple[Array, float]:
    """Read the CV of one run and the time between its frames in ns.

    Raises
    ------
    InputError
        The file is missing or damaged, holds something that is not a finite number, or its times
        do not go up evenly.
    """
    table = read_table(file, _SERIES)
    for name in ("time_ns", "cv"):
        if name not in table.columns:
            raise InputError(f"{file}: lacks the column {name}", _SERIES)
        table[name] = pd.to_numeric(table[name], errors="coerce")
        wrong = ~np.isfinite(table[name].to_numpy(dtype=float))
        if wrong.any():
            raise InputError(
                f"{file}: {int(wrong.sum())} values of {name} are not finite numbers, the first "
                f"in line {int(np.argmax(wrong)) + 2}",
                _SERIES,
            )
    if len(table) < 2:
        raise InputError(f"{file}: holds {len(table)} frames", _SERIES)
    steps = np.diff(table["time_ns"].to_numpy(dtype=float))
    if (steps <= 0).any():
        at = int(np.argmax(steps <= 0)) + 3
        raise InputError(f"{file}: the time goes back or stands still in line {at}", _SERIES)
    interval = float(np.median(steps))
    uneven = np.abs(steps - interval) > TIME_STEP_SPREAD * interval
    if uneven.any():
        at = int(np.argmax(uneven))
        raise InputError(
            f"{file}: frames are {interval:g} ns apart, but {steps[at]:g} ns before line {at + 3}",
            _SERIES,
        )
    return table["cv"].to_numpy(dtype=float), interval


def parse_temperature(text: str) -> float:
    """``"310 K"`` → 310.0.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.umbrella.windows import parse_temperature
    >>> parse_temperature("310 K")
    310.0
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*K\s*", text)
    if not match or not 1 <= float(match[1]) <= 2000:
        raise ConfigError(
            f"--temperature: {text!r} is not a temperature", "write for example '310 K'"
        )
    return float(match[1])


def series_files(sets: Sequence[UmbrellaSet]) -> list[Path]:
    """Return the files that are there, each once, in order."""
    return list(
        dict.fromkeys(run.file for found in sets for run in found.runs if run.file.is_file())
    )


def _number(path: Path, line: int, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{path}: line {line}: {name} is '{text}'", "give a number")
    return value


def _check_fits(path: Path, line: int, run: Run, unit: str, found: UmbrellaSet) -> None:
    """One label is one bias, and a run is listed once."""
    if unit != found.unit:
        raise InputError(
            f"{path}: line {line}: unit is '{unit}', before it was '{found.unit}'",
            "give all windows of a system in one unit",
        )
    for other in found.runs:
        if other.window.label == run.window.label and other.window != run.window:
            raise InputError(
                f"{path}: line {line}: window {run.window.label} has centre {run.window.centre:g} "
                f"and force constant {run.window.force_constant:g}, before they were "
                f"{other.window.centre:g} and {other.window.force_constant:g}",
                "give each bias its own label",
            )
        if other.file.resolve() == run.file.resolve() or other.name == run.name:
            raise InputError(
                f"{path}: line {line}: {run.name} or its file is there twice",
                "list every run once, with its own replica number and file",
            )


def _place(window: Window) -> tuple[float, float, str]:
    return window.centre, window.force_constant, window.label
