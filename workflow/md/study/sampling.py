"""Umbrella sampling of opening: the configuration's section, and what each of its runs does.

From each state's equilibrated system the opening coordinate is *pulled* from window to window; a
segment of the pull ends where a window begins. Each window is then a chain of segments of its own,
with the bias at rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from lfa1_analysis.free_energy.verdicts import LEAST_OVERLAP, MOST_OVERLAP, TARGET_OVERLAP
from lfa1_md.study.quantities import Energy, Picoseconds
from lfa1_md.study.sections import ConfigSection, Production, whole

MOST_WINDOWS = 200


class Pull(ConfigSection):
    """The pull from one end to the other."""

    per_window: Picoseconds = Field(gt=0, description="Time from one window's centre to the next.")
    frame_interval: Picoseconds = Field(gt=0, description="Time between trajectory frames.")
    coordinate_interval: Picoseconds = Field(
        gt=0, description="Time between rows of energies, coordinate and bias, and so its steps."
    )

    @model_validator(mode="after")
    def _whole_windows(self) -> Pull:
        for key in ("frame_interval", "coordinate_interval"):
            whole(self.per_window, getattr(self, key), "per_window", key)
        return self

    def production(self, windows: int) -> Production:
        """The pull as a chain of segments, one for each window."""
        return Production.model_construct(
            duration=self.per_window * windows,
            segment=self.per_window,
            frame_interval=self.frame_interval,
            energy_interval=self.coordinate_interval,
            checkpoint_interval=None,
        )


class Adapt(ConfigSection):
    """Windows added after a pilot.

    The pilot is the first segment of every window. Where neighbours overlap too little in any
    system, or a window is stuck, windows are added to all systems; theirs is the next pilot. What
    is changed here counts for the rounds that have not been done.
    """

    rounds: int = Field(
        2, strict=True, ge=0, le=10, description="How often; a round that finds no gap adds none."
    )
    overlap: float = Field(
        TARGET_OVERLAP,
        strict=True,
        ge=LEAST_OVERLAP,
        le=MOST_OVERLAP,
        description="That neighbouring windows should have, as an element of the overlap matrix "
        f"of MBAR; below {LEAST_OVERLAP:g} no free energy is given.",
    )
    most_added: int = Field(
        20, strict=True, ge=1, le=MOST_WINDOWS, description="Windows added in a round, at most."
    )


class Exchange(ConfigSection):
    """Replica exchange among the windows, from their second segment on, in one job on one GPU.

    The first segments, the pilot, stay jobs of their own; when it helps: docs/free_energy.md.
    """

    interval: Picoseconds = Field(
        gt=0,
        description="Time between exchanges; the intervals of `window` must be whole multiples.",
    )


class Sampling(ConfigSection):
    """Umbrella sampling along the opening coordinate: 0 at the closed, 1 at the open crystal."""

    windows: int = Field(
        27, strict=True, ge=2, le=MOST_WINDOWS, description="Umbrella windows, evenly spaced."
    )
    first: float = Field(
        -0.15, strict=True, ge=-1, le=2, description="Centre of the window at the closed end."
    )
    last: float = Field(
        1.15, strict=True, ge=-1, le=2, description="Centre of the window at the open end."
    )
    force_constant: Energy = Field(
        1000.0,
        gt=0,
        le=1e6,
        description="Of the bias k/2 (s − s₀)² in the windows and the pull. By default a window "
        "is as wide as their distance, 0.05.",
    )
    closed_below: float = Field(
        0.26,
        strict=True,
        description="Upper end of the closed basin on the coordinate: half-way between the closed "
        "crystals (0.00) and the intermediate one (0.52).",
    )
    open_above: float = Field(
        0.76,
        strict=True,
        description="Lower end of the open basin: half-way between the intermediate crystal and "
        "the open ones (1.00).",
    )
    replicas: int = Field(
        1, strict=True, ge=1, le=1000, description="Pulls, each with its own windows."
    )
    pull: Pull = Field(description="The pull.")
    window: Production = Field(description="Each window, as `production`.")
    adapt: Adapt = Field(default_factory=Adapt, description="Windows added after a pilot.")
    exchange: Exchange | None = Field(
        None,
        description="Replica exchange among windows; by default they are independent jobs.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Sampling:
        if self.first >= self.last:
            raise ValueError(
                f"first ({self.first:g}) must be below last ({self.last:g}): windows are numbered "
                f"from the closed end"
            )
        if not self.first < self.closed_below <= self.open_above < self.last:
            raise ValueError(
                f"closed_below ({self.closed_below:g}) and open_above ({self.open_above:g}) must "
                f"lie in this order between first ({self.first:g}) and last ({self.last:g})"
            )
        return self

    @model_validator(mode="after")
    def _whole_exchanges(self) -> Sampling:
        if self.exchange is None:
            return self
        for key in ("energy_interval", "frame_interval", "checkpoint_interval"):
            if (duration := getattr(self.window, key)) is not None:
                whole(duration, self.exchange.interval, f"window.{key}", "exchange.interval")
        if self.window.n_segments < 2:
            raise ValueError(
                "exchange needs a window.duration of two segments or more: the first, the pilot, "
                "is not exchanged; lower window.segment or leave exchange out"
            )
        return self

    @property
    def centres(self) -> list[float]:
        """Centres of the windows, from the closed end."""
        return [round(float(c), 6) for c in np.linspace(self.first, self.last, self.windows)]

    @property
    def most_windows(self) -> int:
        """Windows that there may be after the last round of adaptation."""
        return min(MOST_WINDOWS, self.windows + self.adapt.rounds * self.adapt.most_added)

    def order(self, state: str) -> list[int]:
        """Windows in the order in which a pull from `state` passes them."""
        numbers = list(range(self.windows))
        return numbers if state.startswith("closed") else numbers[::-1]

    def settings(self) -> dict[str, Any]:
        """Return what decides the outcome of a run; more time and more replicas add runs only."""
        content = self.model_dump(mode="json")
        for key in ("replicas", "closed_below", "open_above", "adapt", "exchange"):
            del content[key]
        del content["window"]["duration"]
        return content


@dataclass(frozen=True)
class Drive:
    """A harmonic bias whose centre moves evenly over a segment.

    Attributes
    ----------
    start, end : float
        Centre at the segment's start and end.
    constant : float
        KJ/mol; of a separation kJ/mol/nm², and its centres are in nm.
    coordinate : {"opening", "separation"}
        What it acts on.
    """

    start: float
    end: float
    constant: float
    coordinate: Literal["opening", "separation"] = "opening"

    def centre(self, done: int, rows: int) -> float:
        """Centre in the interval after `done` of the segment's `rows` rows.

        Piecewise constant, so that the work follows from the rows alone: it is done at the jumps.
        """
        return self.start + (self.end - self.start) * min(done, rows - 1) / rows

    def record(self) -> dict[str, float]:
        """Say what it is, as records do."""
        if self.coordinate == "separation":
            return {
                "first_centre_nm": self.start,
                "last_centre_nm": self.end,
                "force_constant_kj_per_mol_per_nm2": self.constant,
            }
        return {
            "first_centre": self.start,
            "last_centre": self.end,
            "force_constant_kj_per_mol": self.constant,
        }
