"""All observables of a replica in one pass: what `lfa1 opening`, `midas` and `flexibility` measure.

Every frame is read, made whole and superposed once. Definitions: ``docs/observables.md``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from MDAnalysis import Universe

from lfa1_analysis import flexibility, midas, opening
from lfa1_analysis.chunks import Chunk
from lfa1_analysis.domain import Domain
from lfa1_analysis.flexibility import Flexibility
from lfa1_analysis.midas import Midas
from lfa1_analysis.opening import Opening
from lfa1_analysis.program import run_series, standalone, write_tables
from lfa1_analysis.series import FrameSeries
from lfa1_analysis.table import check_place, sidecar
from lfa1_analysis.trajectory_arguments import add_trajectory_arguments

EVENTS, RMSF = "midas-events.csv", "rmsf.csv"


class Observables(FrameSeries):
    """Opening, metal site and flexibility of the same frames.

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Topology and trajectory.
    domain : Domain
        The I domain in it.
    first : int
        The frame that `Flexibility` compares the others with.

    Attributes
    ----------
    opening, midas, flexibility : FrameSeries
        The observables; after :meth:`run` each has the ``results`` that its own run would give.

    Raises
    ------
    InputError
        If an atom is missing that one of them cannot do without.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.numbering import find_domain
    >>> from lfa1_analysis.observe import Observables
    >>> universe = examples.universe()
    >>> series = Observables(universe, find_domain(universe)).run()
    >>> series.opening.results.table.shape, series.midas.results.table.shape
    ((6, 13), (6, 23))
    >>> len(series.flexibility.results.rmsf)
    180
    """

    def __init__(self, universe: Universe, domain: Domain, first: int = 0, **kwargs: Any) -> None:
        super().__init__(universe, domain, **kwargs)
        self.opening = Opening(universe, domain)
        self.midas = Midas(universe, domain)
        self.flexibility = Flexibility(universe, domain, first)
        self.further = self.midas.further

    @property
    def parts(self) -> dict[str, FrameSeries]:
        """The observables by their verb, which also names their table."""
        return {
            "opening": self.opening,
            "midas": self.midas,
            "flexibility": self.flexibility,
        }

    def take(self, chunk: Chunk) -> None:
        """Let each observable measure some frames."""
        for part in self.parts.values():
            part.take(chunk)

    def _prepare(self) -> None:
        super()._prepare()
        for part in self.parts.values():
            part._prepare()
        self.results.parts = [part.results for part in self.parts.values()]

    def merges(self) -> dict[str, Callable[[list[Any]], Any]]:
        """Merge the results of each observable as it does itself."""

        def merged(workers: list[Any]) -> list[Any]:
            return [
                part._get_aggregator().merge([results[i] for results in workers])
                for i, part in enumerate(self.parts.values())
            ]

        return {"parts": merged}

    def _conclude(self) -> None:
        for part, results in zip(self.parts.values(), self.results.parts, strict=True):
            part.results = results
            part._conclude()
        self.results.table = self.opening.results.table[["frame", "time_ns"]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `lfa1 observe` takes."""
    add_trajectory_arguments(
        parser,
        "observe",
        "Measure opening, metal site and flexibility of the αL I domain in one pass.",
        {
            "opening.csv": "as `lfa1 opening` writes it",
            "midas.csv, midas-events.csv": "as `lfa1 midas` writes them",
            "flexibility.csv, rmsf.csv": "as `lfa1 flexibility` writes them; rmsf.csv has one row "
            "for each residue",
        },
        folder=True,
    )
    midas.add_expectation(parser)


def run(args: argparse.Namespace) -> int:
    """Run `lfa1 observe`."""
    folder = Path(args.output_dir)
    tables = {name: folder / f"{name}.csv" for name in ("opening", "midas", "flexibility")}
    outputs = [*tables.values(), *map(sidecar, tables.values()), folder / EVENTS, folder / RMSF]
    inputs = [args.topology, *args.trajectory]
    check_place(*outputs, inputs=inputs, option="--output-dir")
    series, domain, notes = run_series(args, Observables, first=args.start or 0)
    assert isinstance(series, Observables)
    expected, events = midas.judge(series.midas, args)
    further: dict[Path, pd.DataFrame] = {
        folder / EVENTS: events,
        folder / RMSF: series.flexibility.results.rmsf,
    }
    made = {file: series.parts[name].results.table for name, file in tables.items()}
    write_tables(args, made, further, domain, notes)
    opening.tell(series.opening.results.table)
    midas.tell(series.midas.results.table, expected, events)
    flexibility.tell(series.flexibility.results.table)
    return 0


if __name__ == "__main__":
    raise SystemExit(standalone(add_arguments, run))
