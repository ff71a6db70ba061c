"""``lfa1 status``: how far a study is, also while it runs elsewhere."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from lfa1_analysis.io.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    parser.description = (
        "Say how far a study is: jobs done, running, interrupted, waiting, speed and time left.\n"
        "Reads only, and little; works from another terminal or a cluster's login node while the\n"
        "study runs. Jobs on other machines count as running while their logs grow."
    )
    parser.add_argument("results", type=Path, nargs="?", default=Path("results"))
    parser.add_argument(
        "--target",
        choices=("all", "integrins"),
        default="",
        help="of snakemake, whose jobs are counted (default: all; where a state is known to lack "
        "the αL I domain, which the report is about, integrins)",
    )
    parser.add_argument("--watch", action="store_true", help="stay, and look again and again")
    parser.add_argument(
        "--every", type=float, default=5.0, metavar="SECONDS", help="with --watch (default 5)"
    )
    parser.epilog = "example: lfa1 status results/ --watch"


def run(args: argparse.Namespace) -> int:
    """Show it once, or until all is done."""
    from rich.console import Console
    from rich.live import Live

    from lfa1_md.status.running import DONE, Overview, jobs, look
    from lfa1_md.status.text import study_line, view
    from lfa1_md.study.configfile import of_results

    if args.every < 0.5:
        raise InputError(f"--every {args.every:g}: too often", "give half a second or more")
    study = of_results(args.results)
    head = f"{study.title} ({args.results})"

    def now() -> Overview:
        return Overview(look(jobs(study, args.results, args.target)))

    console, overview = Console(highlight=False, soft_wrap=True), now()
    if not args.watch:
        console.print(view(overview, head))
        return 0
    if not console.is_terminal:  # a log gets the study's line alone, when it changes
        last = ""
        while True:
            if (line := study_line(overview)) != last:
                print(last := line, flush=True)
            if overview.counts[DONE] == len(overview.seen):
                return 0
            time.sleep(args.every)
            overview = now()
    with Live(view(overview, head), console=console, auto_refresh=False) as live:
        while overview.counts[DONE] < len(overview.seen):
            time.sleep(args.every)
            overview = now()
            live.update(view(overview, head), refresh=True)
    return 0
