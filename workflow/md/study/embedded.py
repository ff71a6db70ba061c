"""Names of structures: embedded models with what each holds, and entries of databases."""

from __future__ import annotations

import re

NAMES = ("closed", "open", "bound")
TWINS = ("closed", "open")
"""Models of the same atoms, protonated alike; `bound` has ICAM-1 besides."""
LIGANDS = {"bound": "D1"}
"""What a model holds besides the I domain, as `ligand:` of the configuration names it."""


def alike(name: str) -> tuple[str, ...]:
    """Return the models that have the same atoms as a model, itself among them."""
    return TWINS if name in TWINS else (name,)


ENTRY = re.compile(r"^[0-9][A-Za-z0-9]{3}$|^pdb_[0-9a-z]{8}$")
"""Identifier of the Protein Data Bank."""
PREDICTED = re.compile(r"^AF-[A-Z0-9]{6,10}-F[0-9]+(-model_v[0-9]+)?$")
"""Identifier of the AlphaFold database."""


def is_entry(name: str) -> bool:
    """Return whether a name may be that of a PDB entry or of an AlphaFold database model."""
    return bool(ENTRY.match(name) or PREDICTED.match(name))
