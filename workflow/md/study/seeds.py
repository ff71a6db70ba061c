"""Random seeds: every one derives from the study's seed and says what it is for."""

from __future__ import annotations

import hashlib

_LARGEST = 2**31 - 1


def derive(study_seed: int, *labels: str | int) -> int:
    """Derive a seed from the study's seed and the labels of its use.

    The ion is never among the labels, so that the members of a matched pair share their seeds.

    Parameters
    ----------
    study_seed : int
        The configuration's ``seed``.
    *labels : str or int
        What the seed is for, for example ``"closed", "replica", 3, "velocities"``.

    Returns
    -------
    int
        Between 1 and 2³¹−1: OpenMM takes 32-bit signed seeds, and 0 means "choose one for me".
    """
    text = "\x1f".join(str(part) for part in (study_seed, *labels))
    digest = hashlib.sha256(text.encode()).digest()
    return 1 + int.from_bytes(digest[:8], "big") % _LARGEST
