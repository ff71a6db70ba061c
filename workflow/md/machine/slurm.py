"""Does Slurm answer? Its own programs wait without a word, and so does what calls them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from lfa1_analysis.io.errors import InputError

SECONDS = 8.0
"""A controller or a data base that is there answers within a few."""
CONTROLLER = ("sinfo", "--noheader", "--format=%P")
ACCOUNTING = (
    ("sacctmgr", "--noheader", "--parsable2", "show", "cluster"),
    ("sacct", "--noheader", "--allocations", "--starttime=now", "--format=JobID"),
)
"""What Snakemake calls for accounts and for the states of jobs; not every cluster has them."""


def require_answer(accounting: bool, seconds: float = SECONDS) -> None:
    """Ask Slurm for its partitions and its data base for clusters and jobs, at the same time.

    Parameters
    ----------
    accounting : bool
        Whether jobs need the data base: for an account, or to be asked how they are.
    seconds : float
        How long an answer may take.

    Raises
    ------
    InputError
        One of them does not answer in time, or the controller answers with an error.
    """
    asked: list[tuple[str, ...]] = [CONTROLLER]
    if accounting:
        asked += [command for command in ACCOUNTING if shutil.which(command[0])]
    with ThreadPoolExecutor(len(asked)) as pool:
        wrong = list(filter(None, pool.map(lambda command: _wrong(command, seconds), asked)))
    if wrong:
        raise InputError(
            f"Slurm does not answer: {'; '.join(wrong)}",
            "see that these commands answer here, then start again: sinfo and sbatch need a "
            "controller that runs, accounts a data base (else slurm-no-account: true and "
            "slurm-status-command: squeue in the profile)",
        )


def _wrong(command: Sequence[str], seconds: float) -> str:
    """Return what is wrong with the answer of one program; nothing if it is right."""
    shown = " ".join(command)
    try:
        answer = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"`{shown}` says nothing for {seconds:g} s"
    except OSError as error:
        return f"`{shown}` cannot be run ({error.strerror})"
    # Clusters without accounting have a sacctmgr that fails at once: Snakemake knows what to do.
    if answer.returncode and command is CONTROLLER:
        lines = (answer.stderr or answer.stdout).strip().splitlines() or ["no reason given"]
        return f"`{shown}` fails: {lines[0]}"
    return ""
