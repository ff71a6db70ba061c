"""From the segments of pulls to the tables that ``lfa1 pulls`` reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.free_energy.pulling.pull_input import BACKWARD, FORWARD
from lfa1_analysis.io.table import rounded_csv
from lfa1_md.biased.gather import sampling_folder
from lfa1_md.biased.pulled import joined
from lfa1_md.files.durable import all_or_nothing, part
from lfa1_md.run import protocol
from lfa1_md.run.protocol import sampling_of
from lfa1_md.study.settings import StudyConfig, split_system

PULLS = "pulls.csv"
COLUMNS = {"cv": "opening_coordinate", "centre": "bias_centre"}
"""Of the gathered tables, and of the segments'."""


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
        state, member = split_system(system)
        order = sampling.order(state)
        first, last = sampling.centres[order[0]], sampling.centres[order[-1]]
        planned = [protocol.pull(study, state, segment) for segment in range(len(order))]
        for replica in range(sampling.replicas):
            folder = sampling_folder(results, system, replica) / "pull"
            name = f"{system}-replica-{replica}-pull.csv"
            texts[name] = rounded_csv(joined(folder, planned, COLUMNS))
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
