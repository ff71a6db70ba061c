"""Gather the segments of biased runs into the tables that the analysis reads.

Every segment is checked against its record and against the bias that the configuration names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.free_energy.pulling.pulls import BACKWARD, FORWARD
from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_analysis.io.table import rounded_csv
from lfa1_analysis.separation.separations import TABLE as TABLE
from lfa1_analysis.trajectory import segments as completeness
from lfa1_md.biased import exchange_files
from lfa1_md.box import system
from lfa1_md.files.durable import all_or_nothing, part
from lfa1_md.files.provenance import read_json
from lfa1_md.run import protocol
from lfa1_md.run.protocol import Protocol, sampling_of
from lfa1_md.study.plan import names
from lfa1_md.study.settings import StudyConfig, split_system
from lfa1_md.study.umbrella_windows import Place, latest

WINDOWS, PULLS = "windows.csv", "pulls.csv"
WINDOW_COLUMNS = {"cv": "opening_coordinate"}
PULL_COLUMNS = WINDOW_COLUMNS | {"centre": "bias_centre"}
SEPARATION_COLUMNS = {"separation_nm": "separation_nm", "centre_nm": "bias_centre_nm"}
"""Columns of the gathered tables, and of the segments' from which they come."""


def sampling_folder(results: Path, system: str, replica: int) -> Path:
    """Return the folder that holds the pull and the windows of a replica."""
    return results / "sampling" / system / f"replica-{replica}"


def gather_windows(
    study: StudyConfig,
    results: Path,
    output: Path,
    places: list[Place] | None = None,
    segments: int | None = None,
) -> int:
    """Write the coordinate of every window's run, and the table that lists them.

    Parameters
    ----------
    study : StudyConfig
        With `sampling`.
    results : Path
        The study's results folder.
    output : Path
        Folder for ``windows.csv`` and the series that it names. ``system`` there is what sits at
        the MIDAS, ``seeded_from`` the state whose pull a window began from.
    places : list of Place, optional
        The windows; by default those after the last round of adaptation.
    segments : int, optional
        How many of each window's own segments; by default all, with those that were exchanged.

    Returns
    -------
    int
        How many runs there are.

    Raises
    ------
    ConfigError
        Nothing is sampled.
    InputError
        A segment is missing, damaged or was run with another bias.
    """
    sampling = sampling_of(study)
    if places is None:
        places = latest(sampling, results)
    exchanged = range(0)
    if segments is None:
        segments = sampling.window.n_segments
        if sampling.exchange is not None:
            segments, exchanged = 1, range(1, segments)
    states = list(study.states)
    rows: list[dict[str, Any]] = []
    series: dict[str, pd.DataFrame] = {}
    for name in study.systems:
        state, member = split_system(name)
        for replica in range(sampling.replicas):
            home = sampling_folder(results, name, replica)
            later = [_exchanged(home / exchange_files.FOLDER, k, places) for k in exchanged]
            for place in places:
                own = [protocol.window(study, state, place)] * segments
                tables = [_joined(home / f"window-{place.window}", own, WINDOW_COLUMNS)]
                tables += [
                    _series(each[each["window"] == place.window], WINDOW_COLUMNS) for each in later
                ]
                file = f"{name}-replica-{replica}-window-{place.window}.csv"
                series[file] = pd.concat(tables, ignore_index=True)
                rows.append(
                    {
                        "system": member,
                        "window": f"{place.window}",
                        # Runs from the two ends are different runs of one window.
                        "replica": states.index(state) * sampling.replicas + replica,
                        "seeded_from": state.partition("_")[0],
                        "centre": place.centre,
                        "force_constant_kj_per_mol_per_unit2": place.force_constant,
                        "file": file,
                    }
                )
    return _write(output, WINDOWS, rows, series)


def gather_pulls(study: StudyConfig, results: Path, output: Path) -> int:
    """Write coordinate and centre of every pull, and the table that lists them.

    Parameters
    ----------
    study : StudyConfig
        With `sampling`.
    results : Path
        The study's results folder.
    output : Path
        Folder for ``pulls.csv`` and the series that it names. ``system`` there is what sits at
        the MIDAS, ``direction`` the way the centre goes: forward is up, closed → open.

    Returns
    -------
    int
        How many pulls there are.

    Raises
    ------
    ConfigError
        Nothing is sampled.
    InputError
        A segment is missing, damaged or was run with another bias.
    """
    sampling = sampling_of(study)
    states = list(study.states)
    rows: list[dict[str, Any]] = []
    series: dict[str, pd.DataFrame] = {}
    for name in study.systems:
        state, member = split_system(name)
        order = sampling.order(state)
        first, last = sampling.centres[order[0]], sampling.centres[order[-1]]
        planned = [protocol.pull(study, state, segment) for segment in range(len(order))]
        for replica in range(sampling.replicas):
            folder = sampling_folder(results, name, replica) / "pull"
            file = f"{name}-replica-{replica}-pull.csv"
            series[file] = _joined(folder, planned, PULL_COLUMNS)
            rows.append(
                {
                    "system": member,
                    # Two states of one direction are different pulls of one system.
                    "replica": states.index(state) * sampling.replicas + replica,
                    "direction": FORWARD if last > first else BACKWARD,
                    "force_constant_kj_per_mol_per_unit2": sampling.force_constant,
                    "first_centre": first,
                    "last_centre": last,
                    "file": file,
                }
            )
    return _write(output, PULLS, rows, series)


def gather_separation(study: StudyConfig, results: Path, output: Path) -> int:
    """Write distance and spring of every pull of ICAM-1, and the table that lists them.

    Parameters
    ----------
    study : StudyConfig
        With `separation`.
    results : Path
        The study's results folder.
    output : Path
        Folder for ``pulls.csv`` and the series that it names.

    Returns
    -------
    int
        How many pulls there are.

    Raises
    ------
    ConfigError
        The configuration has no `separation`.
    InputError
        A segment is missing, damaged or was run with another spring.
    """
    asked = study.separation
    if asked is None:
        raise ConfigError("the configuration has no `separation`", "add the section")
    rows: list[dict[str, Any]] = []
    series: dict[str, pd.DataFrame] = {}
    for name in study.pulled_systems:
        solvated = system.load(results / "systems" / name)
        planned = [protocol.separate(study, solvated, k) for k in range(asked.n_segments)]
        topology = results / "systems" / name / system.TRAJECTORY
        for replica in range(asked.replicas):
            folder = results / "separation" / name / f"replica-{replica}"
            file = f"{name}-replica-{replica}.csv"
            series[file] = _joined(folder, planned, SEPARATION_COLUMNS)
            frames = [folder / names(k)["xtc"] for k in range(asked.n_segments)]
            rows.append(
                {
                    "system": name,
                    "replica": replica,
                    "force_constant_kj_per_mol_per_nm2": asked.force_constant,
                    "speed_nm_per_ns": asked.speed,
                    "file": file,
                    "topology": topology.resolve(),
                    "trajectory": " ".join(str(frame.resolve()) for frame in frames),
                }
            )
    return _write(output, TABLE, rows, series)


def _joined(
    folder: Path, protocols: Sequence[Protocol], columns: Mapping[str, str]
) -> pd.DataFrame:
    """Join the segments of a biased run, each checked against its record and its protocol."""
    tables = []
    for segment, planned in enumerate(protocols):
        path = folder / names(segment)["json"]
        bias = _record(path).get("bias", {})
        if bias != planned.record["bias"]:
            raise InputError(
                f"{path}: was run with another bias ({bias})",
                f"delete {folder} and run it again",
            )
        tables.append(_series(pd.read_csv(folder / names(segment)["csv"]), columns))
    return pd.concat(tables, ignore_index=True)


def _exchanged(folder: Path, segment: int, places: list[Place]) -> pd.DataFrame:
    """Read an exchanged segment, checked against its record."""
    files = exchange_files.names(segment)
    if _record(folder / files["json"]).get("windows") != [place.bias for place in places]:
        raise InputError(
            f"{folder / files['json']}: was run with other windows",
            f"delete {folder} and run snakemake again",
        )
    return pd.read_csv(folder / files["csv"])


def _record(path: Path) -> dict[str, Any]:
    record = read_json(path)
    if found := completeness.problems(record, path.parent):
        raise InputError(f"{path}: {'; '.join(found)}", "delete the segment and run it again")
    return record


def _series(table: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return time (ns, rounded to 1 fs) and columns of a segment's table, renamed."""
    times = (table["time_ps"] / 1000).round(9)
    return pd.DataFrame({"time_ns": times} | {new: table[old] for new, old in columns.items()})


def _write(
    output: Path, name: str, rows: list[dict[str, Any]], series: Mapping[str, pd.DataFrame]
) -> int:
    """Write all series and the table that lists them, or nothing; return how many rows it has."""
    tables = {**series, name: pd.DataFrame(rows)}
    with all_or_nothing(*(output / file for file in tables)):
        for file, table in tables.items():
            part(output / file).write_text(rounded_csv(table), encoding="utf-8")
    return len(rows)
