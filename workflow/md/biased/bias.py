"""The opening coordinate as an OpenMM force, and the harmonic bias on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openmm
from openmm import unit

from lfa1_analysis.coordinate import NUMBERS, Coordinate, coordinate, require
from lfa1_md.protein.molecules import Model
from lfa1_md.study.sampling import Drive

CENTRE, CONSTANT = "bias_centre", "bias_force_constant"
"""Context parameters: where the bias is centred, and its constant (kJ/mol)."""
NAME = "OpeningBias"


def alphas(model: Model, name: str = "the system") -> list[int]:
    """Return the indices of the coordinate's Cα atoms, by residue number.

    Parameters
    ----------
    model : Model
        With mature numbering.
    name : str
        For the message.

    Raises
    ------
    InputError
        One is missing.
    """
    solute = set(model.solute().tolist())
    found = {
        int(atom.residue.id): atom.index
        for atom in model.topology.atoms()
        if atom.name == "CA" and atom.index in solute and atom.residue.id.isdigit()
    }
    require(list(found), name)
    return [found[number] for number in NUMBERS]


def opening_bias(model: Model, name: str = "the system") -> openmm.CustomCVForce:
    """Make the bias k/2 (s − s₀)² on the opening coordinate s.

    Parameters
    ----------
    model : Model
    name : str
        For messages.

    Returns
    -------
    openmm.CustomCVForce
        Its collective variables are the RMSDs to the closed and the open reference (nm); its
        context parameters `CENTRE` and `CONSTANT`, which is 0 at first.

    Raises
    ------
    InputError
        A Cα atom that the coordinate needs is missing.
    """
    return bias_between(coordinate(), alphas(model, name), len(model.positions))


def bias_between(known: Coordinate, atoms: Sequence[int], n_atoms: int) -> openmm.CustomCVForce:
    """Make the bias on the coordinate between any two references, as `opening_bias` does.

    Parameters
    ----------
    known : Coordinate
        The references (Å).
    atoms : sequence of int
        Indices of the references' atoms in the system, in their order.
    n_atoms : int
        Of the system.
    """
    apart = known.apart / 10
    force = openmm.CustomCVForce(
        f"0.5*{CONSTANT}*(s-{CENTRE})^2; s = 0.5 + (closed^2-open^2)/{2 * apart**2!r}"
    )
    force.setName(NAME)
    force.addGlobalParameter(CENTRE, 0.0)
    force.addGlobalParameter(CONSTANT, 0.0)
    for label, places in (("closed", known.closed), ("open", known.open)):
        everywhere = np.zeros((n_atoms, 3))
        everywhere[atoms] = places / 10
        force.addCollectiveVariable(label, openmm.RMSDForce(everywhere * unit.nanometer, atoms))
    return force


def value(
    force: openmm.CustomCVForce, context: openmm.Context, known: Coordinate | None = None
) -> float:
    """Return the coordinate of a context's positions: that of opening, or of `known`."""
    closed, open_ = force.getCollectiveVariableValues(context)
    return float((known or coordinate()).of_rmsds(10 * closed, 10 * open_))


class Driver:
    """Moves the bias of a segment, and tells where coordinate and centre are.

    Parameters
    ----------
    force : openmm.CustomCVForce
        From `opening_bias`, in the context's system.
    drive : Drive
    first_step : int
        Step at which the segment begins.
    interval, rows : int
        Steps between rows, and how many the segment has.
    """

    columns = ("opening_coordinate", "bias_centre")

    def __init__(
        self, force: openmm.CustomCVForce, drive: Drive, first_step: int, interval: int, rows: int
    ) -> None:
        self.force, self.drive = force, drive
        self.first_step, self.interval, self.rows = first_step, interval, rows

    def place(self, context: openmm.Context, step: int) -> None:
        """Set the bias that acts on the steps after `step`."""
        context.setParameter(CENTRE, self._centre(step))
        context.setParameter(CONSTANT, self.drive.constant)

    def row(self, context: openmm.Context, step: int) -> tuple[float, float]:
        """Return the coordinate and the centre that acted until `step`, and go on to the next."""
        reached = value(self.force, context), context.getParameter(CENTRE)
        self.place(context, step)
        return reached

    def _centre(self, step: int) -> float:
        return self.drive.centre((step - self.first_step) // self.interval, self.rows)
