"""Matched systems: the same box with another ion, or none, at the metal site.

Removing the Mg²⁺ takes two charges from the box. Adding two Na⁺ would raise the ionic strength,
and moving anything would unmatch the two. So one Cl⁻ becomes a Na⁺ where it is: the charge rises
by two, the number of monovalent ions stays, and every atom keeps its place and its index. The
Cl⁻ farthest from the protein is the one whose change matters least there. A Na⁺ in the metal's
place lacks one charge: there, that Cl⁻ goes. Mg²⁺ of the solvent stays as it is in all members.

The sham keeps the metal. The same Cl⁻ becomes a Na⁺, and the two charges are taken from a Na⁺ of
the solvent instead of the site: it becomes a Cl⁻. The sham has the composition of the box with the
metal, so that at equilibrium nothing may differ, and what does is of the exchange or of chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from openmm import app

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.ion_names import SHAM
from lfa1_md.box.molecules import Model, nearest_image, rearranged
from lfa1_md.study.ions import (
    ANION,
    ANION_ELEMENT,
    CATION,
    CATION_ELEMENT,
    SITE_IONS,
    charge_of,
    kind_of,
)


@dataclass(frozen=True)
class MatchedSystem:
    """One member of a family of matched systems.

    Attributes
    ----------
    ion : str
        What sits at the site, a key of `SITE_IONS`.
    model : Model
        The box.
    differences : tuple of str
        Each way in which it differs from the reference's box.
    """

    ion: str
    model: Model
    differences: tuple[str, ...]


def matched(reference: Model, ion: str) -> MatchedSystem:
    """Make the box with `ion` at the site from the reference's box.

    Parameters
    ----------
    reference : Model
        The box with the reference kind of ion, from `solvate`.
    ion : str
        A key of `SITE_IONS`, or such a key and the name of an ion model, as ``mg_1264``, or with
        ``_sham``: two ions of the solvent are exchanged as well.

    Raises
    ------
    InputError
        The box holds too few Cl⁻ to balance the change of charge, or no Na⁺ for the sham.
    """
    if ion.endswith(f"_{SHAM}"):
        return _sham(reference, ion)
    kind, old = kind_of(ion), kind_of(present := holds(reference))
    assert old is not None
    if kind == old:
        return MatchedSystem(ion, reference, ())
    missing = charge_of(present) - charge_of(ion)
    residues = list(reference.topology.residues())
    place = reference.metal()
    metal = next(a.residue for a in reference.topology.atoms() if a.index == place)
    # Where the solvent holds Mg²⁺ as well, the text says which one it means.
    which = f"{old.label} at the site" if len(reference.bulk_metals()) else old.label
    # Two charges less: one Cl⁻ becomes a Na⁺. A single one: one Cl⁻ goes.
    anions = _farthest(reference, ANION, missing // 2 + missing % 2)
    swapped, dropped = anions[: missing // 2], anions[missing // 2 :]
    renamed = {residue: (CATION, CATION_ELEMENT) for residue, _ in swapped}
    gone = {residue for residue, _ in dropped}
    if kind is None:
        gone.add(metal)
        differences = [f"{which} removed (atom {_number(metal)})"]
    else:
        renamed[metal] = (kind.residue, kind.element)
        differences = [f"{which} exchanged for {kind.label} (atom {_number(metal)})"]
    differences += [
        f"Cl⁻ {what} (atom {_number(residue)}, the Cl⁻ farthest from the protein, "
        f"{distance:.2f} nm)"
        for what, found in (("turned into Na⁺ at the same place", swapped), ("removed", dropped))
        for residue, distance in found
    ]
    kept = [(r, r.chain.id) for r in residues if r not in gone]
    return MatchedSystem(ion, rearranged(reference, kept, renamed), tuple(differences))


def _sham(reference: Model, ion: str) -> MatchedSystem:
    """Exchange the Cl⁻ that `matched` turns into Na⁺ with the Na⁺ farthest from the protein."""
    member = matched(reference, ion.removesuffix(f"_{SHAM}"))
    ((anion, far),) = _farthest(member.model, ANION, 1)
    ((cation, distance),) = _farthest(member.model, CATION, 1)
    renamed = {anion: (CATION, CATION_ELEMENT), cation: (ANION, ANION_ELEMENT)}
    kept = [(residue, residue.chain.id) for residue in member.model.topology.residues()]
    differences = (
        *member.differences,
        f"Cl⁻ turned into Na⁺ at the same place (atom {_number(anion)}, the Cl⁻ farthest from the "
        f"protein, {far:.2f} nm)",
        f"Na⁺ turned into Cl⁻ at the same place (atom {_number(cation)}, the Na⁺ farthest from the "
        f"protein, {distance:.2f} nm)",
    )
    return MatchedSystem(ion, rearranged(member.model, kept, renamed), differences)


def holds(reference: Model) -> str:
    """Name the kind of ion that a reference's box has at the site, a key of `SITE_IONS`."""
    place = reference.metal()
    assert place is not None  # `solvate` has put it there
    name = next(a.residue.name for a in reference.topology.atoms() if a.index == place)
    return next(key for key, kind in SITE_IONS.items() if kind and kind.residue == name)


def _number(residue: app.Residue) -> int:
    return int(next(residue.atoms()).index) + 1


def _farthest(model: Model, name: str, count: int) -> list[tuple[app.Residue, float]]:
    """Find the ions of a name farthest from the protein's heavy atoms, with distances (nm)."""
    ions = [r for r in model.topology.residues() if r.name == name]
    if len(ions) < count:
        label = {ANION: "Cl⁻", CATION: "Na⁺"}[name]
        raise InputError(
            f"the box holds {len(ions)} {label}, too few to balance a change of charge "
            f"({count} needed)",
            "raise chemistry.ionic_strength or chemistry.padding so that the box holds salt",
        )
    protein = model.positions[model.heavy_solute()]
    distances = [
        np.linalg.norm(
            nearest_image(protein - model.positions[_number(r) - 1], model.box), axis=1
        ).min()
        for r in ions
    ]
    order = np.argsort(-np.array(distances), kind="stable")[:count]
    return [(ions[i], float(distances[i])) for i in order]
