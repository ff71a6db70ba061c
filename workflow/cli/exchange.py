"""``lfa1 exchange``: run one segment of all umbrella windows with exchange among them."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfa1_cli.options import (
    add_config,
    add_max_hours,
    add_platform,
    add_replica,
    add_segment,
    chosen_platform,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    add_config(parser)
    add_replica(parser)
    add_segment(parser)
    parser.add_argument(
        "--start-dir",
        required=True,
        type=Path,
        help="the replica's folder with window-*/ and exchange/: segment 1 begins where the "
        "windows' first segments ended, later ones where the exchanged segment before did",
    )
    parser.add_argument(
        "--plan",
        type=Path,
        metavar="CSV",
        help="the table of `lfa1 adapt` that lists the windows; without, they are those of the "
        "configuration",
    )
    parser.add_argument("--output-dir", required=True, type=Path, help="where segment-{k}.* go")
    add_platform(parser)
    add_max_hours(parser)
    parser.epilog = (
        "example: lfa1 exchange --config config.yaml --system-dir results/systems/closed-mg "
        "--replica 0 --segment 1 --start-dir results/sampling/closed-mg/replica-0 "
        "--plan results/sampling/round-1/plan.csv "
        "--output-dir results/sampling/closed-mg/replica-0/exchange"
    )


def run(args: argparse.Namespace) -> None:
    """Run a segment, or go on with it."""
    from lfa1_md.run.stopping import Stop

    with Stop(args.max_hours) as stop:
        from lfa1_md.box import system
        from lfa1_md.machine.platform import require_exchange
        from lfa1_md.run import protocol
        from lfa1_md.study import umbrella_windows as windows
        from lfa1_md.study.configfile import load

        require_exchange()
        from lfa1_md.biased.exchange import exchange

        study = load(args.config)
        sampling = protocol.sampling_of(study)
        places = windows.read(args.plan, sampling) if args.plan else windows.configured(sampling)
        platform, properties = chosen_platform(args, study)
        exchange(
            system.load(args.system_dir),
            args.start_dir,
            study,
            places,
            args.replica,
            args.segment,
            platform,
            properties,
            args.output_dir,
            stop,
        )
