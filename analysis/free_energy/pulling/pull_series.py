"""Coordinate and centre of one pull over time.

Work can be computed only where every jump of the centre is known, so a series with a hole, a
centre that goes back, or one that leaps is refused and not repaired.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from lfa1_analysis.free_energy.umbrella.windows import read_series
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import read_table

Array = npt.NDArray[np.float64]

LARGEST_JUMP = 3.0
"""Times the median jump; a centre that goes further at once has not gone evenly."""
SAME = 1e-5
"""Centres are written to 10⁻⁶."""
_SERIES = "give a CSV file with the columns time_ns, cv and centre, a row for every jump"


def read_pull_series(file: Path, first: float, last: float) -> tuple[Array, Array, Array]:
    """Read time (ns), coordinate and centre of one pull, each of shape (n_rows,).

    Parameters
    ----------
    file : Path
        CSV with ``time_ns``, ``cv`` and ``centre``, evenly spaced in time.
    first, last : float
        Where the centre must begin and arrive.

    Raises
    ------
    InputError
        It is damaged, or the centre does not go evenly from `first` to `last`.
    """
    try:
        cv, _ = read_series(file)
    except InputError as error:
        raise InputError(error.problem, _SERIES) from None
    table = read_table(file, _SERIES)
    if "centre" not in table:
        raise InputError(f"{file}: lacks the column centre", _SERIES)
    centre = pd.to_numeric(table["centre"], errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(centre).all():
        at = int(np.argmin(np.isfinite(centre))) + 2
        raise InputError(f"{file}: the centre in line {at} is not a finite number", _SERIES)
    _check_way(file, centre, first, last)
    return table["time_ns"].to_numpy(dtype=float), cv, centre


def _check_way(file: Path, centre: Array, first: float, last: float) -> None:
    if abs(centre[0] - first) > SAME:
        raise InputError(
            f"{file}: the centre begins at {centre[0]:g}, not at the table's {first:g}", _SERIES
        )
    sign = 1 if last > first else -1
    jumps = sign * np.diff(np.append(centre, last))
    if (jumps < -SAME).any():
        at = int(np.argmax(jumps < -SAME))
        raise InputError(
            f"{file}: the centre does not go evenly from {first:g} to {last:g}: it turns back "
            f"after line {at + 2}, at {centre[at]:g}",
            "list a pull there and back as two",
        )
    moves = jumps[jumps > SAME]
    # A centre that leaps shows rows that are lost; of one or two jumps neither is the odd one.
    largest = LARGEST_JUMP * float(np.median(moves))
    if len(moves) > 2 and moves.max() > largest:
        at = int(np.argmax(jumps))
        raise InputError(
            f"{file}: the centre jumps by {jumps[at]:g} after line {at + 2}, though by "
            f"{np.median(moves):g} elsewhere: rows are missing, so the work is not known",
            _SERIES,
        )
