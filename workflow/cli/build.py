"""``lfa1 build``: make a system from the box of its state."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfa1_cli.options import add_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    add_config(parser)
    parser.add_argument("--system", required=True, help="which, as {state}-{ion}")
    parser.add_argument(
        "--solvated", required=True, type=Path, help="folder with box.cif and box.json"
    )
    parser.add_argument("--output-dir", required=True, type=Path, help="the system's folder")
    parser.epilog = (
        "example: lfa1 build --config config/config.yaml --system closed-apo "
        "--solvated results/solvated/closed --output-dir results/systems/closed-apo"
    )


def run(args: argparse.Namespace) -> None:
    """Build the system."""
    from lfa1_md.box.build import build
    from lfa1_md.study.configfile import load

    print(build(load(args.config), args.system, args.solvated, args.output_dir))
