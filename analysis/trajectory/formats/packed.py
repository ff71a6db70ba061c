"""Whether every frame of an XTC file can be unpacked.

The format has no checksum. But each frame says between which coordinates all its atoms lie, and the
program that wrote it found these limits among them: what comes out of damaged bytes does not keep
to them.

The library that unpacks frames is written in C and trusts what it reads: damaged bytes end its
process. So it is done in a child process, which on Linux has the same memory and costs some
milliseconds; elsewhere a new Python is started.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from MDAnalysis.lib.formats.libmdaxdr import XTCFile

from lfa1_analysis.trajectory.formats.damage import damaged
from lfa1_analysis.trajectory.formats.xtc import Head, heads

SPAWNED = sys.platform != "linux"
"""Elsewhere a process that has used a graphics or threading library must not be forked."""
_DONE = "done"
_GUARD = 64
"""Atoms; damaged bytes make the unpacking write up to ten atoms too many."""


def check_unpacking(file: Path) -> None:
    """Unpack every frame of a file with sound headers.

    Raises
    ------
    InputError
        A frame cannot be unpacked, or is not within its own limits.
    """
    last, done = ["0", "0", *_output(str(file)).splitlines()][-2:]
    frame, why = int(done) if done.isdigit() else 0, "its coordinates cannot be unpacked"
    if done == _DONE:
        if not last.startswith("!"):
            return
        number, why = last[1:].split(" ", 1)
        frame = int(number)
    begin = next((head.begin for i, head in enumerate(heads(file)) if i == frame), None)
    raise damaged(file, frame, why, begin)


def unpack(file: str) -> Iterator[str]:
    """Unpack every frame, naming its number before; what is wrong with one is named at last.

    Parameters
    ----------
    file : str
        With frames of equal numbers of atoms.

    Yields
    ------
    str
        The number of the frame that is unpacked next; or ``!``, the number of a damaged frame and
        what is wrong with it, and then nothing more.
    """
    with XTCFile(file) as stream:
        # What is written beyond the atoms is seen by the numbers that were there.
        room = np.full((stream.n_atoms + _GUARD, 3), np.nan, dtype=np.float32)
        xyz = room[: stream.n_atoms]
        for frame, head in enumerate(heads(file)):
            yield str(frame)
            try:
                stream.read_direct_x(xyz)
            except (OSError, EOFError, StopIteration, ValueError):
                yield f"!{frame} its coordinates cannot be unpacked"
                return
            if not np.isnan(room[stream.n_atoms :]).all():
                yield f"!{frame} it unpacks to more atoms than it has"
                return
            if head.low and not _within(xyz, head):
                yield f"!{frame} its coordinates are not within the limits that it states"
                return


def _within(xyz: np.ndarray, head: Head) -> bool:
    """Tell whether coordinates (nm) reach just to the limits of a frame."""
    columns = xyz.T.copy()  # ten times as fast as by rows
    for found, stated in ((columns.min(axis=1), head.low), (columns.max(axis=1), head.high)):
        steps = found.astype(float) * head.precision
        limit = np.array(stated, dtype=float)
        # Single precision keeps 24 bits.
        if not (np.abs(steps - limit) <= 0.6 + 2e-7 * np.abs(limit)).all():
            return False
    return True


def _output(file: str) -> str:
    """Return what `unpack` yields in a child process, each on a line, and `_DONE` if it ended."""
    if SPAWNED:
        command = [sys.executable, "-m", __name__, file]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Of threads in the parent: the child reads one file and starts none.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        _write(writing, file)
    os.close(writing)
    try:
        with open(reading, encoding="ascii") as stream:
            return stream.read()
    finally:
        os.kill(child, signal.SIGKILL)  # where we were interrupted; a child that is done stays so
        os.waitpid(child, 0)


def _write(out: int, file: str) -> None:
    """Write what `unpack` yields, and end this process, whatever happens."""
    try:
        faulthandler.disable()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if Path(os.devnull).exists():
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # C libraries print before they die
        with contextlib.suppress(ImportError, ValueError, OSError):
            import resource

            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no picture of the memory on disk
        for line in unpack(file):
            os.write(out, f"{line}\n".encode())
        os.write(out, _DONE.encode())
    finally:
        os._exit(0)


if __name__ == "__main__":
    _write(sys.stdout.fileno(), sys.argv[1])
