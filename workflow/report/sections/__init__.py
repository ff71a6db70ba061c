"""The questions of the page, in their order: one module each, all set out alike.

To add a question, add a module with ``section(found, config, cites)`` that returns a
:class:`lfa1_report.sections.base.Section` or None, a template ``templates/numbers/{slug}.html``
for its tables, and the module's name below.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lfa1_report.methods.references import Bibliography
from lfa1_report.sections import (
    controls,
    effect,
    flexibility,
    free_energy,
    holding,
    integrin,
    models,
    opening,
    physics,
    separation,
    site,
    view,
)
from lfa1_report.sections.base import Section
from lfa1_report.sources.study import Results

QUESTIONS = (
    effect,
    integrin,
    view,
    opening,
    holding,
    free_energy,
    separation,
    site,
    models,
    flexibility,
    controls,
    physics,
)
"""Modules in the order of the page."""


def sections(found: Results, config: Mapping[str, Any], cites: Bibliography) -> list[Section]:
    """Return the sections that this study has something to say in."""
    made = (module.section(found, config, cites) for module in QUESTIONS)
    return [section for section in made if section is not None]
