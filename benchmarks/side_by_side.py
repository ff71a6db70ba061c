"""What the benchmarks share: whose turn it is, ratios with their errors, the machine, tables.

Speeds on a machine that others use too wander by tens of per cent within minutes. So whatever is
compared runs in turns, short ones, and only ratios between neighbours are reported.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import openmm
import pandas as pd
from rich.console import Console
from rich.table import Table

from lfa1_md.machine.platform import select
from lfa1_md.run import integration

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS = HERE / "results"
STUDY = HERE / "study"
"""Where `stages.py` runs the demonstration, which the other benchmarks take their systems from."""


def parser(doc: str | None, output: str) -> argparse.ArgumentParser:
    """Make a parser with ``--output``, by default ``results/{output}.csv``."""
    made = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--output", type=Path, default=RESULTS / f"{output}.csv", help="the table")
    return made


def add_system(to: argparse.ArgumentParser) -> None:
    """``--study``, ``--system``: what is simulated."""
    to.add_argument(
        "--study", type=Path, default=STUDY / "results", help="results/ of a finished study"
    )
    to.add_argument("--system", default="closed-mg", help="one of its systems")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def machine(platform: str = "CPU") -> str:
    """Describe the machine and the software, without names of hosts or people."""
    found = integration.machine(*select(platform, cores()))
    python = ".".join(map(str, sys.version_info[:3]))
    versions = f"Python {python}, OpenMM {openmm.version.short_version}"
    return f"{found['device']}, {cores()} cores, {versions}"


def turns(contestants: Sequence[str], rounds: int) -> Iterator[tuple[int, str]]:
    """Give (round, whose turn), the order reversed every other round."""
    for number in range(rounds):
        yield from ((number, name) for name in contestants[:: 1 if number % 2 else -1])


class Ratio(NamedTuple):
    """A geometric mean of ratios, and the factor that is its standard error."""

    mean: float
    error: float

    @classmethod
    def of(cls, over: Sequence[float], under: Sequence[float]) -> Ratio:
        """Compare neighbours: the rounds' ratios ``over / under``."""
        logs = np.log(np.asarray(over, dtype=float) / np.asarray(under, dtype=float))
        error = np.std(logs, ddof=1) / len(logs) ** 0.5 if len(logs) > 1 else np.nan
        return cls(float(np.exp(np.mean(logs))), float(np.exp(error)))

    def __str__(self) -> str:
        return f"{self.mean:.3f} (× or ÷ {self.error:.3f})"


def write(
    rows: Sequence[Mapping[str, Any]], output: Path, title: str, platform: str = "CPU"
) -> None:
    """Show a table and write it as CSV with the date and the machine in every row."""
    table = pd.DataFrame(rows)
    shown = Table(*table.columns, title=title)
    for line in table.itertuples(index=False):
        shown.add_row(*(f"{v:.4g}" if isinstance(v, float) else str(v) for v in line))
    Console(width=None if sys.stdout.isatty() else 140).print(shown)
    table["date"] = datetime.now(UTC).date().isoformat()
    table["machine"] = machine(platform)
    output.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(output, index=False, float_format="%.5g")
    print(f"{table['machine'].iloc[0]}\n-> {output}")
