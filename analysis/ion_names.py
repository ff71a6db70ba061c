"""The models of Mg²⁺ by name: one table for configuration, systems, statistics and report.

Their parameters, with the source of each, are in ``workflow/md/data/ion_models.csv``.
"""

from __future__ import annotations

from typing import NamedTuple


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
