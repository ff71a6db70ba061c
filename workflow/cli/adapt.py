"""``lfa1 adapt``: after the pilot of a study's windows, which to add to all its systems."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfa1_cli.options import add_config, count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    add_config(parser)
    parser.add_argument("--results", type=Path, default=Path("results"), help="default: results")
    parser.add_argument("--round", type=count, required=True, metavar="N", help="from 1")
    parser.epilog = (
        "Writes plan.csv, proposed.csv and pilot/ into RESULTS/sampling/round-N.\n"
        "example: lfa1 adapt --config results/config.yaml --round 1\n\n"
        "For windows of another program: lfa1 windows."
    )


def run(args: argparse.Namespace) -> None:
    """Run one round and say what it adds."""
    from lfa1_analysis.io.errors import ConfigError
    from lfa1_md.biased.adapt import adapt
    from lfa1_md.run.protocol import sampling_of
    from lfa1_md.study.configfile import load

    study = load(args.config)
    rounds = sampling_of(study).adapt.rounds
    if not 1 <= args.round <= rounds:
        raise ConfigError(
            f"--round {args.round}: sampling.adapt.rounds is {rounds}", f"give 1 to {rounds}"
        )
    added = adapt(study, args.results, args.round)
    for place in added:
        print(
            f"window {place.window} at {place.centre:g}, {place.force_constant:g} kJ/mol: "
            f"{place.reason}"
        )
    print(f"round {args.round}: {len(added)} windows added")
