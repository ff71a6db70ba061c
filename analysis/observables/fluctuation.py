"""Root-mean-square fluctuation in one pass, whatever the number of frames."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lfa1_analysis.trajectory.geometry import Array


@dataclass
class Moments:
    """Running mean and sum of squared deviations of positions.

    Of some frames at a time, joined pairwise with what was found before or by another process
    (Chan, Golub & LeVeque 1983, 10.1080/00031305.1983.10483115): exact, one pass, constant memory.
    """

    count: int = 0
    mean: Array = field(default_factory=lambda: np.zeros((0, 3)))
    squares: Array = field(default_factory=lambda: np.zeros((0, 3)))

    @classmethod
    def of(cls, xyz: Array) -> Moments:
        """Return those of some frames, shape (n, 3, F), superposed by the caller."""
        mean = xyz.mean(axis=2)
        deviation = xyz - mean[:, :, None]
        return cls(xyz.shape[2], mean, np.einsum("icf,icf->ic", deviation, deviation))

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
