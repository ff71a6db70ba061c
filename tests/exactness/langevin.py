"""Umbrella windows of small model systems from Langevin dynamics, with known answers.

Many particles (or dimers) that do not see each other share one OpenMM system, each with its own
bias, so that twenty repeats of a whole set of windows take seconds. On the Reference platform
the same seed gives the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import double_well as wells
import numpy as np
import openmm

from lfa1_analysis.free_energy.umbrella.basins import Basin

KT = wells.KT
TIMESTEP, FRICTION = 0.05, 5.0
"""ps and 1/ps; the stiffest vibration has 5 rad/ps at a (reduced) mass of 1 u."""
STEPS_PER_FRAME = 12
SEEDS = ("open", "closed")
_WELL = "barrier*(((x{0})/3)^2-1)^2 + tilt/(1+exp(-2*(x{0}))) + 0.5*constant*({1}-centre)^2{2}"
_PARAMETERS = ("barrier", "tilt", "constant", "centre")


@dataclass(frozen=True)
class Design:
    """How much is sampled: windows of one bias strength, runs of each, frames of each run.

    `width` is √(kT/k). Frames are 0.6 ps apart; the statistical inefficiency is 1 frame in the
    wells and about 5 at the barrier.
    """

    replicas: int
    frames: int
    centres: tuple[float, ...] = tuple(float(c) for c in range(9))
    width: float = 0.6

    @property
    def constant(self) -> float:
        """Force constant in kJ/mol per unit²."""
        return KT / self.width**2

    def moved(self, by: float) -> Design:
        """The same windows elsewhere."""
        return Design(self.replicas, self.frames, tuple(c + by for c in self.centres), self.width)


SINGLE = Design(replicas=1, frames=800)
TRIPLE = Design(replicas=3, frames=170)


class Dimer(wells.DoubleWell):
    """Two particles bound by the double well, moved by 1: minima near r = 2 and 8.

    Its profile along r has the entropy −2 kT ln r of the sphere that r sweeps.
    """

    shift = 1.0

    def energy(self, x):
        with np.errstate(divide="ignore"):
            jacobian = -2 * KT * np.log(np.maximum(x, 0.0))
        return super().energy(np.asarray(x) - self.shift) + jacobian


PARTICLE = wells.DoubleWell(barrier=14.0, tilt=6.0)
DIMERS = Dimer(barrier=14.0, tilt=8.0), Dimer(barrier=14.0, tilt=3.0)
"""Called mg and apo: their ΔΔG is the tunable 5 kJ/mol, but for the width of the basins."""


def halves(middle: float) -> tuple[Basin, Basin]:
    """Closed below and open above a value."""
    return Basin(-math.inf, middle), Basin(middle, math.inf)


def particles(well: wells.DoubleWell, design: Design, repeats: int, seed: int):
    """Simulate particles in the double well; shape (repeats, windows, replicas, frames)."""
    force = openmm.CustomExternalForce(_WELL.format("-4", "x", "+0.5*(y^2+z^2)"))
    starts = _starts(design, repeats)
    for index, bias in enumerate(_biases(well, design, repeats, force)):
        force.addParticle(index, bias)
    places = np.zeros((starts.size, 3))
    places[:, 0] = starts
    return _run(force, np.full(starts.size, 1.0), places, lambda p: p[:, 0], design, seed)


def dimers(well: Dimer, design: Design, repeats: int, seed: int):
    """Simulate dimers of reduced mass 1 u; shape (repeats, windows, replicas, frames)."""
    force = openmm.CustomBondForce(_WELL.format("", "r", "; x=r-5"))
    starts = _starts(design, repeats)
    for index, bias in enumerate(_biases(well, design, repeats, force)):
        force.addBond(2 * index, 2 * index + 1, bias)
    places = np.zeros((2 * starts.size, 3))
    places[1::2, 0] = starts

    def distance(p):
        return np.linalg.norm(p[1::2] - p[::2], axis=1)

    return _run(force, np.full(2 * starts.size, 2.0), places, distance, design, seed)


def write(folder: Path, system: str, series, design: Design) -> list[dict[str, object]]:
    """Write one repeat's runs, shape (windows, replicas, frames); return rows of windows.csv."""
    found = []
    for k, centre in enumerate(design.centres):
        for replica in range(design.replicas):
            name = f"{system}-w{k:02d}-{replica}.csv"
            wells.write_series(folder / name, series[k, replica])
            found.append(
                {
                    "system": system,
                    "window": f"w{k:02d}",
                    "replica": replica,
                    "seeded_from": SEEDS[replica % 2],
                    "centre": centre,
                    "force_constant_kj_per_mol_per_unit2": design.constant,
                    "file": name,
                    "unit": "",
                }
            )
    return found


def _starts(design: Design, repeats: int):
    """One width from the centre, on the side that the run is seeded from."""
    side = np.array([1.0, -1.0])[np.arange(design.replicas) % 2] * design.width
    places = np.array(design.centres)[:, None] + side
    return np.tile(places, (repeats, 1, 1)).ravel()


def _biases(well, design: Design, repeats: int, force) -> Sequence[tuple[float, ...]]:
    add = getattr(force, "addPerParticleParameter", None) or force.addPerBondParameter
    for name in _PARAMETERS:
        add(name)
    centres = np.tile(np.repeat(design.centres, design.replicas), repeats)
    return [(well.barrier, well.tilt, design.constant, float(centre)) for centre in centres]


def _run(force, masses, places, value, design: Design, seed: int):
    system = openmm.System()
    for mass in masses:
        system.addParticle(mass)
    system.addForce(force)
    integrator = openmm.LangevinMiddleIntegrator(wells.TEMPERATURE, FRICTION, TIMESTEP)
    integrator.setRandomNumberSeed(seed + 1)  # 0 would mean "any"
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, integrator, platform)
    context.setPositions(places)
    context.setVelocitiesToTemperature(wells.TEMPERATURE, seed + 1)
    frames = []
    for _ in range(design.frames):
        integrator.step(STEPS_PER_FRAME)
        positions = context.getState(positions=True).getPositions(asNumpy=True)._value
        frames.append(value(positions).copy())
    shape = (-1, len(design.centres), design.replicas, design.frames)
    return np.array(frames).T.reshape(shape)


def exact_pmf(well: wells.DoubleWell, edges, closed_below: float):
    """−kT ln of the population of each bin over that of the closed basin (kJ/mol)."""
    p = np.exp(-well.energy(wells.X) / KT)
    populations, _ = np.histogram(wells.X, edges, weights=p)
    with np.errstate(divide="ignore"):
        return -KT * np.log(populations / math.fsum(p[closed_below > wells.X]))
