"""What the analysis programs share: their arguments, one run, its files, and errors."""

from __future__ import annotations

import argparse
import sys
import textwrap
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lfa1_analysis.io.errors import InputError, InputWarning, StudyError
from lfa1_analysis.io.printing import guard
from lfa1_analysis.io.table import (
    as_csv,
    as_json,
    check_place,
    checksums,
    provenance,
    sidecar,
    write_texts,
)
from lfa1_analysis.observables.frame_series import FrameSeries
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory import notes as warned
from lfa1_analysis.trajectory.times import parse_interval
from lfa1_analysis.trajectory.universe import open_universe, select_frames

_INPUTS = """\
inputs: any topology (PDB, mmCIF, GRO, PRMTOP, PSF …) and trajectories (XTC, TRR, DCD, NetCDF …); a
single structure counts as one frame. The I domain is found by its sequence, whatever the file's
numbering. The output is a CSV file with one row per frame, missing values empty; beside it a
JSON file of the same name records inputs, settings and versions."""


def add_trajectory_arguments(
    parser: argparse.ArgumentParser,
    verb: str,
    summary: str,
    columns: Mapping[str, str],
    folder: bool = False,
    files: str = "--topology closed-mg.pdb \\\n    --trajectory closed-mg-0.xtc --step 2",
) -> None:
    """Add the arguments of a verb that reads trajectories, with a full help text.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    verb, summary : str
        Name, and what it does in a sentence.
    columns : mapping
        Column names and their meaning.
    files : str
        Of the example data, for the example.
    folder : bool
        It writes several tables into a folder, and `columns` are those tables.
    """
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = f"{summary}\n\n{_INPUTS}"
    described = {"frame, time_ns": "frame number from 0 and its time", **columns}
    if folder:
        described = dict(columns)
    output = "--output-dir results" if folder else f"--output {verb}.csv"
    parser.epilog = (
        f"{'tables, with ' * folder}columns (distances in Å):\n"
        + "\n".join(
            f"  {name}\n{textwrap.indent(textwrap.fill(text, 86), ' ' * 6)}"
            for name, text in described.items()
        )
        + f"\n\nexample (`lfa1 example` copies these files):\n"
        f"  lfa1 {verb} {files} {output}\n\n"
        "Definitions, sources and the values of the crystals: docs/observables.md."
    )
    add_inputs(parser)
    add = parser.add_argument
    if folder:
        add("--output-dir", required=True, metavar="DIR", help="folder to write the tables into")
    else:
        add("--output", required=True, metavar="CSV", help="table to write")
    add("--chain", default="", metavar="ID", help="chain or segment (default: found by sequence)")
    add(
        "--numbering",
        choices=("auto", "mature", "uniprot"),
        default="auto",
        help="residue numbers of the file: auto aligns the sequence with P20701 (default), the "
        "others trust the numbers; mature = UniProt − 25",
    )


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name the files, choose frames and share them among processes."""
    add = parser.add_argument
    add("--topology", required=True, metavar="FILE", help="structure or topology")
    add(
        "--trajectory",
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="trajectories, in the order of time",
    )
    add("--start", type=int, metavar="N", help="first frame, from 0 (negative: from the end)")
    add("--stop", type=int, metavar="N", help="frame before which to end")
    add("--step", type=int, metavar="N", help="take every N-th frame")
    add(
        "--frame-interval",
        metavar="TIME",
        help="time between frames, such as '10 ps', for files that state none (or a wrong one); "
        "the first is then at 0",
    )
    add("--workers", type=int, default=1, metavar="N", help="processes to share the frames among")


def run_observable(
    args: argparse.Namespace,
    observable: type[FrameSeries],
    further: Mapping[str, Callable[[FrameSeries], pd.DataFrame]] | None = None,
    **options: Any,
) -> FrameSeries:
    """Open the inputs, run an observable over the frames, write its table and provenance.

    Parameters
    ----------
    args : argparse.Namespace
        From :func:`add_trajectory_arguments`.
    observable : subclass of FrameSeries
        What to run.
    further : mapping, optional
        By file, more tables that are taken from the observable; all are written or none.
    **options
        Passed to the observable.

    Returns
    -------
    FrameSeries
        The observable, with its results.

    Raises
    ------
    StudyError
        If anything is wrong with the inputs; no output is written then.
    """
    further = further or {}
    if Path(args.output).suffix.lower() == ".json":
        raise InputError(f"--output {args.output} is the name of the provenance", "end it in .csv")
    outputs = [Path(args.output), sidecar(args.output), *map(Path, further)]
    for output in further:
        if Path(output).absolute() in [other.absolute() for other in outputs[:2]]:
            raise InputError(f"{output} is named for two tables", "give each its own file")
    check_place(*outputs, inputs=[args.topology, *args.trajectory])
    series, domain, notes = run_series(args, observable, **options)
    more = {Path(file): make(series) for file, make in further.items()}
    write_tables(args, {Path(args.output): series.results.table}, more, domain, notes)
    return series


def run_series(
    args: argparse.Namespace, observable: Callable[..., FrameSeries], **options: Any
) -> tuple[FrameSeries, Domain, list[str]]:
    """Open the inputs and run an observable over the frames.

    Returns
    -------
    FrameSeries
        After its run.
    Domain
        The molecule that was found.
    list of str
        Notes on the inputs, which have been printed.
    """
    if args.workers < 1:
        raise InputError(f"--workers {args.workers} is not a number of processes", "give 1 or more")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InputWarning)
        interval = parse_interval(args.frame_interval)
        universe = open_universe(args.topology, args.trajectory, interval)
        domain = find_domain(universe, args.numbering, args.chain)
        frames = select_frames(universe, args.start, args.stop, args.step)
        series = observable(universe, domain, **options)
        workers = min(args.workers, len(frames))
        parallel = {"backend": "multiprocessing", "n_workers": workers} if workers > 1 else {}
        series.run(
            start=frames.start,
            stop=frames.stop,
            step=frames.step,
            verbose=sys.stderr.isatty(),
            **parallel,
        )
    notes = warned.notes(caught)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    return series, domain, notes


def write_tables(
    args: argparse.Namespace,
    tables: Mapping[Path, pd.DataFrame],
    further: Mapping[Path, pd.DataFrame],
    domain: Domain,
    notes: list[str],
    records: Mapping[Path, Mapping[str, Any]] | None = None,
    owners: Mapping[Path, Path] | None = None,
) -> None:
    """Write tables with their provenance, and further tables, all or none.

    `records` holds what the provenance of single tables says besides; `owners` the table whose
    provenance lists a further one in its folder, where there are several.
    """
    texts = {file: as_csv(table) for file, table in (*tables.items(), *further.items())}
    about: dict[str, object] | None = None
    for file, table in tables.items():
        about = about or _record(args, domain, notes, len(table))
        beside = [each for each in further if (owners or {}).get(each, file) == file]
        listed = {each: texts[each] for each in (file, *beside) if each.parent == file.parent}
        own = dict((records or {}).get(file, {}))
        texts[sidecar(file)] = as_json({"files": checksums(listed)} | about | own)
    write_texts(texts)
    for file, table in tables.items():
        print(f"{file}: {len(table)} frame{'s' * (len(table) != 1)}, {describe(domain)}")


def describe(domain: Domain) -> str:
    """Say which molecule was found, in a line."""
    changes = ", ".join(domain.mutations[:6]) + ("…" if len(domain.mutations) > 6 else "")
    return f"{domain.where}, numbering {domain.scheme}, " + (changes or "wild type")


def said(value: float, form: str, unit: str = "") -> str:
    """Return a number with its unit, or ``not measured`` for one that is missing."""
    return "not measured" if np.isnan(value) else f"{value:{form}}{unit}"


def standalone(
    add_arguments: Callable[[argparse.ArgumentParser], None],
    run: Callable[[argparse.Namespace], int | None],
    argv: Sequence[str] | None = None,
) -> int:
    """Run one module as a program: ``python analysis/observables/opening.py --topology …``.

    Returns
    -------
    int
        Exit status: 0, or 2 after a problem that was explained on stderr.
    """
    guard()
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(argv)
    try:
        return run(args) or 0
    except StudyError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2


def _record(
    args: argparse.Namespace, domain: Domain, notes: list[str], n_frames: int
) -> dict[str, object]:
    settings = {
        name: value
        for name, value in sorted(vars(args).items())
        if isinstance(value, str | int | float | list | None) and name not in {"verb", "command"}
    }
    reference = getattr(args, "reference", None)
    return provenance(
        [args.topology, *args.trajectory, *([reference] if reference else [])],
        {
            "settings": settings,
            "molecule": {
                "chain": domain.chain,
                "numbering": domain.scheme,
                "identity": round(domain.identity, 4),
                "mutations": list(domain.mutations),
                "residues": [min(domain.atoms), max(domain.atoms)],
            },
            "frames": n_frames,
            "notes": notes,
        },
    )
