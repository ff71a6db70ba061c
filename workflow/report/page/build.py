"""Writes the report: one self-contained HTML page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from lfa1_analysis.comparison.verdicts import duration
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.sealed_record import sealed_text
from lfa1_analysis.io.table import check_place, write_text
from lfa1_report.figures.catalogue import INDEX, draw_all
from lfa1_report.page.context import context
from lfa1_report.sections.base import Section
from lfa1_report.sources import study_subject as subject
from lfa1_report.sources.physics import thermostat
from lfa1_report.sources.study import Results, collect
from lfa1_report.style.inline import embedded
from lfa1_report.style.style import empty_site, label


def write_page(
    results: Path,
    output: Path,
    config: Mapping[str, Any],
    config_text: str,
    figures: Path | None = None,
    systems: Sequence[str] | None = None,
    replicas: int | None = None,
    segments: int | None = None,
) -> list[str]:
    """Draw the figures and write the page.

    Parameters
    ----------
    results : Path
        The study's results folder.
    output : Path
        The HTML file; replaced whole or not at all.
    config : mapping
        The settings with all defaults filled in, quantities as text with their unit.
    config_text : str
        The configuration file itself, shown folded away.
    figures : Path, optional
        Where the figures go; by default ``results/figures``.
    systems, replicas, segments : optional
        Of the study; what else lies in the folder is left out.

    Returns
    -------
    list of str
        What was missing and is said to be so on the page.
    """
    folder = figures or results / "figures"
    check_place(output, folder / INDEX)
    found = collect(results, systems, replicas, segments)
    integrin = subject.integrins(found, config)
    with empty_site(subject.titrated(found, config)) if integrin else nullcontext():
        text = _page(found, folder, config, config_text)
    write_text(output, sealed_text(text, "<!-- {} -->"))
    return found.missing


def _page(found: Results, folder: Path, config: Mapping[str, Any], config_text: str) -> str:
    """Draw the figures and render the page."""
    drawings = draw_all(found, folder, thermostat(config))
    if not (folder / INDEX).is_file():
        raise InputError(f"{folder / INDEX}: was not written", "check the disk")
    pictures: dict[str, list[dict[str, Any]]] = {}
    for drawing in drawings:
        pictures.setdefault(drawing.section, []).append(drawing.entry() | embedded(drawing))
    environment = _environment()
    shared: dict[str, Any] = {"figures": pictures, "label": label, "duration": duration}
    values = context(found, config, config_text) | shared
    values["sections"] = [
        {"slug": each.slug, "name": each.name, "html": _set_out(environment, each, shared)}
        for each in values["sections"]
    ]
    values |= {"style": _source("style.css")}
    values["script"] = _source("page.js") + _source("view.js")
    values["plotly"] = Markup(get_plotlyjs())
    return environment.get_template("report.html").render(values)


def _set_out(environment: Environment, section: Section, shared: Mapping[str, Any]) -> Markup:
    """Render a section: its numbers by its own template, the rest as every section."""
    numbers = environment.get_template(f"numbers/{section.slug}.html")
    inner = Markup(numbers.render({**shared, **section.numbers}))
    outer = environment.get_template("section.html")
    return Markup(outer.render({**shared, "section": section, "numbers": inner}))


def _unbroken(text: str) -> str:
    """Keep numbers and their units on one line."""
    joined = re.sub(r"(?<=\d) (?=(?:Å|%|[µnpf]s)(?!\w))", "\u00a0", text)
    return Markup(joined) if isinstance(text, Markup) else joined


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("lfa1_report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = _unbroken
    return environment


def _source(name: str) -> Markup:
    """Return a style sheet or script of the page as it is."""
    file = resources.files("lfa1_report") / "templates" / name
    return Markup(file.read_text(encoding="utf-8"))
