"""Opening of the αL I domain: the shift of α7, the state it is in, and the MIDAS's own opening.

Definitions and the values of the crystals: ``docs/observables.md``. All distances are in Å.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from MDAnalysis import Universe
from numpy.typing import NDArray

from lfa1_analysis.observables.frame_series import FrameSeries
from lfa1_analysis.observables.program import add_trajectory_arguments, run_observable, standalone
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import (
    ALPHA7,
    MIDAS,
    MIDAS_ALPHA7_END,
    MOVING,
    POCKET_OCCUPANTS,
    POCKET_WALL,
    RMSD_RANGE,
    SHEET_CORE,
)
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.presence import alphas_there, atoms_named, side_chains_there
from lfa1_analysis.trajectory.chunks import Chunk
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.superposition import Motion, rmsds

POCKET_REACH = 5.5
"""Å; in crystals an occupant's centroid is at 3.2–4.4 Å, the next residue's beyond 6.2 Å."""
MIDAS_OPENING: dict[str, tuple[tuple[int, str], ...]] = {
    "ser139og_thr206og1_angstrom": ((139, "OG"), (206, "OG1")),
    "glu241cd_ser139og_angstrom": ((241, "CD"), (139, "OG")),
}
"""Distances that show the MIDAS's own opening: column and the two atoms."""


class Opening(FrameSeries):
    """Opening of the I domain, frame by frame.

    The columns are described in ``columns``. The superposition lays the Cα atoms of the β-sheet
    core on the closed reference 3F74. Where both RMSDs are large, the frame has left the path
    between the references.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Topology and trajectory.
    domain : Domain
        The I domain in it.

    Raises
    ------
    InputError
        If a Cα atom of the sheet core is missing.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.proteins.numbering import find_domain
    >>> from lfa1_analysis.observables.opening import Opening
    >>> universe = examples.universe()
    >>> table = Opening(universe, find_domain(universe)).run().results.table
    >>> table[["time_ns", "alpha7_shift_angstrom", "pocket_occupant"]].round(4).head(3)
       time_ns  alpha7_shift_angstrom pocket_occupant
    0   0.0005                 0.3773          closed
    1   0.0010                 0.4459          closed
    2   0.0015                 0.6888          closed
    """

    columns: ClassVar = {
        "alpha7_shift_angstrom": "centroid of α7 (Cα 294–300) along the closed α7 axis, N→C "
        "positive, sheet core superposed on 3F74; crystals: closed −1.9…0, intermediate 4.5, open "
        "7.6…9.1",
        "opening_fraction": "f = Σ (xᵢ − cᵢ)·(oᵢ − cᵢ) / Σ |oᵢ − cᵢ|² over the Cα atoms of the "
        "moving elements, same superposition: from 3F74 (c, 0) to 3HI6 (o, 1)",
        "rmsd_closed_angstrom": "Cα 130–300 from 3F74, superposed on themselves",
        "rmsd_open_angstrom": "the same from 3HI6",
        "midas_alpha7_angstrom": "MIDAS to the end of α7, Cα centroids",
        "pocket_leu289_angstrom": "side-chain centroid to the middle of the ratchet pocket",
        "pocket_phe292_angstrom": "the same of Phe292",
        "pocket_leu295_angstrom": "the same of Leu295",
        "pocket_occupant": "the nearest of them within 5.5 Å: closed (Leu295), intermediate "
        "(Phe292), open (Leu289), otherwise none",
        **dict.fromkeys(MIDAS_OPENING, "the MIDAS's own opening"),
    }

    def __init__(self, universe: Universe, domain: Domain, **kwargs: object) -> None:
        domain.require(SHEET_CORE, "the superposition")
        super().__init__(universe, domain, **kwargs)
        known = reference.load()
        self._core, self._core_goal = self.rows(SHEET_CORE), known.closed_ca(SHEET_CORE)
        # Of these few residues each has its share in the value.
        self._alpha7 = self.rows(alphas_there(domain, ALPHA7, "alpha7_shift_angstrom is", share=1))
        self._alpha7_origin = known.closed_ca(ALPHA7).mean(axis=0)
        self._axis = known.alpha7_axis
        moving = alphas_there(domain, MOVING, "opening_fraction is")
        self._moving = self.rows(moving)
        self._moving_origin = known.closed_ca(moving)
        self._path = known.open_ca(moving) - self._moving_origin
        compared = alphas_there(domain, RMSD_RANGE, "the RMSD is")
        self._compared = self.rows(compared)
        self._closed, self._open = known.closed_ca(compared), known.open_ca(compared)
        ends = alphas_there(
            domain, (*MIDAS, *MIDAS_ALPHA7_END), "midas_alpha7_angstrom is", share=1
        )
        self._midas = self.rows(MIDAS) if ends else self.rows(())
        self._end = self.rows(MIDAS_ALPHA7_END) if ends else self.rows(())
        wall = side_chains_there(domain, POCKET_WALL, "the ratchet pocket is")
        self._wall = [self._side(n) for n in POCKET_WALL] if wall else []
        self._occupants = [
            self._side(n)
            if wall
            and side_chains_there(domain, [n], f"pocket_occupant and the distance of {n} are")
            else np.zeros(0, dtype=np.intp)
            for n in sorted(POCKET_OCCUPANTS)
        ]
        self._pairs = [
            self.rows_of(pair) if atoms_named(domain, pair, f"{column} is") else None
            for column, pair in MIDAS_OPENING.items()
        ]

    def measure(self, chunk: Chunk) -> tuple[Sequence[Any] | NDArray[Any], ...]:
        """Return the values of some frames; see the class for what they are."""
        missing = np.full(len(chunk), np.nan)
        core = chunk.once("core", lambda: Motion(chunk.rows(self._core), self._core_goal))
        pocket = self._pocket(chunk)
        return (
            self._shift(chunk, core) if len(self._alpha7) else missing,
            self._fraction(core.apply(chunk.rows(self._moving))) if len(self._moving) else missing,
            *(
                rmsds(chunk.rows(self._compared), self._closed, self._open)
                if len(self._compared)
                else (missing, missing)
            ),
            np.linalg.norm(
                chunk.rows(self._midas).mean(axis=0) - chunk.rows(self._end).mean(axis=0), axis=0
            )
            if len(self._midas)
            else missing,
            *pocket,
            [occupant(distances) for distances in np.array(pocket).T.tolist()],
            *(_distance(chunk, pair) for pair in self._pairs),
        )

    def _shift(self, chunk: Chunk, core: Motion) -> Array:
        # A motion of the centroid is the centroid of the motions.
        alpha7 = core.apply(chunk.rows(self._alpha7).mean(axis=0)[None])[0]
        return np.asarray(self._axis @ (alpha7 - self._alpha7_origin[:, None]))

    def _fraction(self, moving: Array) -> Array:
        along = np.einsum("icf,ic->f", moving - self._moving_origin[:, :, None], self._path)
        return np.asarray(along / np.sum(self._path**2))

    def _pocket(self, chunk: Chunk) -> tuple[Array, ...]:
        """Return the distances of Leu289, Phe292 and Leu295 from the pocket's middle."""
        missing = np.full(len(chunk), np.nan)
        if not self._wall:
            return (missing,) * len(self._occupants)
        middle = np.mean([chunk.rows(side).mean(axis=0) for side in self._wall], axis=0)
        return tuple(
            np.linalg.norm(chunk.rows(side).mean(axis=0) - middle, axis=0) if len(side) else missing
            for side in self._occupants
        )

    def _side(self, number: int) -> NDArray[np.intp]:
        return np.array([self.row[i] for i in self.domain.side_chain(number)], dtype=np.intp)


def occupant(pocket: Sequence[float]) -> str | None:
    """Name the state by who fills the ratchet pocket.

    Parameters
    ----------
    pocket : sequence of 3 floats
        Distances of Leu289, Phe292 and Leu295 from the pocket's middle in Å.

    Returns
    -------
    {"open", "intermediate", "closed", "none"} or None
        The nearest residue's state if it is within 5.5 Å; None where a distance is not known, since
        that residue may be the nearest.

    Examples
    --------
    >>> from lfa1_analysis.observables.opening import occupant
    >>> occupant([6.2, 7.4, 4.4]), occupant([3.4, 7.9, 12.7])
    ('closed', 'open')
    """
    if not np.isfinite(pocket).all():
        return None
    distance, number = min(zip(map(float, pocket), sorted(POCKET_OCCUPANTS), strict=True))
    return POCKET_OCCUPANTS[number] if distance <= POCKET_REACH else "none"


def _distance(chunk: Chunk, pair: NDArray[np.intp] | None) -> Array:
    if pair is None:
        return np.full(len(chunk), np.nan)
    return np.asarray(np.linalg.norm(np.subtract(*chunk.rows(pair)), axis=0))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `lfa1 opening` takes."""
    add_trajectory_arguments(
        parser,
        "opening",
        "Measure how far the αL I domain has opened, in every frame.",
        Opening.columns,
    )


def run(args: argparse.Namespace) -> int:
    """Run `lfa1 opening`."""
    tell(run_observable(args, Opening).results.table)
    return 0


def tell(table: pd.DataFrame) -> None:
    """Say in a line what the table shows."""
    counts = table["pocket_occupant"].value_counts()
    states = ", ".join(f"{state} {n}" for state, n in counts.items()) or "pocket not measured"
    shift = table["alpha7_shift_angstrom"].round(1) + 0.0  # no "-0.0"
    if shift.isna().all():
        print(f"α7 shift not measured; {states}")
        return
    print(
        f"α7 shift {shift.mean():+.1f} Å (from {shift.min():+.1f} to {shift.max():+.1f}); {states}"
    )


if __name__ == "__main__":
    raise SystemExit(standalone(add_arguments, run))
