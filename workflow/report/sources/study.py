"""Everything the report says is read here, from the files on disk; what is missing is named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.comparison.study_tables import INTERFACE, StudyTables, load, split
from lfa1_analysis.integrin.definitions import COLUMNS as MOTIONS
from lfa1_analysis.interface.residue_pairs import COLUMNS as PAIR_COLUMNS
from lfa1_analysis.interface.verdict import COLUMNS as VERDICT_COLUMNS
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import read_object
from lfa1_analysis.metal_site.gate import COLUMNS as GATE_COLUMNS
from lfa1_analysis.trajectory import segments as completeness
from lfa1_report.sources.files import AGAIN, read_columns
from lfa1_report.sources.free_energy import FreeEnergyResults, read_free_energy
from lfa1_report.sources.separation import SeparationResults, read_separation

_ENERGY = (
    "time_ps",
    "potential_energy_kj_per_mol",
    "kinetic_energy_kj_per_mol",
    "temperature_kelvin",
    "density_g_per_ml",
)


@dataclass(eq=False)
class Results:
    """One results folder.

    Attributes
    ----------
    manifests : dict
        System → ``manifest.json``.
    sites : dict
        State → ``site.json``.
    segments : dict
        (system, replica) → the segments' JSON records in order.
    equilibrations : dict
        (system, replica) → the equilibration's JSON record, in a list, if it was found.
    energies : dict
        (system, replica) → the segments' energy logs, joined.
    events : dict
        (system, replica) → what happened at the metal site, ``midas-events.csv``.
    interface_verdicts, interface_pairs : dict
        (system, replica) → whether ICAM-1 was kept, and by which residue pairs.
    summary : dict or None
        ``comparison/summary.json``.
    effects, replicas : DataFrame or None
        ``comparison/effects.csv`` and ``replicas.csv``.
    crystals : DataFrame
        The truth table that ships with the analysis.
    separation : SeparationResults or None
        Pulls of ICAM-1 off the I domain.
    free_energy : FreeEnergyResults or None
        Umbrella windows of opening and what follows; None where nothing was sampled.
    integrins : dict
        (system, replica) → ``integrin.csv``, the big motions of a whole integrin.
    missing : list of str
        What could not be found, in plain words.
    """

    root: Path
    tables: StudyTables
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)
    sites: dict[str, dict[str, Any]] = field(default_factory=dict)
    segments: dict[tuple[str, int], list[dict[str, Any]]] = field(default_factory=dict)
    equilibrations: dict[tuple[str, int], list[dict[str, Any]]] = field(default_factory=dict)
    energies: dict[tuple[str, int], pd.DataFrame] = field(default_factory=dict)
    rmsf: dict[tuple[str, int], pd.DataFrame] = field(default_factory=dict)
    events: dict[tuple[str, int], pd.DataFrame] = field(default_factory=dict)
    interface_verdicts: dict[tuple[str, int], pd.DataFrame] = field(default_factory=dict)
    interface_pairs: dict[tuple[str, int], pd.DataFrame] = field(default_factory=dict)
    summary: dict[str, Any] | None = None
    effects: pd.DataFrame | None = None
    replicas: pd.DataFrame | None = None
    crystals: pd.DataFrame = field(default_factory=lambda: crystal_table())
    free_energy: FreeEnergyResults | None = None
    separation: SeparationResults | None = None
    integrins: dict[tuple[str, int], pd.DataFrame] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    @property
    def systems(self) -> list[str]:
        """Systems that were analysed, closed before open, mg before apo."""
        return self.tables.systems

    @property
    def states(self) -> list[str]:
        """States that were analysed."""
        return list(dict.fromkeys(split(system)[0] for system in self.systems))

    @property
    def keys(self) -> list[tuple[str, int]]:
        """(system, replica) of everything that was analysed."""
        return [(system, n) for system in self.systems for n in self.tables.replicas(system)]

    def length_ps(self, system: str, replica: int) -> float:
        """Length of a replica's production, from its segments or else its tables (ps)."""
        records = self.segments.get((system, replica))
        if records:
            return float(records[-1]["last_time_ps"])
        return self.tables.span_ns(system, replica) * 1000


def collect(
    root: Path,
    systems: Sequence[str] | None = None,
    replicas: int | None = None,
    segments: int | None = None,
) -> Results:
    """Read a results folder.

    Parameters
    ----------
    root : Path
        The folder.
    systems, replicas, segments : optional
        Of the study; what else lies in the folder is left out. By default all.

    Raises
    ------
    InputError
        A file that is there cannot be used; a file that is not there is only noted.
    """
    found = Results(root, load(root / "analysis", 0.0, replicas, systems))
    found.missing += found.tables.missing
    for system in found.systems:
        manifest = root / "systems" / system / "manifest.json"
        if manifest.is_file():
            found.manifests[system] = _read_json(manifest)
        else:
            found.missing.append(f"{system}: systems/{system}/manifest.json")
    for state in found.states:
        site = root / "prepared" / state / "site.json"
        if site.is_file():
            found.sites[state] = _read_json(site)
        else:
            found.missing.append(f"{state}: prepared/{state}/site.json")
    for system, n in found.keys:
        _read_production(found, system, n, segments)
        _read_tables(found, system, n)
    _read_comparison(found)
    found.free_energy = read_free_energy(root)
    if found.free_energy is not None:
        found.missing += found.free_energy.missing
    try:
        found.separation = read_separation(root)
    except InputError as error:
        found.missing.append(error.problem)
    return found


def _read_production(found: Results, system: str, n: int, segments: int | None) -> None:
    folder = found.root / "production" / system / f"replica-{n}"
    numbered = [
        (k, path) for k, path in completeness.records(folder) if segments is None or k < segments
    ]
    if not numbered:
        found.missing.append(f"{system}, replica {n}: records of its production")
        return
    begun = found.root / "equilibrated" / system / f"replica-{n}" / "equilibration.json"
    if begun.is_file():
        found.equilibrations[system, n] = [_read_json(begun)]
    found.segments[system, n] = [_read_json(path, ("last_time_ps",)) for _, path in numbered]
    logs = [path.with_suffix(".csv") for _, path in numbered]
    there = [_read_csv(path, _ENERGY) for path in logs if path.is_file()]
    if there:
        found.energies[system, n] = pd.concat(there, ignore_index=True)
    if len(there) < len(logs):
        found.missing.append(f"{system}, replica {n}: {len(logs) - len(there)} energy logs")


def _read_tables(found: Results, system: str, n: int) -> None:
    """Read what the analysis wrote beside the tables of frames."""
    interface = INTERFACE in found.tables.tables[system, n]
    whole = bool(found.sites.get(split(system)[0], {}).get("titrated"))
    for name, columns, expected, tables in (
        ("rmsf.csv", ("residue", "rmsf_angstrom"), True, found.rmsf),
        ("midas-events.csv", GATE_COLUMNS, True, found.events),
        ("integrin.csv", ("time_ns", *MOTIONS), whole, found.integrins),
        ("interface-verdicts.csv", VERDICT_COLUMNS, interface, found.interface_verdicts),
        ("interface-pairs.csv", PAIR_COLUMNS, interface, found.interface_pairs),
    ):
        path = found.root / "analysis" / system / f"replica-{n}" / name
        if path.is_file():
            tables[system, n] = _read_csv(path, columns, empty_allowed=tables is not found.rmsf)
        elif expected:
            found.missing.append(f"{system}, replica {n}: {name}")


def _read_comparison(found: Results) -> None:
    folder = found.root / "comparison"
    if (folder / "summary.json").is_file():
        found.summary = _read_json(folder / "summary.json", ("headline", "primary", "controls"))
    else:
        found.missing.append("the comparison (run lfa1 compare)")
    if (folder / "effects.csv").is_file():
        needed = ("observable", "effect", "ci_low", "ci_high", "verdict", "relevant_size")
        found.effects = _read_csv(folder / "effects.csv", needed, empty_allowed=True)
    if (folder / "replicas.csv").is_file():
        found.replicas = _read_csv(folder / "replicas.csv", ("system", "observable", "mean"))


def _read_json(path: Path, needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """Read a JSON object and check that it has the keys in `needed`."""
    content = read_object(path, AGAIN)
    for key in needed:
        if key not in content:
            raise InputError(f"{path}: key '{key}' is missing", AGAIN)
    return content


def _read_csv(path: Path, columns: Iterable[str], *, empty_allowed: bool = False) -> pd.DataFrame:
    """Read a CSV table that has `columns`; what their names give a unit must be numbers."""
    units = ("_ps", "_ns", "_angstrom", "_mol", "_kelvin", "_ml")
    numbers = [column for column in columns if column.endswith(units)]
    return read_columns(path, columns, numbers, empty_allowed=empty_allowed)


def crystal_table() -> pd.DataFrame:
    """Return the crystal truth table that ships with the analysis."""
    source = resources.files("lfa1_analysis.observables") / "data" / "crystals.csv"
    return pd.read_csv(StringIO(source.read_text(encoding="utf-8")), comment="#")
