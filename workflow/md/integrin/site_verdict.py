"""The judge of an integrin's metal sites."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lfa1_analysis.metal_site.coordination import Donor, Site, classify
from lfa1_analysis.metal_site.rules import Demand, faults
from lfa1_analysis.metal_site.shells import SHELLS
from lfa1_analysis.metal_site.snapshot import bonds, measure
from lfa1_md.integrin.held import Held, Points
from lfa1_md.integrin.reading import Place
from lfa1_md.study.ions import SITE_IONS


@dataclass
class Verdict:
    """A judged site: what it holds, by whom, and what is wrong."""

    held: Held
    site: Site | None
    faults: list[str]
    oxygens: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return it as ``site.json`` holds it (distances in Å)."""
        ion = SITE_IONS[self.held.metal] if self.held.metal != "none" else None
        content: dict[str, Any] = {
            "metal": "none" if ion is None else ion.residue,
            "source": self.held.source,
            "residues": [label_of(p).replace(":", " ") for p in self.held.residues],
            "accepted": not self.faults,
            "faults": self.faults,
            "oxygens": self.oxygens,
        }
        if self.site is not None:
            number = self.site.coordination_number
            content["coordination_number"] = number
            content["donors"] = [
                {"atom": d.label, "distance_angstrom": round(float(r), 3), "kind": d.kind}
                for d, r in zip(self.site.bound, self.site.distances[:number], strict=True)
            ]
        return content

    def lines(self) -> list[str]:
        """Return it as lines of text."""
        if self.site is None:
            return [f"{self.held.name}: empty"]
        bound = zip(self.site.bound, self.site.distances, strict=False)
        told = ", ".join(f"{donor.label} {distance:.2f}" for donor, distance in bound)
        verdict = "accepted" if not self.faults else "; ".join(self.faults)
        return [f"{self.held.name}: {SHELLS[self.held.metal].label}, {told} Å: {verdict}"]


def judge(held: Held, metal: Points, donors: list[Donor]) -> Verdict:
    """Judge a site of a minimised model.

    Parameters
    ----------
    held : Held
    metal : ndarray, shape (3,)
        Å.
    donors : list of Donor
        Every oxygen, nitrogen and sulfur nearby; residues are called as :func:`label_of` does.
    """
    shell = SHELLS[held.metal]
    site = classify(metal, donors, shell.cutoff)
    demanded, outer = ([label_of(p) for p in places] for places in (held.demanded, held.outer))
    free = {label_of(p) for p in held.residues} - {*demanded, *outer}
    demand = Demand(held.metal, tuple(demanded), outer=tuple(outer), free=tuple(sorted(free)))
    return Verdict(held, site, faults(measure(site, demand), demand, bonds(site)))


def label_of(place: Place) -> str:
    """Return what a residue of a site is called: ``beta:ASP112``."""
    return f"{place.kind}:{place.residue.name}{place.number}"
