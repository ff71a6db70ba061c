"""``lfa1 simulate``: run one segment of production, of a pull or of an umbrella window."""

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
    count,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    add_config(parser)
    add_replica(parser)
    add_segment(parser)
    parser.add_argument(
        "--from",
        dest="start",
        required=True,
        type=Path,
        help="state to start from: equilibrated, or the end of the segment before; of a window "
        "the end of the pull's segment that reached it",
    )
    biased = parser.add_mutually_exclusive_group()
    biased.add_argument(
        "--pull",
        action="store_true",
        help="not production, but the pull of `sampling`; its segment ends where a window begins",
    )
    biased.add_argument(
        "--window",
        type=count,
        metavar="N",
        help="not production, but a window of `sampling`, counted from 0 at the closed end",
    )
    biased.add_argument(
        "--separate",
        action="store_true",
        help="not production, but the pull of `separation`, which takes ICAM-1 off",
    )
    parser.add_argument(
        "--plan",
        type=Path,
        metavar="CSV",
        help="with --window, the table of `lfa1 adapt` that lists it; without, the windows are "
        "those of the configuration",
    )
    parser.add_argument("--output-dir", required=True, type=Path, help="where segment-{k}.* go")
    add_platform(parser)
    add_max_hours(parser)
    parser.epilog = (
        "example: lfa1 simulate --config config/config.yaml "
        "--system-dir results/systems/closed-mg "
        "--from results/equilibrated/closed-mg/replica-0/state.xml.gz "
        "--replica 0 --segment 0 --output-dir results/production/closed-mg/replica-0"
    )


def run(args: argparse.Namespace) -> None:
    """Simulate a segment, or go on with it."""
    from lfa1_md.run.stopping import Stop

    with Stop(args.max_hours) as stop:
        from lfa1_md.box import system
        from lfa1_md.run import protocol
        from lfa1_md.run.segment import simulate
        from lfa1_md.study import umbrella_windows as windows
        from lfa1_md.study.configfile import load

        study = load(args.config)
        platform, properties = chosen_platform(args, study)
        solvated = system.load(args.system_dir)
        chosen = protocol.production(study, solvated.state)
        if args.pull:
            chosen = protocol.pull(study, solvated.state, args.segment)
        elif args.separate:
            chosen = protocol.separate(study, solvated, args.segment)
        elif args.window is not None:
            sampling = protocol.sampling_of(study)
            known = windows.read(args.plan, sampling) if args.plan else windows.configured(sampling)
            chosen = protocol.window(study, solvated.state, windows.find(known, args.window))
        simulate(
            solvated,
            args.start,
            study,
            args.replica,
            args.segment,
            platform,
            properties,
            args.output_dir,
            stop,
            chosen,
        )
