"""``lfa1 report``: draw the figures and write the report page."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    parser.add_argument(
        "--results", type=Path, default=Path("results"), help="results folder (%(default)s)"
    )
    parser.add_argument(
        "--config", type=Path, required=True, help="configuration that the study was run with"
    )
    parser.add_argument("--output", type=Path, help="page to write (default: RESULTS/report.html)")
    parser.epilog = "example: lfa1 report --results results --config config/config.yaml"


def run(args: argparse.Namespace) -> int:
    """Write the page, and say what was missing."""
    from lfa1_md.study.configfile import load, text
    from lfa1_report.page.build import write_page

    study = load(args.config)
    output = args.output or args.results / "report.html"
    missing = write_page(args.results, output, study, text(args.config))
    for line in missing:
        print(f"not found: {line}")
    print(f"report: {output}")
    return 0
