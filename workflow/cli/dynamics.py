"""What simulates: ``lfa1 equilibrate``, ``simulate`` and ``exchange``.

Libraries are imported after a signal to stop is listened for, since that takes seconds.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lfa1_cli.options import add_path, add_platform, add_shared, chosen_platform, count

if TYPE_CHECKING:
    from lfa1_md.study.settings import StudyConfig
    from lfa1_md.study.umbrella_windows import Place


def equilibrate_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``lfa1 equilibrate``."""
    add_shared(parser, "--config", "--system-dir", "--replica")
    add_path(parser, "--state", "minimised state to start from, .xml.gz")
    add_path(parser, "--output-dir", "where state and tables go")
    add_platform(parser)
    add_shared(parser, "--max-hours")
    parser.epilog = (
        "example: lfa1 equilibrate --config config/config.yaml "
        "--system-dir results/systems/closed-mg "
        "--state results/systems/closed-mg/minimised.state.xml.gz "
        "--replica 0 --output-dir results/equilibrated/closed-mg/replica-0"
    )


def equilibrate(args: argparse.Namespace) -> None:
    """Equilibrate a replica, or go on with it."""
    from lfa1_md.run.stopping import Stop

    with Stop(args.max_hours) as stop:
        from lfa1_md.box import system
        from lfa1_md.run.equilibrate import equilibrate
        from lfa1_md.study.configfile import load

        study = load(args.config)
        compute = chosen_platform(args, study)
        solvated = system.load(args.system_dir)
        equilibrate(solvated, args.state, study, args.replica, *compute, args.output_dir, stop)


def simulate_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``lfa1 simulate``."""
    add_shared(parser, "--config", "--system-dir", "--replica", "--segment")
    add_path(
        parser,
        "--from",
        "state to start from: equilibrated, or the end of the segment before; of a window the end "
        "of the pull's segment that reached it",
        dest="start",
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
    add_shared(parser, "--plan")
    add_path(parser, "--output-dir", "where segment-{k}.* go")
    add_platform(parser)
    add_shared(parser, "--max-hours")
    parser.epilog = (
        "example: lfa1 simulate --config config/config.yaml "
        "--system-dir results/systems/closed-mg "
        "--from results/equilibrated/closed-mg/replica-0/state.xml.gz "
        "--replica 0 --segment 0 --output-dir results/production/closed-mg/replica-0"
    )


def simulate(args: argparse.Namespace) -> None:
    """Simulate a segment of production, of a pull or of an umbrella window, or go on with it."""
    from lfa1_md.run.stopping import Stop

    with Stop(args.max_hours) as stop:
        from lfa1_md.box import system
        from lfa1_md.run import protocol
        from lfa1_md.run.segment import simulate
        from lfa1_md.study import umbrella_windows as windows
        from lfa1_md.study.configfile import load

        study = load(args.config)
        compute = chosen_platform(args, study)
        solvated = system.load(args.system_dir)
        chosen = protocol.production(study, solvated.state)
        if args.pull:
            chosen = protocol.pull(study, solvated.state, args.segment)
        elif args.separate:
            chosen = protocol.separate(study, solvated, args.segment)
        elif args.window is not None:
            place = windows.find(_windows(args.plan, study), args.window)
            chosen = protocol.window(study, solvated.state, place)
        which = (args.start, study, args.replica, args.segment)
        simulate(solvated, *which, *compute, args.output_dir, stop, chosen)


def exchange_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``lfa1 exchange``."""
    add_shared(parser, "--config", "--system-dir", "--replica", "--segment")
    add_path(
        parser,
        "--start-dir",
        "the replica's folder with window-*/ and exchange/: segment 1 begins where the windows' "
        "first segments ended, later ones where the exchanged segment before did",
    )
    add_shared(parser, "--plan")
    add_path(parser, "--output-dir", "where segment-{k}.* go")
    add_platform(parser)
    add_shared(parser, "--max-hours")
    parser.epilog = (
        "example: lfa1 exchange --config config.yaml --system-dir results/systems/closed-mg "
        "--replica 0 --segment 1 --start-dir results/sampling/closed-mg/replica-0 "
        "--plan results/sampling/round-1/plan.csv "
        "--output-dir results/sampling/closed-mg/replica-0/exchange"
    )


def exchange(args: argparse.Namespace) -> None:
    """Run a segment of all umbrella windows with exchange among them, or go on with it."""
    from lfa1_md.run.stopping import Stop

    with Stop(args.max_hours) as stop:
        from lfa1_md.box import system
        from lfa1_md.machine.platform import require_exchange
        from lfa1_md.study.configfile import load

        require_exchange()
        from lfa1_md.biased.exchange import exchange

        study = load(args.config)
        places = _windows(args.plan, study)
        compute = chosen_platform(args, study)
        solvated = system.load(args.system_dir)
        which = (args.start_dir, study, places, args.replica, args.segment)
        exchange(solvated, *which, *compute, args.output_dir, stop)


def _windows(table: Path | None, study: StudyConfig) -> list[Place]:
    """Return the umbrella windows of a table, or those of the configuration."""
    from lfa1_md.run.protocol import sampling_of
    from lfa1_md.study import umbrella_windows as windows

    sampling = sampling_of(study)
    return windows.read(table, sampling) if table else windows.configured(sampling)
