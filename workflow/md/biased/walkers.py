"""Walkers that exchange umbrella windows, on OpenMM's replica exchange sampler.

A walker is one copy of the system, continuous in time; after every exchange it stands in another
window or in the same. What is sampled in a window is therefore made of pieces of several walkers.

What differs from `openmm.app.ReplicaExchangeSampler`: energies are those of the bias alone, which
follow from each walker's coordinate (the rest of the energy is the same in all windows and cancels;
OpenMM's way costs an energy of the whole system for each walker in each window), and the exchanges
of an iteration are drawn with a seed of their own, so that a continued run repeats them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import openmm
import pandas as pd
from openmm import app, unit

from lfa1_analysis.io.errors import SimulationError
from lfa1_md.run import bias
from lfa1_md.study.umbrella_windows import Place

CAP = 300.0
"""kT above a walker's best window: beyond, bias energies count as this much, so that exponentials
stay within what a float holds. Only walkers are concerned that equilibrium never leaves there."""


class InterruptedIterationError(Exception):
    """The walkers were asked to end; they stand where the last whole iteration left them."""


# Older ones have no exchange; `platform.require_exchange` checks for it.
_Sampler: Any = getattr(app, "ReplicaExchangeSampler", object)


class Walkers(_Sampler):
    """The walkers of an exchange, as many as there are windows.

    Parameters
    ----------
    places : sequence of Place
        The windows.
    simulation : openmm.app.Simulation
        Its system has the force and, if need be, a barostat.
    steps : int
        Steps between exchanges.
    coordinate : callable
        Of a context, the coordinate that is biased.
    seed_of : callable
        Of an iteration's number, the seed of its exchanges.
    asked : callable, optional
        Tells between two walkers whether to end.

    Attributes
    ----------
    coordinates : numpy.ndarray
        Of each walker, at the end of the last iteration.
    sampled : list of int
        The window in which each walker was during the last iteration.
    """

    def __init__(
        self,
        places: Sequence[Place],
        simulation: app.Simulation,
        steps: int,
        coordinate: Callable[[openmm.Context], float],
        seed_of: Callable[[int], int],
        asked: Callable[[], bool] = lambda: False,
    ) -> None:
        parameters = [
            {bias.CENTRE: place.centre, bias.CONSTANT: place.force_constant} for place in places
        ]
        super().__init__(parameters, simulation, steps)
        self.places, self._coordinate, self._seed_of = list(places), coordinate, seed_of
        self._asked = asked
        self.coordinates = np.full(len(places), np.nan)
        self.sampled = list(self.replicaStateIndex)

    def put(self, states: Sequence[openmm.State], windows: Sequence[int], iteration: int) -> None:
        """Take walkers over from elsewhere.

        Parameters
        ----------
        states : sequence of openmm.State
            Of each walker.
        windows : sequence of int
            Where each is.
        iteration : int
            How many are done.
        """
        self.replicaConformation = list(states)
        self.replicaStateIndex = list(windows)
        self._previousReplicaStateIndex = list(windows)
        self.currentIteration = iteration

    def simulate(self, iterations: int = 1) -> None:
        """Let every walker take its steps, then exchange; so many times.

        Raises
        ------
        InterruptedIterationError
            `asked` returned True; an iteration is whole or has not been.
        SimulationError
            A coordinate is not finite.
        """
        for _ in range(iterations):
            before, found = list(self.replicaConformation), []
            for walker in range(len(self.states)):
                if self._asked():
                    self.replicaConformation = before
                    raise InterruptedIterationError
                self.simulateReplica(walker)
                found.append(self._coordinate(self.simulation.context))
                if not np.isfinite(found[-1]):
                    window = self.replicaStateIndex[walker]
                    raise SimulationError(
                        f"walker {walker} in window {window}: a coordinate is not a number"
                    )
            self.coordinates = np.array(found)
            self.sampled = list(self.replicaStateIndex)
            self.currentIteration += 1
            kt = unit.MOLAR_GAS_CONSTANT_R * self.simulation.integrator.getTemperature()
            energies = bias_energies(self.coordinates, self.places)
            energies -= energies.min(axis=1, keepdims=True)
            most = CAP * kt.value_in_unit(unit.kilojoule_per_mole)
            self.replicaStateEnergy = np.minimum(energies, most) * unit.kilojoule_per_mole
            for reporter in self.reporters:
                reporter(self)
            self.exchangeReplicas()

    def exchangeReplicas(self) -> None:  # noqa: N802 (OpenMM's name)
        """Exchange as OpenMM does, with this iteration's own random numbers."""
        others = random.getstate()
        random.seed(self._seed_of(self.currentIteration))
        try:
            super().exchangeReplicas()
        finally:
            random.setstate(others)


def bias_energies(coordinates: np.ndarray, places: Sequence[Place]) -> np.ndarray:
    """Compute the bias of walkers in all windows.

    Parameters
    ----------
    coordinates : numpy.ndarray
        Shape (walkers,).
    places : sequence of Place

    Returns
    -------
    numpy.ndarray
        kJ/mol, shape (walkers, windows).
    """
    centres = np.array([place.centre for place in places])
    constants = np.array([place.force_constant for place in places])
    energies: np.ndarray = 0.5 * constants * (np.asarray(coordinates)[:, None] - centres) ** 2
    return energies


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
    for one, other in pairwise(_ladder(places)):
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
    order = _ladder(places)
    count = 0
    for _, rows in table.sort_values("time_ps").groupby("walker"):
        ends = [window for window in rows["window"] if window in (order[0], order[-1])]
        turns = sum(one != other for one, other in pairwise(ends))
        count += turns // 2
    return count


def _ladder(places: Sequence[Place]) -> list[int]:
    """Return the windows' numbers in order from the closed end."""
    return sorted(range(len(places)), key=lambda n: (places[n].centre, places[n].force_constant))


def packed(states: Sequence[str], windows: Sequence[int]) -> str:
    """Write all walkers as one text: where they are, and OpenMM's states as XML."""
    return json.dumps({"windows": list(windows), "states": list(states)})


def unpacked(text: str) -> tuple[list[openmm.State], list[int]]:
    """Read what `packed` wrote.

    Raises
    ------
    ValueError
        It is something else.
    """
    content = json.loads(text)
    try:
        windows = [int(each) for each in content["windows"]]
        states = [openmm.XmlSerializer.deserialize(each) for each in content["states"]]
    except Exception as error:  # OpenMM raises its own, on whatever it is given
        raise ValueError(f"holds no walkers: {error}") from None
    if sorted(windows) != list(range(len(states))):
        raise ValueError("its walkers are not one in each window")
    return states, windows
