"""``lfa1 look``: the last frames of a replica that may still be running, measured."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lfa1_analysis.io.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from MDAnalysis import Universe
    from rich.console import Console

    from lfa1_analysis.proteins.domain import Domain

SHOWN = {
    "opening": ("alpha7_shift_angstrom", "opening_fraction", "ser139og_thr206og1_angstrom"),
    "midas": ("ser139_angstrom", "asp239_angstrom", "thr206_angstrom", "coordination_number"),
    "flexibility": ("alpha7_helicity", "radius_of_gyration_angstrom"),
    "interface": ("glu34_midas_angstrom", "contacts_kept", "buried_area_angstrom2"),
}
"""Columns to show, of those that a table has."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    parser.description = (
        "Measure the last frames of a replica without disturbing it, also while it runs. A look\n"
        "is no result: frames that follow each other are no independent samples. Of an integrin\n"
        "big motions and metal sites are shown too, and that there is no αL I domain where so."
    )
    parser.add_argument("system", help="such as closed-mg")
    parser.add_argument("replica", type=int, help="its number, from 0")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    parser.add_argument("--frames", type=int, default=50, metavar="N", help="at most (default 50)")
    parser.epilog = "example: lfa1 look closed-mg 0 --frames 100"


def run(args: argparse.Namespace) -> int:
    """Copy the frames, measure them and print what was found."""
    from lfa1_analysis.trajectory.segments import joined
    from lfa1_md.status import tail as glimpse
    from lfa1_md.study.configfile import of_results
    from lfa1_md.study.settings import state_of

    if args.frames < 1:
        raise InputError(f"--frames {args.frames}: not a number of frames", "give 1 or more")
    study = of_results(args.results)
    integrin = args.system in study.systems and bool(study.states[state_of(args.system)].integrin)
    topology = args.results / "systems" / args.system / "trajectory.pdb"
    paths = glimpse.pieces(study, args.results, args.system, args.replica)
    with tempfile.TemporaryDirectory(prefix="lfa1-look-") as folder:
        frames = Path(folder) / "last.xtc"
        # Those that are finished have checksums; nothing that differs from them is decoded.
        joined([path for path in paths if path.parent.suffix != ".running"])
        if not (count := glimpse.copy_last(paths, args.frames, frames)):
            raise InputError(f"{paths[-1]}: holds no whole frame yet", "look again later")
        try:
            _measure(topology, frames, args, integrin)
        except InputError as error:
            if str(frames) not in error.problem:
                raise
            raise InputError(
                error.problem.replace(str(frames), f"the last {count} of {paths[-1]}"),
                "see what `lfa1 verify` says; a segment that still runs may be writing a frame, so "
                "look again",
            ) from None
    running = paths[-1].parent.suffix == ".running"
    print(f"{count} frames, the last of {paths[-1]}{' (still running)' if running else ''}")
    return 0


def _measure(topology: Path, frames: Path, args: argparse.Namespace, integrin: bool) -> None:
    import warnings

    from rich.console import Console

    from lfa1_analysis.proteins.numbering import find_domain
    from lfa1_analysis.trajectory.universe import open_universe

    console = Console(highlight=False, soft_wrap=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        universe = open_universe(str(topology), [str(frames)])
        times = [frame.time / 1000 for frame in universe.trajectory]
        console.print(f"{args.system} replica {args.replica}, {times[0]:g} to {times[-1]:g} ns")
        if integrin:
            _motions(universe, console)
        try:
            domain = find_domain(universe)
        except InputError:
            if not integrin:
                raise
            console.print("an integrin without αL I domain: no observable of that domain")
            return
        _domain(universe, domain, topology, console)


def _domain(universe: Universe, domain: Domain, topology: Path, console: Console) -> None:
    """Show what the report is about."""
    from lfa1_analysis.interface.ligand import find_ligand
    from lfa1_analysis.interface.pose import read_pose
    from lfa1_analysis.interface.series import Interface
    from lfa1_analysis.observe import Observables

    ligand = find_ligand(universe, domain)
    # Compared with the complex of the topology: in these frames it may have come apart.
    complex_ = None
    if ligand is not None:
        complex_ = Interface(universe, domain, ligand, read_pose(str(topology)))
    measured = Observables(universe, domain, interface=complex_).run()
    tables = {name: part.results.table for name, part in measured.parts.items()}
    _show([(table, list(SHOWN[name])) for name, table in tables.items()], console)
    pocket = tables["opening"].get("pocket_occupant")
    if pocket is not None:
        console.print(f"ratchet pocket now: {pocket.iloc[-1] or 'not measured'}")


def _motions(universe: Universe, console: Console) -> None:
    """Show the big motions and what the metal sites hold."""
    from lfa1_analysis.integrin.definitions import COLUMNS
    from lfa1_analysis.integrin.find import find_integrins
    from lfa1_analysis.integrin.motions import Motions
    from lfa1_analysis.integrin.sites import Sites

    integrins = find_integrins(universe)
    motions = Motions(universe, integrins).run().results.table
    sites = Sites(universe, integrins).run().results.table
    _show([(motions.dropna(axis="columns", how="all"), list(COLUMNS))], console)
    now = sites[sites["frame"] == sites["frame"].max()]
    held = [
        f"{site} {metal or 'empty'}" for site, metal in zip(now.site, now.occupant, strict=True)
    ]
    console.print(f"metal sites now: {', '.join(held)}")


def _show(tables: list[tuple[pd.DataFrame, list[str]]], console: Console) -> None:
    from rich.table import Table

    table = Table("observable", "first", "last", "mean", "least", "most", box=None, pad_edge=False)
    for part, shown in tables:
        numbers = part.select_dtypes("number")
        for column in numbers.columns.intersection(shown):
            values = numbers[column]
            cells = (values.iloc[0], values.iloc[-1], values.mean(), values.min(), values.max())
            table.add_row(column, *(f"{value:.2f}" for value in cells))
    console.print(table)
