"""Telling a change from a flicker in a series of frames: two thresholds, then a majority."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

SETTLED_FRAMES = 3
"""Frames that a change must last: one or two frames may be a fluctuation at any frame interval."""
SETTLED_NS = 0.001
"""ns; 1 ps, at least, that a change must last. The Mg–O stretch has a period of about 0.1 ps, so
this is some ten vibrations; it matters where frames lie closer than 0.3 ps."""


def persistence(times: NDArray[np.float64]) -> int:
    """Return how many frames a change must last to be one.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Times of the frames in ns. Where they do not rise, frames alone count.
    """
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    if not step > 0:
        return SETTLED_FRAMES
    return max(SETTLED_FRAMES, math.ceil(round(SETTLED_NS / step, 6)))


def hysteresis(enter: Flags, leave: Flags) -> Flags:
    """Return the state of a switch with two thresholds (a Schmitt trigger).

    Parameters
    ----------
    enter, leave : ndarray of bool, shape (n,)
        Frames that turn it on, and that turn it off. In a frame that does neither it stays as it
        was; before the first that does either it is off.
    """
    frames = np.arange(len(enter))
    last = np.maximum.accumulate(np.where(enter | leave, frames, -1))
    on: Flags = (last >= 0) & enter[last]
    return on


def settled(flags: Flags, frames: int) -> Flags:
    """Return the majority of the 2 `frames` − 1 frames around each frame, without what is short.

    What lasts `frames` or longer stays, with its beginning and end; what is shorter vanishes, and
    so do gaps that are shorter. Beyond either end of the trajectory the outermost frame is taken
    to go on, so that what holds in the first or last frame is never filtered away.

    Parameters
    ----------
    flags : ndarray of bool, shape (n,)
    frames : int
        See :func:`persistence`.
    """
    wide = np.pad(flags.astype(int), frames - 1, mode="edge")
    sums = np.concatenate(([0], np.cumsum(wide)))
    majority: Flags = sums[2 * frames - 1 :] - sums[: -(2 * frames - 1)] >= frames
    for a, b in stretches(majority):
        if b - a < frames and a > 0 and b < len(flags):  # of flickers that happened to be near
            majority[a:b] = False
    return majority


def stretches(flags: Flags) -> list[tuple[int, int]]:
    """Return first frame and frame after the last of every stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
