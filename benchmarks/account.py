"""Run a command and append what it took to a table: ``python account.py TABLE COMMAND …``.

Only the standard library: Linux counts into a program's peak what its parent held when it started
it, so the one who asks has to be small.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

COLUMNS = ["verb", "seconds", "cpu_seconds", "peak_mib", "arguments"]


class Cost(NamedTuple):
    """Wall-clock and processor seconds, MiB of memory at the peak, and the exit status."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    status: int


def measured(command: Sequence[str], **options: Any) -> Cost:
    """Run a command and say what it and what it started cost."""
    started = time.perf_counter()
    process = subprocess.Popen(command, **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    # Linux counts memory in KiB.
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(seconds, cpu, usage.ru_maxrss / 1024, process.returncode)


def main(table: str, *command: str) -> int:
    """Run a command; its first argument is the verb. What fails or is stopped does not count."""
    found = measured(command)
    if found.status == 0:
        with Path(table).open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow([command[1], *found[:3], " ".join(command[2:])])
    return found.status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
