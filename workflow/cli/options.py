"""Options that several verbs share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lfa1_md.study.settings import StudyConfig


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


SHARED: dict[str, dict[str, Any]] = {
    "--config": {"required": True, "type": Path, "help": "the study's configuration"},
    "--state": {"required": True, "help": "a state, which is a key of `states` in it"},
    "--system-dir": {"required": True, "type": Path, "help": "folder written by `lfa1 build`"},
    "--replica": {"required": True, "type": count, "help": "number, from 0"},
    "--segment": {"required": True, "type": count, "help": "number, from 0"},
    "--results": {"type": Path, "default": Path("results"), "help": "default: results"},
    "--max-hours": {
        "type": _hours,
        "metavar": "H",
        "help": "write a checkpoint and end with status 75 when 99 %% of so many hours are over; "
        "SIGTERM, SIGINT and SIGUSR1 do the same at once; the same command goes on from there",
    },
    "--plan": {
        "type": Path,
        "metavar": "CSV",
        "help": "the table of `lfa1 adapt` that lists the windows; without, they are those of the "
        "configuration",
    },
}


def add_shared(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add some of the shared options."""
    for name in names:
        parser.add_argument(name, **SHARED[name])


def add_path(parser: argparse.ArgumentParser, name: str, help: str, **more: Any) -> None:
    """Add a required option that names a file or folder."""
    parser.add_argument(name, required=True, type=Path, help=help, **more)


def add_platform(parser: argparse.ArgumentParser, note: str = "") -> None:
    """Add ``--platform`` and ``--threads``."""
    group = parser.add_argument_group("where it computes", note or None)
    group.add_argument("--platform", help="auto, CUDA or CPU, instead of the configuration's")
    group.add_argument(
        "--threads", type=int, help="CPU threads; by default all that this process may use"
    )


def chosen_platform(args: argparse.Namespace, study: StudyConfig) -> tuple[Any, dict[str, str]]:
    """Take the platform from the command line or else from the configuration."""
    from lfa1_md.machine.platform import select

    return select(args.platform or study.platform, args.threads)
