"""The section `integrin` of a state: an integrin's headpiece or ectodomain as the system."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

SiteMetal = Literal["mg", "ca", "mn", "none"]
SiteName = Literal["alpha_i_midas", "propeller", "genu", "beta_i_midas", "admidas", "symbs"]
Domain = Literal[
    "propeller",
    "alpha_i",
    "thigh",
    "calf_1",
    "calf_2",
    "psi",
    "hybrid",
    "beta_i",
    "i_egf_1",
    "i_egf_2",
    "i_egf_3",
    "i_egf_4",
    "beta_tail",
]

HEADPIECE: tuple[str, ...] = (
    "propeller",
    "alpha_i",
    "thigh",
    "psi",
    "hybrid",
    "beta_i",
    "i_egf_1",
)
"""Domains of the headpiece: α down to the thigh, β down to the first I-EGF module."""
NATURAL: dict[str, str] = {
    "alpha_i_midas": "mg",
    "propeller": "ca",
    "genu": "ca",
    "beta_i_midas": "mg",
    "admidas": "ca",
    "symbs": "ca",
}
"""What each site holds in crystals of integrins grown in Mg²⁺ and Ca²⁺ (4WJK: Mg²⁺ at the βI MIDAS,
Ca²⁺ at all others that it has)."""


class SiteOccupants(BaseModel):
    """The occupants of the metal sites; one that is not named keeps its usual ion."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alpha_i_midas: SiteMetal | None = Field(
        None, description="MIDAS of the αI domain; by default Mg²⁺."
    )
    propeller: SiteMetal | None = Field(
        None, description="All Ca²⁺ loops of the β-propeller alike; by default Ca²⁺."
    )
    genu: SiteMetal | None = Field(None, description="The α knee; by default Ca²⁺.")
    beta_i_midas: SiteMetal | None = Field(
        None, description="MIDAS of the βI domain; by default Mg²⁺."
    )
    admidas: SiteMetal | None = Field(None, description="Beside it; by default Ca²⁺.")
    symbs: SiteMetal | None = Field(None, description="On its other side (LIMBS); by default Ca²⁺.")

    def wanted(self, site: str) -> tuple[str, bool]:
        """Return the metal of a site (``none`` for an empty one), and whether it was asked for.

        Parameters
        ----------
        site : str
            As in `lfa1_analysis.proteins.integrins.subunits.SITES`; ``propeller_1`` … follow
            `propeller`.
        """
        key = group(site)
        given = getattr(self, key)
        return (NATURAL[key] if given is None else str(given)), given is not None

    @property
    def metals(self) -> set[str]:
        """Kinds of metal that some site may hold."""
        return {self.wanted(key)[0] for key in type(self).model_fields} - {"none"}


def group(site: str) -> str:
    """Return the key of `SiteOccupants` that a site belongs to: ``propeller_2`` → ``propeller``."""
    return "propeller" if site.startswith("propeller") else site


class Construct(BaseModel):
    """An integrin's α and β chain together, of any pair, in place of the αL I domain alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    span: Literal["headpiece", "ectodomain"] = Field(
        "headpiece",
        description="`headpiece`: propeller, αI, thigh; PSI, hybrid, βI, I-EGF 1. `ectodomain`: "
        "all domains. Domains that the structure does not show are reported, not built.",
    )
    domains: list[Domain] | None = Field(
        None,
        min_length=1,
        description="Exactly these domains instead of `span`; one that is not there is refused.",
    )
    alpha: str | None = Field(None, description="Chain of the α subunit; found by alignment.")
    beta: str | None = Field(None, description="Chain of the β subunit; found by alignment.")
    longest_loop: int = Field(
        12,
        strict=True,
        ge=1,
        le=20,
        description="Residues; missing stretches up to this length are built with `gaps: model`.",
    )
    longer_gaps: Literal["refuse", "cap"] = Field(
        "refuse",
        description="What `gaps: model` does with longer ones: refuse, or leave them out and cap "
        "both ends.",
    )
    glycans: Literal["cut", "keep"] = Field(
        "cut",
        description="N-glycans: take all off (each is listed in `site.json`), or keep what the "
        "structure shows, with GLYCAM; that needs `force_field: ff14SB`.",
    )
    sites: SiteOccupants = Field(
        default_factory=lambda: SiteOccupants.model_validate({}),
        description="The occupants of the metal sites; see below.",
    )
    titrate: SiteName = Field(
        "beta_i_midas",
        description="The site that the top-level `ions` are about. The state is prepared with what "
        "`sites` says of it, and its systems differ there alone: `{state}-{ion}`.",
    )

    @model_validator(mode="after")
    def _titrated(self) -> Construct:
        if self.titrate == "propeller":
            raise ValueError(
                "titrate: the propeller has several sites; titrate another one, or make a state "
                "with `sites: {propeller: none}`"
            )
        if getattr(self.sites, self.titrate) == "none":
            raise ValueError(
                f"sites.{self.titrate} is `none`, but it is the site that `ions` are about: name "
                "the ion that it is prepared with, and let `ions: [apo]` empty it"
            )
        return self

    @property
    def kept(self) -> tuple[str, ...] | None:
        """Domains to keep; None for all."""
        if self.domains is not None:
            return tuple(self.domains)
        return HEADPIECE if self.span == "headpiece" else None

    @property
    def reference(self) -> str:
        """The ion that the titrated site is prepared with."""
        return self.sites.wanted(self.titrate)[0]
