"""The questions of the page, in their order, all set out alike.

To add a question, write a function ``(found, study)`` that returns a
:class:`lfa1_report.sections.base.Section` or None in the module that is nearest to it, a template
``templates/sections/{slug}.html`` for its words and tables, and name the function below.
"""

from __future__ import annotations

from lfa1_md.study.settings import StudyConfig
from lfa1_report.sections.base import Section
from lfa1_report.sections.effect import controls, effect, models
from lfa1_report.sections.free_energy import free_energy
from lfa1_report.sections.icam1 import holding, separation
from lfa1_report.sections.integrin import integrin
from lfa1_report.sections.physics import physics
from lfa1_report.sections.shape import flexibility, opening, view
from lfa1_report.sections.site import metal_site
from lfa1_report.sources.study import Results

QUESTIONS = (
    effect,
    integrin,
    view,
    opening,
    holding,
    free_energy,
    separation,
    metal_site,
    models,
    flexibility,
    controls,
    physics,
)
"""In the order of the page."""


def sections(found: Results, study: StudyConfig) -> list[Section]:
    """Return the sections that this study has something to say in."""
    made = (question(found, study) for question in QUESTIONS)
    return [section for section in made if section is not None]
