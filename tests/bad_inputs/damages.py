"""Random damage as disks and copies do it, and a program run in a process that may die of it."""

from __future__ import annotations

import os
import random
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

from lfa1_cli.main import main

KINDS = ("hole", "cut", "flip", "noise", "gone")


def damage(data: bytes, kind: str, rng: random.Random) -> bytes:
    """Return other bytes than `data`, not empty."""
    for _ in range(1000):
        at = rng.randrange(1, len(data))
        length = min(rng.choice((4, 64, 512, 4096)), len(data) - at)
        if kind == "flip":
            spoilt = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        elif kind == "cut":
            spoilt = data[:at]
        else:
            middle = {"hole": bytes(length), "noise": rng.randbytes(length), "gone": b""}[kind]
            spoilt = data[:at] + middle + data[at + length :]
        if spoilt != data:
            return spoilt
    raise AssertionError("nothing to damage")


@dataclass
class Ended:
    """How a run of `lfa1` ended.

    Attributes
    ----------
    status : int
        Exit status; negative if a signal ended it, and then its number.
    said : str
        What it printed, on both streams.
    """

    status: int
    said: str


def run(*arguments: object, said: Path) -> Ended:
    """Run `lfa1 …` in a child process; what it prints goes to the file `said` on its way."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        status = 70
        try:
            out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(out, 1)
            os.dup2(out, 2)
            sys.stdout = os.fdopen(1, "w", closefd=False)
            sys.stderr = os.fdopen(2, "w", closefd=False)
            try:
                status = main([str(argument) for argument in arguments]) or 0
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1
            except BaseException:
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)
    _, how = os.waitpid(child, 0)
    status = -os.WTERMSIG(how) if os.WIFSIGNALED(how) else os.WEXITSTATUS(how)
    return Ended(status, said.read_text(encoding="utf-8", errors="replace"))
