"""Load OpenMM's force field for the combination that a configuration names."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from lfa1_md.study.force_fields import SUGARS, check_sugars, choose

if TYPE_CHECKING:
    from lfa1_md.study.sections import Chemistry


def load(chemistry: Chemistry, sugars: bool = False) -> Any:
    """Load OpenMM's `ForceField` for the combination that the configuration names.

    Parameters
    ----------
    chemistry : Chemistry
    sugars : bool
        With GLYCAM_06j's sugars.
    """
    from openmm import app

    chosen = choose(chemistry)
    if sugars:
        check_sugars(chemistry)
    files = (*chosen.files, *([SUGARS] if sugars else []))
    field = app.ForceField(*files, *([io.StringIO(chosen.extra)] if chosen.extra else []))
    if sugars:
        # GLYCAM's ACX has the atoms and bonds of the protein's cap ACE: the name decides.
        field.registerTemplateMatcher(_by_name)
    return field


def _by_name(field: Any, residue: Any, *rest: Any) -> Any:
    """Return the cap's template for a whole cap; None leaves it to the force field."""
    whole = residue.name == "ACE" and len(list(residue.atoms())) == 6
    return field._templates["ACE"] if whole else None
