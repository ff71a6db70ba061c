"""``lfa1 figures``: draw every figure the results allow, each as SVG with its data as CSV."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from lfa1_analysis.io.table import as_json, checksums, write_texts
from lfa1_report.figures.chain import overlay_figures, rmsf_figures
from lfa1_report.figures.effect import control_figures, effect_figures
from lfa1_report.figures.free_energy.profile import free_energy_figures
from lfa1_report.figures.icam1 import interface_figures, separation_figures
from lfa1_report.figures.metal_site import gate_figures, site_figures
from lfa1_report.figures.opening import opening_figures
from lfa1_report.figures.physics import sanity_figures
from lfa1_report.sources.study import Results, collect
from lfa1_report.style.style import Drawing

INDEX = "index.json"
CHECKSUMS = "checksums.json"
"""Of the other files in the folder."""


def draw_all(found: Results, folder: Path, target_kelvin: float | None) -> list[Drawing]:
    """Draw into `folder` and return the drawings.

    Parameters
    ----------
    found : Results
    folder : Path
        Gets ``{name}.svg``, ``{name}.csv``, ``index.json``, the list of them, and
        ``checksums.json``.
    target_kelvin : float or None
        Temperature of the thermostat, drawn as a line.
    """
    drawings = [
        *opening_figures(found),
        *overlay_figures(),
        *free_energy_figures(found),
        *separation_figures(found.separation),
        *effect_figures(found),
        *interface_figures(found),
        *gate_figures(found),
        *site_figures(found),
        *rmsf_figures(found),
        *control_figures(found),
        *sanity_figures(found, target_kelvin),
    ]
    entries = [drawing.entry() for drawing in drawings]
    texts = {folder / name: text for d in drawings for name, text in d.files().items()}
    texts[folder / INDEX] = json.dumps(entries, indent=1, ensure_ascii=False) + "\n"
    texts[folder / CHECKSUMS] = as_json({"files": checksums(texts)})
    write_texts(texts)
    return drawings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    parser.add_argument(
        "--results", type=Path, default=Path("results"), help="results folder (%(default)s)"
    )
    parser.add_argument(
        "--output-dir", type=Path, help="where the figures go (default: RESULTS/figures)"
    )
    parser.add_argument(
        "--temperature", type=float, metavar="K", help="thermostat temperature, drawn as a line"
    )
    parser.epilog = "example: lfa1 figures --results results"


def run(args: argparse.Namespace) -> int:
    """Draw, and say how many."""
    folder = args.output_dir or args.results / "figures"
    drawings = draw_all(collect(args.results), folder, args.temperature)
    print(f"{len(drawings)} figures in {folder}")
    return 0
