"""What the programs of this environment are, and which packages are not the pinned ones."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import openmm

from lfa1_md.run.runs import processor

DISTRIBUTION, EXTRA = "lfa1-study", 'extra == "study"'


def describe() -> dict[str, Any]:
    """Tell versions, processor, cores that this process may use, load, free memory (bytes)."""
    return {
        "python": platform.python_version(),
        "openmm": openmm.Platform.getOpenMMVersion(),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 2),
        "memory_available": memory_available(),
        "unpinned": unpinned(requires(DISTRIBUTION) or []),
    }


def unpinned(requirements: list[str]) -> dict[str, str]:
    """Compare installed packages with pins.

    Parameters
    ----------
    requirements : list of str
        As package metadata has them: ``name==version`` and, behind a semicolon, a condition.

    Returns
    -------
    dict of str to str
        What differs, by package.
    """
    found = {}
    for line in requirements:
        pin, _, condition = (part.strip() for part in line.partition(";"))
        if condition and condition.replace("'", '"') != EXTRA:
            continue
        name, _, wanted = pin.partition("==")
        try:
            there = version(name)
        except PackageNotFoundError:
            there = "missing"
        if there != wanted:
            found[name] = f"{there} instead of {wanted}"
    return found


def memory_available(meminfo: Path = Path("/proc/meminfo")) -> int:
    """Tell the memory that programs may still take (bytes); 0 where the system does not say."""
    try:
        lines = meminfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return 1024 * int(fields.get("MemAvailable", "0 kB").split()[0])
