"""The closed headpiece that hybrid swing-out is counted from: Cα positions of 4WJK, α5β1."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lfa1_analysis.integrin.find import find_integrins
from lfa1_analysis.proteins.integrins.chains import ca_positions
from lfa1_analysis.proteins.integrins.subunits import BETA_DOMAINS, residues
from lfa1_analysis.trajectory.geometry import Array, superpose
from lfa1_analysis.trajectory.universe import open_universe

FILE = Path(__file__).parent / "data" / "closed_headpiece.csv"
SAME = 1.3
"""Å; a Cα atom of the βI core is within this of 4WJK in all the headpieces compared."""


class ClosedHeadpiece(NamedTuple):
    """Cα positions in Å by mature number of β2.

    Attributes
    ----------
    core : dict of int to ndarray, shape (3,)
        βI residues that keep their places when the hybrid domain swings.
    hybrid : dict of int to ndarray, shape (3,)
    """

    core: dict[int, NDArray[np.float64]]
    hybrid: dict[int, NDArray[np.float64]]


@cache
def closed_headpiece() -> ClosedHeadpiece:
    """Read the reference."""
    table = pd.read_csv(FILE, comment="#")
    xyz = table[["x_angstrom", "y_angstrom", "z_angstrom"]].to_numpy()
    parts: dict[str, dict[int, NDArray[np.float64]]] = {"beta_i_core": {}, "hybrid": {}}
    for part, number, place in zip(table["part"], table["beta2_residue"], xyz, strict=True):
        parts[str(part)][int(number)] = place
    return ClosedHeadpiece(parts["beta_i_core"], parts["hybrid"])


def build(closed: Path, others: list[Path]) -> pd.DataFrame:
    """Make the table of :data:`FILE` from 4WJK and headpieces in other states.

    Parameters
    ----------
    closed : Path
        4WJK.
    others : list of Path
        3ZDY, 3ZE2, 2VDR and 1L5G. The core are the residues of the βI domain that superpose on
        4WJK within 1.3 Å in all of them, found by leaving out the worst tenth in turn.
    """
    goal, *rest = (_beta_places(file) for file in (closed, *others))
    core = [n for n in residues(BETA_DOMAINS["beta_i"]) if all(n in one for one in (goal, *rest))]
    while True:
        target = np.array([goal[n] for n in core])
        away = np.zeros(len(core))
        for one in rest:
            mobile = np.array([one[n] for n in core])
            moved = superpose(mobile, mobile, target)
            away = np.maximum(away, np.linalg.norm(moved - target, axis=1))
        limit = SAME if away.max() <= 1.5 * SAME else max(SAME, float(np.percentile(away, 90)))
        kept = [n for n, distance in zip(core, away, strict=True) if distance <= limit]
        if kept == core:
            break
        core = kept
    hybrid = [n for n in residues(BETA_DOMAINS["hybrid"]) if n in goal]
    rows = [
        {"part": part, "beta2_residue": n}
        | dict(zip(("x_angstrom", "y_angstrom", "z_angstrom"), goal[n].tolist(), strict=True))
        for part, numbers in (("beta_i_core", core), ("hybrid", hybrid))
        for n in numbers
    ]
    return pd.DataFrame(rows).round(3)


def _beta_places(file: Path) -> dict[int, Array]:
    universe = open_universe(file)
    alphas = ca_positions(universe)
    (beta,) = [one.beta for one in find_integrins(universe) if one.beta]
    return {
        int(n): alphas[i]
        for i, n in zip(beta.residues, beta.numbers, strict=True)
        if n and np.isfinite(alphas[i]).all()
    }
