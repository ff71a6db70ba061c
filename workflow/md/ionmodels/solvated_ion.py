"""One ion in a small box of water, described as a study's system is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import openmm
from openmm import Vec3, app, unit

from lfa1_md.box.molecules import Model
from lfa1_md.box.system import parametrise
from lfa1_md.forcefield import forcefield
from lfa1_md.run import integration
from lfa1_md.study import ion_models
from lfa1_md.study.force_fields import SETS, ForceFieldSet
from lfa1_md.study.ion_models import Parameters
from lfa1_md.study.ions import WATER, SiteIon, kind_of
from lfa1_md.study.sections import Chemistry, Dynamics

KELVIN = 298.15
"""Temperature of experiment and of the models' own papers; the study's may differ."""
CUTOFF = 0.9
"""nm, where the force field leaves it open."""
TIMESTEP = 4.0
"""Fs, with rigid water; the metal–oxygen vibration has a period of about 90 fs."""
_WATERS_PER_NM3 = 33.4


@dataclass(frozen=True)
class IonBox:
    """An ion in water.

    Attributes
    ----------
    ion : str
        ``mg``, ``ca`` or ``mn``.
    kind : SiteIon
    parameters : Parameters
        The ion's model.
    field : ForceFieldSet
    chemistry : Chemistry
    dynamics : Dynamics
    model : Model
        The ion is atom 0.
    system : openmm.System
        Without barostat.
    oxygens : numpy.ndarray
        Indices of the waters' oxygens.
    """

    ion: str
    kind: SiteIon
    parameters: Parameters
    field: ForceFieldSet
    chemistry: Chemistry
    dynamics: Dynamics
    model: Model
    system: openmm.System
    oxygens: np.ndarray

    @property
    def name(self) -> str:
        """Return ion, water and model, as folders are named."""
        return f"{self.ion}-{self.parameters.water}-{self.parameters.model}"


def make(ion: str, water: str, model: str | None, n_waters: int) -> IonBox:
    """Put an ion into water; nothing balances its charge but the uniform background of PME.

    Parameters
    ----------
    ion : {"mg", "ca", "mn"}
    water : str
        As ``chemistry.water``.
    model : str or None
        As ``chemistry.ion_model``; None takes the one that comes with the water.
    n_waters : int
        At least; a cutoff that the force field demands may need more.

    Raises
    ------
    ConfigError
        The model does not belong to the ion and the water.
    """
    parameters = ion_models.parameters(ion, water, model)
    kind = kind_of(ion)
    assert kind is not None
    force_field = next(protein for protein, its_water in SETS if its_water == water)
    field = SETS[force_field, water]
    chemistry = Chemistry.model_validate({"force_field": force_field, "water": water})
    cutoff = field.cutoff or CUTOFF
    dynamics = Dynamics.model_validate({"cutoff": f"{cutoff} nm"})
    # Room for the box to breathe: half its width stays 7 % above the cutoff.
    needed = math.ceil(_WATERS_PER_NM3 * (2.15 * cutoff) ** 3)
    topology = app.Topology()
    residue = topology.addResidue(kind.residue, topology.addChain("M"))
    topology.addAtom(kind.atom, kind.element, residue)
    files = forcefield.load(chemistry)
    modeller = app.Modeller(topology, [Vec3(0, 0, 0)] * unit.nanometer)
    modeller.addSolvent(
        files, model=field.solvent, numAdded=max(n_waters, needed), neutralize=False
    )
    positions = np.array(modeller.positions.value_in_unit(unit.nanometer))
    boxed = Model(modeller.topology, positions)
    system = parametrise(boxed, files, field, dynamics, parameters)
    oxygens = [
        atom.index
        for atom in modeller.topology.atoms()
        if atom.residue.name == WATER and atom.element is app.element.oxygen
    ]
    return IonBox(
        ion, kind, parameters, field, chemistry, dynamics, boxed, system, np.array(oxygens)
    )


def settled(
    box: IonBox, length: float, seed: int, platform: Any, properties: dict[str, str]
) -> openmm.State:
    """Minimise and equilibrate at 1 bar.

    Parameters
    ----------
    box : IonBox
    length : float
        Ps; the second half finds the mean volume.
    seed : int
    platform, properties
        From `platform.select`.

    Returns
    -------
    openmm.State
        Of the second half the one whose volume is nearest to the mean, so that a run at constant
        volume may begin from it.
    """
    system = openmm.XmlSerializer.clone(box.system)
    system.addForce(integration.barostat(box.chemistry, box.dynamics, KELVIN, seed))
    made = integration.integrator(KELVIN, 5.0, TIMESTEP, seed)
    context = openmm.Context(system, made, platform, properties)
    context.setPositions(box.model.positions)
    openmm.LocalEnergyMinimizer.minimize(context, 10.0, 200)
    context.setVelocitiesToTemperature(KELVIN, seed)
    interval = 0.5
    kept = []
    for number in range(max(2, round(length / interval))):
        made.step(round(interval / TIMESTEP * 1000))
        if number >= length / interval / 2:
            kept.append(context.getState(positions=True, velocities=True))
    volumes = np.array([state.getPeriodicBoxVolume()._value for state in kept])
    return kept[int(np.argmin(abs(volumes - volumes.mean())))]
