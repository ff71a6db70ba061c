"""The coordinates of biased runs as OpenMM forces, and the harmonic bias on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import openmm
from openmm import unit

from lfa1_analysis.observables.coordinate import NUMBERS, Coordinate, coordinate, require
from lfa1_analysis.proteins.known import ALPHA_L
from lfa1_md.box import separation_pairs as separation
from lfa1_md.box.molecules import Model
from lfa1_md.protein import chains
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
    solute, whose = set(model.solute().tolist()), chains.proteins(model.topology)
    found = {
        int(atom.residue.id): atom.index
        for atom in model.topology.atoms()
        if atom.name == "CA"
        and atom.index in solute
        and atom.residue.id.isdigit()
        and whose[atom.residue.chain.index] in ("", ALPHA_L.key)
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


def separation_bias(
    model: Model, name: str = "the system"
) -> tuple[openmm.CustomCentroidBondForce, openmm.HarmonicBondForce]:
    """Make the spring k/2 (d − d₀)² on the distance d between the two proteins' centres.

    Parameters
    ----------
    model : Model
    name : str
        For messages.

    Returns
    -------
    openmm.CustomCentroidBondForce
        The spring between the centroids of the Cα atoms of the I domain and of ICAM-1, with the
        context parameters of `opening_bias`. It takes the positions as they are and no periodic
        image: OpenMM's nearest image is exact only up to half the box's lowest height, less than
        the spring's length.
    openmm.HarmonicBondForce
        A bond of no strength between them. It makes them one molecule, which OpenMM keeps together
        when it wraps molecules into the box.

    Raises
    ------
    InputError
        A protein is missing.
    """
    force = openmm.CustomCentroidBondForce(2, f"0.5*{CONSTANT}*(distance(g1, g2)-{CENTRE})^2")
    force.setName("SeparationBias")
    force.addGlobalParameter(CENTRE, 0.0)
    force.addGlobalParameter(CONSTANT, 0.0)
    both = separation.groups(model, name)
    for atoms in both:
        force.addGroup(atoms, [1.0] * len(atoms))
    force.addBond([0, 1])
    link = openmm.HarmonicBondForce()
    link.addBond(both[0][0], both[1][0], 1.0, 0.0)
    return force, link


def driver(
    model: Model, drive: Drive, first_step: int, interval: int, rows: int, name: str
) -> BiasDriver:
    """Make the driver of a segment with the forces that it drives.

    Parameters
    ----------
    model : Model
    drive : Drive
    first_step : int
        Step at which the segment begins.
    interval, rows : int
        Steps between rows, and how many the segment has.
    name : str
        For messages.
    """
    if drive.coordinate == "opening":
        bias = opening_bias(model, name)
        columns = ("opening_coordinate", "bias_centre")
        return BiasDriver(
            [bias], columns, lambda context: value(bias, context), drive, first_step, interval, rows
        )
    both = separation.groups(model, name)

    def distance(context: openmm.Context) -> float:
        positions = context.getState(positions=True).getPositions(asNumpy=True)._value
        own, ligand = (positions[atoms].mean(axis=0) for atoms in both)
        return float(np.linalg.norm(ligand - own))

    forces, columns = [*separation_bias(model, name)], ("separation_nm", "bias_centre_nm")
    return BiasDriver(forces, columns, distance, drive, first_step, interval, rows)


@dataclass(frozen=True)
class BiasDriver:
    """Moves the bias of a segment, and measures the coordinate that it acts on.

    Attributes
    ----------
    forces : list of openmm.Force
        Which the context's system must have.
    columns : tuple of str
        Names of the coordinate and of the centre in the table of energies.
    measure : callable
        Returns the coordinate of a context.
    drive : Drive
    first_step : int
        Step at which the segment begins.
    interval, rows : int
        Steps between rows, and how many the segment has.
    """

    forces: list[openmm.Force]
    columns: tuple[str, str]
    measure: Callable[[openmm.Context], float]
    drive: Drive
    first_step: int
    interval: int
    rows: int

    def centre(self, step: int) -> float:
        """Return where the bias is centred in the steps after `step`."""
        return self.drive.centre((step - self.first_step) // self.interval, self.rows)

    def place(self, context: openmm.Context, step: int) -> None:
        """Set the bias that acts on the steps after `step`."""
        context.setParameter(CENTRE, self.centre(step))
        context.setParameter(CONSTANT, self.drive.constant)

    def row(self, context: openmm.Context, step: int) -> tuple[float, float]:
        """Return the coordinate and the centre that acted until `step`, and go on to the next."""
        reached = self.measure(context), context.getParameter(CENTRE)
        self.place(context, step)
        return reached
