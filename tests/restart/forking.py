"""Runs of ``lfa1`` in forks of one process that has imported everything, with faults put in.

As a program it is the server: a request as one line of JSON on standard input, an answer on
standard output. No context of OpenMM ever exists in it, so that a fork is as good as a new process.
"""

from __future__ import annotations

import functools
import json
import mmap
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faults import PHASES, Faults
from wrapping import install


@dataclass
class Ended:
    """How a run ended.

    Attributes
    ----------
    status : int
        Exit status; of a killed one, minus the signal.
    phase : str
        Where it was last.
    log : str
        What it wrote to standard error and output.
    trace : list of (str, str, str)
        Operation, name of the file and phase of every call that writes.
    """

    status: int
    phase: str
    log: str
    trace: list[tuple[str, str, str]]


class Forks:
    """Starts the server; use as a context manager."""

    def __enter__(self) -> Forks:
        self._server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *error: object) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(30)

    def start(self, argv: list[str], log: Path, **request: Any) -> int:
        """Start ``lfa1 argv`` and return its process id."""
        return int(self._ask({"argv": argv, "log": str(log)} | request)["pid"])

    def wait(self, pid: int, log: Path, kill_after: float | None = None) -> Ended:
        """Wait for its end; kill it after so many seconds."""
        answer = self._ask({"wait": pid, "kill_after": kill_after})
        traced = log.with_suffix(".trace")
        lines = traced.read_text().splitlines() if traced.is_file() else []
        return Ended(
            answer["status"],
            answer["phase"],
            log.read_text(errors="replace"),
            [tuple(json.loads(line)) for line in lines],
        )

    def run(
        self, argv: list[str], log: Path, kill_after: float | None = None, **request: Any
    ) -> Ended:
        """Run ``lfa1 argv`` to its end.

        Parameters
        ----------
        argv : list of str
        log : Path
            Where its output goes.
        kill_after : float, optional
            Seconds.
        request
            ``fault``: see `Faults`; ``file_size``: limit in bytes that the kernel enforces;
            ``trace``: note every call that writes; ``system``: a folder whose system is read
            once for all runs, to save time.
        """
        return self.wait(self.start(argv, log, **request), log, kill_after)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return dict(json.loads(self._server.stdout.readline()))


def _child(request: dict[str, Any], board: mmap.mmap) -> int:
    from lfa1_cli.main import main

    log = Path(request["log"])
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    trace = log.with_suffix(".trace")
    trace.unlink(missing_ok=True)
    board[0] = 0
    install(Faults(board, request.get("fault") or {}, trace if request.get("trace") else None))
    if "file_size" in request:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_size"],) * 2)
    try:
        status = main(request["argv"])
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def serve() -> None:
    """Answer requests until standard input ends."""
    import MDAnalysis  # noqa: F401
    import pandas  # noqa: F401

    import lfa1_cli.dynamics  # noqa: F401
    from lfa1_md.box import system
    from lfa1_md.study import quantities

    quantities._registry()
    boards: dict[int, mmap.mmap] = {}
    load = functools.cache(system.load)
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            pid = request["wait"]
            status = _wait(pid, request["kill_after"])
            answer = {"status": status, "phase": PHASES[boards.pop(pid)[0]]}
        else:
            board = mmap.mmap(-1, 1)
            if "system" in request:
                loaded = load(Path(request["system"]))
                system.load = lambda path, loaded=loaded: loaded
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    status = _child(request, board)
                finally:
                    os._exit(status)
            boards[pid] = board
            answer = {"pid": pid}
        print(json.dumps(answer), flush=True)


def _wait(pid: int, kill_after: float | None) -> int:
    if kill_after is not None:
        deadline = time.monotonic() + kill_after
        while time.monotonic() < deadline:
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.002)
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    serve()
