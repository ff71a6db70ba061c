"""What can sit at the metal site, and what each kind is called in files.

A new kind is one row here, once the force fields have parameters for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from openmm import app


@dataclass(frozen=True)
class SiteIon:
    """A kind of ion at the metal site.

    Attributes
    ----------
    residue, atom : str
        Names in topologies, equal to those of the force fields.
    element : openmm.app.Element
    charge : int
        In elementary charges.
    label : str
        For people.
    """

    residue: str
    atom: str
    element: app.Element
    charge: int
    label: str


REFERENCE = "mg"
"""The kind that structures are prepared with; the others' systems are made from its box."""

SITE_IONS: dict[str, SiteIon | None] = {
    "mg": SiteIon("MG", "MG", app.element.magnesium, 2, "Mg²⁺"),
    "apo": None,
    "ca": SiteIon("CA", "CA", app.element.calcium, 2, "Ca²⁺"),
    "mn": SiteIon("MN", "MN", app.element.manganese, 2, "Mn²⁺"),
    "na": SiteIon("NA", "NA", app.element.sodium, 1, "Na⁺"),
}
"""Kinds by the name that the configuration and the systems use; None is an empty site."""

CATION, ANION = "NA", "CL"
"""Residue and atom names of the monovalent ions in the solvent."""
CATION_ELEMENT, ANION_ELEMENT = app.element.sodium, app.element.chlorine
WATER = "HOH"
FIXED_CHAIN = "S"
"""Chain of the metals at an integrin's other sites, which all systems of a state hold alike."""


def kind_of(member: str) -> SiteIon | None:
    """Return what sits at the site of a family's member: ``mg``, ``apo``, or ``mg_1264``."""
    return SITE_IONS[member.partition("_")[0]]


def charge_of(member: str) -> int:
    """Charge of what sits at the site of a family's member (elementary charges)."""
    kind = kind_of(member)
    return 0 if kind is None else kind.charge
