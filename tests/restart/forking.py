"""Runs of ``lfa1`` in forks of one process that has imported everything, with faults put in.

The product knows nothing of this: `install` wraps, in the fork alone, the calls by which it writes
(`os.replace`, `os.fsync`, OpenMM's `XTCFile.writeModel` …) and, at the chosen one, before, in the
middle or after it, ends the process as a kill would, or fails as a disk would.

As a program it is the server: a request as one line of JSON on standard input, an answer on
standard output. No context of OpenMM ever exists in it, so that a fork is as good as a new process.
"""

from __future__ import annotations

import errno
import functools
import json
import mmap
import os
import re
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PHASES = (
    "start-up",
    "taking up",
    "stepping",
    "writing energies",
    "writing a frame",
    "writing a checkpoint",
    "delivery",
    "clearing up",
)
WHEN = ("before", "half", "after")


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


class Faults:
    """What shall happen at which call.

    Parameters
    ----------
    board : mmap
        One byte that says the phase, and survives the process.
    fault : dict
        ``op``, ``phase`` and ``path`` (regular expressions, all optional) choose the calls, ``nth``
        (from 1) one of them, ``when`` the moment; ``do`` is ``SIGKILL`` or another signal, an error
        such as ``ENOSPC``, or ``lie``: half is done and success reported. With ``lasting`` every
        later one of these calls fails as well.
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
        if chosen and when == "before":
            self._fire(path)
        if chosen and when == "half":
            if half is not None:
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


def install(faults: Faults) -> None:
    """Wrap every call by which a run writes."""
    import shutil

    import openmm.app as app

    from lfa1_analysis import completeness
    from lfa1_md import growing, reporters, work

    def plain(module: Any, name: str, of: Callable[..., object], **more: Any) -> None:
        real = getattr(module, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            return faults.call(name, of(*args), lambda: real(*args, **kwargs), **more)

        setattr(module, name, wrapped)

    def opened(handle: int, *rest: object) -> str:
        return os.readlink(f"/proc/self/fd/{handle}")

    def first(path: object, *rest: object, **more: object) -> object:
        return path

    for name in ("unlink", "rmdir", "replace", "rename", "link", "truncate"):
        plain(os, name, first)
    for name in ("fsync", "ftruncate", "pwrite"):
        plain(os, name, opened)
    plain(shutil, "copyfile", lambda source, target: target)
    plain(growing, "cut", first, phase="taking up")

    def write_bytes(path: Path, data: bytes) -> Any:
        def put(what: bytes) -> None:
            with path.open("wb") as file:
                file.write(what)

        return faults.call(
            "write", path, lambda: put(data), lambda: put(bytes(data)[: len(data) // 2])
        )

    Path.write_bytes = write_bytes  # type: ignore[method-assign, assignment]
    Path.write_text = lambda self, text, encoding="utf-8": write_bytes(  # type: ignore[method-assign, assignment, misc]
        self, text.encode(encoding)
    )

    write_model = app.XTCFile.writeModel

    def frame(file: Any, *args: Any, **kwargs: Any) -> Any:
        path = Path(file._filename)

        def half() -> None:
            before = path.stat().st_size
            write_model(file, *args, **kwargs)
            os.truncate(path, (before + path.stat().st_size) // 2)

        return faults.call(
            "frame",
            path,
            lambda: write_model(file, *args, **kwargs),
            half,
            phase="writing a frame",
        )

    app.XTCFile.writeModel = frame
    append = reporters.EnergyReporter._append

    def row(log: Any, text: str) -> Any:
        return faults.call(
            "row",
            log.path,
            lambda: append(log, text),
            lambda: append(log, text[: len(text) // 2]),
            phase="writing energies",
        )

    reporters.EnergyReporter._append = row  # type: ignore[method-assign]
    step = app.Simulation.step

    def stepping(simulation: Any, steps: int) -> None:
        faults.phase("stepping")
        step(simulation, steps)

    app.Simulation.step = stepping
    problems, rmtree = completeness.problems, shutil.rmtree

    def delivering(*args: Any, **kwargs: Any) -> Any:
        faults.phase("delivery")
        return problems(*args, **kwargs)

    completeness.problems = delivering

    def clearing(*args: Any, **kwargs: Any) -> None:
        faults.phase("clearing up")
        rmtree(*args, **kwargs)

    shutil.rmtree = clearing  # type: ignore[assignment]
    discard = work.Work.discard

    def discarding(job: Any) -> None:
        faults.phase("clearing up")
        discard(job)

    work.Work.discard = discarding  # type: ignore[method-assign]


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

    import lfa1_cli.equilibrate
    import lfa1_cli.simulate  # noqa: F401
    from lfa1_md import configfile, quantities, segment, system  # noqa: F401

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
