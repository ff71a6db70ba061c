"""Umbrella windows: the table that lists them, and the time series of the CV of each run.

A window is a centre and a force constant; it may have several runs (replicas), each with its own
file. A file that cannot be used does not stop the reading: its problem is kept, because the other
windows can still be diagnosed, and no free energy is given without it (``docs/free_energy.md``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lfa1_analysis.free_energy.run_tables import Array, RunRow, read_columns, read_rows
from lfa1_analysis.io.errors import InputError

CONSTANT = "force_constant_kj_per_mol_per_unit2"
COLUMNS = ("system", "window", "replica", "seeded_from", "centre", CONSTANT, "file")
SEEDS = ("closed", "open", "")
_SERIES = "give a CSV file with the columns time_ns and cv, or run the window again"


@dataclass(frozen=True)
class Window:
    """A harmonic bias k/2 (cv − centre)², in kJ/mol with the CV in its own unit.

    Examples
    --------
    >>> from lfa1_analysis import examples, read_windows
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
class WindowRun:
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
    >>> from lfa1_analysis import examples, read_windows
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
    >>> from lfa1_analysis import examples, read_windows
    >>> found = read_windows(examples.windows())[0]
    >>> found.system, [window.centre for window in found.windows[:3]]
    ('mg', [0.0, 0.2, 0.4])
    """

    system: str
    unit: str
    runs: list[WindowRun]

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
    >>> from lfa1_analysis import examples, read_windows
    >>> sets = read_windows(examples.windows())
    >>> [(found.system, len(found.windows), len(found.runs)) for found in sets]
    [('mg', 8, 16), ('apo', 8, 16)]
    """
    sets: dict[str, UmbrellaSet] = {}
    for row in read_rows(path, COLUMNS, "window"):
        run = _run(row)
        found = sets.setdefault(row["system"], UmbrellaSet(row["system"], row["unit"], []))
        _check_fits(row.where, run, row["unit"], found)
        found.runs.append(run)
    for found in sets.values():
        found.runs.sort(key=lambda run: (*_place(run.window), run.replica))
    runs = [run for found in sets.values() for run in found.runs]
    if all(run.problem for run in runs):
        raise InputError(
            f"{path}: no file in it can be used; the first: {runs[0].problem}", _SERIES
        )
    return list(sets.values())


def _run(row: RunRow) -> WindowRun:
    row.text("system")
    centre, constant = row.number("centre"), row.number(CONSTANT, above_zero=True)
    window = Window(row.text("window"), centre, constant)
    seed, replica, file = row.choice("seeded_from", *SEEDS), row.replica(), row.file()
    try:
        time, cv = read_columns(file, ("cv",), _SERIES)
    except InputError as error:
        return WindowRun(window, replica, seed, file, np.empty(0), math.nan, error.problem)
    return WindowRun(window, replica, seed, file, cv, float(np.median(np.diff(time))))


def series_files(sets: Sequence[UmbrellaSet]) -> list[Path]:
    """Return the files that are there, each once, in order."""
    return list(
        dict.fromkeys(run.file for found in sets for run in found.runs if run.file.is_file())
    )


def _check_fits(where: str, run: WindowRun, unit: str, found: UmbrellaSet) -> None:
    """One label is one bias, and a run is listed once."""
    if unit != found.unit:
        raise InputError(
            f"{where}: unit is '{unit}', before it was '{found.unit}'",
            "give all windows of a system in one unit",
        )
    for other in found.runs:
        if other.window.label == run.window.label and other.window != run.window:
            raise InputError(
                f"{where}: window {run.window.label} has centre {run.window.centre:g} "
                f"and force constant {run.window.force_constant:g}, before they were "
                f"{other.window.centre:g} and {other.window.force_constant:g}",
                "give each bias its own label",
            )
        if other.file.resolve() == run.file.resolve() or other.name == run.name:
            raise InputError(
                f"{where}: {run.name} or its file is there twice",
                "list every run once, with its own replica number and file",
            )


def _place(window: Window) -> tuple[float, float, str]:
    return window.centre, window.force_constant, window.label
