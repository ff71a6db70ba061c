"""From the segments of umbrella windows to the tables that ``lfa1 pmf`` reads."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory import segments as completeness
from lfa1_md.biased import exchange_files
from lfa1_md.files.durable import all_or_nothing, part
from lfa1_md.files.provenance import read_json
from lfa1_md.run.protocol import sampling_of
from lfa1_md.study.plan import names
from lfa1_md.study.settings import StudyConfig, split_system
from lfa1_md.study.umbrella_windows import Place, latest

WINDOWS = "windows.csv"


def sampling_folder(results: Path, system: str, replica: int) -> Path:
    """Where a pull and its windows lie."""
    return results / "sampling" / system / f"replica-{replica}"


def gather(
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
    series: dict[str, str] = {}
    for system in study.systems:
        state, member = split_system(system)
        for replica in range(sampling.replicas):
            home = sampling_folder(results, system, replica)
            later = [_exchanged(home / exchange_files.FOLDER, k, places) for k in exchanged]
            for place in places:
                tables = _coordinate(home / f"window-{place.window}", segments, place.bias)
                tables += [_series(each[each["window"] == place.window]) for each in later]
                table = pd.concat(tables, ignore_index=True)
                name = f"{system}-replica-{replica}-window-{place.window}.csv"
                series[name] = table.to_csv(index=False, lineterminator="\n")
                rows.append(
                    {
                        "system": member,
                        "window": f"{place.window}",
                        # Runs from the two ends are different runs of one window.
                        "replica": states.index(state) * sampling.replicas + replica,
                        "seeded_from": state.partition("_")[0],
                        "centre": place.centre,
                        "force_constant_kj_per_mol_per_unit2": place.force_constant,
                        "file": name,
                    }
                )
    text = io.StringIO()
    pd.DataFrame(rows).to_csv(text, index=False, lineterminator="\n")
    with all_or_nothing(*(output / name for name in series), output / WINDOWS):
        for name, content in {**series, WINDOWS: text.getvalue()}.items():
            part(output / name).write_text(content, encoding="utf-8")
    return len(rows)


def _coordinate(folder: Path, segments: int, bias: dict[str, float]) -> list[pd.DataFrame]:
    """Read the coordinate of a window's segments, each checked against its record."""
    tables = []
    for segment in range(segments):
        record = _record(folder / names(segment)["json"])
        its = record.get("bias", {})
        if any(its.get(key) != value for key, value in bias.items()):
            raise InputError(
                f"{folder / names(segment)['json']}: was run with another bias ({its})",
                "delete the window's folder and run it again",
            )
        tables.append(_series(pd.read_csv(folder / names(segment)["csv"])))
    return tables


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


def _series(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {"time_ns": (table["time_ps"] / 1000).round(9), "cv": table["opening_coordinate"]}
    )
