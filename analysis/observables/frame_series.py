"""One row per frame: what the observables share as :class:`~MDAnalysis.analysis.base.AnalysisBase`.

Frames stream through some at a time; only the rows are kept. Everything that a worker process needs
is set in ``__init__``, so that ``backend="multiprocessing"`` gives the same table as ``"serial"``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from MDAnalysis import Universe
from MDAnalysis.analysis.base import AnalysisBase
from MDAnalysis.analysis.results import ResultsGroup
from MDAnalysis.lib.log import ProgressBar
from numpy.typing import NDArray

from lfa1_analysis.io.errors import InputError, InputWarning
from lfa1_analysis.proteins.chain import Chain
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.trajectory.chunks import Chunk, ReadError, chunks
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.universe import usable_box


class FrameSeries(AnalysisBase):
    """Base of the observables: the I domain, whole, some frames at a time.

    Subclasses name their ``columns`` and return an array for each from :meth:`measure`.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Topology and trajectory.
    domain : Domain
        The I domain in it, from :func:`~lfa1_analysis.proteins.numbering.find_domain`.

    Attributes
    ----------
    results.table : pandas.DataFrame
        ``frame`` (number in the trajectory, from 0), ``time_ns``, and the columns.
    """

    columns: ClassVar[Collection[str]] = ()
    """Names of the columns; a mapping says what each is, as its verb's help shows."""
    integers: ClassVar[tuple[str, ...]] = ()
    """Columns of whole numbers, which may be missing."""
    _analysis_algorithm_is_parallelizable = True

    @classmethod
    def get_supported_backends(cls) -> tuple[str, ...]:
        """Return the backends of :meth:`run`."""
        return ("serial", "multiprocessing")

    def __init__(self, universe: Universe, domain: Domain, **kwargs: object) -> None:
        super().__init__(universe.trajectory, **kwargs)
        self.domain = domain
        self.chain = Chain(universe, domain)
        self.group, self.row = self.chain.group, self.chain.row
        self.further: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        """Indices of the atoms of the surroundings that `measure` needs."""

    def run(self, *args: Any, **kwargs: Any) -> Self:
        """Run over the frames; see :meth:`MDAnalysis.analysis.base.AnalysisBase.run`."""
        with warnings.catch_warnings():
            # A single structure has no time step, and needs none.
            warnings.filterwarnings("ignore", message="Reader has no dt", category=UserWarning)
            super().run(*args, **kwargs)
        return self

    def rows(self, numbers: list[int] | tuple[int, ...], name: str = "CA") -> NDArray[np.intp]:
        """Return where an atom of each residue lies in the coordinates given to `measure`."""
        return np.array([self.row[i] for i in self.domain.indices(numbers, name)], dtype=np.intp)

    def rows_of(self, atoms: Iterable[tuple[int, str]]) -> NDArray[np.intp]:
        """Return where atoms, by residue number and name, lie in the coordinates; all are there."""
        return np.array([self.row[self.domain.atoms[n][name]] for n, name in atoms], dtype=np.intp)

    def coordinates(self, frame: int) -> Array:
        """Return the whole domain in one frame, shape (n, 3); the trajectory goes back to start."""
        timestep = self._trajectory[frame]
        xyz = self.group.positions.astype(np.float64)
        whole = self.chain.whole(xyz, usable_box(timestep.dimensions), timestep.frame)
        self._trajectory[0]
        return whole

    def measure(self, chunk: Chunk) -> tuple[Sequence[Any] | NDArray[Any], ...]:
        """Return the values of some frames, an array of shape (F,) for each of ``columns``.

        Parameters
        ----------
        chunk : Chunk
            Heavy atoms of the I domain in Å, made whole, and the atoms of ``further``.
        """
        raise NotImplementedError

    def take(self, chunk: Chunk) -> None:
        """Measure some frames and keep their rows."""
        self.results.rows.append((chunk.frames, chunk.times / 1000.0, *self.measure(chunk)))

    def _prepare(self) -> None:
        self.results.rows = []

    def _compute(
        self,
        indexed_frames: NDArray[np.intp],
        verbose: bool | None = None,
        *,
        progressbar_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Do what AnalysisBase does frame by frame, some frames at a time."""
        frames = indexed_frames[:, 1]
        self._prepare_sliced_trajectory(slicer=frames)
        self._prepare()
        shown = bool(getattr(self, "_verbose", False) if verbose is None else verbose)
        done = 0
        try:
            with ProgressBar(
                total=len(frames), verbose=shown, **(progressbar_kwargs or {})
            ) as progress:
                read = chunks(self._trajectory, frames, self.group.indices, self.further)
                for chunk in read if len(frames) else ():
                    self.chain.make_whole(chunk)
                    self.take(chunk)
                    self.frames[done : done + len(chunk)] = chunk.frames
                    self.times[done : done + len(chunk)] = chunk.times
                    done += len(chunk)
                    progress.update(len(chunk))
        except ReadError as error:
            raise InputError(
                f"{self.chain.where(error.frame + 1)} or a later one cannot be read: "
                f"{' '.join(str(error).split())}",
                "the file is cut short or damaged: use an intact copy, or --stop "
                f"{error.frame + 1} to end before that frame",
            ) from None
        return self

    def _get_aggregator(self) -> ResultsGroup:
        return ResultsGroup(lookup={"rows": ResultsGroup.flatten_sequence, **self.merges()})

    def merges(self) -> dict[str, Callable[[list[Any]], Any]]:
        """Return how further results of worker processes are merged."""
        return {}

    def _conclude(self) -> None:
        names = ["frame", "time_ns", *self.columns]
        parts = zip(*self.results.rows, strict=True)
        values = [np.concatenate([np.asarray(x) for x in part]) for part in parts]
        # Texts are listed, so that pandas sees them as such.
        values = [x.tolist() if x.dtype.kind == "U" else x for x in values]
        table = pd.DataFrame(dict(zip(names, values, strict=False)), columns=names)
        for column in self.integers:
            table[column] = table[column].astype("Int64")
        self.results.table = table
        if note := _uneven(table["frame"].to_numpy(), table["time_ns"].to_numpy(dtype=float)):
            warnings.warn(note, InputWarning, stacklevel=2)


def _uneven(frames: NDArray[np.intp], times: Array) -> str:
    """Say what is unusual about the times (ns) of frames, or nothing."""
    if len(times) < 2:
        return ""
    steps = np.diff(times)
    if (steps <= 0).any():
        return (
            "the times of the frames do not rise throughout: the trajectory has repeated or "
            "overlapping parts, or its files are in the wrong order"
        )
    usual = float(np.median(steps))
    # A frame that is missing doubles a step; rounding changes it by less than half.
    gaps = np.flatnonzero(steps > 1.5 * usual)
    if not len(gaps):
        return ""
    at = int(gaps[0])
    return (
        f"{len(gaps)} gap{'s' * (len(gaps) > 1)} in the times of the frames, the first between "
        f"frame {frames[at]} at {times[at]:g} ns and frame {frames[at + 1]} at "
        f"{times[at + 1]:g} ns, where {usual:g} ns is usual: parts of the trajectory are missing"
    )
