"""From the segments of steered separations to the tables that ``lfa1 separation`` reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.io.errors import ConfigError
from lfa1_analysis.io.table import rounded_csv
from lfa1_analysis.separation.separations import TABLE as TABLE
from lfa1_md.biased.pulled import joined
from lfa1_md.box import system
from lfa1_md.files.durable import all_or_nothing, part
from lfa1_md.run import protocol
from lfa1_md.study.plan import names
from lfa1_md.study.settings import StudyConfig

COLUMNS = {"separation_nm": "separation_nm", "centre_nm": "bias_centre_nm"}
"""Of the gathered tables, and of the segments'."""


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
        planned = [protocol.separate(study, solvated, k) for k in range(asked.n_segments)]
        topology = results / "systems" / name / system.TRAJECTORY
        for replica in range(asked.replicas):
            folder = results / "separation" / name / f"replica-{replica}"
            table = f"{name}-replica-{replica}.csv"
            texts[table] = rounded_csv(joined(folder, planned, COLUMNS))
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
