"""``lfa1 verify``: re-check a whole study."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

DAMAGED = 1
"""Exit status if anything is damaged, or with ``--complete`` missing."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    parser.description = (
        "Re-check every file of a study against its record: checksums, frame counts, times,\n"
        "coordinates, boxes, energies, and that each step began from the one before. Reads only.\n"
        "Ends with status 1 if anything is damaged, and names it."
    )
    parser.add_argument("results", type=Path, help="results folder, usually results/")
    parser.add_argument(
        "--complete", action="store_true", help="also end with status 1 if anything is missing"
    )
    parser.epilog = "example: lfa1 verify results/"


def run(args: argparse.Namespace) -> int:
    """Print the table and what is damaged."""
    from rich.console import Console
    from rich.table import Table

    from lfa1_md.verification.verify import REMEDY, verify

    rows = verify(args.results)
    table = Table("what", "part", "there", "verdict", box=None, pad_edge=False)
    for row in rows:
        verdict = "DAMAGED" if row.damage else "sound" if row.complete else "incomplete"
        table.add_row(row.what, row.part, row.there, verdict)
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    for row in rows:
        for note in row.notes:
            console.print(f"note: {note}", markup=False)
    damage = list(dict.fromkeys(each for row in rows for each in row.damage))
    missing = sum(not row.complete and not row.damage for row in rows)
    print(
        f"{len(rows)} parts: {sum(row.complete for row in rows)} sound, {missing} incomplete, "
        f"{sum(bool(row.damage) for row in rows)} damaged"
    )
    for each in damage:
        print(f"damaged: {each}", file=sys.stderr)
    if damage:
        print(f"  → {REMEDY}", file=sys.stderr)
    return DAMAGED if damage or (args.complete and missing) else 0
