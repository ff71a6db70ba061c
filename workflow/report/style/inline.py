"""What the page is put together with: its templates, and figures as SVG that follows its look."""

from __future__ import annotations

import base64
import gzip
import json
import re

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from lfa1_report.style.style import GRID, INK, Drawing

_SVG = re.compile(r"<svg\b.*</svg>", re.DOTALL)
_DARK = ("0072b2", "d55e00", "004c6d", "7a5195", "2f4b7c", "00876c", "009e73")
"""Colours that are too dark on a dark page; its style sheet has a variable for each."""


def embedded(drawing: Drawing) -> dict[str, str]:
    """Return what the page holds of a figure.

    Returns
    -------
    dict
        ``svg``: markup; ``axes``: JSON; ``csv``: its data, gzip in base64.
    """
    entry = drawing.entry()
    packed = gzip.compress(drawing.files()[f"{drawing.name}.csv"].encode(), mtime=0)
    return {
        "svg": inline_svg(drawing.svg, drawing.name, drawing.title, entry["alt"]),
        "axes": drawing.axes,
        "csv": Markup(base64.b64encode(packed).decode("ascii")),
    }


def script_json(content: object) -> Markup:
    """Return JSON in which nothing can end the script element that holds it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))


def inline_svg(source: str, name: str, title: str, alt: str) -> Markup:
    """Return an SVG picture as markup for the page.

    Parameters
    ----------
    source : str
        From `lfa1_report.style.style.draw`.
    name : str
        Prefix that makes the ids unique within the page.
    title, alt : str
        What assistive technology reads.

    Notes
    -----
    Ink, grid and dark colours become ``currentColor`` and variables of the page, so that the
    figure follows light and dark mode. What belongs to one replica is marked ``data-replica``.
    """
    match = _SVG.search(source)
    assert match is not None, name
    svg = re.sub(r"<metadata>.*?</metadata>", "", match[0], flags=re.DOTALL)
    svg = re.sub(r"<(title)>.*?</\1>", "", svg, count=1, flags=re.DOTALL)
    # A hundredth of a point is finer than any screen.
    svg = re.sub(r"(\d\.\d\d)\d+", r"\1", svg)
    prefix = re.sub(r"[^A-Za-z0-9]", "-", name)
    mark = r'<g data-replica="\1"><title>replica \1</title>'
    svg = re.sub(r'<g id="replica-(\d+)-\d+">', mark, svg)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    svg = svg.replace(INK, "currentColor").replace(GRID, "var(--grid)")
    svg = re.sub(rf"#({'|'.join(_DARK)})\b", r"var(--c\1)", svg)
    svg = svg.replace("'DejaVu Sans', sans-serif", "var(--sans)")
    svg = re.sub(r"font: ([\d.a-z ]*?)'DejaVu Sans'", r"font: \1var(--sans)", svg)
    opening = re.match(r"<svg\b[^>]*>", svg)
    assert opening is not None
    box = re.search(r'viewBox="[^"]+"', opening[0])
    head = (
        f'<svg {box[0] if box else ""} xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'aria-labelledby="{prefix}-title {prefix}-desc">'
        f'<title id="{prefix}-title">{escape(title)}</title>'
        f'<desc id="{prefix}-desc">{escape(alt)}</desc>'
    )
    return Markup(head + svg[opening.end() :])


def _unbroken(text: str) -> str:
    """Keep numbers and their units on one line."""
    joined = re.sub(r"(?<=\d) (?=(?:Å|%|[µnpf]s)(?!\w))", "\u00a0", text)
    return Markup(joined) if isinstance(text, Markup) else joined


def environment() -> Environment:
    """Return what renders the templates of the page."""
    made = Environment(
        loader=PackageLoader("lfa1_report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["unbroken"] = _unbroken
    return made
