"""The arguments of the programs that read trajectories, with a full help text."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Mapping

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
