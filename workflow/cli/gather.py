"""``lfa1 gather``: the coordinate of all umbrella windows, for ``lfa1 pmf``."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfa1_cli.options import add_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    add_config(parser)
    parser.add_argument("--results", type=Path, default=Path("results"), help="default: results")
    parser.add_argument(
        "--output-dir", required=True, type=Path, help="where windows.csv and its series go"
    )
    parser.epilog = (
        "example: lfa1 gather --config config/config.yaml --output-dir results/free_energy/windows"
    )


def run(args: argparse.Namespace) -> None:
    """Gather the windows."""
    from lfa1_md.configfile import load
    from lfa1_md.gather import WINDOWS, gather

    count = gather(load(args.config), args.results, args.output_dir)
    print(f"{count} runs of windows: {args.output_dir / WINDOWS}")
