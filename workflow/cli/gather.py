"""``lfa1 gather``: the coordinate of all umbrella windows, or of all pulls."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfa1_cli.options import add_config

_EPILOG = """\
columns:
  windows.csv: system (ion), window, replica, seeded_from (state), centre (opening coordinate s),
      force_constant_kj_per_mol_per_unit2 (kJ/mol per unit of s squared), file
  pulls.csv with --pulls: system, replica, direction, force_constant_kj_per_mol_per_unit2,
      first_centre and last_centre (s), file
  pulls.csv with --separation: system, replica, force_constant_kj_per_mol_per_nm2 (kJ/mol/nm²),
      speed_nm_per_ns (nm/ns), file, topology, trajectory
  each file: time_ns (ns) and cv (s; 0 is closed, 1 open), with --pulls also centre (s); with
      --separation time_ns (ns), separation_nm and centre_nm, the spring's length (nm)

examples (after `make study-free-energy` and `make study-bound`):
  lfa1 gather --config config/free-energy.yaml --results free-energy/results \\
      --output-dir windows
  lfa1 gather --pulls --config config/free-energy.yaml --results free-energy/results \\
      --output-dir pulls
  lfa1 gather --separation --config config/bound.yaml --results bound/results \\
      --output-dir separations"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Gather the coordinate of all umbrella windows (or pulls) of a study into tables, as the\n"
        "analysis reads them. Every segment is checked against its record first."
    )
    add_config(parser)
    parser.add_argument("--results", type=Path, default=Path("results"), help="default: results")
    parser.add_argument(
        "--pulls", action="store_true", help="the pulls, for lfa1 pulls, and not the windows"
    )
    parser.add_argument(
        "--separation", action="store_true", help="the pulls of ICAM-1, for lfa1 separation"
    )
    parser.add_argument(
        "--output-dir",
        required=True,
        type=Path,
        help="where windows.csv (or pulls.csv) and its series go",
    )
    parser.epilog = _EPILOG


def run(args: argparse.Namespace) -> None:
    """Gather the windows, or pulls."""
    from lfa1_md.biased import gather
    from lfa1_md.study.configfile import load

    where = load(args.config), args.results, args.output_dir
    if args.separation:
        print(f"{gather.gather_separation(*where)} pulls: {args.output_dir / gather.TABLE}")
    elif args.pulls:
        print(f"{gather.gather_pulls(*where)} pulls: {args.output_dir / gather.PULLS}")
    else:
        count = gather.gather_windows(*where)
        print(f"{count} runs of windows: {args.output_dir / gather.WINDOWS}")
