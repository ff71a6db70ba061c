"""``lfa1 linkage``: the analysis's dose–response, and its figure if one is asked for."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfa1_analysis.free_energy.linkage import program as linkage
from lfa1_analysis.io.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    linkage.add_arguments(parser)
    parser.add_argument("--figure", metavar="SVG", help="draw the curve, too")


def run(args: argparse.Namespace) -> int:
    """Compute, and draw if asked; matplotlib is loaded only then."""
    if not args.figure:
        return linkage.run(args)
    place = Path(args.figure)
    if place.suffix.lower() != ".svg":
        raise InputError(f"--figure {place}: only SVG is drawn", "end its name in .svg")

    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise InputError(
            "--figure: matplotlib is not installed", "pip install 'lfa1-study[study]'"
        ) from None

    def draw(found: linkage.LinkageResult) -> dict[Path, str]:
        from lfa1_report.figures.free_energy.linkage import linkage_figure

        return {place: linkage_figure(found).svg}

    return linkage.run(args, draw)
