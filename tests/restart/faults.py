"""What goes wrong at which call of a run: a kill, an error of the disk, or a lie."""

from __future__ import annotations

import errno
import json
import mmap
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

BIAS = "setting the bias"
PHASES = (
    "start-up",
    "taking up",
    BIAS,
    "stepping",
    "writing energies",
    "writing a frame",
    "writing a checkpoint",
    "delivery",
    "clearing up",
)
"""What a run does; only a biased one sets a bias."""


class Faults:
    """What shall happen at which call.

    Parameters
    ----------
    board : mmap
        One byte that says the phase, and survives the process.
    fault : dict
        ``op``, ``phase`` and ``path`` (regular expressions, all optional) choose the calls, ``nth``
        (from 1) one of them, ``when`` the moment; ``do`` is ``SIGKILL`` or another signal, an error
        such as ``ENOSPC``, or ``lie``: nothing or half is done, and success reported. With
        ``lasting`` every later one of these calls fails as well.
    trace : Path, optional
    """

    def __init__(self, board: mmap.mmap, fault: dict[str, Any], trace: Path | None) -> None:
        self.board, self.fault, self.trace = board, fault, trace
        self.base, self.depth, self.count = "start-up", 0, 0

    def phase(self, name: str) -> None:
        """Say where the run is from now on."""
        self.base = name
        self._show(name)

    def call(
        self,
        op: str,
        path: object,
        act: Callable[[], Any],
        half: Callable[[], Any] | None = None,
        phase: str | None = None,
    ) -> Any:
        """Do `act`, unless it is the chosen one."""
        name = Path(str(path)).name
        before = PHASES[self.board[0]]
        found = before if self.depth else phase or self._phase(op, str(path))
        self._show(found)
        if self.trace is not None:
            with self.trace.open("a") as file:
                file.write(json.dumps((op, name, found)) + "\n")
        chosen = self._chosen(op, found, str(path))
        when = self.fault.get("when", "before")
        if chosen and when in ("before", "half"):
            if when == "half" and half is not None:
                half()
            if self.fault["do"] == "lie":
                self._show(before)
                return None
            self._fire(path)
        self.depth += 1
        try:
            result = act()
        finally:
            self.depth -= 1
        if chosen and when == "after":
            self._fire(path)
        self._show(before if self.depth else self.base)
        return result

    def _chosen(self, op: str, phase: str, path: str) -> bool:
        asked = self.fault
        if not asked or not all(
            re.search(asked.get(key, ""), value)
            for key, value in (("op", op), ("phase", phase), ("path", path))
        ):
            return False
        self.count += 1
        nth = asked.get("nth", 1)
        return self.count >= nth if asked.get("lasting") else self.count == nth

    def _fire(self, path: object) -> None:
        do = self.fault["do"]
        if do.startswith("SIG"):
            os.kill(os.getpid(), signal.Signals[do])
        else:
            number = getattr(errno, do)
            raise OSError(number, os.strerror(number), str(path))

    def _phase(self, op: str, path: str) -> str:
        if self.base in ("start-up", "delivery", "clearing up"):
            return self.base
        if "checkpoint-" in path or op == "fsync":
            return "writing a checkpoint"
        return self.base

    def _show(self, phase: str) -> None:
        self.board[0] = PHASES.index(phase)
