"""Steered separations with a known lag of the distance behind the spring, and planted ruptures."""

from pathlib import Path

import numpy as np
import pandas as pd
from MDAnalysis import Merge, Writer

from lfa1_analysis.interface.ligand import find_ligand
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.separation.separations import COLUMNS, SteeredSeparation
from lfa1_analysis.trajectory import examples
from lfa1_analysis.trajectory.universe import open_universe

BOUND = Path(__file__).parents[2] / "structures/bound.cif"
STEP = 0.01
"""nm; of the spring's length, from row to row."""


def pull(lag, rows=100, constant=1000.0):
    """Make a pull of 1 nm whose distance is `lag` (nm, per row) behind the spring's length."""
    centre = 2.7 + STEP * np.arange(rows)
    time = 0.001 * np.arange(1, rows + 1)
    lag = np.broadcast_to(lag, rows)
    return SteeredSeparation("bound-mg", 0, constant, 10.0, None, (), time, centre - lag, centre)


def write_frames(folder, metal=True):
    """Write frames of the embedded complex: ICAM-1 goes 0.4 Å further in each, from the 21st on."""
    universe = open_universe(BOUND)
    if not metal:
        universe = Merge(universe.select_atoms("not resname MG"))
    ligand = universe.select_atoms("segid B")
    own = universe.select_atoms("segid A and name CA").center_of_geometry()
    way = ligand.select_atoms("name CA").center_of_geometry() - own
    way /= np.linalg.norm(way)
    here = universe.atoms.positions.copy()
    universe.atoms.write(folder / "trajectory.pdb")
    with Writer(str(folder / "run.xtc"), n_atoms=len(universe.atoms)) as writer:
        for frame in range(60):
            universe.atoms.positions = here
            ligand.positions = here[ligand.indices] + 0.4 * max(0, frame - 20) * way
            universe.dimensions = [200, 200, 200, 90, 90, 90]
            universe.trajectory.ts.time = frame
            writer.write(universe.atoms)
    return folder


def tables(folder, planted, systems=("bound-mg", "bound-apo"), replicas=3, lag=None):
    """Write the table of pulls and their series.

    `planted` is the folder of their frames, or one by system; `lag` gives the lag (nm, per row)
    of a system's replica.
    """
    lag = lag or (lambda system, n: 0.1 + 0.01 * n + 0.05 * (system == "bound-mg"))
    rows = []
    for system in systems:
        frames = planted[system] if isinstance(planted, dict) else planted
        for replica in range(replicas):
            made = pull(lag(system, replica))
            name = f"{system}-{replica}.csv"
            pd.DataFrame(
                {
                    "time_ns": made.time_ns,
                    "separation_nm": made.separation_nm,
                    "centre_nm": made.centre_nm,
                }
            ).to_csv(folder / name, index=False)
            rows.append(
                {
                    "system": system,
                    "replica": replica,
                    "force_constant_kj_per_mol_per_nm2": 1000.0,
                    "speed_nm_per_ns": 10.0,
                    "file": name,
                    "topology": frames / "trajectory.pdb",
                    "trajectory": frames / "run.xtc",
                }
            )
    pd.DataFrame(rows).to_csv(folder / "pulls.csv", index=False)
    return folder / "pulls.csv"


def write_example(folder):
    """Write the pull that `lfa1 example` brings, made up: ICAM-1 goes off as a rigid body.

    Its distance stays ever farther behind the spring until that is 0.35 nm longer, then catches up.
    """
    universe = open_universe(examples.bound())
    domain = find_domain(universe)
    named = find_ligand(universe, domain)
    first = min(min(atoms.values()) for atoms in named.atoms.values())
    ligand = universe.atoms[first : universe.select_atoms("resname MG")[0].index]
    own = universe.atoms[:first].select_atoms("name CA").center_of_geometry()
    way = ligand.select_atoms("name CA").center_of_geometry() - own
    start, here = np.linalg.norm(way) / 10, universe.atoms.positions.copy()
    extension = STEP * np.arange(100)
    apart = extension - np.minimum(0.8 * extension, 0.28 * np.exp((0.35 - extension) / 0.1))
    name = "bound-mg-replica-0"
    pd.DataFrame(
        {
            "time_ns": 0.001 * np.arange(1, 101),
            "separation_nm": start + apart,
            "centre_nm": start + extension,
        }
    ).round(6).to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    with Writer(str(folder / f"{name}.xtc"), len(universe.atoms), precision=2) as writer:
        for row in (0, *range(6, 100, 7)):
            universe.atoms.positions = here
            ligand.positions = here[ligand.indices] + 10 * apart[row] * way / np.linalg.norm(way)
            universe.dimensions = [200, 200, 200, 90, 90, 90]
            universe.trajectory.ts.time = row + 1
            writer.write(universe.atoms)
    values = ("bound-mg", 0, 1000.0, 10.0, f"{name}.csv", "../bound.gro", f"{name}.xtc")
    pd.DataFrame([values], columns=list(COLUMNS)).to_csv(
        folder / "pulls.csv", index=False, lineterminator="\n"
    )
    return folder / "pulls.csv"
