"""Stopping on purpose: a signal or the clock asks, the run ends at its next checkpoint."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Any, ClassVar

from lfa1_analysis.io.errors import StudyError

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP)
"""Preemption and time limits of queues, Ctrl-C, the warning that a queue can send before, and a
terminal that closes (unless ``nohup`` says to ignore that)."""
MARGIN = 0.01
"""Part of the allowed time kept for writing the checkpoint, as GROMACS' ``-maxh`` does."""


class StoppedError(StudyError):
    """A run ended because it was asked to; everything computed is in its checkpoint."""

    status: ClassVar[int] = 75
    """EX_TEMPFAIL of sysexits.h: run it again and it goes on."""


class Stop:
    """Notices when a run is asked to end.

    As a context manager it takes the signals over, until the block ends.

    Parameters
    ----------
    max_hours : float, optional
        Hours from now at which to have stopped.

    Attributes
    ----------
    reason : str
        Why the run shall end; empty as long as it may go on.
    """

    def __init__(self, max_hours: float | None = None) -> None:
        self.max_hours, self._signal, self._before = max_hours, "", {}  # type: ignore[var-annotated]
        self._started = time.monotonic()

    def __enter__(self) -> Stop:
        heard = [
            each
            for each in SIGNALS
            if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN
        ]
        self._before = {each: signal.signal(each, self._heard) for each in heard}
        return self

    def __exit__(self, *error: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _heard(self, number: int, frame: FrameType | None) -> Any:
        # Nothing but a note: the main loop acts on it between two steps, never inside a write.
        self._signal = signal.Signals(number).name

    @property
    def reason(self) -> str:
        """Return why the run shall end, or nothing."""
        if self._signal:
            return f"received {self._signal}"
        if self.max_hours is not None:
            hours = (time.monotonic() - self._started) / 3600
            if hours >= self.max_hours * (1 - MARGIN):
                return f"--max-hours {self.max_hours:g} is nearly over"
        return ""
