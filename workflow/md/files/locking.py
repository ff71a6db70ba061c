"""One process per running job: a lock that dies with its owner."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from lfa1_analysis.io.errors import StudyError

NAME = "lock"
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class LockedError(StudyError):
    """Another process runs this job."""


@contextmanager
def locked(folder: Path, label: str) -> Iterator[None]:
    """Hold a folder for this process, and make it if need be.

    The kernel releases the lock when its owner ends, however it ends, so a dead owner never
    blocks anyone; the file says who holds it.

    Parameters
    ----------
    folder : Path
    label : str
        What runs in it, for the message.

    Raises
    ------
    LockedError
        A living process holds it.
    """
    handle = _open(folder, label)
    try:
        os.ftruncate(handle, 0)
        owner = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        os.pwrite(handle, json.dumps(owner).encode(), 0)
        yield
    finally:
        os.close(handle)


def _open(folder: Path, label: str) -> int:
    path = folder / NAME
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # the owner has just finished and removed the folder
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(handle, 4096, 0).decode(errors="replace")
            os.close(handle)
            raise LockedError(
                f"{label}: another process runs it ({_described(owner)}; {path})",
                "wait for it or end it; do not start a job twice",
            ) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                os.close(handle)
                raise
            with suppress(OSError):  # nobody reads it
                print(
                    f"{label}: this file system has no locks ({error.strerror}); make sure that "
                    f"no other process runs this job",
                    file=sys.stderr,
                )
        # The owner before may have removed the folder between our opening and our locking.
        try:
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)


def _described(owner: str) -> str:
    try:
        found = json.loads(owner)
        return f"process {found['pid']} on {found['host']} since {found['since']}"
    except (ValueError, KeyError, TypeError):
        return "it has not said yet who it is"
