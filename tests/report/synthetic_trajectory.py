"""Trajectories beside a synthetic study: the shipped closed model, shaken, with six oxygens."""

import hashlib
import json
from pathlib import Path

import numpy as np
from MDAnalysis import Writer

from lfa1_analysis.trajectory.universe import open_universe

MODEL = Path(__file__).parents[2] / "structures" / "closed.cif"


def write(root: Path, system: str, replicas: int, frames: int) -> None:
    """Write ``trajectory.pdb`` and one segment of each replica below `root`."""
    model = open_universe(MODEL)
    rng = np.random.default_rng(7)
    target = root / "systems" / system / "trajectory.pdb"
    atoms = model.atoms
    atoms.write(str(target))
    still = atoms.positions.copy()
    for n in range(replicas):
        folder = root / "production" / system / f"replica-{n}"
        record = json.loads((folder / "segment-0.json").read_text())
        with Writer(str(folder / "segment-0.xtc"), len(atoms)) as writer:
            for k in range(frames):
                atoms.positions = still + rng.normal(size=still.shape) * 0.02
                model.trajectory.ts.time = 1250.0 * (k + 1)
                writer.write(atoms)
        files = {
            name: f"sha256:{hashlib.sha256((folder / name).read_bytes()).hexdigest()}"
            for name in ("segment-0.xtc", "segment-0.csv")
        }
        record |= {
            "files": files,
            "frames": frames,
            "atoms": len(atoms),
            "first_time_ps": 1250.0,
            "last_time_ps": 1250.0 * frames,
            "frame_interval_ps": 1250.0,
            "energy_rows": frames,
            "energy_interval_ps": 1250.0,
        }
        (folder / "segment-0.json").write_text(json.dumps(record))
