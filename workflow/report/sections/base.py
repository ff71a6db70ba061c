"""What a section of the page is: one question, answered in the same five parts each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Section:
    """One question of the page.

    A function of `lfa1_report.sections` returns one, or None where the study has nothing to say
    about the question. The page sets all of them out alike.

    Attributes
    ----------
    slug : str
        Its anchor, and the name of its template ``templates/sections/{slug}.html``, which has the
        question, one paragraph on what was looked at and what came out, what must not be concluded
        from it, and the tables that are folded away.
    name : str
        One or two words for the contents.
    pictures : str
        ``section`` of the drawings that belong to it: the first is shown, the others are folded
        away with the numbers. ``""``: it has none, or its template draws them.
    numbers : mapping
        Values for its template.
    alerts : tuple of (str, tuple of str)
        Warnings that stand above all else: heading and lines.
    stage : str
        Template in ``templates/stage/`` that stands where the picture does, for what is more than
        a figure; it shows the first drawing itself.
    """

    slug: str
    name: str
    pictures: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)
    alerts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    stage: str = ""
