"""From the segments of steered separations to the tables that ``lfa1 separation`` reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.comparison import completeness
from lfa1_analysis.errors import ConfigError, InputError
from lfa1_analysis.separation.input import TABLE as TABLE
from lfa1_analysis.table import rounded_csv
from lfa1_md.biased import protocol
from lfa1_md.box import system
from lfa1_md.files.durable import all_or_nothing, part
from lfa1_md.files.provenance import read_json
from lfa1_md.study.plan import names
from lfa1_md.study.settings import StudyConfig


def gather_separation(study: StudyConfig, results: Path, output: Path) -> int:
    """Write distance and spring of every pull, and the table that lists them.

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
    texts: dict[str, str] = {}
    for name in study.pulled_systems:
        solvated = system.load(results / "systems" / name)
        topology = results / "systems" / name / system.TRAJECTORY
        for replica in range(asked.replicas):
            folder = results / "separation" / name / f"replica-{replica}"
            table = f"{name}-replica-{replica}.csv"
            texts[table] = rounded_csv(_way(study, solvated, folder))
            frames = [folder / names(k)["xtc"] for k in range(asked.n_segments)]
            rows.append(
                {
                    "system": name,
                    "replica": replica,
                    "force_constant_kj_per_mol_per_nm2": asked.force_constant,
                    "speed_nm_per_ns": asked.speed,
                    "file": table,
                    "topology": topology.resolve(),
                    "trajectory": " ".join(str(frame.resolve()) for frame in frames),
                }
            )
    texts[TABLE] = rounded_csv(pd.DataFrame(rows))
    with all_or_nothing(*(output / name for name in texts)):
        for name, text in texts.items():
            part(output / name).write_text(text, encoding="utf-8")
    return len(rows)


def _way(study: StudyConfig, solvated: system.Solvated, folder: Path) -> pd.DataFrame:
    """Join the segments of a pull, each checked against its record and the protocol."""
    assert study.separation is not None
    tables = []
    for segment in range(study.separation.n_segments):
        path = folder / names(segment)["json"]
        record = read_json(path)
        if found := completeness.problems(record, folder):
            raise InputError(f"{path}: {'; '.join(found)}", "delete the segment and run it again")
        drive = protocol.separate(study, solvated, segment).drive
        its = record.get("bias", {})
        if drive is None or its != drive.record():
            raise InputError(
                f"{path}: was run with another spring ({its})",
                "delete the pull's folder and run it again",
            )
        table = pd.read_csv(folder / names(segment)["csv"])
        tables.append(
            pd.DataFrame(
                {
                    "time_ns": (table["time_ps"] / 1000).round(9),
                    "separation_nm": table["separation_nm"],
                    "centre_nm": table["bias_centre_nm"],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
