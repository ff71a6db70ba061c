"""Root-mean-square fluctuation in one pass, whatever the number of frames."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lfa1_analysis.geometry import Array


@dataclass
class Moments:
    """Running mean and sum of squared deviations of positions.

    Welford's recurrence, and its pairwise form to join what worker processes found (Chan, Golub &
    LeVeque 1983, 10.1080/00031305.1983.10483115): exact, one pass, constant memory.
    """

    count: int = 0
    mean: Array = field(default_factory=lambda: np.zeros((0, 3)))
    squares: Array = field(default_factory=lambda: np.zeros((0, 3)))

    def add(self, xyz: Array) -> None:
        """Take in one frame, shape (n, 3), superposed by the caller."""
        if not self.count:
            self.mean, self.squares = np.zeros_like(xyz), np.zeros_like(xyz)
        self.count += 1
        deviation = xyz - self.mean
        self.mean = self.mean + deviation / self.count
        self.squares = self.squares + deviation * (xyz - self.mean)

    def join(self, other: Moments) -> Moments:
        """Return the moments of both samples together."""
        if not (self.count and other.count):
            return self if self.count else other
        count = self.count + other.count
        gap = other.mean - self.mean
        return Moments(
            count,
            self.mean + gap * (other.count / count),
            self.squares + other.squares + gap**2 * (self.count * other.count / count),
        )

    @property
    def rmsf(self) -> Array:
        """Fluctuation (root mean square) of each point about its mean, shape (n,)."""
        return np.asarray(np.sqrt(self.squares.sum(axis=1) / max(self.count, 1)))
