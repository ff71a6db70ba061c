"""The rows of a pull's segments, joined: each checked against its record and the protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory import segments as completeness
from lfa1_md.files.provenance import read_json
from lfa1_md.run.protocol import Protocol
from lfa1_md.study.plan import names


def joined(folder: Path, protocols: Sequence[Protocol], columns: Mapping[str, str]) -> pd.DataFrame:
    """Join the segments of a pull.

    Parameters
    ----------
    folder : Path
        With the segments' files.
    protocols : sequence of Protocol
        Of each segment, as the configuration has it.
    columns : mapping of str to str
        Columns of the result → those of the segments' tables.

    Returns
    -------
    pandas.DataFrame
        ``time_ns``, rounded to 1 fs, and `columns`.

    Raises
    ------
    InputError
        A segment is not whole, or was run with another bias.
    """
    tables = []
    for segment, protocol in enumerate(protocols):
        path = folder / names(segment)["json"]
        record = read_json(path)
        if found := completeness.problems(record, folder):
            raise InputError(f"{path}: {'; '.join(found)}", "delete the segment and run it again")
        its = record.get("bias", {})
        if protocol.drive is None or its != protocol.drive.record():
            raise InputError(
                f"{path}: was run with another bias ({its})",
                "delete the pull's folder and run it again",
            )
        table = pd.read_csv(folder / names(segment)["csv"])
        times = (table["time_ps"] / 1000).round(9)
        chosen = {name: table[source] for name, source in columns.items()}
        tables.append(pd.DataFrame({"time_ns": times, **chosen}))
    return pd.concat(tables, ignore_index=True)
