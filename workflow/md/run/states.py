"""Portable states: positions, velocities, box, time and step as XML, readable on any machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openmm
from openmm import unit

from lfa1_analysis.io.errors import InputError, SimulationError
from lfa1_md.files.provenance import read_zipped

# OpenMM's context parameters (the barostat's pressure, restraint constants) stay out: they belong
# to the stage, and a state that names one can't be read by a stage without it.


def read(path: str | Path, n_atoms: int) -> openmm.State:
    """Read a state and check that it belongs to a system of `n_atoms`.

    Raises
    ------
    InputError
        The file is missing, damaged, of another system or holds a value that is not finite.
    """
    text = read_zipped(path)
    try:
        state = openmm.XmlSerializer.deserialize(text)
        positions = state.getPositions(asNumpy=True)._value
        velocities = state.getVelocities(asNumpy=True)._value
        box = state.getPeriodicBoxVectors(asNumpy=True)._value
    except Exception as error:
        raise InputError(
            f"{path}: not an OpenMM state with positions and velocities ({error})",
            "run the step that writes it again",
        ) from None
    if len(positions) != n_atoms:
        raise InputError(
            f"{path}: holds {len(positions)} atoms, the system has {n_atoms}",
            "give the state of this system",
        )
    if not all(np.isfinite(values).all() for values in (positions, velocities, box)):
        raise InputError(
            f"{path}: holds a value that is not a number", "run the step that writes it again"
        )
    return state


def serialised(context: openmm.Context) -> str:
    """Return the context's state as XML.

    Raises
    ------
    SimulationError
        A coordinate or velocity is not finite.
    """
    state = context.getState(positions=True, velocities=True)
    for values in (state.getPositions(asNumpy=True), state.getVelocities(asNumpy=True)):
        if not np.isfinite(values._value).all():
            raise SimulationError(
                "a coordinate or velocity is not a number",
                "lower the time step or lengthen the equilibration",
            )
    return str(openmm.XmlSerializer.serialize(state))


def place(context: openmm.Context, state: openmm.State) -> None:
    """Put a state's box, positions and velocities into a context."""
    context.setPeriodicBoxVectors(*state.getPeriodicBoxVectors())
    context.setPositions(state.getPositions())
    context.setVelocities(state.getVelocities())


def potential_energy(context: openmm.Context, when: str) -> float:
    """Return the potential energy (kJ/mol).

    Raises
    ------
    SimulationError
        It is not finite; `when` says what had just happened.
    """
    try:
        energy = context.getState(energy=True).getPotentialEnergy()
        value = float(energy.value_in_unit(unit.kilojoule_per_mole))
    except openmm.OpenMMException:  # a coordinate is not a number
        value = float("nan")
    if not np.isfinite(value):
        raise SimulationError(
            f"the potential energy {when} is {value}",
            "look for overlapping atoms in the prepared structure",
        )
    return value
