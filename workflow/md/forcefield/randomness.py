"""What OpenMM's and PDBFixer's builders leave to chance without asking: seeds and order of sums."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import openmm

_ORDER = "DeterministicForces"


@contextmanager
def reproducible(platform: openmm.Platform, seed: int = 1) -> Iterator[None]:
    """Seed the global random generators, and fix the order of sums on `platform`, for a while."""
    python, numbers = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed)
    before = platform.getPropertyDefaultValue(_ORDER) if _fixable(platform) else ""
    if before:
        platform.setPropertyDefaultValue(_ORDER, "true")
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numbers)
        if before:
            platform.setPropertyDefaultValue(_ORDER, before)


def _fixable(platform: openmm.Platform) -> bool:
    return _ORDER in platform.getPropertyNames()
