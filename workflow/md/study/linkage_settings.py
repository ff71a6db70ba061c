"""The configuration's section on the dose–response: binding constants and serum levels."""

from __future__ import annotations

from pydantic import Field, model_validator

from lfa1_md.study.quantities import Molar
from lfa1_md.study.sections import ConfigSection

_SOURCE = "Where it comes from; required with it, and shown in the report."


class Linkage(ConfigSection):
    """From ΔΔG to the fraction open against [Mg²⁺].

    Without constants the published ones of `docs/linkage.md` are taken. None of this changes a
    simulation.
    """

    k_mg: Molar | None = Field(
        None, gt=0, le=1, description="Apparent dissociation constant of Mg²⁺ and the site."
    )
    k_mg_factor: float | None = Field(
        None,
        strict=True,
        ge=1,
        le=100,
        description="Its uncertainty: one standard deviation of ln K is ln of it.",
    )
    k_mg_source: str = Field("", description=_SOURCE)
    k_ca: Molar | None = Field(
        None, gt=0, le=1, description="Apparent dissociation constant of Ca²⁺ and the site."
    )
    k_ca_factor: float | None = Field(
        None, strict=True, ge=1, le=100, description="Its uncertainty, as above."
    )
    k_ca_source: str = Field("", description=_SOURCE)
    calcium: Molar = Field(1.2e-3, ge=0, le=1, description="Free Ca²⁺, which competes.")
    magnesium: Molar = Field(
        0.55e-3,
        gt=0,
        le=1,
        description="Free Mg²⁺ that counts as normal; half and twice are compared.",
    )

    @model_validator(mode="after")
    def _with_sources(self) -> Linkage:
        for ion in ("mg", "ca"):
            given, source = getattr(self, f"k_{ion}"), getattr(self, f"k_{ion}_source").strip()
            if given is not None and not source:
                raise ValueError(f"k_{ion} has no source; add k_{ion}_source")
            if given is None and source:
                raise ValueError(f"k_{ion}_source is of no constant; add k_{ion}, or remove it")
        return self

    def arguments(self) -> list[str]:
        """Options of ``lfa1 linkage`` that say the same."""
        found = [f"--calcium={self.calcium:.12g} M", f"--magnesium={self.magnesium:.12g} M"]
        for ion in ("mg", "ca"):
            if (molar := getattr(self, f"k_{ion}")) is not None:
                found += [f"--k-{ion}={molar:.12g} M"]
                found += [f"--k-{ion}-source={getattr(self, f'k_{ion}_source')}"]
            if (factor := getattr(self, f"k_{ion}_factor")) is not None:
                found += [f"--k-{ion}-factor={factor:.12g}"]
        return found
