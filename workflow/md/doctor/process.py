"""Starting `doctor_probe` and `doctor_worker`, and ending them whatever happens."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PATIENCE = 900
"""Seconds after which a process that computes one energy is given up; Reference is slow."""


@contextmanager
def worker(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start a worker; at the end of the block it is gone."""
    module = "lfa1_md.doctor.probe" if arguments[0] == "probe" else "lfa1_md.doctor.worker"
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the workers
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ask(*arguments: str, timeout: float = PATIENCE) -> dict[str, Any]:
    """Let a worker do one thing; where it fails, the answer has a ``problem``."""
    with worker(*arguments) as process:
        try:
            shown, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            return {"problem": f"does not answer within {timeout:g} s"}
        return answer(shown, process.returncode)


def answer(line: str, status: int | None) -> dict[str, Any]:
    """Read what a worker printed last; a crash leaves nothing to read."""
    try:
        content = json.loads(line.strip().splitlines()[-1])
    except (IndexError, ValueError):
        died = f"signal {-status}" if status is not None and status < 0 else f"status {status}"
        return {"problem": f"the process that computes there died ({died})"}
    return content if isinstance(content, dict) else {"problem": f"answers {line!r}"}
