"""A value with its standard error, its interval by Student's t, and differences of such values."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from lfa1_analysis.statistics.inference import CONFIDENCE


@dataclass(frozen=True)
class Estimate:
    """A value and its standard error, in one unit.

    Attributes
    ----------
    value, standard_error : float
        NaN where they cannot be known.
    degrees_of_freedom : float or None
        Of the standard error, for Student's t; None takes it as exactly known.

    Examples
    --------
    >>> from lfa1_analysis.statistics.estimates import Estimate
    >>> found = Estimate(12.0, 1.0, 4.0).minus(Estimate(9.0, 0.5, 4.0))
    >>> low, high = found.interval
    >>> f"{found.value:.1f} ({low:.1f} to {high:.1f})"
    '3.0 (0.3 to 5.7)'
    """

    value: float
    standard_error: float
    degrees_of_freedom: float | None = None

    def half_width_at(self, confidence: float) -> float:
        """Return half the width of the interval of that confidence."""
        return quantile(self.degrees_of_freedom, confidence) * self.standard_error

    @property
    def half_width(self) -> float:
        """Half the width of the 95 % interval."""
        return self.half_width_at(CONFIDENCE)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        return self.value - self.half_width, self.value + self.half_width

    def minus(self, other: Estimate) -> Estimate:
        """Return the difference of two independent estimates (Welch–Satterthwaite)."""
        error = math.hypot(self.standard_error, other.standard_error)
        parts = sum(
            each.standard_error**4 / each.degrees_of_freedom
            for each in (self, other)
            if each.degrees_of_freedom is not None
        )
        known = self.degrees_of_freedom is None and other.degrees_of_freedom is None
        freedom = error**4 / parts if parts > 0 else None if known or error == 0 else math.nan
        return Estimate(self.value - other.value, error, freedom)


def quantile(degrees_of_freedom: float | None, confidence: float = CONFIDENCE) -> float:
    """Return the two-sided quantile of Student's t; of the normal distribution for None."""
    tail = (1 + confidence) / 2
    if degrees_of_freedom is None:
        return float(stats.norm.ppf(tail))
    return float(stats.t.ppf(tail, degrees_of_freedom)) if degrees_of_freedom > 0 else math.nan
