"""The solvated box: a rhombic dodecahedron of water and salt around a prepared protein."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import openmm
from openmm import Vec3, app, unit

from lfa1_analysis.io.errors import InputError
from lfa1_md.box import bulk
from lfa1_md.box.molecules import METALS, Model, nearest_image, rearranged
from lfa1_md.forcefield.randomness import reproducible
from lfa1_md.study.ions import (
    ANION,
    ANION_ELEMENT,
    CATION,
    CATION_ELEMENT,
    FIXED_CHAIN,
    REFERENCE,
    SITE_IONS,
    WATER,
)
from lfa1_md.study.seeds import derive

PROTEIN_VOLUME = 0.73
"""Partial specific volume of a typical protein (ml/g), for the size of the box at the start."""
WATER_DENSITY = 0.985
"""Density of the water models near 310 K within 1 % (g/ml), for the size of the box at the start.

With it the closed I domain in OPC3 starts within 0.3 % of the density it settles at."""
DALTONS_PER_NM3 = 602.214
"""Daltons in a cubic nanometre of density 1 g/ml."""
WATER_MASS = 18.015
"""Daltons."""
CLEARANCE = bulk.CHLORIDE_SITE_DISTANCE
"""No ion of the NaCl starts nearer to the metal site than this (nm)."""
ION_SPACING = bulk.ION_SPACING
"""Nor nearer to another ion (nm), the distance that Modeller keeps as well."""
DODECAHEDRON = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.5, np.sqrt(0.5)]])
"""Box vectors of the rhombic dodecahedron of width 1."""


def solvate(
    prepared: Model,
    forcefield: Any,
    solvent: str,
    padding: float,
    molar: float,
    seed: int,
    mgcl2: float = 0.0,
    shape: str = "dodecahedron",
    ion: str = REFERENCE,
) -> Model:
    """Put a prepared protein with its metal site into a box of water and salt.

    Parameters
    ----------
    prepared : Model
        Protein, a metal of the reference kind and the waters to keep.
    forcefield : openmm.app.ForceField
    solvent : str
        Name of Modeller's water box.
    padding : float
        Least distance from the protein to the box's edge, however the protein turns (nm): its
        smallest enclosing sphere keeps twice this from its periodic images.
    molar : float
        NaCl beyond what neutralises the box (mol/l).
    seed : int
        For the ions' places.
    mgcl2 : float, optional
        MgCl₂ beside the NaCl (mol/l).
    shape : {"dodecahedron", "rectangular"}, optional
        A rectangular box is fitted to the molecule along its principal axes, which it is turned
        to; `padding` then holds only as long as it doesn't turn.
    ion : str, optional
        The kind of ion that the site must hold, a key of `SITE_IONS`.

    Returns
    -------
    Model
        Its atoms in this order: protein, waters (the prepared ones first), Na⁺, Cl⁻, Mg²⁺ of the
        solvent and, last, the metal, so that every other atom has the same index in a box without
        the metal. The metal alone has a chain of its own.

    Raises
    ------
    InputError
        The prepared structure has no metal of the reference kind, or several; or the ions find no
        room in the box.
    """
    check_site(prepared, ion)
    if shape == "rectangular":
        prepared = Model(prepared.topology, along_axes(prepared.positions))
    vectors = box_vectors(prepared.positions, padding, shape)
    form, width = vectors / vectors[0, 0], float(vectors[0, 0])
    modeller = app.Modeller(prepared.topology, prepared.positions * unit.nanometer)
    modeller.addExtraParticles(forcefield)
    whole = _model(modeller)
    # Modeller leaves gaps around the protein and along the edges, 5 to 10 % of the density.
    # Filling a wider box and closing the gaps spares a long equilibration of the volume.
    filled = 1.035 * width
    for _ in range(4):
        boxed = _fill(whole, forcefield, solvent, filled * form, molar, seed)
        dense = width_at_density(boxed, form)
        if 0 <= dense - width <= 0.01 * width:
            break
        filled *= 1.004 * width / dense
    shrunk = _shrink(boxed, dense * form, n_rigid=len(whole.positions))
    cleared = _clear_site(shrunk, derive(seed, "clearance"))
    # Modeller calls the ions' atoms Na and Cl; in the PDB they have their residues' names.
    salt = {CATION: CATION_ELEMENT, ANION: ANION_ELEMENT}
    renamed = {r: (r.name, salt[r.name]) for r in cleared.topology.residues() if r.name in salt}
    renamed |= bulk.choose(cleared, mgcl2, derive(seed, "bulk"))
    return rearranged(cleared, _in_order(cleared, renamed), renamed)


def check_site(prepared: Model, ion: str = REFERENCE) -> None:
    """Check that exactly one metal of the reference kind is there, beside fixed ones.

    Raises
    ------
    InputError
        It is not.
    """
    kind = SITE_IONS[ion]
    assert kind is not None
    found = [
        r.name
        for r in prepared.topology.residues()
        if r.name in METALS and r.chain.id != FIXED_CHAIN
    ]
    if found != [kind.residue]:
        shown = ", ".join(found) if found else "none"
        raise InputError(
            f"the prepared structure needs one {kind.label} at its metal site; found: {shown}",
            "prepare the structure again: `lfa1 prepare` places and judges the metal",
        )


def enclosing_radius(points: np.ndarray) -> float:
    """Return the radius of the smallest sphere around `points`, shape (n, 3), within 0.1 %.

    The iteration of Bădoiu and Clarkson 2003: step towards the farthest point, less each time.
    """
    centre = points.mean(axis=0)
    for step in range(1, 4001):
        distances = np.linalg.norm(points - centre, axis=1)
        centre += (points[np.argmax(distances)] - centre) / (step + 1)
    return float(np.linalg.norm(points - centre, axis=1).max())


def along_axes(points: np.ndarray) -> np.ndarray:
    """Turn points, shape (n, 3), so that their principal axes are x, y and z, longest first."""
    centred = points - points.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2]
    axes[2] *= np.sign(np.linalg.det(axes))  # a rotation, no mirror image
    return np.asarray(centred @ axes.T)


def box_vectors(points: np.ndarray, padding: float, shape: str) -> np.ndarray:
    """Return the vectors (rows, nm) of the box around a molecule.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        Nm; for a rectangular box already along its axes.
    padding : float
        Nm.
    shape : {"dodecahedron", "rectangular"}
    """
    if shape == "rectangular":
        return np.diag(np.ptp(points, axis=0) + 2 * padding)
    return DODECAHEDRON * 2 * (enclosing_radius(points) + padding)


def width_at_density(boxed: Model, form: np.ndarray = DODECAHEDRON) -> float:
    """Return the width (nm) at which a box has about the density of its equilibrium at 1 bar.

    Parameters
    ----------
    boxed : Model
    form : ndarray, shape (3, 3)
        Vectors of the box of width 1.
    """
    atoms = list(boxed.topology.atoms())
    protein = sum(atoms[i].element.mass.value_in_unit(unit.dalton) for i in boxed.solute())
    water = len(boxed.waters()) * WATER_MASS
    volume = (protein * PROTEIN_VOLUME + water / WATER_DENSITY) / DALTONS_PER_NM3
    return float((volume / np.linalg.det(form)) ** (1 / 3))


def _in_order(
    boxed: Model, renamed: dict[app.Residue, bulk.Names]
) -> Iterator[tuple[app.Residue, str]]:
    """Yield the residues of a box in the study's order (see `solvate`), with the chain of each.

    `renamed` holds the waters that become ions. The ions of the solvent share a chain, which tells
    its Mg²⁺ from the metal; what has no metal numbers all else the same.
    """
    residues = list(boxed.topology.residues())
    solvent = {WATER, CATION, ANION} | METALS
    kept = {  # protein, sugars, and the metals that all systems of a state hold alike
        r
        for r in residues
        if r.name not in solvent or (r.chain.id == FIXED_CHAIN and r.name in METALS)
    }
    taken = {r.chain.id for r in residues if r.name not in solvent}
    free = iter(c for c in "WIMXYZ" if c not in taken)
    water_chain, ion_chain, metal_chain = next(free), next(free), next(free)
    becomes = {r: renamed[r][0] if r in renamed else r.name for r in residues}
    for residue in residues:
        if residue in kept:
            yield residue, residue.chain.id
    for names, chain in (
        ({WATER}, water_chain),
        ({CATION}, ion_chain),
        ({ANION}, ion_chain),
        (METALS, ion_chain),
    ):
        for residue in residues:
            if becomes[residue] in names and residue.name not in METALS:
                yield residue, chain
    for residue in residues:
        if residue.name in METALS and residue not in kept:
            yield residue, metal_chain


def _model(modeller: app.Modeller) -> Model:
    positions = np.array(modeller.positions.value_in_unit(unit.nanometer))
    return Model(modeller.topology, positions)


def _fill(
    solute: Model, forcefield: Any, solvent: str, vectors: np.ndarray, molar: float, seed: int
) -> Model:
    modeller = app.Modeller(solute.topology, solute.positions * unit.nanometer)
    # Modeller draws the ions' places from Python's own generator.
    with reproducible(openmm.Platform.getPlatformByName("Reference"), seed):
        modeller.addSolvent(
            forcefield,
            model=solvent,
            boxVectors=tuple(Vec3(*row) for row in vectors) * unit.nanometer,
            ionicStrength=molar * unit.molar,
        )
    return _model(modeller)


def _shrink(boxed: Model, vectors: np.ndarray, n_rigid: int) -> Model:
    """Move the molecules closer without changing their shapes; the first atoms move as one."""
    factor = vectors[0, 0] / boxed.box[0, 0]
    positions = boxed.positions.copy()
    centre = positions[:n_rigid].mean(axis=0)
    for residue in boxed.topology.residues():
        indices = [atom.index for atom in residue.atoms()]
        if indices[0] >= n_rigid:
            middle = positions[indices[0]]
            positions[indices] += (factor - 1) * (middle - centre)
    boxed.topology.setPeriodicBoxVectors(vectors * unit.nanometer)
    return Model(boxed.topology, positions)


def _clear_site(boxed: Model, seed: int) -> Model:
    """Exchange ions that are too near to the metal with waters far from everything charged."""
    positions, box = boxed.positions.copy(), boxed.box
    metal = boxed.metal()
    assert metal is not None  # `check_site` has seen to it
    ions = boxed.atoms_of(CATION, ANION)
    waters = [[a.index for a in r.atoms()] for r in boxed.topology.residues() if r.name == WATER]
    generator = np.random.default_rng(seed)

    def distances(atoms: np.ndarray, to: int) -> np.ndarray:
        return np.linalg.norm(nearest_image(positions[atoms] - positions[to], box), axis=1)

    for ion in ions[distances(ions, metal) < CLEARANCE]:
        candidates = []
        charged = np.concatenate([ions[ions != ion], boxed.heavy_solute()])
        for water in waters:
            far = distances(np.array([metal]), water[0])[0] > CLEARANCE
            if far and distances(charged, water[0]).min() > ION_SPACING:
                candidates.append(water)
        if not candidates:
            raise InputError(
                "no place for the solvent's ions away from the metal site",
                "raise chemistry.padding or lower chemistry.ionic_strength",
            )
        chosen = candidates[generator.integers(len(candidates))]
        shift = positions[ion] - positions[chosen[0]]
        positions[ion] -= shift
        positions[chosen] += shift
    return Model(boxed.topology, positions)
