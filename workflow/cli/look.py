"""``lfa1 look``: the last frames of a replica that may still be running, measured."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from lfa1_analysis.errors import InputError

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
        "is no result: frames that follow each other are no independent samples."
    )
    parser.add_argument("system", help="such as closed-mg")
    parser.add_argument("replica", type=int, help="its number, from 0")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    parser.add_argument("--frames", type=int, default=50, metavar="N", help="at most (default 50)")
    parser.epilog = "example: lfa1 look closed-mg 0 --frames 100"


def run(args: argparse.Namespace) -> int:
    """Copy the frames, measure them and print what was found."""
    from lfa1_md.status import glimpse
    from lfa1_md.study.configfile import of_results

    if args.frames < 1:
        raise InputError(f"--frames {args.frames}: not a number of frames", "give 1 or more")
    study = of_results(args.results)
    topology = args.results / "systems" / args.system / "trajectory.pdb"
    paths = glimpse.pieces(study, args.results, args.system, args.replica)
    with tempfile.TemporaryDirectory(prefix="lfa1-look-") as folder:
        frames = Path(folder) / "last.xtc"
        if not (count := glimpse.copy_last(paths, args.frames, frames)):
            raise InputError(f"{paths[-1]}: holds no whole frame yet", "look again later")
        _measure(topology, frames, args)
    running = paths[-1].parent.suffix == ".running"
    print(f"{count} frames, the last of {paths[-1]}{' (still running)' if running else ''}")
    return 0


def _measure(topology: Path, frames: Path, args: argparse.Namespace) -> None:
    import warnings

    from rich.console import Console
    from rich.table import Table

    from lfa1_analysis.inputs import open_universe
    from lfa1_analysis.interface.ligand import find_ligand
    from lfa1_analysis.interface.pose import read_pose
    from lfa1_analysis.interface.series import Interface
    from lfa1_analysis.numbering import find_domain
    from lfa1_analysis.observe import Observables

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        universe = open_universe(str(topology), [str(frames)])
        domain = find_domain(universe)
        ligand = find_ligand(universe, domain)
        # Compared with the complex of the topology: in these frames it may have come apart.
        complex_ = None
        if ligand is not None:
            complex_ = Interface(universe, domain, ligand, read_pose(str(topology)))
        measured = Observables(universe, domain, interface=complex_).run()
    table = Table("observable", "first", "last", "mean", "least", "most", box=None, pad_edge=False)
    times = measured.results.table["time_ns"]
    for name, part in measured.parts.items():
        numbers = part.results.table.select_dtypes("number")
        for column in numbers.columns.intersection(SHOWN[name]):
            values = numbers[column]
            cells = (values.iloc[0], values.iloc[-1], values.mean(), values.min(), values.max())
            table.add_row(column, *(f"{value:.2f}" for value in cells))
    console = Console(highlight=False, soft_wrap=True)
    span = f"{times.iloc[0]:g} to {times.iloc[-1]:g} ns"
    console.print(f"{args.system} replica {args.replica}, {span}")
    console.print(table)
    pocket = measured.parts["opening"].results.table.get("pocket_occupant")
    if pocket is not None:
        console.print(f"ratchet pocket now: {pocket.iloc[-1]}")
