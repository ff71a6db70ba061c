"""Small trajectories of nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from MDAnalysis.lib.formats.libmdaxdr import XTCFile


def write_xtc(path: Path, times: list[float], n_atoms: int = 20) -> None:
    rng = np.random.default_rng(len(times))
    with XTCFile(str(path), "w") as file:
        for step, time in enumerate(times):
            xyz = rng.normal(size=(n_atoms, 3)).astype(np.float32)
            file.write(xyz, np.eye(3, dtype=np.float32), step, time)
