"""Options that several verbs share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lfa1_md.study.settings import StudyConfig


def add_config(parser: argparse.ArgumentParser) -> None:
    """``--config``."""
    parser.add_argument("--config", required=True, type=Path, help="the study's configuration")


def add_platform(parser: argparse.ArgumentParser, note: str = "") -> None:
    """``--platform`` and ``--threads``."""
    group = parser.add_argument_group("where it computes", note or None)
    group.add_argument(
        "--platform", choices=("auto", "CUDA", "CPU"), help="instead of the configuration's"
    )
    group.add_argument(
        "--threads", type=int, help="CPU threads; by default all that this process may use"
    )


def add_replica(parser: argparse.ArgumentParser) -> None:
    """``--system-dir`` and ``--replica``."""
    add_system(parser)
    parser.add_argument("--replica", required=True, type=count, help="number, from 0")


def add_system(parser: argparse.ArgumentParser) -> None:
    """``--system-dir``."""
    parser.add_argument(
        "--system-dir", required=True, type=Path, help="folder written by `lfa1 build`"
    )


def add_segment(parser: argparse.ArgumentParser) -> None:
    """``--segment``."""
    parser.add_argument("--segment", required=True, type=count, help="number, from 0")


def add_max_hours(parser: argparse.ArgumentParser) -> None:
    """``--max-hours``, and how a run is stopped on purpose."""
    parser.add_argument(
        "--max-hours",
        type=_hours,
        metavar="H",
        help="write a checkpoint and end with status 75 when 99 %% of so many hours are over; "
        "SIGTERM, SIGINT and SIGUSR1 do the same at once; the same command goes on from there",
    )


def chosen_platform(args: argparse.Namespace, study: StudyConfig) -> tuple[Any, dict[str, str]]:
    """Take the platform from the command line or else from the configuration."""
    from lfa1_md.machine.platform import select

    return select(args.platform or study.platform, args.threads)


def count(text: str) -> int:
    """Read a number that counts from 0."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative; counting starts at 0")
    return value


def _hours(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number of hours")
    return value
