"""What a simulation of one ion in water shows: its first shell, and how fast it diffuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit

from lfa1_analysis.io.constants import BOLTZMANN
from lfa1_analysis.metal_site.coordination import CUTOFF, CUTOFFS
from lfa1_analysis.statistics.hysteresis import hysteresis, settled
from lfa1_md.ionmodels.free_energy import LATTICE
from lfa1_md.ionmodels.solvated_ion import KELVIN, IonBox
from lfa1_md.run import integration, states
from lfa1_md.study.seeds import derive

Floats = NDArray[np.float64]

TIMESTEP = 2.0
"""Fs."""
INTERVAL = 0.1
"""Ps between frames."""
NEAREST = 12
"""Oxygens that are followed in each frame, more than any first shell here holds."""
BLOCKS = 5
"""Into so many blocks a run is cut for standard errors."""
BIN, AROUND = 0.01, 0.1
"""Å: bins of the radial distribution function, and how far about its first maximum a parabola is
fitted, as in the program with which the Li/Merz models were made (IPMach.py of pyMSMT)."""
LAGS = (1.0, 10.0)
"""Ps between which the mean square displacement is fitted; a fifth of a block at most."""


@dataclass(frozen=True)
class ShellFrames:
    """The shell of the ion in each frame.

    Attributes
    ----------
    distances : ndarray, shape (frames, NEAREST)
        To the nearest oxygens, ascending (Å).
    waters : ndarray of int, same shape
        Which they are.
    directions : ndarray, shape (frames, NEAREST, 3)
        Unit vectors to them.
    track : ndarray, shape (frames, 3)
        The ion's place, unwrapped, relative to the centre of mass (nm).
    width : float
        Of the box (nm).
    """

    distances: Floats
    waters: NDArray[np.int64]
    directions: Floats
    track: Floats
    width: float


def sample(
    box: IonBox,
    state: openmm.State,
    length: float,
    seed: int,
    platform: Any,
    properties: dict[str, str],
    report: Callable[[int], None] = lambda frame: None,
) -> ShellFrames:
    """Run at constant volume with a Nosé–Hoover chain, which hardly disturbs the diffusion.

    Parameters
    ----------
    box : IonBox
    state : openmm.State
        Where it starts, from `settled`.
    length : float
        Ps.
    seed : int
    platform, properties
        From `platform.select`.
    report : callable
        Called with the number of each frame.
    """
    made = openmm.NoseHooverIntegrator(
        KELVIN * unit.kelvin, 1 / unit.picosecond, TIMESTEP * unit.femtosecond
    )
    made.setConstraintTolerance(integration.CONSTRAINT_TOLERANCE)
    context = openmm.Context(box.system, made, platform, properties)
    states.place(context, state)
    context.setVelocitiesToTemperature(KELVIN, derive(seed, "shell"))
    masses = integration.masses(box.system)
    width = float(state.getPeriodicBoxVectors(asNumpy=True)._value[0, 0])
    steps = round(INTERVAL / TIMESTEP * 1000)
    made.step(round(1 / TIMESTEP * 1000))
    kept: list[tuple[Floats, NDArray[np.int64], Floats, Floats]] = []
    for number in range(round(length / INTERVAL)):
        made.step(steps)
        found = context.getState(positions=True)
        places = found.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
        vectors = places[box.oxygens] - places[0]
        vectors -= width * np.round(vectors / width)
        r = np.linalg.norm(vectors, axis=1)
        near = np.argsort(r)[:NEAREST]
        centre = masses @ places / masses.sum()
        kept.append((r[near] * 10, near, vectors[near] / r[near, None], places[0] - centre))
        report(number + 1)
    distances, waters, directions, track = zip(*kept, strict=True)
    return ShellFrames(
        np.array(distances), np.array(waters), np.array(directions), np.array(track), width
    )


def mean_and_error(values: Floats) -> tuple[float, float]:
    """Return the mean of a series and its standard error from `BLOCKS` blocks."""
    means = [block.mean() for block in np.array_split(values, BLOCKS)]
    return float(np.mean(values)), _error(means)


def _error(blocks: list[float]) -> float:
    """Return the standard error of a mean from the values of its blocks."""
    return float(np.std(blocks, ddof=1) / np.sqrt(BLOCKS))


def describe(frames: ShellFrames, element: str) -> dict[str, tuple[float, float]]:
    """Summarise the first shell.

    Parameters
    ----------
    frames : ShellFrames
    element : str
        For the cutoff of the first shell.

    Returns
    -------
    dict of str to (float, float)
        Value and standard error of:

        ``distance_mean_angstrom``
            Mean distance of the first shell's oxygens.
        ``distance_spread_angstrom``
            Their standard deviation.
        ``distance_peak_angstrom``
            Vertex of a parabola fitted to the first maximum of the radial distribution function:
            what papers on ion models call the ion–oxygen distance.
        ``coordination_number``
        ``cis_angle_spread_degrees``
            Root-mean-square deviation of the O–M–O angles below 135° from 90°; only of frames
            with six oxygens.
        ``trans_angle_mean_degrees``
            Mean of the three widest O–M–O angles of these; 180° in a perfect octahedron.
        ``waters_exchanged``
            Waters that came into the first shell and stayed; the error is that of counting.
    """
    cutoff = CUTOFFS.get(element, CUTOFF)
    inside = frames.distances <= cutoff
    number = inside.sum(axis=1).astype(float)
    r = np.where(inside, frames.distances, np.nan)
    spreads = [np.nanstd(block) for block in np.array_split(r, BLOCKS)]
    peaks = [_vertex(block[block <= cutoff]) for block in np.array_split(frames.distances, BLOCKS)]
    found = {
        "distance_mean_angstrom": mean_and_error(np.nanmean(r, axis=1)),
        "distance_spread_angstrom": (float(np.nanstd(r)), _error(spreads)),
        "distance_peak_angstrom": (float(np.mean(peaks)), _error(peaks)),
        "coordination_number": mean_and_error(number),
    }
    six = number == 6
    if six.sum() >= BLOCKS:
        u = frames.directions[six, :6]
        cosines = np.einsum("fik,fjk->fij", u, u)[:, *np.triu_indices(6, 1)]
        angles = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
        cis = np.where(angles < 135, (angles - 90) ** 2, np.nan)
        squared, error = mean_and_error(np.nanmean(cis, axis=1))
        spread = float(np.sqrt(squared))
        found["cis_angle_spread_degrees"] = (spread, error / 2 / spread)
        found["trans_angle_mean_degrees"] = mean_and_error(np.sort(angles)[:, -3:].mean(axis=1))
    came = _exchanges(frames, cutoff)
    found["waters_exchanged"] = (float(came), float(np.sqrt(came)))
    return found


def diffusion(frames: ShellFrames, viscosity: float | None) -> tuple[float, float, float] | None:
    """Estimate the diffusion coefficient from the mean square displacement.

    Parameters
    ----------
    frames : ShellFrames
    viscosity : float or None
        Of the water model (mPa s); with it, what the periodic box holds back is added (Yeh and
        Hummer 2004).

    Returns
    -------
    tuple of float or None
        Coefficient, its standard error from blocks, and the share of the correction
        (10⁻⁹ m²/s); None where the run is too short for a block of 5 ps.
    """
    blocks = np.array_split(frames.track, BLOCKS)
    lags = np.arange(round(LAGS[0] / INTERVAL), len(blocks[0]) // 5 + 1)
    lags = lags[lags <= round(LAGS[1] / INTERVAL)]
    if len(blocks[0]) * INTERVAL < 5 or len(lags) < 2:
        return None
    slopes = []
    for block in blocks:
        msd = [((block[lag:] - block[:-lag]) ** 2).sum(axis=1).mean() for lag in lags]
        slopes.append(np.polyfit(lags * INTERVAL, msd, 1)[0] / 6 * 1000)  # nm²/ps → 10⁻⁹ m²/s
    correction = 0.0
    if viscosity is not None:
        thermal = BOLTZMANN * KELVIN
        metres = 6 * np.pi * viscosity * 1e-3 * frames.width * 1e-9
        correction = -LATTICE * thermal / metres * 1e9
    return float(np.mean(slopes)) + correction, _error(slopes), correction


def _vertex(r: Floats) -> float:
    if not len(r):
        return float("nan")
    edges = np.arange(r.min() - 2 * AROUND, r.max() + 2 * AROUND, BIN)
    middles = (edges[1:] + edges[:-1]) / 2
    # Dividing by r² makes the histogram of distances a radial distribution function.
    density, _ = np.histogram(r, edges, weights=r**-2.0)
    at = float(middles[np.argmax(np.convolve(density, np.ones(5), "same"))])
    for _ in range(2):
        near = np.abs(middles - at) <= AROUND + BIN / 10
        curvature, slope, _ = np.polyfit(middles[near] - at, density[near], 2)
        at -= float(slope / curvature / 2)
    return at


def _exchanges(frames: ShellFrames, cutoff: float) -> int:
    """Count the waters that came in and stayed 1 ps at least."""
    came, persist = 0, round(1 / INTERVAL)
    for water in np.unique(frames.waters[frames.distances <= cutoff]):
        r = np.where(frames.waters == water, frames.distances, np.inf).min(axis=1)
        holds = settled(hysteresis(r <= cutoff, r > cutoff + 0.4), persist)
        came += int((holds[1:] & ~holds[:-1]).sum())
    return came
