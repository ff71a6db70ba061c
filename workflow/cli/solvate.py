"""``lfa1 solvate``: put a prepared structure into its box of water and salt."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfa1_cli.options import add_config, add_platform


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    add_config(parser)
    parser.add_argument("--state", required=True, help="state to solvate, a key of `states`")
    parser.add_argument(
        "--prepared", required=True, type=Path, help="folder with protein.cif and site.json"
    )
    parser.add_argument(
        "--output-dir", required=True, type=Path, help="where box.cif and box.json go"
    )
    add_platform(parser, "accepted as by the verbs that compute; building a box needs none")
    parser.epilog = (
        "example: lfa1 solvate --config config/config.yaml --state closed "
        "--prepared results/prepared/closed --output-dir results/solvated/closed"
    )


def run(args: argparse.Namespace) -> None:
    """Build the box."""
    from lfa1_md.box.build import solvate_state
    from lfa1_md.study.configfile import load

    print(solvate_state(load(args.config), args.state, args.prepared, args.output_dir))
