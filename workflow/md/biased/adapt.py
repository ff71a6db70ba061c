"""A round of adaptation: from the pilot of a study's windows, which to add to all its systems.

``lfa1 windows`` proposes for each system by itself. Here the proposals are made one list, because
ΔΔG compares systems that have the same windows.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.free_energy.umbrella.spacing import COLUMNS, propose
from lfa1_analysis.free_energy.umbrella.windows import read_windows
from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_md.biased.gather import WINDOWS, gather_windows
from lfa1_md.files.durable import all_or_nothing, part
from lfa1_md.run.protocol import sampling_of
from lfa1_md.study import umbrella_windows as windows
from lfa1_md.study.sampling import MOST_WINDOWS, Sampling
from lfa1_md.study.settings import StudyConfig
from lfa1_md.study.umbrella_windows import Place

PROPOSED = "proposed.csv"
ALIKE = 0.5
"""Widths √(kT/k) of a window; nearer proposals of different systems are one window."""


def adapt(study: StudyConfig, results: Path, number: int) -> list[Place]:
    """Judge the pilot after the round before and write the windows after this one.

    Parameters
    ----------
    study : StudyConfig
        With `sampling`.
    results : Path
        With the first segment of every window there is. Into ``sampling/round-{number}`` go the
        pilot's tables, ``proposed.csv`` (what each system would like, with reasons) and
        ``plan.csv`` (all windows from now on).
    number : int
        Of the round, from 1.

    Returns
    -------
    list of Place
        The windows that were added.

    Raises
    ------
    ConfigError
        Nothing is sampled.
    InputError
        A segment of the pilot or the table of the round before cannot be used.
    """
    sampling = sampling_of(study)
    before = windows.after_round(sampling, results, number - 1)
    output = windows.plan_file(results, number)
    pilot = output.parent / "pilot"
    gather_windows(study, results, pilot, before, segments=1)
    kt = GAS_CONSTANT * study.chemistry.temperature
    rows = [
        row
        for found in read_windows(pilot / WINDOWS)
        for row in propose(found, kt, sampling.adapt.overlap)
    ]
    added = matched(rows, before, sampling, kt, number)
    proposed = io.StringIO()
    pd.DataFrame(rows, columns=COLUMNS).to_csv(proposed, index=False, lineterminator="\n")
    texts = {
        output.with_name(PROPOSED): proposed.getvalue(),
        output: windows.table([*before, *added]),
    }
    with all_or_nothing(*texts):
        for path, text in texts.items():
            part(path).write_text(text, encoding="utf-8")
    return added


def matched(
    rows: list[dict[str, Any]], before: list[Place], sampling: Sampling, kt: float, number: int
) -> list[Place]:
    """Make one list of new windows out of the proposals for several systems.

    Parameters
    ----------
    rows : list of dict
        Of :func:`lfa1_analysis.free_energy.umbrella.spacing.propose`, for all systems.
    before : list of Place
    sampling : Sampling
    kt : float
        kJ/mol.
    number : int
        Of the round.
    """
    wanted = [row for row in rows if row["action"] in ("add", "move")]
    # The widest gaps first: they count if there is no room for all.
    wanted.sort(key=lambda row: math.inf if row["overlap"] is None else row["overlap"])
    room = min(sampling.adapt.most_added, MOST_WINDOWS - len(before))
    added: list[Place] = []
    for row in wanted:
        if len(added) >= room:
            break
        centre, constant = row["centre"], row["force_constant_kj_per_mol_per_unit2"]
        alike = ALIKE * math.sqrt(kt / constant)
        if any(
            abs(place.centre - centre) < alike and place.force_constant >= constant
            for place in [*before, *added]
        ):
            continue
        centre = round(float(centre), 4)
        near = min(windows.configured(sampling), key=lambda place: abs(place.centre - centre))
        reason = f"{row['system']}: {row['reason']}"
        added.append(Place(len(before) + len(added), centre, constant, near.window, number, reason))
    return added
