"""One job of a study, and the files by which one sees from outside how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lfa1_md.files.locking import NAME as LOCK


@dataclass(frozen=True)
class Job:
    """One job of the workflow.

    Attributes
    ----------
    step : str
        What all jobs of its kind are called.
    label : str
        Which of them it is.
    marker : Path
        The output that is delivered last: the job is done when it is there.
    log : Path
        Where the job writes what it says.
    working : Path or None
        Where everything lies while it runs, with its lock.
    ns : float
        Simulated time (ns); 0 where none is simulated.
    """

    step: str
    label: str
    marker: Path
    log: Path
    working: Path | None = None
    ns: float = 0.0

    @property
    def lock(self) -> Path | None:
        """The file that says which process runs it."""
        return self.working / LOCK if self.working else None
