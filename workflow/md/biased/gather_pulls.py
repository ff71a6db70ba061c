"""From the segments of pulls to the tables that ``lfa1 pulls`` reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.comparison import completeness
from lfa1_analysis.errors import InputError
from lfa1_analysis.free_energy.pull_input import BACKWARD, FORWARD
from lfa1_analysis.table import rounded_csv
from lfa1_md.biased import protocol
from lfa1_md.biased.gather import sampling_folder
from lfa1_md.biased.protocol import sampling_of
from lfa1_md.files.durable import all_or_nothing, part
from lfa1_md.files.provenance import read_json
from lfa1_md.study.plan import names
from lfa1_md.study.settings import StudyConfig

PULLS = "pulls.csv"


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
    texts: dict[str, str] = {}
    for system in study.systems:
        state, member = system.rsplit("-", 1)
        order = sampling.order(state)
        first, last = sampling.centres[order[0]], sampling.centres[order[-1]]
        for replica in range(sampling.replicas):
            folder = sampling_folder(results, system, replica) / "pull"
            name = f"{system}-replica-{replica}-pull.csv"
            texts[name] = rounded_csv(_way(study, state, folder, len(order)))
            rows.append(
                {
                    "system": member,
                    # Two states of one direction are different pulls of one system.
                    "replica": states.index(state) * sampling.replicas + replica,
                    "direction": FORWARD if last > first else BACKWARD,
                    "force_constant_kj_per_mol_per_unit2": sampling.force_constant,
                    "first_centre": first,
                    "last_centre": last,
                    "file": name,
                }
            )
    texts[PULLS] = rounded_csv(pd.DataFrame(rows))
    with all_or_nothing(*(output / name for name in texts)):
        for name, text in texts.items():
            part(output / name).write_text(text, encoding="utf-8")
    return len(rows)


def _way(study: StudyConfig, state: str, folder: Path, segments: int) -> pd.DataFrame:
    """Join the segments of a pull, each checked against its record and the protocol."""
    tables = []
    for segment in range(segments):
        path = folder / names(segment)["json"]
        record = read_json(path)
        if found := completeness.problems(record, folder):
            raise InputError(f"{path}: {'; '.join(found)}", "delete the segment and run it again")
        drive = protocol.pull(study, state, segment).drive
        its = record.get("bias", {})
        if drive is None or its != drive.record():
            raise InputError(
                f"{path}: was run with another bias ({its})",
                "delete the pull's folder and run it again",
            )
        table = pd.read_csv(folder / names(segment)["csv"])
        tables.append(
            pd.DataFrame(
                {
                    "time_ns": (table["time_ps"] / 1000).round(9),
                    "cv": table["opening_coordinate"],
                    "centre": table["bias_centre"],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
