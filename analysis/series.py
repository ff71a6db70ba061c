"""One row per frame: what the observables share as :class:`~MDAnalysis.analysis.base.AnalysisBase`.

Frames stream through; only the rows are kept. Everything that a worker process needs is set in
``__init__``, so that ``backend="multiprocessing"`` gives the same table as ``"serial"``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from MDAnalysis import Universe
from MDAnalysis.analysis.base import AnalysisBase
from MDAnalysis.analysis.results import ResultsGroup
from numpy.typing import NDArray

from lfa1_analysis.domain import Domain
from lfa1_analysis.errors import InputError, InputWarning
from lfa1_analysis.geometry import Array, make_whole, nearest_images
from lfa1_analysis.inputs import usable_box

MAX_STEP = 5.0
"""Å; Cα atoms of bonded residues are 3.8 Å apart (2.9 Å for a cis peptide)."""


MAX_REACH = 12.0
"""Å; no heavy atom of an amino acid is this far from its Cα (Arg Nη 7.5)."""


class FrameSeries(AnalysisBase):
    """Base of the observables: the I domain, whole, frame by frame.

    Subclasses name their ``columns`` and return one value for each from :meth:`measure`.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Topology and trajectory.
    domain : Domain
        The I domain in it, from :func:`~lfa1_analysis.numbering.find_domain`.

    Attributes
    ----------
    results.table : pandas.DataFrame
        ``frame`` (number in the trajectory, from 0), ``time_ns``, and the columns.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    integers: ClassVar[tuple[str, ...]] = ()
    """Columns of whole numbers, which may be missing."""
    _analysis_algorithm_is_parallelizable = True

    @classmethod
    def get_supported_backends(cls) -> tuple[str, ...]:
        """Return the backends of :meth:`run`."""
        return ("serial", "multiprocessing")

    def __init__(self, universe: Universe, domain: Domain, **kwargs: object) -> None:
        super().__init__(universe.trajectory, **kwargs)
        heavy = domain.heavy()
        self.domain = domain
        self.group = universe.atoms[heavy]
        self.row = {index: row for row, index in enumerate(heavy)}
        numbers = domain.has(sorted(domain.atoms))
        self._alphas = self.rows(numbers)
        self._bonded = np.diff(numbers) == 1
        self._numbers = np.array(numbers)
        order = {number: i for i, number in enumerate(numbers)}
        nearest = {n: order[min(numbers, key=lambda k: abs(k - n))] for n in domain.atoms}
        # Of residues without Cα, a neighbour's stands in.
        self._owned = np.array(
            [
                n in order
                for n, atoms in sorted(domain.atoms.items())
                for i in atoms.values()
                if i in self.row
            ]
        )
        self._owner = np.array(
            [
                nearest[n]
                for n, atoms in sorted(domain.atoms.items())
                for i in atoms.values()
                if i in self.row
            ],
            dtype=np.intp,
        )

    def run(self, *args: Any, **kwargs: Any) -> Self:
        """Run over the frames; see :meth:`MDAnalysis.analysis.base.AnalysisBase.run`."""
        with warnings.catch_warnings():
            # A single structure has no time step, and needs none.
            warnings.filterwarnings("ignore", message="Reader has no dt", category=UserWarning)
            try:
                super().run(*args, **kwargs)
            except OSError as error:
                raise InputError(
                    f"{self._where(self._trajectory.frame + 1)} or a later one cannot be read: "
                    f"{' '.join(str(error).split())}",
                    "the file is cut short or damaged: use an intact copy, or --stop to end "
                    "before that frame",
                ) from None
        return self

    def _where(self, frame: int) -> str:
        files = getattr(self._trajectory, "filenames", None)
        files = [self._trajectory.filename] if files is None else files
        return f"{', '.join(map(str, files))}, frame {frame}"

    def rows(self, numbers: list[int] | tuple[int, ...], name: str = "CA") -> NDArray[np.intp]:
        """Return where an atom of each residue lies in the coordinates given to `measure`."""
        return np.array([self.row[i] for i in self.domain.indices(numbers, name)], dtype=np.intp)

    def row_of(self, number: int, name: str) -> int | None:
        """Return where one atom lies in the coordinates, or None if it is missing."""
        index = self.domain.index(number, name)
        return None if index is None else self.row[index]

    def coordinates(self, frame: int) -> Array:
        """Return the whole domain in one frame, shape (n, 3); the trajectory goes back to start."""
        timestep = self._trajectory[frame]
        xyz = self.group.positions.astype(np.float64)
        whole = self._whole(xyz, usable_box(timestep.dimensions), timestep.frame)
        self._trajectory[0]
        return whole

    def measure(self, xyz: Array, box: NDArray[np.float32] | None) -> tuple[object, ...]:
        """Return one frame's values, in the order of ``columns``.

        Parameters
        ----------
        xyz : ndarray, shape (n, 3)
            Heavy atoms of the I domain in Å, made whole.
        box : ndarray, shape (6,), or None
        """
        raise NotImplementedError

    def _prepare(self) -> None:
        self.results.rows = []

    def _single_frame(self) -> None:
        frame = self._ts.frame
        box = usable_box(self._ts.dimensions)
        xyz = self._whole(self.group.positions.astype(np.float64), box, frame)
        self.results.rows.append((frame, self._ts.time / 1000.0, *self.measure(xyz, box)))

    def _get_aggregator(self) -> ResultsGroup:
        return ResultsGroup(lookup={"rows": ResultsGroup.flatten_sequence, **self.merges()})

    def merges(self) -> dict[str, Callable[[list[object]], object]]:
        """Return how further results of worker processes are merged."""
        return {}

    def _conclude(self) -> None:
        table = pd.DataFrame(self.results.rows, columns=["frame", "time_ns", *self.columns])
        for column in self.integers:
            table[column] = table[column].astype("Int64")
        self.results.table = table
        if (np.diff(table["time_ns"]) <= 0).any():
            warnings.warn(
                "the times of the frames do not rise throughout: the trajectory has repeated or "
                "overlapping parts, or its files are in the wrong order",
                InputWarning,
                stacklevel=2,
            )

    def _whole(self, xyz: Array, box: NDArray[np.float32] | None, frame: int) -> Array:
        """Make the domain whole, and refuse coordinates that cannot be a protein's."""
        if not np.isfinite(xyz).all():
            atom = self.group[int(np.argmin(np.isfinite(xyz).all(axis=1)))]
            raise InputError(
                f"{self._where(frame)}: the position of {atom.resname} {atom.resid} {atom.name} "
                "is not a number",
                f"the simulation failed there; use --stop {frame} to analyse what comes before",
            )
        steps = nearest_images(np.diff(xyz[self._alphas], axis=0), box)
        lengths = np.linalg.norm(steps, axis=1) * self._bonded
        if lengths.max(initial=0.0) > MAX_STEP:
            i = int(np.argmax(lengths))
            first, second = self._numbers[i : i + 2]
            raise InputError(
                f"{self._where(frame)}: the Cα atoms of neighbouring residues {first} and "
                f"{second} are {lengths[i]:.1f} Å apart",
                "the chain is broken"
                + ("" if box is not None else " by a periodic boundary and the file has no box")
                + ": make the protein whole (for example `gmx trjconv -pbc whole`) or give the "
                "right topology",
            )
        whole = make_whole(xyz, self._alphas, self._owner, box)
        away = np.linalg.norm(whole - whole[self._alphas][self._owner], axis=1) * self._owned
        if away.max(initial=0.0) > MAX_REACH:
            atom = self.group[int(np.argmax(away))]
            raise InputError(
                f"{self._where(frame)}: {atom.resname} {atom.resid} {atom.name} is "
                f"{away.max():.1f} Å from its Cα",
                f"the simulation failed there; use --stop {frame} to analyse what comes before",
            )
        return whole
