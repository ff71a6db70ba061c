"""``lfa1 deposit``: put a study into a folder for a repository, or forecast how large it gets."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfa1_analysis.io.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    parser.description = (
        "Put a finished study into a folder for a repository such as Zenodo: results, methods,\n"
        "references, the pipeline, checksums, and a Workflow RO-Crate that says how they hang\n"
        "together. The study is verified first. Nothing is written into the results."
    )
    parser.add_argument("results", type=Path, nargs="?", default=Path("results"))
    parser.add_argument("--output-dir", type=Path, help="folder to make; must not be there")
    parser.add_argument(
        "--trajectories",
        type=_stride,
        default=1,
        metavar="all|none|every-N",
        help="which frames (default: all)",
    )
    parser.add_argument(
        "--author",
        action="append",
        default=[],
        metavar="'NAME; ORCID; AFFILIATION'",
        help="once for each; a name alone will do",
    )
    parser.add_argument(
        "--license", choices=("CC-BY-4.0", "CC0-1.0"), default="CC-BY-4.0", help="of the data"
    )
    parser.add_argument(
        "--copy", action="store_true", help="copy files, also where they could be linked"
    )
    parser.add_argument(
        "--incomplete",
        action="store_true",
        help="deposit an unfinished or damaged study, and say so in it",
    )
    parser.add_argument(
        "--forecast", "--dry-run", action="store_true", help="print the sizes and write nothing"
    )
    parser.add_argument(
        "--config",
        type=Path,
        help="with --forecast: of a study that is not run yet; sizes of its parts are measured in "
        "RESULTS if that is there",
    )
    parser.epilog = "example: lfa1 deposit results/ --output-dir deposit --trajectories every-10"


def run(args: argparse.Namespace) -> int:
    """Forecast or write."""
    from lfa1_report.deposit.forecast import advice
    from lfa1_report.deposit.metadata import LICENCES, author

    if args.forecast:
        return _forecast(args)
    if args.config is not None:
        raise InputError("--config: is for --forecast", "RESULTS has its own configuration")
    if args.output_dir is None:
        raise InputError("--output-dir: is missing", "name the folder to make, or give --forecast")
    from lfa1_report.deposit.folder import DepositOptions, write_deposit

    people = [author(text) for text in args.author]
    options = DepositOptions(
        args.results,
        args.output_dir,
        args.trajectories,
        LICENCES[args.license],
        people,
        not args.copy,
        args.incomplete,
    )
    kinds = write_deposit(options)
    files, total = _show(kinds)
    for line in advice(files, total):
        print(f"note: {line}")
    if not people:
        print("note: no author is named; give --author, or fill in creators in .zenodo.json")
    print(f"deposit: {args.output_dir}")
    return 0


def _forecast(args: argparse.Namespace) -> int:
    from lfa1_md.study.configfile import load, of_results
    from lfa1_report.deposit import forecast
    from lfa1_report.deposit.contents import by_kind, select
    from lfa1_report.deposit.folder import items_of
    from lfa1_report.deposit.metadata import LICENCES

    if args.config is None:
        from lfa1_report.deposit.folder import DepositOptions

        options = DepositOptions(
            args.results, Path(), args.trajectories, LICENCES[args.license], []
        )
        files, total = _show(by_kind(items_of(options, of_results(args.results))))
        print("of the files that are there; README, methods, crate and checksums come on top")
    else:
        study = load(args.config)
        there = args.results.is_dir() and select(args.results, 0)
        sizes = forecast.measure(args.results) if there else forecast.DEMONSTRATION
        planned = forecast.planned(study, sizes, args.trajectories)
        files, total = _show({kind: (0, bytes_) for kind, bytes_ in planned.items()})
        print(f"from the plan, with parts as large as in {sizes.basis}; a system of another size")
        print("differs in proportion. Not counted: windows added after a pilot, separation")
    for line in forecast.advice(files, total):
        print(f"note: {line}")
    return 0


def _show(kinds: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """Print files and bytes of each kind, and return their sums."""
    from lfa1_report.deposit.metadata import size

    files = sum(number for number, _ in kinds.values())
    total = sum(bytes_ for _, bytes_ in kinds.values())
    for kind, (number, bytes_) in [*kinds.items(), ("all", (files, total))]:
        counted = f"{number:6} files" if files else ""
        print(f"{kind:12} {counted:12} {size(bytes_):>8}  ({bytes_} bytes)")
    return files, total


def _stride(text: str) -> int:
    """Read which frames: 1 for all, 0 for none, N for every Nth."""
    if text in ("all", "none"):
        return int(text == "all")
    number = text.removeprefix("every-").removesuffix("th")
    if not text.startswith("every-") or not number.isascii() or not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not all, none or every-N")
    if int(number) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: count frames from 1")
    return int(number)
