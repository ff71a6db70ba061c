"""Names of the embedded models, and what each holds."""

from __future__ import annotations

NAMES = ("closed", "open", "bound")
TWINS = ("closed", "open")
"""Models of the same atoms, protonated alike; `bound` has ICAM-1 besides."""
LIGANDS = {"bound": "D1"}
"""What a model holds besides the I domain, as `ligand:` of the configuration names it."""


def alike(name: str) -> tuple[str, ...]:
    """Return the models that have the same atoms as a model, itself among them."""
    return TWINS if name in TWINS else (name,)
