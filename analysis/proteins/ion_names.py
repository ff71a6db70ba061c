"""What ions are called: in the files of the common programs, and the models of Mg²⁺ here.

One table of each for configuration, preparation, systems, analysis and report. The models'
parameters, with the source of each, are in ``workflow/md/data/ion_models.csv``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

DIVALENT = frozenset(["Mg", "Ca", "Mn", "Zn", "Co", "Ni", "Cd", "Fe", "Sr", "Ba", "Cu"])
"""Elements whose ion may be the metal of a MIDAS."""
MONOVALENT = frozenset(["Na", "K", "Li", "Rb", "Cs"])
"""Cations that may sit in a MIDAS that has lost its metal."""
HALIDES = frozenset(["Cl", "Br"])

ELEMENTS: dict[str, str] = {
    **{element.upper(): element for element in DIVALENT | MONOVALENT | HALIDES},
    # CHARMM and NAMD
    **{"CAL": "Ca", "CAD": "Cd", "BAR": "Ba", "SOD": "Na", "POT": "K", "LIT": "Li"},
    **{"RUB": "Rb", "CES": "Cs", "CLA": "Cl"},
    # AMBER: residues of ions94.lib and older, and the types of their atoms
    **{"C0": "Ca", "CIO": "Na", "CIP": "Na", "IP": "Na", "IB": "Na", "CIM": "Cl", "IM": "Cl"},
    # wwPDB, besides the elements
    **{"3CO": "Co", "3NI": "Ni", "CU1": "Cu", "CUA": "Cu"},
    # Others that people have
    **{"MGN": "Mg", "MGII": "Mg", "CAII": "Ca", "MNII": "Mn", "ZNII": "Zn"},
}
"""Element by the name, in capitals, of an ion's residue or atom."""
_CHARGED = re.compile(r"([A-Z]{1,3})(?:\d?[+-]{0,2}\d?|\d[PM])")
"""A name and its charge: ``MG2+``, ``CA+2``, ``NA+``, ``Cl-``, ``ZN2``, ``MN2P``."""


def ion_element(name: str) -> str:
    """Return the element that an ion's residue or atom name stands for, or ``""``.

    >>> ion_element("MG2+"), ion_element("SOD"), ion_element("MN2P"), ion_element("ALA")
    ('Mg', 'Na', 'Mn', '')
    """
    plain = name.strip().upper()
    charged = _CHARGED.fullmatch(plain)
    return ELEMENTS.get(plain, ELEMENTS.get(charged[1], "") if charged else "")


class IonModel(NamedTuple):
    """How a model of the metal is called, and what it was not made for."""

    slug: str
    """In names of systems, ``closed-mg_1264``; empty if it never stands beside another model."""
    short: str
    """In legends and verdicts."""
    title: str
    caveat: str
    """What to know before believing it; the report prints it."""


MODELS: dict[str, IonModel] = {
    "CM": IonModel(
        "cm",
        "12-6 CM",
        "Li/Merz 12-6, compromise set",
        "12-6 gives neither the hydration free energy nor the distance exactly; over-binds "
        "carboxylates",
    ),
    "HFE": IonModel(
        "hfe",
        "12-6 HFE",
        "Li/Merz 12-6, hydration free energy set",
        "binds water too closely (distance too short); over-binds carboxylates",
    ),
    "IOD": IonModel(
        "iod",
        "12-6 IOD",
        "Li/Merz 12-6, ion–oxygen distance set",
        "hydration free energy too weak; over-binds carboxylates",
    ),
    "12-6-4": IonModel(
        "1264",
        "12-6-4",
        "Li/Merz 12-6-4",
        "fitted to water alone; protein ligands follow from their polarisability",
    ),
    "microMg": IonModel(
        "micromg",
        "microMg",
        "microMg",
        "fitted to water, Cl⁻ and RNA; nothing was fitted to protein ligands",
    ),
    "nanoMg": IonModel(
        "nanomg",
        "nanoMg",
        "nanoMg",
        "fitted to water, Cl⁻ and RNA, with faster water exchange than experiment; nothing "
        "was fitted to protein ligands",
    ),
    "CHARMM36": IonModel("", "CHARMM36", "CHARMM36", "no correction for carboxylates"),
}
"""By the name that the configuration gives them (`chemistry.ion_model`, `ion_models`)."""

SHAM = "sham"
MG_SHAM = f"mg_{SHAM}"
"""Mg²⁺ at the site as in ``mg``, while a Cl⁻ and a Na⁺ of the solvent have changed places: the
control of the exchange of ions by which systems without the metal stay neutral."""

BESIDE: dict[str, str] = {item.slug: name for name, item in MODELS.items() if item.slug}
"""Those that systems can have beside the study's first one: slug → name."""
