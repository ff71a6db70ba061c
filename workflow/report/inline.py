"""Puts SVG figures into the page: no prolog, unique ids, page colours, an accessible name."""

from __future__ import annotations

import re
from pathlib import Path

from markupsafe import Markup, escape

from lfa1_analysis.errors import InputError
from lfa1_report.style import GRID, INK

_SVG = re.compile(r"<svg\b.*</svg>", re.DOTALL)


def inline_svg(path: Path, name: str, title: str, alt: str) -> Markup:
    """Return an SVG file as markup for the page.

    Parameters
    ----------
    path : Path
        Written by `lfa1_report.style.draw`.
    name : str
        Prefix that makes the ids unique within the page.
    title, alt : str
        What assistive technology reads.

    Notes
    -----
    Ink and grid colours become ``currentColor`` and a variable of the page, so that the figure
    follows light and dark mode.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", "run lfa1 figures again") from None
    match = _SVG.search(text)
    if match is None:
        raise InputError(f"{path}: holds no SVG picture", "run lfa1 figures again")
    svg = re.sub(r"<metadata>.*?</metadata>", "", match[0], flags=re.DOTALL)
    svg = re.sub(r"<(title)>.*?</\1>", "", svg, count=1, flags=re.DOTALL)
    prefix = re.sub(r"[^A-Za-z0-9]", "-", name)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    svg = svg.replace(INK, "currentColor").replace(GRID, "var(--grid)")
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
