"""What an integrin costs, before anything is prepared: atoms of each box, memory, disk, time.

Counted from the coordinates that the structure shows. Atoms come out within a tenth of the box that
is built (94,000 against 98,411 for 4WJK); memory, disk and time are scaled from measurements, to a
factor of about two. For times on this machine: ``lfa1 doctor --config FILE``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lfa1_analysis.io.constants import SECONDS_PER_DAY
from lfa1_analysis.metal_site.gate import IMAGE_ANGSTROM
from lfa1_md.box.frame_atoms import N_SLOTS
from lfa1_md.box.solvate import (
    DALTONS_PER_NM3,
    PROTEIN_VOLUME,
    WATER_DENSITY,
    WATER_MASS,
    along_axes,
    box_vectors,
)
from lfa1_md.protein import prepare
from lfa1_md.protein.input import sugars
from lfa1_md.protein.input.integrin import load
from lfa1_md.study import forecast
from lfa1_md.study.settings import StudyConfig

HYDROGENS = 0.97
"""Hydrogens for each heavy atom of a protein (4WJK, prepared)."""
DALTONS_PER_HEAVY = 14.1
"""Mass of a protein for each heavy atom, with its hydrogens (4WJK, prepared)."""
SITES_OF_WATER = {"OPC": 4}
"""Sites of a water model; others have three."""
MEGABYTES = 250.0
"""Of a job beside what grows with the system."""
BYTES_PER_ATOM = 4500.0
"""Memory of a running job on the CPU (4WJK in its box; `docs/integrins_as_systems.md`)."""
FRAME_BYTES_PER_ATOM = 4.2
"""Of a trajectory's frame (XTC)."""
STATE_BYTES_PER_ATOM = 62.0
"""Of a state (compressed XML, positions and velocities)."""
FOLDER_BYTES_PER_ATOM = 160.0
"""Of a system's folder."""
CHECKPOINT_BYTES_PER_ATOM = 60.0
ROW_BYTES = 200
ATOM_STEPS_PER_SECOND = 1.7e5
"""Of one core (a virtual AMD EPYC with AVX2, shared: benchmarks/README.md); PME, 0.9 nm."""
NO_IMAGE = IMAGE_ANGSTROM / 10
"""nm."""


@dataclass(frozen=True)
class BoxEstimate:
    """One shape of box around a molecule.

    Attributes
    ----------
    shape : str
    lengths : ndarray, shape (3,)
        Lengths of its vectors (nm).
    atoms : int
    solute : int
        Of them in the molecule.
    turns : bool
        Whether the molecule may turn in it and keep its distance to its images.
    """

    shape: str
    lengths: np.ndarray
    atoms: int
    solute: int
    turns: bool


def boxes(places: np.ndarray, padding: float, water: str) -> list[BoxEstimate]:
    """Return both boxes around a molecule.

    Parameters
    ----------
    places : ndarray, shape (n, 3)
        Heavy atoms, nm.
    padding : float
        Nm.
    water : str
        Model.
    """
    oriented = along_axes(places)
    solute = round(len(places) * (1 + HYDROGENS))
    displaced = len(places) * DALTONS_PER_HEAVY * PROTEIN_VOLUME
    found = []
    for shape in ("dodecahedron", "rectangular"):
        vectors = box_vectors(oriented, padding, shape)
        volume = float(abs(np.linalg.det(vectors))) * DALTONS_PER_NM3
        waters = round((volume - displaced) * WATER_DENSITY / WATER_MASS)
        atoms = solute + waters * SITES_OF_WATER.get(water, 3)
        found.append(
            BoxEstimate(
                shape, np.linalg.norm(vectors, axis=1), atoms, solute, shape == "dodecahedron"
            )
        )
    return found


def lines(study: StudyConfig) -> list[str]:
    """Return what is told of the states that are integrins; nothing where there are none.

    A structure that would have to be fetched is not: what it costs can be told once it is there.
    """
    described: list[str] = []
    largest: BoxEstimate | None = None
    for name, source in study.states.items():
        if source.integrin is None:
            continue
        if not Path(source.structure).is_file():
            if Path(source.structure).suffix:
                described.append(f"{name}: there is no file {source.structure} here; give its path")
                continue
            described.append(
                f"{name}: {source.structure} is not here; its size can be told after `lfa1 "
                f"structures fetch {source.structure} --any --output FILE`, with `structure: FILE`"
            )
            continue
        integrin = load(prepare.locate(source), source.integrin)
        places = np.array([a.pos.tolist() for p in integrin.places for a in p.residue]) / 10
        kept = sugars.find(integrin)[0] if source.integrin.glycans == "keep" else []
        heavy = [a.pos.tolist() for r in kept for s in r.tree() for a in s.residue]
        if heavy:
            places = np.concatenate([places, np.array(heavy) / 10])
        described.append(
            f"{name}: {' and '.join(f'chain {c}' for c in integrin.chains.values())}, "
            f"{len(integrin.places)} residues, "
            f"{' × '.join(f'{x:.1f}' for x in np.ptp(along_axes(places), axis=0))} nm"
        )
        for box in boxes(places, study.chemistry.padding, study.chemistry.water):
            chosen = box.shape == study.chemistry.box
            if chosen and (largest is None or box.atoms > largest.atoms):
                largest = box
            described.append(
                f"  {'→' if chosen else ' '} {box.shape}: about {_round(box.atoms)} atoms, "
                f"{' × '.join(f'{x:.1f}' for x in box.lengths)} nm"
                + ("" if box.turns else "; only for runs in which it doesn't turn")
            )
        described += _warnings(study, integrin.name)
    return described if largest is None else described + _cost(study, largest)


def _warnings(study: StudyConfig, name: str) -> list[str]:
    if study.chemistry.box == "dodecahedron":
        return []
    described = [
        "    warning: chemistry.box is rectangular: a molecule that turns comes near its own "
        "image; each segment's record says when (`image_near`)"
    ]
    if 2 * study.chemistry.padding < NO_IMAGE:
        described.append(
            f"    warning: chemistry.padding {study.chemistry.padding:g} nm leaves less than "
            f"{NO_IMAGE:g} nm between images from the start"
        )
    return described


def _cost(study: StudyConfig, box: BoxEstimate) -> list[str]:
    """Return memory, disk and time of the whole study, as if all systems were this large."""
    todo = forecast.work(study)
    frame = (box.solute + 8 * 3 * N_SLOTS) * FRAME_BYTES_PER_ATOM
    sizes = {
        "frame": round(frame),
        "row": ROW_BYTES,
        "state": round(box.atoms * STATE_BYTES_PER_ATOM),
        "checkpoint": round(box.atoms * CHECKPOINT_BYTES_PER_ATOM),
    }
    disk = forecast.disk_bytes(todo, sizes, round(box.atoms * FOLDER_BYTES_PER_ATOM), 1)
    memory = MEGABYTES + box.atoms * BYTES_PER_ATOM / 1e6
    days = todo.steps * box.atoms / ATOM_STEPS_PER_SECOND / SECONDS_PER_DAY
    return [
        f"memory of a job about {memory / 1000:.1f} GB; disk about {sum(disk.values()) / 1e9:.2g} "
        f"GB; on one core about {days:.3g} days ({todo.steps:,} steps of dynamics; "
        "`lfa1 doctor` measures the speed of this machine and its GPUs)"
    ]


def _round(number: int) -> str:
    return f"{round(number, -3):,}"
