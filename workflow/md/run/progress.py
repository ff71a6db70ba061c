"""How far a job is: one line, rewritten on a terminal, every ten seconds in a log."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from lfa1_analysis.io.constants import SECONDS_PER_DAY

LOG_EVERY, SHOW_EVERY = 10.0, 0.5
"""Seconds between lines in a log, and between changes of the line on a terminal."""


class Progress:
    """The progress line of one job.

    Parameters
    ----------
    label : str
        What the job is, such as ``closed-mg replica 0 segment 1``.
    total : int
        Steps or iterations in all.
    unit : str
        What is counted.
    nanoseconds : float
        Simulated time in all; 0 where none is simulated.
    console : rich.console.Console, optional
        By default standard error.
    """

    def __init__(
        self,
        label: str,
        total: int,
        unit: str = "steps",
        nanoseconds: float = 0.0,
        console: Console | None = None,
    ) -> None:
        self.label, self.total, self.unit, self.nanoseconds = label, total, unit, nanoseconds
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self.done = self.first = 0
        self.interval = SHOW_EVERY if self.console.is_terminal else LOG_EVERY
        self._started = self._shown = time.monotonic()
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        self._started = self._shown = time.monotonic()
        if self.console.is_terminal:
            self._live = Live(Text(self.line()), console=self.console, auto_refresh=False)
            self._live.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or self.done > self.first:
            self._show()
        if self._live is not None:
            self._live.stop()

    def start_at(self, done: int) -> None:
        """Take what an earlier run did as done; speed and time left count from here."""
        self.done = self.first = done
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Return the wall-clock time since the start (s)."""
        return time.monotonic() - self._started

    @property
    def ns_per_day(self) -> float:
        """Return the simulated nanoseconds in a day at the speed so far."""
        simulated = self.nanoseconds * (self.done - self.first) / max(self.total, 1)
        return simulated / self.seconds * SECONDS_PER_DAY if self.seconds > 0 else 0.0

    def update(self, done: int, note: str = "") -> None:
        """Note that `done` of the total is done; shown when the last line is old enough."""
        self.done = done
        if time.monotonic() - self._shown >= self.interval:
            self._show(note)

    def line(self, note: str = "") -> str:
        """Compose the line as it stands."""
        parts = [f"{self.label}: {self.done}/{self.total} {self.unit}"]
        if self.nanoseconds:
            parts.append(f"{self.ns_per_day:.3g} ns/day")
        if note:
            parts.append(note)
        if self.first < self.done < self.total:
            left = self.seconds * (self.total - self.done) / (self.done - self.first)
            parts.append(f"{clock(left)} left")
        elif self.done:
            parts.append(f"took {clock(self.seconds)}")
        return ", ".join(parts)

    def _show(self, note: str = "") -> None:
        self._shown = time.monotonic()
        # Whoever read the line may be gone (a closed terminal, a pipe): the run goes on. Rich would
        # end the program then.
        with suppress(OSError, SystemExit):
            if self._live is not None:
                self._live.update(Text(self.line(note)), refresh=True)
            else:
                self.console.print(Text(self.line(note)))


class ProgressReporter:
    """Lets OpenMM's `Simulation` move a progress line on.

    Parameters
    ----------
    progress : Progress
    first_step : int
        The simulation's step number at which nothing of the total is done.
    """

    def __init__(self, progress: Progress, first_step: int = 0) -> None:
        self.progress, self.first_step = progress, first_step
        self._next = first_step + 1

    def describeNextReport(self, simulation: Any) -> dict[str, Any]:  # noqa: N802 (OpenMM's name)
        """Ask to be called at about the time the next line is due."""
        steps = max(self._next - simulation.currentStep, 1)
        return {"steps": steps, "periodic": None, "include": []}

    def report(self, simulation: Any, state: Any) -> None:
        """Move the line on."""
        done = simulation.currentStep - self.first_step
        self.progress.update(done)
        rate = (done - self.progress.first) / max(self.progress.seconds, 1e-6)
        self._next = simulation.currentStep + max(1, round(rate * self.progress.interval / 2))


def clock(seconds: float) -> str:
    """Write a duration as ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
