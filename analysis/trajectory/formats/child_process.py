"""Do something in a process of its own, so that what dies there takes nothing with it.

The libraries that unpack trajectories are written in C and trust what they read: damaged bytes end
their process. A child process has the same memory and costs some milliseconds on Linux; elsewhere
a new Python is started.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

SPAWNED = sys.platform != "linux"
"""Elsewhere a process that has used a graphics or threading library must not be forked."""
_DONE = b"done"


class DiedError(Exception):
    """The child ended before its work did.

    Attributes
    ----------
    last : str
        What it said last; empty if it said nothing.
    """

    def __init__(self, last: str) -> None:
        super().__init__(last)
        self.last = last


def last_words(module: str, work: Callable[..., Iterator[str]], *arguments: str) -> str:
    """Run a function in a child process and return the last thing that it says.

    Parameters
    ----------
    module : str
        Of the function; as a program it does the same (see :func:`as_program`).
    work : callable
        Yields lines of text: where it is, and at last what it found.
    *arguments : str
        For `work`.

    Returns
    -------
    str
        Of what it yielded the last.

    Raises
    ------
    DiedError
        It ended otherwise than by returning.
    """
    if SPAWNED:
        command = [sys.executable, "-m", module, *arguments]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None  # asked for above
            return _heard(process.stdout.fileno())
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Of threads in the parent: the child reads one file and starts none.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        _work(writing, work, arguments)
    os.close(writing)
    try:
        return _heard(reading)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)  # where we were interrupted; a child that is done stays so
        os.waitpid(child, 0)


def as_program(work: Callable[..., Iterator[str]]) -> None:
    """Do the work of a child process as a program of its own, with its arguments."""
    _work(sys.stdout.fileno(), work, tuple(sys.argv[1:]))


def _work(out: int, work: Callable[..., Iterator[str]], arguments: tuple[str, ...]) -> None:
    """Say what the work says, and end this process, whatever happens."""
    status = 1
    try:
        faulthandler.disable()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if Path(os.devnull).exists():
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # C libraries print before they die
        _no_core()
        for line in work(*arguments):
            os.write(out, line.encode() + b"\n")
        os.write(out, _DONE + b"\n")
        status = 0
    finally:
        os._exit(status)


def _no_core() -> None:
    """Leave no picture of the memory on the disk."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        return


def _heard(stream: int) -> str:
    lines, rest = [b"", b""], b""
    while data := os.read(stream, 65536):
        *whole, rest = (rest + data).split(b"\n")
        lines = [*lines, *whole][-2:]
    if lines[-1] != _DONE:
        raise DiedError(lines[-1].decode(errors="replace"))
    return lines[0].decode(errors="replace")
