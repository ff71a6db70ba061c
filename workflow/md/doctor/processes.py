"""Measuring in processes of their own, since a library may crash, hang or fill a GPU there."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import GeneratorType
from typing import Any

from lfa1_analysis.io.errors import StudyError

PATIENCE = 900
"""Seconds after which a process that computes one energy is given up; Reference is slow."""
SPAWN = multiprocessing.get_context("spawn")
"""Starts processes afresh: none inherits a context of OpenMM."""
Worker = tuple[Connection, BaseProcess]


@contextmanager
def worker(function: Callable[..., Any], *arguments: Any) -> Iterator[Worker]:
    """Start a process that sends what a function returns or yields; it ends with the block."""
    here, there = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_send, args=(there, function, arguments), daemon=True)
    process.start()
    there.close()
    try:
        yield here, process
    finally:
        process.kill()
        process.join()
        here.close()


def ask(function: Callable[..., Any], *arguments: Any, timeout: float = PATIENCE) -> dict[str, Any]:
    """Return what a function returns in a process of its own; of a failure, its ``problem``."""
    with worker(function, *arguments) as started:
        return receive(started, timeout)


def receive(started: Worker, timeout: float = PATIENCE) -> dict[str, Any]:
    """Return the next message of a worker, or as its ``problem`` why there is none."""
    connection, process = started
    try:
        if not connection.poll(timeout):
            return {"problem": f"does not answer within {timeout:g} s"}
        return dict(connection.recv())
    except (EOFError, OSError):
        process.join()
        status = process.exitcode or 0
        died = f"signal {-status}" if status < 0 else f"status {status}"
        return {"problem": f"the process that computes there died ({died})"}


def _send(connection: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    os.setsid()  # Ctrl-C reaches the first process alone, which then ends the workers
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        content = function(*arguments)
        for message in content if isinstance(content, GeneratorType) else (content,):
            connection.send(message)
    except StudyError as error:
        connection.send({"problem": error.problem})
    except Exception as error:  # OpenMM raises OpenMMException, a bare Exception to mypy
        connection.send({"problem": str(error).strip() or type(error).__name__})
