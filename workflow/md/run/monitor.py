"""The gate of the metal site in production: it looks at every planned checkpoint, and may stop.

What is judged, and what the three actions do: ``docs/observables.md``. The judge itself is
`lfa1_analysis.metal_site.gate`; here are only the frames of a segment that is being written.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
import pandas as pd
from MDAnalysis import Universe
from MDAnalysis.lib.formats.libmdaxdr import XTCFile
from MDAnalysis.lib.mdamath import triclinic_box

from lfa1_analysis.io.errors import MetalSiteError, StudyError
from lfa1_analysis.metal_site import gate
from lfa1_analysis.metal_site.expectation import Expected
from lfa1_analysis.metal_site.rules import FAIL, NOTE
from lfa1_analysis.observables.midas import Midas
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.statistics.hysteresis import persistence
from lfa1_md.box.system import TRAJECTORY, Solvated
from lfa1_md.run.job import RunningJob
from lfa1_md.run.site_frames import IntegrinFrames

T = TypeVar("T")
AT_ONCE = 100
"""Frames in memory at a time."""
SUMMARY = "site_intact_lost"
"""The event that only sums up the others."""
KEPT = ("event", "severity", "start_ns", "end_ns", "detail")


class SiteLostError(MetalSiteError):
    """The metal site came apart and `gate.action` is ``stop``; the checkpoint is written."""

    status: ClassVar[int] = 65
    """EX_DATAERR of sysexits.h: unlike 75, running it again unchanged does not help."""


class Frames:
    """The metal site in the frames of a trajectory that is being written, each measured once.

    Parameters
    ----------
    topology : Path
        The system's ``trajectory.pdb``.
    trajectory : Path
        XTC; read without the index files that MDAnalysis would leave beside it.
    """

    def __init__(self, topology: Path, trajectory: Path) -> None:
        self.trajectory = trajectory
        self._universe = Universe(str(topology))
        self._domain = find_domain(self._universe)
        self._tables: list[pd.DataFrame] = []
        self.occupants: list[int] = []
        """Per frame measured, which atom is in the site (see `Midas.occupants`)."""
        self._count = 0

    def table(self) -> pd.DataFrame:
        """Measure the frames that are new, and return those of `Midas` for all; maybe none."""
        if not (self.trajectory.is_file() and self.trajectory.stat().st_size):
            return pd.DataFrame()
        with XTCFile(str(self.trajectory)) as file:
            total = len(file)
            while self._count < total:
                file.seek(self._count)
                read = [file.read() for _ in range(min(AT_ONCE, total - self._count))]
                self._tables.append(self._measured(read))
                self._count += len(read)
        return pd.concat(self._tables, ignore_index=True) if self._tables else pd.DataFrame()

    def _measured(self, frames: list[Any]) -> pd.DataFrame:
        angstroms = np.float32(10)
        self._universe.load_new(
            np.stack([frame.x for frame in frames]) * angstroms,
            order="fac",
            dimensions=np.array([triclinic_box(*(frame.box * angstroms)) for frame in frames]),
        )
        series = Midas(self._universe, self._domain).run()
        self.occupants += series.occupants()
        table: pd.DataFrame = series.results.table
        return table.assign(
            frame=np.arange(self._count, self._count + len(frames)),
            time_ns=[frame.time / 1000 for frame in frames],
        )


class Monitor:
    """Judges the frames of one segment while it runs; call it at every planned checkpoint.

    A failure of the analysis is logged once and never ends a run.

    Parameters
    ----------
    solvated : Solvated
        Its manifest says state and ion, and so what the site must be.
    trajectory : Path
        The segment's, where it grows.
    action : {"note", "warn", "stop"}
        Of ``gate.action``.
    job : RunningJob
        Who runs it.
    biased : bool
        The run is driven from state to state: no state's donors are demanded.
    whose : str
        What messages call it.
    """

    def __init__(
        self,
        solvated: Solvated,
        trajectory: Path,
        action: Literal["note", "warn", "stop"],
        job: RunningJob,
        biased: bool = False,
        whose: str = "metal site",
    ) -> None:
        self.topology, self.trajectory = solvated.directory / TRAJECTORY, trajectory
        self.action, self.job = action, job
        self.manifest, self.biased, self.whose = solvated.manifest, biased, whose
        self._frames: Frames | IntegrinFrames | None = None
        self._logged: set[object] = set()

    def __call__(self, anew: bool = False) -> None:
        """Look at the frames that came since the last look.

        Parameters
        ----------
        anew : bool
            The trajectory may have been cut back: forget what was measured.

        Raises
        ------
        SiteLostError
            The action is ``stop``, and a fault that has lasted still holds in the last frame.
        """
        if self.action == "note":
            return
        if anew:
            self._frames = None
        alarms, last = self._guarded(self._alarms, (pd.DataFrame(columns=gate.COLUMNS), 0.0))
        for (event, start), rows in alarms.groupby(["event", "start_ns"], sort=False):
            if (event, start) not in self._logged:
                self._logged.add((event, start))
                for row in rows.itertuples():
                    self.job.log(
                        f"{self.whose}: {event} ({row.severity}) from {start:g} ns: {row.detail}"
                    )
        lost = alarms[(alarms["severity"] == FAIL) & (alarms["end_ns"] >= last)]
        if self.action == "stop" and len(lost):
            self._stop(lost, last)

    def record(self) -> list[dict[str, Any]] | None:
        """List what happened at the site, from the complete trajectory.

        Returns
        -------
        list of dict or None
            ``KEPT`` of each event, notes included; None if it cannot be judged.
        """

        def found() -> list[dict[str, Any]]:
            frames = self._new()  # all from the file: however often the run was killed
            table = frames.table()
            times = {"start_ns": 6, "end_ns": 6}
            rows = self._events(frames, table).round(times)[list(KEPT)].to_dict("records")
            return [{str(key): value for key, value in row.items()} for row in rows]

        return self._guarded(found, None)

    def _alarms(self) -> tuple[pd.DataFrame, float]:
        """Return the alarms that have lasted, and the time of the last frame (ns)."""
        self._frames = self._frames or self._new()
        table = self._frames.table()
        found = self._events(self._frames, table)
        if table.empty:
            return found, 0.0
        # Of an integrin there is a row for each site in every frame.
        times = table["time_ns"].drop_duplicates().to_numpy(dtype=float)
        # The judge takes the last frame to go on. Here more frames come, so that one odd frame at
        # a checkpoint need not count: the next look will tell.
        lasted = found["frames"] >= persistence(times)
        chosen = lasted & (found["severity"] != NOTE) & (found["event"] != SUMMARY)
        return found[chosen], float(times[-1])

    def _expected(self) -> Expected:
        found = expected(self.manifest)
        return replace(found, state="") if self.biased else found

    def _events(self, frames: Frames | IntegrinFrames, table: pd.DataFrame) -> pd.DataFrame:
        if isinstance(frames, IntegrinFrames):
            return pd.DataFrame(columns=gate.COLUMNS) if table.empty else frames.events(table)
        return judged(table, self._expected(), frames.occupants)

    def _new(self) -> Frames | IntegrinFrames:
        if "sites" in self.manifest:
            return IntegrinFrames(self.topology, self.trajectory, self.manifest)
        return Frames(self.topology, self.trajectory)

    def _guarded(self, do: Callable[[], T], otherwise: T) -> T:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of readers; and of medians over empty sites
                return do()
        except Exception as error:  # whatever it is: a sound run must not end because of it
            problem = error.problem if isinstance(error, StudyError) else repr(error)
            if problem not in self._logged:
                self._logged.add(problem)
                self.job.log(f"the metal site is not watched: {problem}")
            return otherwise

    def _stop(self, lost: pd.DataFrame, last: float) -> None:
        what = "; ".join(
            f"{row.event} from {row.start_ns:g} ns: {str(row.detail).removesuffix(gate.GOES_ON)}"
            for row in lost.itertuples()
        )
        raise SiteLostError(
            f"{self.job.label}: stopped at {last:g} ns because the metal site is lost: {what}",
            f"look at {self.trajectory} (atoms: {self.topology}); to go on all the same set "
            "gate.action to warn and run it again: it continues from its checkpoint, nothing is "
            "lost",
        )


def expected(manifest: dict[str, Any]) -> Expected:
    """Return what the site of a system must be: ``closed_x`` with ``mg_1264`` is closed with Mg."""
    ion = str(manifest["ion"]).partition("_")[0]
    state = str(manifest["state"]).partition("_")[0]
    return Expected("none" if ion == "apo" else ion.capitalize(), state)


def judged(table: pd.DataFrame, pattern: Expected, occupants: list[int] | None) -> pd.DataFrame:
    """Return the events of a table, which may be empty, with which atom is in the site.

    The waters of this study's frames are places, not molecules; that need not be noted every time.
    """
    if table.empty:
        return pd.DataFrame(columns=gate.COLUMNS)
    return gate.events(table, pattern, [frozenset()] * len(table), occupants)
