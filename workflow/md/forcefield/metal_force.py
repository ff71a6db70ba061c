"""Give divalent ions, at the site and of the solvent, the parameters of their models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import openmm
from openmm import app

from lfa1_analysis.io.errors import InputError
from lfa1_md.study.ion_models import OWN, Parameters, polarisabilities
from lfa1_md.study.ions import ANION, WATER

C4_FORCE, CHLORIDE_FORCE = "MetalC4", "MetalChloride"
"""Names of the forces that 12-6 with combination rules can't express."""
_IONS = {
    **{"Na": "Na+", "K": "K+", "Cl": "Cl-"},
    **{"Mg": "Mg2+", "Ca": "Ca2+", "Mn": "Mn2+"},
}


def apply(
    system: openmm.System,
    topology: app.Topology,
    types: Types,
    models: Mapping[int, Parameters],
    dispersion_correction: bool,
) -> None:
    """Replace the metals' Lennard-Jones parameters, and add what else their models have.

    −C4/r⁴ acts between a metal and every atom j that is polarisable: C4(j) = C4(water) α(j) /
    α(water) (Li and Merz 2014, 10.1021/ct400751u). It is cut off as the Lennard-Jones terms are
    and, where these are, corrected for what is cut off, as OpenMM does with AMBER's own files.
    Between metals of two kinds both terms act, each being polarised by the other; between two of
    one kind one does, as ParmEd writes it.

    Parameters
    ----------
    system : openmm.System
    topology : openmm.app.Topology
    types : Types
        Of the atoms, from the making of `system`.
    models : mapping of int to Parameters
        The ions by their indices, each with its model.
    dispersion_correction : bool

    Raises
    ------
    InputError
        An atom's type has no known polarisability.
    """
    # CHARMM36 has a table of pairs in the force field's own files.
    models = {index: model for index, model in models.items() if model.model != "CHARMM36"}
    plain = next(f for f in system.getForces() if isinstance(f, openmm.NonbondedForce))
    for index, model in models.items():
        charge, *_ = plain.getParticleParameters(index)
        if model.model != OWN[model.water]:
            plain.setParticleParameters(index, charge, model.sigma, model.epsilon)
    if c4 := {index: model.c4 for index, model in models.items() if model.c4}:
        alphas = atom_polarisabilities(topology, types)
        _add_c4(system, plain, c4, alphas, dispersion_correction)
    anions = [atom.index for atom in topology.atoms() if atom.residue.name == ANION]
    for model in dict.fromkeys(models.values()):
        metals = [index for index, its in models.items() if its == model]
        _add_chloride(system, plain, metals, model, anions)


def _add_c4(
    system: openmm.System,
    plain: openmm.NonbondedForce,
    c4: Mapping[int, float],
    alphas: list[float],
    dispersion_correction: bool,
) -> None:
    """Add −C4/r⁴ of the metals in `c4`, which holds their C4 with water (kJ/mol nm⁴)."""
    energy = "-(metal1*c42 + metal2*c41)/r^4"
    if len(c4) > 1:  # AMBER's tables hold one coefficient for a type with itself, not two
        energy = f"select(metal1*delta(metal1-metal2), 0.5, 1)*({energy})"
    force = _pairwise(energy, plain, C4_FORCE)
    force.addPerParticleParameter("metal")  # C4 as a multiple of the first metal's
    force.addPerParticleParameter("c4")  # of the first metal with this atom
    first = next(iter(c4.values()))
    per_alpha = first / polarisabilities()["OW"]
    for index, alpha in enumerate(alphas):
        # Nothing acts on the polarisability of a lone metal; 0 leaves the files of systems
        # without Mg²⁺ in the solvent as they have always been.
        known = 0.0 if index in c4 and len(c4) == 1 else alpha
        force.addParticle([c4.get(index, 0.0) / first, per_alpha * known])
    others = [index for index, alpha in enumerate(alphas) if alpha and index not in c4]
    force.addInteractionGroup(list(c4), others)
    if len(c4) > 1:
        force.addInteractionGroup(list(c4), list(c4))  # OpenMM takes each pair once
    force.setUseLongRangeCorrection(dispersion_correction)
    system.addForce(force)


def _add_chloride(
    system: openmm.System,
    plain: openmm.NonbondedForce,
    metals: Sequence[int],
    chosen: Parameters,
    anions: Sequence[int],
) -> None:
    """Add the difference between the model's own pair with Cl⁻ and the combination rules'."""
    if not anions or chosen.chloride is None:
        return
    _, sigma, epsilon = plain.getParticleParameters(anions[0])
    mixed = (chosen.sigma + sigma._value) / 2, (chosen.epsilon * epsilon._value) ** 0.5
    pair = "4*{1}*(({0}/r)^12 - ({0}/r)^6)"
    energy = f"{pair.format(*chosen.chloride)} - {pair.format(*mixed)}"
    force = _pairwise(energy, plain, CHLORIDE_FORCE)
    for _ in range(system.getNumParticles()):
        force.addParticle([])
    force.addInteractionGroup(metals, anions)
    system.addForce(force)


def _pairwise(energy: str, like: openmm.NonbondedForce, name: str) -> openmm.CustomNonbondedForce:
    """Make a pair force with the cutoff and the exclusions of another."""
    force = openmm.CustomNonbondedForce(energy)
    force.setName(name)
    force.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffPeriodic)
    force.setCutoffDistance(like.getCutoffDistance())
    for i in range(like.getNumExceptions()):
        one, two, *_ = like.getExceptionParameters(i)
        force.addExclusion(one, two)
    return force


def atom_polarisabilities(topology: app.Topology, types: Types) -> list[float]:
    """Return the polarisability of every atom (Å³); 0 for those that no C4 acts on.

    Raises
    ------
    InputError
        An atom's AMBER type has no known one.
    """
    known, found = polarisabilities(), []
    for atom in topology.atoms():
        kind = _amber_type(atom, types)
        if kind not in known:
            raise InputError(
                f"{atom.residue.name} {atom.residue.id} {atom.name}: no polarisability is known "
                f"for {kind!r}, which a 12-6-4 model needs",
                "choose a 12-6 ion model, or leave this molecule out",
            )
        found.append(known[kind])
    return found


def _amber_type(atom: Any, types: Types) -> str:
    """Name an atom's AMBER type as the table of polarisabilities does."""
    if atom.element is None:
        return "EP"
    if len(list(atom.residue.atoms())) == 1:
        return _IONS.get(atom.element.symbol, "EP")
    if atom.residue.name == WATER:
        return "OW" if atom.element is app.element.oxygen else "HW"
    return types.of_atom[atom.index].removeprefix("protein-")


class Types:
    """Collects the AMBER class of every atom while a force field makes a system.

    Register it with `ForceField.registerGenerator` before `ForceField.createSystem`.

    Attributes
    ----------
    of_atom : list of str
    """

    def __init__(self, forcefield: app.ForceField) -> None:
        self.of_atom: list[str] = []
        self._kinds = forcefield._atomTypes
        forcefield.registerGenerator(self)

    def createForce(self, system: Any, data: Any, *rest: Any) -> None:  # noqa: N802 (OpenMM's name)
        """Take the types that the force field has found."""
        self.of_atom = [str(self._kinds[data.atomType[atom]].atomClass) for atom in data.atoms]
