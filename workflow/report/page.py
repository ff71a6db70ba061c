"""Writes the report: one self-contained HTML page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lfa1_analysis.errors import InputError
from lfa1_analysis.table import check_place, write_text
from lfa1_report.context import context, temperature
from lfa1_report.figures import INDEX, draw_all
from lfa1_report.inline import inline_svg
from lfa1_report.sources import collect


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
    entries = draw_all(found, folder, temperature(config))
    if not (folder / INDEX).is_file():
        raise InputError(f"{folder / INDEX}: was not written", "check the disk")
    sections: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        svg = inline_svg(
            folder / f"{entry['name']}.svg", entry["name"], entry["title"], entry["alt"]
        )
        sections.setdefault(entry["section"], []).append({**entry, "svg": svg})
    values = context(found, config, config_text) | {"figures": sections, "style": _style()}
    html = _environment().get_template("report.html").render(values)
    write_text(output, html)
    return found.missing


def _unbroken(text: str) -> str:
    """Keep numbers and their units on one line."""
    return re.sub(r"(?<=\d) (?=(?:Å|%|[µnpf]s)(?!\w))", "\u00a0", text)


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


def _style() -> Markup:
    environment = Environment(loader=PackageLoader("lfa1_report"), autoescape=False)
    return Markup(environment.get_template("style.css").render())
