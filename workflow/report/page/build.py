"""Writes the report: one self-contained HTML page."""

from __future__ import annotations

from contextlib import nullcontext
from importlib import resources
from pathlib import Path
from statistics import median
from typing import Any

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from lfa1_analysis.comparison.findings import about
from lfa1_analysis.comparison.relevance import MOTION_NS
from lfa1_analysis.comparison.verdicts import duration
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.sealed_record import sealed_text
from lfa1_analysis.io.table import check_place, write_text
from lfa1_md.study.settings import StudyConfig
from lfa1_report.figures.catalogue import INDEX, draw_all
from lfa1_report.methods.references import Bibliography
from lfa1_report.methods.text import methods
from lfa1_report.page.summary import summary
from lfa1_report.sections import sections
from lfa1_report.sections.base import Section
from lfa1_report.sources import proteins
from lfa1_report.sources.provenance import provenance
from lfa1_report.sources.study import Results, collect
from lfa1_report.style.inline import embedded, environment
from lfa1_report.style.style import empty_site, label

DEMONSTRATION_NS = 100.0
"""Runs shorter than this are called a demonstration whatever the configuration says."""


def write_page(
    results: Path,
    output: Path,
    study: StudyConfig,
    config_text: str,
    figures: Path | None = None,
) -> list[str]:
    """Draw the figures and write the page.

    Parameters
    ----------
    results : Path
        The study's results folder; what in it is not of the study is left out.
    output : Path
        The HTML file; replaced whole or not at all.
    study : StudyConfig
    config_text : str
        The configuration file itself, shown folded away.
    figures : Path, optional
        Where the figures go; by default ``results/figures``.

    Returns
    -------
    list of str
        What was missing and is said to be so on the page.
    """
    folder = figures or results / "figures"
    check_place(output, folder / INDEX)
    found = collect(results, study.systems, study.replicas, study.production.n_segments)
    integrin = proteins.integrins(found, study)
    with empty_site(proteins.titrated(found, study)) if integrin else nullcontext():
        text = _page(found, folder, study, config_text)
    write_text(output, sealed_text(text, "<!-- {} -->"))
    return found.missing


def _page(found: Results, folder: Path, study: StudyConfig, config_text: str) -> str:
    """Draw the figures and render the page."""
    pictures: dict[str, list[dict[str, Any]]] = {}
    for drawing in draw_all(found, folder, study.chemistry.temperature):
        pictures.setdefault(drawing.section, []).append(drawing.entry() | embedded(drawing))
    if not (folder / INDEX).is_file():
        raise InputError(f"{folder / INDEX}: was not written", "check the disk")
    templates, cites = environment(), Bibliography()
    shared = {"figures": pictures, "label": label, "duration": duration, "cites": cites}
    shortest = demonstration(found, study)

    def rendered_section(section: Section) -> dict[str, str]:
        template = templates.get_template(f"sections/{section.slug}.html")
        html = template.render({**shared, **section.numbers, "section": section})
        return {"slug": section.slug, "name": section.name, "html": Markup(html)}

    # Sections come before the methods: references are numbered in order of first use.
    rendered = [rendered_section(each) for each in sections(found, study)]
    return templates.get_template("report.html").render(
        shared,
        title=study.title,
        demonstration=shortest,
        runs=len(found.keys),
        total=duration(sum(found.length_ps(*key) for key in found.keys) / 1000),
        summary=summary(found, study, shortest),
        sections=rendered,
        methods=methods(found, study, cites),
        references=cites.used,
        provenance=provenance(found),
        config=config_text,
        missing=found.missing,
        style=_source("style.css"),
        script=_source("page.js") + _source("view.js"),
        plotly=Markup(get_plotlyjs()),
    )


def demonstration(found: Results, study: StudyConfig) -> dict[str, str] | None:
    """Length of the median run, and how many times longer the motion takes; None for a study."""
    typical = median(found.length_ps(*key) for key in found.keys) / 1000
    if not study.demonstration and not typical < DEMONSTRATION_NS:
        return None
    return {"length": duration(typical), "ratio": about(MOTION_NS / typical) if typical else "?"}


def _source(name: str) -> Markup:
    """Return a style sheet or script of the page as it is."""
    file = resources.files("lfa1_report") / "templates" / name
    return Markup(file.read_text(encoding="utf-8"))
