"""``lfa1 equilibrate``: run a replica's equilibration stages."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfa1_cli.options import (
    add_config,
    add_max_hours,
    add_platform,
    add_replica,
    chosen_platform,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    add_config(parser)
    add_replica(parser)
    parser.add_argument(
        "--state", required=True, type=Path, help="minimised state to start from, .xml.gz"
    )
    parser.add_argument("--output-dir", required=True, type=Path, help="where state and tables go")
    add_platform(parser)
    add_max_hours(parser)
    parser.epilog = (
        "example: lfa1 equilibrate --config config/config.yaml "
        "--system-dir results/systems/closed-mg "
        "--state results/systems/closed-mg/minimised.state.xml.gz "
        "--replica 0 --output-dir results/equilibrated/closed-mg/replica-0"
    )


def run(args: argparse.Namespace) -> None:
    """Equilibrate, or go on with it."""
    from lfa1_md.run.stopping import Stop

    with Stop(args.max_hours) as stop:
        from lfa1_md.box import system
        from lfa1_md.run.equilibrate import equilibrate
        from lfa1_md.study.configfile import load

        study = load(args.config)
        platform, properties = chosen_platform(args, study)
        solvated = system.load(args.system_dir)
        equilibrate(
            solvated,
            args.state,
            study,
            args.replica,
            platform,
            properties,
            args.output_dir,
            stop,
        )
