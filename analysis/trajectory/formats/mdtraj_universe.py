"""mdtraj trajectories as MDAnalysis universes, so that every observable takes them.

MDAnalysis converts from ParmEd, RDKit and OpenMM, but not from mdtraj. What mdtraj holds is copied
in memory: names and elements, residues, chains, positions, box and times.
"""

from __future__ import annotations

import string
from typing import Any

import numpy as np
from MDAnalysis import Universe
from MDAnalysis.coordinates.memory import MemoryReader
from MDAnalysis.coordinates.timestep import Timestep
from mdtraj import Topology, Trajectory
from mdtraj.core.topology import Chain
from numpy.typing import NDArray

from lfa1_analysis.io.errors import InputError

ANGSTROM_PER_NM = 10.0
_LETTERS = string.ascii_uppercase


def from_mdtraj(trajectory: Trajectory) -> Universe:
    """Convert an mdtraj trajectory.

    Parameters
    ----------
    trajectory : mdtraj.Trajectory
        Positions in nm, times in ps. All frames are copied (12 bytes for each atom and frame);
        slice the trajectory first if there are too many.

    Returns
    -------
    MDAnalysis.Universe
        Positions and box in Å, times in ps. Segments are named by mdtraj's chain id, or else
        segment id, or else A, B … in the order of the chains.

    Raises
    ------
    InputError
        If it is no mdtraj trajectory, holds no frame, or a position of its first frame is not a
        number.

    Examples
    --------
    >>> import mdtraj
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.trajectory.formats.mdtraj_universe import from_mdtraj
    >>> from lfa1_analysis.proteins.numbering import find_domain
    >>> from lfa1_analysis.observables.opening import Opening
    >>> trajectory = mdtraj.load(examples.trajectory(), top=examples.topology())
    >>> universe = from_mdtraj(trajectory)
    >>> table = Opening(universe, find_domain(universe)).run().results.table
    >>> table[["time_ns", "alpha7_shift_angstrom"]].round(4).head(2)
       time_ns  alpha7_shift_angstrom
    0   0.0005                 0.3773
    1   0.0010                 0.4459
    """
    if not isinstance(trajectory, Trajectory) or trajectory.topology is None:
        raise InputError(
            f"a {type(trajectory).__name__} is no mdtraj trajectory with a topology",
            "give what mdtraj.load returns",
        )
    if not trajectory.n_frames or not trajectory.n_atoms:
        raise InputError("the mdtraj trajectory is empty", "load at least one frame and atom")
    finite = np.isfinite(trajectory.xyz[0]).all(axis=1)
    if not finite.all():
        atom = trajectory.topology.atom(int(np.argmin(finite)))
        raise InputError(
            f"the position of atom {atom.index + 1} ({atom}) is not a number",
            "the simulation that wrote it failed, or the file is damaged; use an intact one",
        )
    boxes = None
    if trajectory.unitcell_lengths is not None:
        edges = trajectory.unitcell_lengths * ANGSTROM_PER_NM
        boxes = np.hstack([edges, trajectory.unitcell_angles]).astype(np.float32)
    universe = _named(trajectory.topology)
    universe.load_new(
        trajectory.xyz * np.float32(ANGSTROM_PER_NM),
        format=MdtrajFrames,
        dimensions=boxes,
        times=np.asarray(trajectory.time, dtype=float),
    )
    return universe


class MdtrajFrames(MemoryReader):
    """Frames in memory with their own times, which need not be evenly spaced.

    Parameters
    ----------
    coordinate_array : ndarray of float32, shape (F, n, 3)
        Å.
    times : ndarray, shape (F,)
        ps.
    **kwargs
        As :class:`MDAnalysis.coordinates.memory.MemoryReader` takes them.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.trajectory.formats.mdtraj_universe import MdtrajFrames
    >>> frames = MdtrajFrames(np.zeros((3, 2, 3), np.float32), times=np.array([0.0, 1.0, 5.0]))
    >>> [frame.time for frame in frames]
    [0.0, 1.0, 5.0]
    """

    format = "MDTRAJ_FRAMES"

    def __init__(
        self, coordinate_array: NDArray[np.float32], times: NDArray[np.float64], **kwargs: Any
    ) -> None:
        self._times = times
        # MemoryReader hands its further arguments to its copies.
        super().__init__(coordinate_array, times=times, **kwargs)

    def _read_next_timestep(self, ts: Timestep | None = None) -> Timestep:
        timestep = super()._read_next_timestep(ts)
        timestep.time = float(self._times[timestep.frame])
        return timestep


def _named(topology: Topology) -> Universe:
    residues, chains = list(topology.residues), list(topology.chains)
    universe = Universe.empty(
        topology.n_atoms,
        n_residues=len(residues),
        n_segments=len(chains),
        atom_resindex=[atom.residue.index for atom in topology.atoms],
        residue_segindex=[residue.chain.index for residue in residues],
    )
    atoms = list(topology.atoms)
    add = universe.add_TopologyAttr
    add("names", [atom.name for atom in atoms])
    # A virtual site has no element.
    add(
        "elements",
        ["" if atom.element.atomic_number == 0 else atom.element.symbol for atom in atoms],
    )
    add("resnames", [residue.name for residue in residues])
    add("resids", [residue.resSeq for residue in residues])
    add("segids", [_segment(chain) for chain in chains])
    return universe


def _segment(chain: Chain) -> str:
    first = next(chain.residues, None)
    named = chain.chain_id or (first.segment_id if first is not None else "")
    return str(named).strip() or _LETTERS[chain.index % len(_LETTERS)]
