"""The times of frames where the file states none, or the user knows better."""

from __future__ import annotations

import math
from typing import Any

from MDAnalysis import Universe
from MDAnalysis.coordinates.memory import MemoryReader
from MDAnalysis.coordinates.timestep import Timestep
from MDAnalysis.transformations.base import TransformationBase

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.units import duration


class Clock(TransformationBase):
    """Sets the time of a frame by its number.

    Parameters
    ----------
    interval : float
        Between frames, ps; NaN if it is not known.
    begin : int
        Number of the file's first frame in the whole trajectory.
    """

    def __init__(self, interval: float, begin: int) -> None:
        super().__init__(parallelizable=True)
        self.interval, self.begin = interval, begin

    def _transform(self, timestep: Timestep) -> Timestep:
        timestep.time = (self.begin + timestep.frame) * self.interval
        return timestep


def set_clock(universe: Universe, interval: float) -> None:
    """Give every frame a time by its number, the first 0.

    Parameters
    ----------
    universe : MDAnalysis.Universe
    interval : float
        Between frames, ps; with NaN they have no times.
    """
    trajectory: Any = universe.trajectory
    begin = 0
    for reader in getattr(trajectory, "readers", [trajectory]):
        if isinstance(reader, MemoryReader):  # it counts the time by itself, frame by frame
            reader.ts.dt = interval
        else:
            reader.add_transformations(Clock(interval, begin))
        begin += reader.n_frames
    trajectory[0]


def parse_interval(text: str | None, option: str = "--frame-interval") -> float | None:
    """``"0.5 ps"`` → 0.5 (ps); None for None.

    Raises
    ------
    InputError
        It is no length of time, or not above 0.

    Examples
    --------
    >>> from lfa1_analysis.trajectory.times import parse_interval
    >>> parse_interval("2 ns")
    2000.0
    """
    if text is None:
        return None
    value = duration(text, option)
    if not (0 < value < math.inf):
        raise InputError(f"{option}: {text!r} is not possible", "give more than 0, such as '10 ps'")
    return value
