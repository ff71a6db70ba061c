"""Verdicts on a free energy, as files and pages write them, and the overlap that they rest on."""

from __future__ import annotations

from collections.abc import Iterable

LEAST_OVERLAP = 0.03
"""Element of the overlap matrix of MBAR, between neighbouring windows, below which no free energy
is given (Klimovich, Shirts & Mobley 2015, doi:10.1007/s10822-015-9840-9)."""
TARGET_OVERLAP = 0.05
"""What added windows aim at: a margin, because a pilot knows its overlaps only roughly."""
MOST_OVERLAP = 0.2
"""A larger target could never be met: where many windows overlap, each gets a smaller share."""

CONVERGED = "converged"
UNTESTED = "not contradicted, hysteresis untested"
"""Nothing speaks against the estimate, but the one test of slow motions besides the coordinate was
not made: runs begun from both ends, in every window."""
NOT_CONVERGED = "not converged"
VERDICTS = (CONVERGED, UNTESTED, NOT_CONVERGED)


def worst(verdicts: Iterable[str]) -> str:
    """Return the verdict on what is computed from several free energies.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.verdicts import CONVERGED, UNTESTED, worst
    >>> worst([CONVERGED, UNTESTED])
    'not contradicted, hysteresis untested'
    """
    return max(verdicts, key=VERDICTS.index)
