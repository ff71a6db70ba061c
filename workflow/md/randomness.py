"""The random numbers that OpenMM's and PDBFixer's builders draw without asking for a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def reproducible(seed: int = 1) -> Iterator[None]:
    """Seed the global random generators that OpenMM's and PDBFixer's builders draw from."""
    python, numbers = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numbers)
