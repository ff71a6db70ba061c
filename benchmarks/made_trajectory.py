"""A trajectory like production's without a simulation: for timing, not for science.

    python benchmarks/made_trajectory.py FOLDER [--frames 10000]

Writes ``trajectory.pdb`` and ``run.xtc``: the protein with its caps, Mg²⁺, 30 Na⁺ and 30 Cl⁻, and
the 12 waters nearest to the metal, nearest first, whole and in the middle of a dodecahedral box, as
the workflow's trajectories are. The coordinates wander from the embedded closed model a fifth of
the way to the open one and back; every atom adds a displacement that is smooth in space and
forgotten in ten frames (0.3 Å on each axis, correlation length 10 Å), side chains another of
up to 0.2 Å (β atoms a quarter of it), every atom a rattle of 0.05 Å, and the whole tumbles.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
from MDAnalysis import Merge, Universe, Writer
from MDAnalysis.analysis import align
from MDAnalysis.lib.mdamath import triclinic_box
from scipy.spatial.transform import Rotation

MODELS = Path(__file__).parents[1] / "structures"
CELL = 78.0 * np.array([[1, 0, 0], [0, 1, 0], [0.5, 0.5, np.sqrt(0.5)]])
SALT = 30
WATERS = 12
INTERVAL_PS = 10.0
WAVES, LENGTH = 100, 10.0
"""Of the smooth displacement; the second in Å."""
PART = 0.2
"""Of the way from the closed to the open model."""
BACKBONE = ("N", "H", "CA", "HA", "C", "O")


def make(folder: Path, frames: int, seed: int = 1) -> tuple[Path, Path]:
    """Write topology and trajectory, and return their paths."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        closed, opened = (Universe(str(MODELS / f"{s}.cif")) for s in ("closed", "open"))
        random = np.random.default_rng(seed)
        universe = _with_surroundings(closed, random)
        folder.mkdir(parents=True, exist_ok=True)
        topology, trajectory = folder / "trajectory.pdb", folder / "run.xtc"
        solid = closed.select_atoms("not resname HOH")
        align.alignto(opened, closed, select="name CA")
        way = opened.select_atoms("not resname HOH").positions - solid.positions
        start = universe.atoms.positions.astype(float)
        residues = universe.atoms.resindices
        side = np.where(np.isin(universe.atoms.names, BACKBONE), 0.0, 1.0)
        side[np.char.find(universe.atoms.names.astype(str), "B") == 1] = 0.25
        metal = universe.select_atoms("resname MG")[0].index
        free = np.ones(len(start))
        free[metal:] = 0.0  # what is around the protein only rattles
        drift, turn = np.zeros((residues.max() + 1, 3)), Rotation.identity()
        wave, phase = random.normal(size=(3, WAVES)) / LENGTH, random.uniform(0, 2 * np.pi, WAVES)
        field = 0.3 * free[:, None] * np.sqrt(2 / WAVES) * np.cos(start @ wave + phase)
        swell = np.zeros((WAVES, 3))
        universe.dimensions = triclinic_box(*CELL)
        with Writer(str(trajectory), len(start)) as writer:
            for i in range(frames):
                drift = 0.9 * drift + np.sqrt(1 - 0.9**2) * random.normal(size=drift.shape)
                swell = 0.9 * swell + np.sqrt(1 - 0.9**2) * random.normal(size=swell.shape)
                length = np.linalg.norm(drift, axis=1, keepdims=True)
                sway = 0.2 * drift / np.maximum(length, 1.0)
                xyz = start + random.normal(scale=0.05, size=start.shape)
                xyz += field @ swell + (free * side)[:, None] * sway[residues]
                xyz[: len(way)] += PART * (0.5 - 0.5 * np.cos(2 * np.pi * i / 4000)) * way
                turn = Rotation.from_rotvec(random.normal(scale=0.1, size=3)) * turn
                xyz = turn.apply(xyz - xyz[: len(way)].mean(axis=0)) + CELL.sum(axis=0) / 2
                wet = xyz[-3 * WATERS :].reshape(WATERS, 3, 3)
                away = np.linalg.norm(wet[:, 0] - xyz[metal], axis=1)
                xyz[-3 * WATERS :] = wet[np.argsort(away)].reshape(-1, 3)
                universe.atoms.positions = xyz
                universe.trajectory.ts.time = INTERVAL_PS * (i + 1)
                writer.write(universe.atoms)
        universe.atoms.positions = start
        universe.atoms.write(str(topology))
    return topology, trajectory


def _with_surroundings(closed: Universe, random: np.random.Generator) -> Universe:
    """Join the closed model with salt and slots of water, in the order of the product's files."""
    solid = closed.select_atoms("not resname HOH")
    metal = closed.select_atoms("resname MG").positions[0]
    first = closed.select_atoms("resname HOH and name O").positions
    shell = random.normal(size=(WATERS - len(first), 3))
    shell *= np.linspace(3.8, 5.8, len(shell))[:, None] / np.linalg.norm(shell, axis=1)[:, None]
    oxygens = np.vstack([first, metal + shell])
    legs = np.array([[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
    waters = _molecules(("O", "H1", "H2"), "HOH", (oxygens[:, None] + legs).reshape(-1, 3), 1)
    around = random.normal(size=(2 * SALT, 3))
    around *= 33.0 / np.linalg.norm(around, axis=1)[:, None]
    salt = [
        _molecules((name,), name, metal + places, 400 + 100 * i).atoms
        for i, (name, places) in enumerate(zip(("NA", "CL"), np.split(around, 2), strict=True))
    ]
    return Merge(solid, *salt, waters.atoms)


def _molecules(names: tuple[str, ...], residue: str, xyz: np.ndarray, first: int) -> Universe:
    count = len(xyz) // len(names)
    made = Universe.empty(
        len(xyz),
        n_residues=count,
        atom_resindex=np.repeat(np.arange(count), len(names)),
        residue_segindex=[0] * count,
        trajectory=True,
    )
    made.add_TopologyAttr("names", list(names) * count)
    made.add_TopologyAttr("resnames", [residue] * count)
    made.add_TopologyAttr("resids", list(range(first, first + count)))
    made.add_TopologyAttr("segids", ["W"])
    made.add_TopologyAttr("chainIDs", ["W"] * len(xyz))
    made.add_TopologyAttr(
        "elements", [name[0] if residue == "HOH" else name.title() for name in list(names) * count]
    )
    made.atoms.positions = xyz
    return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=10_000)
    arguments = parser.parse_args()
    make(arguments.folder, arguments.frames)
