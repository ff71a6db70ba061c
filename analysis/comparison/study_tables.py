"""Reading the per-replica tables of a study: ``{system}/replica-{n}/{table}.csv``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from lfa1_analysis.comparison.relevance import BY_NAME, OBSERVABLES
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import read_table
from lfa1_analysis.proteins.ion_names import BESIDE, MG_SHAM, MODELS

TABLES = ("opening", "midas", "flexibility")
INTERFACE = "interface"
"""Table of systems that hold ICAM-1 besides."""
MG_MODELS = {slug: MODELS[name].short for slug, name in BESIDE.items()}
"""Models of Mg²⁺ beside the study's first one, as the names of systems write them:
``closed-mg_1264``."""
KNOWN_IONS = ("mg", "apo", "ca", "mn", "na", *(f"mg_{model}" for model in MG_MODELS), MG_SHAM)
_REPLICA = re.compile(r"^replica-(\d+)$")


@dataclass
class StudyTables:
    """All analysis tables of a study and what is missing among them.

    Attributes
    ----------
    tables : dict
        (system, replica) → table name → data frame.
    missing : list of str
        Plain sentences, one for each replica or table that is not there.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.comparison.study_tables import load
    >>> study = load(examples.tables())
    >>> sorted(study.tables["closed-mg", 0])
    ['flexibility', 'midas', 'opening']
    """

    tables: dict[tuple[str, int], dict[str, pd.DataFrame]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    @property
    def systems(self) -> list[str]:
        """System names; states alphabetically, within a state mg, apo, then other ions."""
        names = {system for system, _ in self.tables}
        return sorted(names, key=lambda name: (split(name)[0], _rank(split(name)[1])))

    def replicas(self, system: str) -> list[int]:
        """Replica numbers of `system`."""
        return sorted(replica for name, replica in self.tables if name == system)

    @property
    def holds_ligand(self) -> bool:
        """Whether some system holds ICAM-1."""
        return any(INTERFACE in tables for tables in self.tables.values())

    def column(self, system: str, replica: int, observable: str) -> np.ndarray | None:
        """Values per frame, or None when the table or the column is not there, or is empty."""
        table = self.tables.get((system, replica), {}).get(BY_NAME[observable].table)
        if table is None:
            return None
        fraction = re.fullmatch(r"pocket_(\w+)_fraction", observable)
        if fraction:
            if "pocket_occupant" not in table:
                return None
            occupant = table["pocket_occupant"]
            values = (occupant == fraction[1]).where(occupant.notna()).to_numpy(dtype=float)
        elif observable in table:
            values = table[observable].to_numpy(dtype=float)
        else:
            return None
        return values if np.isfinite(values).any() else None

    def span_ns(self, system: str, replica: int) -> float:
        """Time from the first to the last frame of the opening table, plus one interval (ns)."""
        for table in self.tables.get((system, replica), {}).values():
            if "time_ns" in table and len(table) > 1:
                times = table["time_ns"].to_numpy(dtype=float)
                return float(times[-1] - times[0] + (times[-1] - times[0]) / (len(times) - 1))
        return math.nan

    def frame_ns(self, system: str, replica: int, table: str) -> float:
        """Time between frames (ns)."""
        times = self.tables[system, replica][table].get("time_ns")
        if times is None or len(times) < 2:
            return math.nan
        return float((times.iloc[-1] - times.iloc[0]) / (len(times) - 1))

    def observables(self) -> Iterator[str]:
        """Names of the known observables that at least one replica has."""
        for item in OBSERVABLES:
            if any(self.column(system, n, item.name) is not None for system, n in self.tables):
                yield item.name


def split(system: str) -> tuple[str, str]:
    """``closed-mg`` → (``closed``, ``mg``)."""
    state, _, ion = system.rpartition("-")
    return state, ion


def element(ion: str) -> str:
    """Return the ion without its model: ``mg_1264`` → ``mg``."""
    return ion.partition("_")[0]


def load(
    folder: Path,
    discard_ns: float = 0.0,
    replicas: int | None = None,
    systems: Sequence[str] | None = None,
) -> StudyTables:
    """Read every table below `folder`.

    Parameters
    ----------
    folder : Path
        Holds ``{system}/replica-{n}/{opening,midas,flexibility}.csv``.
    discard_ns : float
        Frames at or before this time (ns) are left out.
    replicas : int, optional
        Replicas that each system should have; by default as many as the most complete one.
        Further ones are left out.
    systems : sequence of str, optional
        Systems of the study; others in the folder are left out. By default all.

    Raises
    ------
    InputError
        No system is there, or a table is empty, not CSV, or holds something else than numbers.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.comparison.study_tables import load
    >>> study = load(examples.tables())
    >>> study.systems, study.replicas("closed-mg")
    (['closed-mg', 'closed-apo'], [0, 1])
    >>> study.column("closed-mg", 1, "alpha7_shift_angstrom")
    array([ 0.102, -0.269, -0.297, -0.312, -0.019,  0.235])
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder", "give --analysis the folder of the tables")
    found = StudyTables()
    expected: set[int] = set(range(replicas)) if replicas else set()
    for system in sorted(path for path in folder.iterdir() if path.is_dir()):
        state, ion = split(system.name)
        numbered = [(m, p) for p in system.iterdir() if (m := _REPLICA.match(p.name))]
        if systems is not None and system.name not in systems:
            numbered = []
        if replicas is not None:
            numbered = [(m, p) for m, p in numbered if int(m[1]) < replicas]
        if not numbered:
            continue
        if not state or ion not in KNOWN_IONS:
            raise InputError(
                f"{system}: '{system.name}' is not named {{state}}-{{ion}}",
                f"name the folder for example closed-mg; ions: {', '.join(KNOWN_IONS)}",
            )
        for match, path in numbered:
            expected.add(int(match[1]))
            tables = {
                name: _read(path / f"{name}.csv", discard_ns)
                for name in (*TABLES, INTERFACE)
                if (path / f"{name}.csv").is_file()
            }
            if tables:
                found.tables[system.name, int(match[1])] = tables
    if not found.tables:
        named = f" of {', '.join(systems)}" if systems is not None else ""
        remedy = "expected {system}/replica-{n}/opening.csv below it, such as closed-mg/replica-0"
        if named:
            remedy = "correct --systems, or make the tables first"
        raise InputError(f"{folder}: holds no tables{named}", remedy)
    for absent in sorted(set(systems or ()) - set(found.systems)):
        found.missing.append(f"{absent}: no tables")
    for system_name in found.systems:
        for n in sorted(expected - set(found.replicas(system_name))):
            found.missing.append(f"{system_name}: replica {n} is missing")
        for n in found.replicas(system_name):
            complex_ = any(
                INTERFACE in tables
                for (other, _), tables in found.tables.items()
                if split(other)[0] == split(system_name)[0]
            )
            for name in (*TABLES, INTERFACE) if complex_ else TABLES:
                if name not in found.tables[system_name, n]:
                    found.missing.append(f"{system_name}, replica {n}: {name}.csv is missing")
    return found


def _read(path: Path, discard_ns: float) -> pd.DataFrame:
    remedy = "make it again with the lfa1 verb of its name"
    # pandas takes 'NA' for missing by default; here it is a sodium ion.
    table = read_table(path, remedy, keep_default_na=False, na_values=["", "nan", "NaN"])
    if table.empty:
        raise InputError(f"{path}: holds no rows", remedy)
    name = path.stem
    needed = [item.name for item in OBSERVABLES if item.table == name and item.name in table]
    if not needed:
        raise InputError(f"{path}: holds none of the columns of {name}.csv", remedy)
    for column in ["time_ns", *needed]:
        if column not in table:
            raise InputError(f"{path}: column '{column}' is missing", remedy)
        numbers = pd.to_numeric(table[column], errors="coerce")
        bad = (numbers.isna() & table[column].notna()) | np.isinf(numbers)
        if bad.any():
            row = int(np.flatnonzero(bad.to_numpy())[0])
            value = table[column].iloc[row]
            infinite = bool(np.isinf(numbers.iloc[row]))
            raise InputError(
                f"{path}: column '{column}', row {row + 1}: {value!r} is not a "
                f"{'finite ' * infinite}number",
                remedy,
            )
        table[column] = numbers
    if name != "midas" and table[needed].isna().to_numpy().all():  # an empty site has no values
        raise InputError(f"{path}: holds no value in any column", remedy)
    times = table["time_ns"].to_numpy(dtype=float)
    if np.isnan(times).any():
        raise InputError(
            f"{path}: time_ns is empty, row {int(np.argmax(np.isnan(times))) + 1}: its trajectory "
            "states no times",
            "make it again with --frame-interval",
        )
    if len(times) > 1 and not (np.diff(times) > 0).all():
        row = int(np.flatnonzero(~(np.diff(times) > 0))[0]) + 2
        raise InputError(f"{path}: time_ns does not grow at row {row}", remedy)
    kept = table if discard_ns <= 0 else table[times > discard_ns]
    if kept.empty:
        raise InputError(
            f"{path}: no frame is left after discarding {discard_ns:g} ns "
            f"(it ends at {times[-1]:g} ns)",
            "lower --discard",
        )
    return kept.reset_index(drop=True)


def _rank(ion: str) -> int:
    return KNOWN_IONS.index(ion) if ion in KNOWN_IONS else len(KNOWN_IONS)
