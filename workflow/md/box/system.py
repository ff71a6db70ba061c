"""A solvated system on disk: parameters, atoms, positions and the manifest that ties them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openmm
from openmm import app, unit

from lfa1_analysis.io.errors import InputError, SimulationError
from lfa1_md.box import molecules
from lfa1_md.box.frame_atoms import FrameAtoms, trajectory_pdb
from lfa1_md.box.matched_systems import MatchedSystem
from lfa1_md.box.molecules import Model
from lfa1_md.files.durable import all_or_nothing, part
from lfa1_md.files.provenance import (
    BUILDING,
    as_json,
    read_json,
    read_zipped,
    sha256,
    versions,
    zipped,
)
from lfa1_md.forcefield import metal_force
from lfa1_md.study.force_fields import ForceFieldSet
from lfa1_md.study.ion_models import Parameters
from lfa1_md.study.ions import ANION, CATION, SITE_IONS

if TYPE_CHECKING:
    from lfa1_md.study.sections import Dynamics

SYSTEM, TOPOLOGY = "system.xml.gz", "topology.cif"
BULK_KEY = "MG (solvent)"
"""What manifests count the solvent's Mg²⁺ under, apart from the one at the site."""
TRAJECTORY, MANIFEST, MINIMISED = "trajectory.pdb", "manifest.json", "minimised.state.xml.gz"


@dataclass(frozen=True)
class Solvated:
    """A system read back from its folder.

    Attributes
    ----------
    directory : Path
    system : openmm.System
        Without barostat and restraints: what a stage needs is added by the stage, so one file
        serves NVT, NPT and NVE alike.
    model : Model
        Topology with box, and the positions before minimisation.
    manifest : dict
        What `manifest.json` holds.
    """

    directory: Path
    system: openmm.System
    model: Model
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        """Return ``{state}-{ion}``."""
        return str(self.manifest["system"])

    @property
    def state(self) -> str:
        """Return the conformational state, which names the matched systems and their seeds."""
        return str(self.manifest["state"])


def parametrise(
    model: Model,
    forcefield: app.ForceField,
    chosen: ForceFieldSet,
    dynamics: Dynamics,
    metal: Parameters | None = None,
    bulk: Parameters | None = None,
    fixed: Mapping[int, Parameters] | None = None,
) -> openmm.System:
    """Make the system of a box: its atoms' masses and interactions.

    Constraints on all bonds to hydrogen, rigid water, heavy hydrogens outside water, PME. No
    centre-of-mass remover: the thermostat damps that motion, and restraints to points would
    contradict it.

    Parameters
    ----------
    model : Model
    forcefield : openmm.app.ForceField
    chosen : ForceFieldSet
    dynamics : Dynamics
    metal : Parameters, optional
        Model of the metal at the site; by default that of the force field's files.
    bulk : Parameters, optional
        Model of the solvent's Mg²⁺, likewise.
    fixed : mapping of int to Parameters, optional
        Models of the metals at an integrin's other sites, by index.

    Raises
    ------
    InputError
        The force field has no parameters for a residue, or the cutoff does not fit in the box.
    """
    limit = 0.5 * float(min(np.diag(model.box)))
    if dynamics.cutoff > limit:
        raise InputError(
            f"dynamics.cutoff ({dynamics.cutoff:g} nm) exceeds half the box's least width "
            f"({limit:.2f} nm)",
            "raise chemistry.padding",
        )
    types = metal_force.Types(forcefield)
    try:
        system = forcefield.createSystem(
            model.topology,
            nonbondedMethod=app.PME,
            nonbondedCutoff=dynamics.cutoff * unit.nanometer,
            switchDistance=None if chosen.switch is None else chosen.switch * unit.nanometer,
            constraints=app.HBonds,
            rigidWater=True,
            hydrogenMass=dynamics.hydrogen_mass * unit.dalton,
            removeCMMotion=False,
        )
    except ValueError as error:
        raise InputError(
            f"the force field cannot describe the system: {error}",
            "prepare the structure again, or choose another chemistry.force_field",
        ) from None
    for force in system.getForces():
        if isinstance(force, openmm.NonbondedForce):
            force.setUseDispersionCorrection(chosen.dispersion_correction)
        elif isinstance(force, openmm.CustomNonbondedForce):
            force.setUseLongRangeCorrection(chosen.dispersion_correction)
    site = model.metal()
    models = {} if metal is None or site is None else {site: metal}
    models |= dict(fixed or {})
    if bulk is not None:
        models |= {int(index): bulk for index in model.bulk_metals()}
    metal_force.apply(system, model.topology, types, models, chosen.dispersion_correction)
    return system


def charge(system: openmm.System) -> float:
    """Return the total charge of a system (elementary charges)."""
    (force,) = (f for f in system.getForces() if isinstance(f, openmm.NonbondedForce))
    charges = (force.getParticleParameters(i)[0] for i in range(force.getNumParticles()))
    return float(sum(q.value_in_unit(unit.elementary_charge) for q in charges))


def write(
    directory: Path,
    system: openmm.System,
    member: MatchedSystem,
    state: str,
    partner: str | None,
    facts: dict[str, Any],
) -> None:
    """Write a system's folder, the manifest last.

    Parameters
    ----------
    directory : Path
    system : openmm.System
    member : MatchedSystem
    state : str
    partner : str or None
        Name of the system that it is matched with.
    facts : dict
        What else the manifest holds: force field, water, ionic strength, settings, digest.

    Raises
    ------
    SimulationError
        The box is not neutral.
    """
    model = member.model
    total = charge(system)
    if abs(total) > 1e-3:
        raise SimulationError(
            f"{state}-{member.ion}: the box has a charge of {total:+.3f} e", "report this: a bug"
        )
    chosen = FrameAtoms.of(model, facts.get("sites"))
    content = {
        SYSTEM: zipped(openmm.XmlSerializer.serialize(system)),
        TOPOLOGY: molecules.as_cif(model).encode(),
        TRAJECTORY: trajectory_pdb(model, chosen).encode(),
    }
    paths = [directory / name for name in (*content, MANIFEST)]
    with all_or_nothing(*paths):
        for name, data in content.items():
            part(directory / name).write_bytes(data)
        manifest = {
            "system": f"{state}-{member.ion}",
            "state": state,
            "ion": member.ion,
            "n_atoms": len(model.positions),
            "n_protein_atoms": len(model.solute()),
            "n_waters": len(model.waters()),
            "ions": _count_ions(model),
            "charge_e": round(total) + 0,
            "box_vectors_nm": model.box.tolist(),
            "degrees_of_freedom": degrees_of_freedom(system),
            "pair": {"partner": partner, "differences": list(member.differences)},
            **facts,
            "files": {name: sha256(part(directory / name)) for name in content},
            "versions": versions(BUILDING),
        }
        part(directory / MANIFEST).write_text(as_json(manifest), encoding="utf-8")


def _count_ions(model: Model) -> dict[str, int]:
    kinds = [CATION, ANION, *(k.residue for k in SITE_IONS.values() if k is not None)]
    solvent = model.bulk_metals()
    counts = {
        name: len(np.setdiff1d(model.atoms_of(name), solvent)) for name in dict.fromkeys(kinds)
    }
    counts = {name: count for name, count in counts.items() if count or name in (CATION, ANION)}
    return counts | ({BULK_KEY: len(solvent)} if len(solvent) else {})


def degrees_of_freedom(system: openmm.System) -> int:
    """Count the degrees of freedom: three for each particle with mass, less the constraints."""
    masses = [system.getParticleMass(i)._value for i in range(system.getNumParticles())]
    free = 3 * sum(mass > 0 for mass in masses) - system.getNumConstraints()
    remover = any(isinstance(f, openmm.CMMotionRemover) for f in system.getForces())
    return free - 3 * remover


def load(directory: str | Path, needed: Sequence[str] = (SYSTEM, TOPOLOGY)) -> Solvated:
    """Read a system's folder and check it against its manifest.

    Raises
    ------
    InputError
        A file is missing, unreadable or not the one that the manifest describes.
    """
    directory = Path(directory)
    manifest = read_json(directory / MANIFEST)
    for name in needed:
        path = directory / name
        if not path.is_file():
            raise InputError(f"{path}: no such file", "run `lfa1 build` again")
        if sha256(path) != manifest.get("files", {}).get(name):
            raise InputError(
                f"{path}: differs from what {MANIFEST} describes",
                f"delete {directory} and run `lfa1 build` again",
            )
    system = openmm.XmlSerializer.deserialize(read_zipped(directory / SYSTEM))
    vectors = [row.value_in_unit(unit.nanometer) for row in system.getDefaultPeriodicBoxVectors()]
    model = molecules.read(str(directory / TOPOLOGY), vectors)
    return Solvated(directory, system, model, manifest)
