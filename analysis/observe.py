"""All observables of a replica in one pass: what `lfa1 opening`, `midas` and `flexibility` measure.

Every frame is read, made whole and superposed once. Definitions: ``docs/observables.md``.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from MDAnalysis import Universe

from lfa1_analysis.interface import program as interface
from lfa1_analysis.interface.series import Interface
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import check_place, sidecar
from lfa1_analysis.observables import flexibility, midas, opening
from lfa1_analysis.observables.flexibility import Flexibility
from lfa1_analysis.observables.frame_series import FrameSeries
from lfa1_analysis.observables.midas import Midas
from lfa1_analysis.observables.opening import Opening
from lfa1_analysis.observables.program import (
    add_trajectory_arguments,
    run_series,
    standalone,
    write_tables,
)
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.trajectory.chunks import Chunk

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
    interface : Interface, optional
        Of the same universe and domain, where ICAM-1 is there.

    Attributes
    ----------
    opening, midas, flexibility, interface : FrameSeries
        The observables, `interface` only where ICAM-1 is there; after :meth:`run` each has the
        ``results`` that its own run would give.

    Raises
    ------
    InputError
        If an atom is missing that one of them cannot do without.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.proteins.numbering import find_domain
    >>> from lfa1_analysis.observe import Observables
    >>> universe = examples.universe()
    >>> series = Observables(universe, find_domain(universe)).run()
    >>> series.opening.results.table.shape, series.midas.results.table.shape
    ((6, 13), (6, 23))
    >>> len(series.flexibility.results.rmsf)
    180
    """

    def __init__(
        self,
        universe: Universe,
        domain: Domain,
        first: int = 0,
        interface: Interface | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(universe, domain, **kwargs)
        self.opening = Opening(universe, domain)
        self.midas = Midas(universe, domain)
        self.flexibility = Flexibility(universe, domain, first)
        self.interface = interface
        rows = np.cumsum([0, *(len(part.further) for part in self.parts.values())]).tolist()
        self._rows = [slice(*ends) for ends in itertools.pairwise(rows)]
        self.further = np.concatenate([part.further for part in self.parts.values()])

    @property
    def parts(self) -> dict[str, FrameSeries]:
        """The observables by their verb, which also names their table."""
        parts: dict[str, FrameSeries] = {
            "opening": self.opening,
            "midas": self.midas,
            "flexibility": self.flexibility,
        }
        return parts if self.interface is None else parts | {"interface": self.interface}

    def take(self, chunk: Chunk) -> None:
        """Let each observable measure some frames."""
        for part, rows in zip(self.parts.values(), self._rows, strict=True):
            part.take(chunk.with_further(rows))

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


def _build(universe: Universe, domain: Domain, args: argparse.Namespace) -> Observables:
    complex_ = interface.build(universe, domain, args, needed=False)
    return Observables(universe, domain, args.start or 0, complex_)


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
            f"{interface.TABLE}, {interface.PAIRS}, {interface.VERDICTS}": "as `lfa1 interface` "
            "writes them; only where ICAM-1 is there too",
        },
        folder=True,
    )
    midas.add_expectation(parser)
    interface.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `lfa1 observe`."""
    folder = Path(args.output_dir)
    tables = {name: folder / f"{name}.csv" for name in ("opening", "midas", "flexibility")}
    outputs = [*tables.values(), *map(sidecar, tables.values()), folder / EVENTS, folder / RMSF]
    inputs = [args.topology, *args.trajectory, *filter(None, [args.reference])]
    check_place(*outputs, *interface.files(folder), inputs=inputs, option="--output-dir")
    series, domain, notes = run_series(args, partial(_build, args=args))
    assert isinstance(series, Observables)
    expected, events = midas.judge(series.midas, args)
    further: dict[Path, pd.DataFrame] = {
        folder / EVENTS: events,
        folder / RMSF: series.flexibility.results.rmsf,
    }
    owners = {folder / EVENTS: tables["midas"], folder / RMSF: tables["flexibility"]}
    made = {file: series.parts[name].results.table for name, file in tables.items()}
    records = {}
    if series.interface is not None:
        held, others = interface.tables(series.interface)
        made[folder / interface.TABLE] = held
        further |= {folder / name: table for name, table in others.items()}
        owners |= {folder / name: folder / interface.TABLE for name in others}
        records[folder / interface.TABLE] = interface.record(series.interface)
    elif stale := [file.name for file in interface.files(folder) if file.exists()]:
        raise InputError(
            f"--output-dir {folder} holds {', '.join(stale)} of another run, and there is no "
            "ICAM-1 in this one",
            "choose another folder, or remove these files first",
        )
    write_tables(args, made, further, domain, notes, records, owners)
    opening.tell(series.opening.results.table)
    midas.tell(series.midas.results.table, expected, events)
    flexibility.tell(series.flexibility.results.table)
    if series.interface is not None:
        interface.tell(series.interface, further[folder / interface.VERDICTS])
    return 0


if __name__ == "__main__":
    raise SystemExit(standalone(add_arguments, run))
