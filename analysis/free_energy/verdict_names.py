"""The verdicts on a free energy from windows, as files and pages write them."""

from __future__ import annotations

from collections.abc import Iterable

CONVERGED = "converged"
UNTESTED = "not contradicted, hysteresis untested"
"""Nothing speaks against the estimate, but the one test of slow motions besides the coordinate was
not made: runs begun from both ends, in every window."""
NOT_CONVERGED = "not converged"
_ORDER = (CONVERGED, UNTESTED, NOT_CONVERGED)


def worst(verdicts: Iterable[str]) -> str:
    """Return the verdict on what is computed from several free energies.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.verdict_names import CONVERGED, UNTESTED, worst
    >>> worst([CONVERGED, UNTESTED])
    'not contradicted, hysteresis untested'
    """
    return max(verdicts, key=_ORDER.index)
