"""The hydration free energy of an ion: grown as a neutral particle, charged, estimated by MBAR.

Two legs, each with its own windows. *Growth*: the uncharged ion's repulsion and dispersion come
in, softened (Beutler et al. 1994, 10.1016/0009-2614(94)00397-1). *Charging*: its charge comes in,
and with it the −C4/r⁴ of a 12-6-4 model. The energy is a polynomial of second degree in the
charge, so three evaluations of a frame give its energy in every charging window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit

from lfa1_analysis.io.errors import SimulationError
from lfa1_md.forcefield.metal_force import C4_FORCE
from lfa1_md.ionmodels.solvated_ion import KELVIN, TIMESTEP, IonBox
from lfa1_md.run import integration, states
from lfa1_md.study.seeds import derive

Floats = NDArray[np.float64]

GROWTH = (0.0, 0.1, 0.2, 0.35, 0.55, 0.75, 1.0)
CHARGING = tuple(round(0.05 * i, 2) for i in range(21))
"""Fractions of the ion present in the windows. Charging 2 e in water scatters the energy by some
40 kT; with steps of 0.05 neighbours are about 2 kT apart."""
INTERVAL = 0.1
"""Ps between energies."""
SETTLE = 2.0
"""Ps at the start of each window that are not used, besides what pymbar leaves out."""
CHARGE, SIZE = "fraction_of_charge", "fraction_of_size"
_SOFTNESS = 0.5


@dataclass(frozen=True)
class Leg:
    """One leg of the path.

    Attributes
    ----------
    name : str
    parameter : str
        Of the context.
    fractions : tuple of float
        Of its windows.
    """

    name: str
    parameter: str
    fractions: tuple[float, ...]


LEGS = (Leg("growth", SIZE, GROWTH), Leg("charging", CHARGE, CHARGING))


def decoupled(box: IonBox) -> openmm.System:
    """Copy the system so that two parameters scale how much of the ion is there.

    Returns
    -------
    openmm.System
        At its defaults, `CHARGE` = `SIZE` = 1, it has the energies and forces of the box's own
        system but for the ion's share of the long-range dispersion correction.
    """
    system = openmm.XmlSerializer.clone(box.system)
    plain = next(f for f in system.getForces() if isinstance(f, openmm.NonbondedForce))
    repulsion, attraction = pairs(system, plain)
    charge, *_ = plain.getParticleParameters(0)
    plain.setParticleParameters(0, 0.0, 0.1, 0.0)
    plain.addGlobalParameter(CHARGE, 1.0)
    plain.addParticleParameterOffset(CHARGE, 0, charge._value, 0.0, 0.0)
    for force in system.getForces():
        if force.getName() == C4_FORCE:
            force.setEnergyFunction(f"{CHARGE}*{force.getEnergyFunction()}")
            force.addGlobalParameter(CHARGE, 1.0)
            force.setUseLongRangeCorrection(False)
    system.addForce(_soft(plain, box, repulsion, attraction))
    return system


def pairs(system: openmm.System, plain: openmm.NonbondedForce) -> tuple[Floats, Floats]:
    """Return A and B of the ion's A/r¹² − B/r⁶ with every atom (kJ/mol nm¹², kJ/mol nm⁶)."""
    n = system.getNumParticles()
    tabled = [
        f
        for f in system.getForces()
        if isinstance(f, openmm.CustomNonbondedForce) and f.getNumTabulatedFunctions()
    ]
    if not tabled:
        _, sigma, epsilon = plain.getParticleParameters(0)
        rows = [plain.getParticleParameters(i)[1:] for i in range(n)]
        sigmas = (np.array([s._value for s, _ in rows]) + sigma._value) / 2
        epsilons = np.sqrt(np.array([e._value for _, e in rows]) * epsilon._value)
        attraction = 4 * epsilons * sigmas**6
        repulsion = attraction * sigmas**6
    else:  # CHARMM's own tables by type; the ion gets a type of its own, which meets nothing
        (force,) = tabled
        types = np.array([int(force.getParticleParameters(i)[0]) for i in range(n)])
        found = []
        for index in range(2):
            function = force.getTabulatedFunction(index)
            width, height, values = function.getFunctionParameters()
            table = np.array(values).reshape(height, width)
            found.append(table[types[0], types])
            wider = np.pad(table, (0, 1))
            function.setFunctionParameters(width + 1, height + 1, wider.ravel())
        force.setParticleParameters(0, [float(width)])
        repulsion, attraction = found
    repulsion[0] = attraction[0] = 0.0
    return repulsion, attraction


def _soft(
    plain: openmm.NonbondedForce, box: IonBox, repulsion: Floats, attraction: Floats
) -> openmm.CustomNonbondedForce:
    force = openmm.CustomNonbondedForce(
        f"{SIZE}*(a/s^2 - b/s); s = {_SOFTNESS}*(1-{SIZE})*(v1+v2) + r^6; a = a1+a2; b = b1+b2"
    )
    force.addGlobalParameter(SIZE, 1.0)
    for name in ("a", "b", "v"):
        force.addPerParticleParameter(name)
    volume = np.divide(repulsion, attraction, out=np.zeros_like(repulsion), where=attraction > 0)
    for row in zip(repulsion, attraction, volume, strict=True):
        force.addParticle(row)
    force.addInteractionGroup([0], np.flatnonzero(repulsion).tolist())
    force.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffPeriodic)
    force.setCutoffDistance(plain.getCutoffDistance())
    if box.field.switch is not None:
        force.setUseSwitchingFunction(True)
        force.setSwitchingDistance(box.field.switch)
    for i in range(plain.getNumExceptions()):
        one, two, *_ = plain.getExceptionParameters(i)
        force.addExclusion(one, two)
    return force


class AlchemicalWindows:
    """Runs the windows of both legs, each from the state in which the one before ended.

    Parameters
    ----------
    box : IonBox
    seed : int
    platform, properties
        From `platform.select`.
    """

    def __init__(self, box: IonBox, seed: int, platform: Any, properties: dict[str, str]) -> None:
        self.seed = seed
        system = decoupled(box)
        system.addForce(integration.barostat(box.chemistry, box.dynamics, KELVIN, seed))
        self._integrator = integration.integrator(KELVIN, 1.0, TIMESTEP, seed)
        self.context = openmm.Context(system, self._integrator, platform, properties)

    def run(
        self, leg: Leg, fraction: float, state: openmm.State, length: float
    ) -> tuple[Floats, openmm.State]:
        """Sample one window.

        Parameters
        ----------
        leg : Leg
        fraction : float
        state : openmm.State
            Where it starts.
        length : float
            Ps that are used.

        Returns
        -------
        energies : ndarray, shape (frames, windows of the leg)
            KJ/mol, of each frame in every window.
        state : openmm.State
            Where it ended.

        Raises
        ------
        SimulationError
            An energy is not finite.
        """
        self._integrator.setRandomNumberSeed(derive(self.seed, leg.name, str(fraction)))
        self.context.reinitialize()
        states.place(self.context, state)
        here = {SIZE: 1.0, CHARGE: 0.0} if leg.parameter == SIZE else {SIZE: 1.0}
        here |= {leg.parameter: fraction}
        self._set(here)
        steps = round(INTERVAL / TIMESTEP * 1000)
        self._integrator.step(round(SETTLE / TIMESTEP * 1000))
        rows = []
        for _ in range(round(length / INTERVAL)):
            self._integrator.step(steps)
            rows.append(self._energies(leg))
            self._set(here)
        end = self.context.getState(positions=True, velocities=True, enforcePeriodicBox=True)
        found = np.array(rows)
        if not np.isfinite(found).all():
            raise SimulationError(
                f"window {fraction:g} of the {leg.name} leg: an energy is no longer finite",
                "run it again with another --seed; if it comes back, report this: a bug",
            )
        return found, end

    def _set(self, values: dict[str, float]) -> None:
        for name, value in values.items():
            self.context.setParameter(name, value)

    def _energies(self, leg: Leg) -> Floats:
        at: Callable[[float], float] = lambda fraction: self._energy(leg.parameter, fraction)  # noqa: E731
        if leg.parameter == SIZE:
            return np.array([at(fraction) for fraction in leg.fractions])
        none, half, full = at(0.0), at(0.5), at(1.0)
        x = np.array(leg.fractions)
        # The parabola through three points.
        return none + (4 * half - 3 * none - full) * x + 2 * (none + full - 2 * half) * x**2

    def _energy(self, parameter: str, value: float) -> float:
        self.context.setParameter(parameter, value)
        energy = self.context.getState(energy=True).getPotentialEnergy()
        return float(energy.value_in_unit(unit.kilojoule_per_mole))


def order() -> Iterator[tuple[Leg, int]]:
    """Yield the windows from the whole ion to none: charge out first, then the neutral particle."""
    for leg in reversed(LEGS):
        for index in reversed(range(len(leg.fractions))):
            yield leg, index
