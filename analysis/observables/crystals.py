"""What the observables give on crystal structures whose state is known.

``data/crystals.csv`` is the ruler beside every figure: the same code that measures a trajectory,
run on five PDB entries. :func:`build` makes it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from lfa1_analysis.io.table import write_table
from lfa1_analysis.observables.midas import Midas
from lfa1_analysis.observables.opening import Opening
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.universe import open_universe

FILE = Path(__file__).parent / "data" / "crystals.csv"
STATES: dict[str, str] = {
    "3F74": "closed",
    "1CQP": "closed",
    "1MQ8": "intermediate",
    "3HI6": "open",
    "1MQ9": "open",
}
"""PDB entries and the state that their authors and the ratchet pocket give them."""


@cache
def load(file: Path = FILE) -> pd.DataFrame:
    """Read the crystal table: one row per entry, the columns of `lfa1 opening` and `lfa1 midas`.

    Examples
    --------
    >>> from lfa1_analysis.observables import crystals
    >>> crystals.load()[["entry", "state", "alpha7_shift_angstrom"]].round(1)
      entry         state  alpha7_shift_angstrom
    0  3F74        closed                    0.0
    1  1CQP        closed                   -2.0
    2  1MQ8  intermediate                    4.5
    3  3HI6          open                    7.6
    4  1MQ9          open                    9.1
    """
    return pd.read_csv(file)


def build(entries: Mapping[str, str | Path], output: str | Path) -> pd.DataFrame:
    """Measure crystal structures and write the table.

    Parameters
    ----------
    entries : mapping of str to path
        PDB code → structure file, for each of :data:`STATES`.
    output : path
        CSV to write.

    Returns
    -------
    pandas.DataFrame
        ``entry``, ``state``, ``chain``, ``mutations``, then the columns of
        :class:`~lfa1_analysis.observables.opening.Opening` and
        :class:`~lfa1_analysis.observables.midas.Midas`.

    Raises
    ------
    InputError
        If a file is no αL I domain.
    """
    rows = []
    for entry, state in STATES.items():
        universe = open_universe(entries[entry])
        domain = find_domain(universe)
        measured = [
            observable(universe, domain).run().results.table.drop(columns=["frame", "time_ns"])
            for observable in (Opening, Midas)
        ]
        known = {
            "entry": entry,
            "state": state,
            "chain": domain.chain,
            "mutations": " ".join(domain.mutations),
        }
        rows.append(pd.concat([pd.DataFrame([known]), *measured], axis=1))
    table = pd.concat(rows, ignore_index=True)
    write_table(output, table)
    return table
