"""Steered separation: the configuration's section.

A spring between the two proteins' centres (of their Cα atoms) is lengthened at a constant speed.
It begins at the length that the box was built with, so that every replica and every member of a
matched family is pulled by the same protocol.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from lfa1_md.study.quantities import ForceConstant, Nanometres, Picoseconds, Speed, whole_multiple
from lfa1_md.study.sections import ConfigSection, Production, whole


class Separation(ConfigSection):
    """ICAM-1 pulled off the I domain by a spring between their centres, at constant speed."""

    distance: Nanometres = Field(
        gt=0, le=10, description="How far the spring is lengthened; the box is made wider for it."
    )
    speed: Speed = Field(
        gt=0, le=1000, description="Of the spring's end. 1 nm/ns is 1 m/s: see docs/separation.md."
    )
    force_constant: ForceConstant = Field(
        1000.0, gt=0, le=1e5, description="Of the spring k/2 (d − d₀)²."
    )
    replicas: int = Field(
        4,
        strict=True,
        ge=1,
        le=1000,
        description="Pulls of each system, each from an equilibration of its own.",
    )
    segment: Picoseconds = Field(gt=0, description="Length of one segment (one job).")
    frame_interval: Picoseconds = Field(gt=0, description="Time between trajectory frames.")
    force_interval: Picoseconds = Field(
        gt=0, description="Time between rows of distance and spring, and so its steps."
    )

    @property
    def duration(self) -> float:
        """Length of a pull (ps)."""
        return self.distance / self.speed * 1000

    @property
    def n_segments(self) -> int:
        """Jobs of a pull."""
        return whole_multiple(self.duration, self.segment) or 0

    @model_validator(mode="after")
    def _whole_segments(self) -> Separation:
        if not self.n_segments:
            raise ValueError(
                f"distance / speed ({self.duration:g} ps) is not a whole multiple of segment "
                f"({self.segment:g} ps); change one of the three"
            )
        for key in ("frame_interval", "force_interval"):
            whole(self.segment, getattr(self, key), "segment", key)
        return self

    def production(self) -> Production:
        """The pull as a chain of segments."""
        return Production.model_construct(
            duration=self.duration,
            segment=self.segment,
            frame_interval=self.frame_interval,
            energy_interval=self.force_interval,
            checkpoint_interval=None,
        )

    def settings(self) -> dict[str, Any]:
        """Return what decides the outcome of a pull; more replicas add runs only."""
        return {k: v for k, v in self.model_dump(mode="json").items() if k != "replicas"}
