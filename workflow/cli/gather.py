"""``lfa1 gather``: the coordinate of all umbrella windows, or of all pulls."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfa1_cli.options import add_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    add_config(parser)
    parser.add_argument("--results", type=Path, default=Path("results"), help="default: results")
    parser.add_argument(
        "--pulls", action="store_true", help="the pulls, for lfa1 pulls, and not the windows"
    )
    parser.add_argument(
        "--separation", action="store_true", help="the pulls of ICAM-1, for lfa1 separation"
    )
    parser.add_argument(
        "--output-dir",
        required=True,
        type=Path,
        help="where windows.csv (or pulls.csv) and its series go",
    )
    parser.epilog = (
        "example: lfa1 gather --config config/config.yaml --output-dir results/free_energy/windows"
    )


def run(args: argparse.Namespace) -> None:
    """Gather the windows, or pulls."""
    from lfa1_md.biased.gather import WINDOWS, gather
    from lfa1_md.biased.gather_pulls import PULLS, gather_pulls
    from lfa1_md.study.configfile import load

    if args.separation:
        from lfa1_md.biased.gather_separation import TABLE, gather_separation

        count = gather_separation(load(args.config), args.results, args.output_dir)
        print(f"{count} pulls: {args.output_dir / TABLE}")
        return
    if args.pulls:
        count = gather_pulls(load(args.config), args.results, args.output_dir)
        print(f"{count} pulls: {args.output_dir / PULLS}")
        return
    count = gather(load(args.config), args.results, args.output_dir)
    print(f"{count} runs of windows: {args.output_dir / WINDOWS}")
