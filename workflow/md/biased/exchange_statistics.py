"""How well windows exchange: acceptance between neighbours, and round trips of the walkers.

Both follow from the rows of an exchanged segment alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from lfa1_md.biased.walkers import bias_energies
from lfa1_md.study.umbrella_windows import Place


def acceptance(table: pd.DataFrame, places: Sequence[Place], kt: float) -> list[dict[str, Any]]:
    """Compute the mean probability with which neighbouring windows would exchange.

    It is of one attempt, min(1, exp(−Δu/kT)) at each time. OpenMM makes as many attempts between
    random pairs as the square of the number of windows, so that much more is exchanged.

    Parameters
    ----------
    table : pandas.DataFrame
        With `window`, `time_ps` and `opening_coordinate`.
    places : sequence of Place
        The windows.
    kt : float
        kJ/mol.

    Returns
    -------
    list of dict
        ``windows`` (two numbers) and ``acceptance``, from the closed end.
    """
    wide = table.pivot(index="time_ps", columns="window", values="opening_coordinate")
    coordinates = wide.to_numpy(dtype=float)
    found = []
    order = ladder(places)
    for one, other in pairwise(order):
        mine = bias_energies(coordinates[:, one], places)
        theirs = bias_energies(coordinates[:, other], places)
        gain = mine[:, one] - mine[:, other] + theirs[:, other] - theirs[:, one]
        mean = float(np.exp(np.minimum(gain / kt, 0.0)).mean())
        found.append({"windows": [one, other], "acceptance": round(mean, 4)})
    return found


def round_trips(table: pd.DataFrame, places: Sequence[Place]) -> int:
    """Count how often walkers went from one end of the windows to the other and back.

    Parameters
    ----------
    table : pandas.DataFrame
        With `walker`, `window` and `time_ps`.
    places : sequence of Place
    """
    order = ladder(places)
    count = 0
    for _, rows in table.sort_values("time_ps").groupby("walker"):
        ends = [window for window in rows["window"] if window in (order[0], order[-1])]
        turns = sum(one != other for one, other in pairwise(ends))
        count += turns // 2
    return count


def ladder(places: Sequence[Place]) -> list[int]:
    """Order the windows from the closed end."""
    return sorted(range(len(places)), key=lambda n: (places[n].centre, places[n].force_constant))
