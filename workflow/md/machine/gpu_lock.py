"""Which of several GPUs a job takes: one that the fewest jobs of this user have taken.

Without it every job of a workstation would compute on the first GPU. A job holds a lock on a file
for as long as it lives, so nothing is left to clean up when it is killed. On a cluster the queue
has chosen already, by showing each job its own GPUs alone.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

MOST = 256
"""Jobs that may share a GPU; far beyond what is of use."""


class Turn:
    """A GPU that was taken, until `give_back` or the end of the process.

    Attributes
    ----------
    index : int
        Among the visible GPUs, as OpenMM's ``DeviceIndex`` counts.
    """

    def __init__(self, index: int, lock: IO[str] | None) -> None:
        self.index, self._lock = index, lock

    def give_back(self) -> None:
        """Let another job have it."""
        if self._lock is not None:
            self._lock.close()


def take(names: Sequence[str], folder: Path | None = None) -> Turn:
    """Take the GPU that is least taken, the first of them where several are.

    Parameters
    ----------
    names : sequence of str
        What tells the visible GPUs apart on this machine, in OpenMM's order.
    folder : Path, optional
        For the locks; by default one of this user's in the machine's temporary folder, because
        GPUs belong to a machine and a study's folder may be shared by several.
    """
    folder = folder or Path(tempfile.gettempdir()) / f"lfa1-gpus-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for number in range(MOST):
            for index, name in enumerate(names):
                if (lock := _locked(folder / f"{name}.{number}")) is not None:
                    return Turn(index, lock)
    except OSError:  # no room, no permission: any of them, but not all jobs the same
        pass
    return Turn(os.getpid() % len(names), None)


def _locked(path: Path) -> IO[str] | None:
    file = path.open("w")
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    file.close()
    return None
