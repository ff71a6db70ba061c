"""Of a study's umbrella sampling and pulls: ``lfa1 adapt`` and ``lfa1 gather``."""

from __future__ import annotations

import argparse

from lfa1_cli.options import add_path, add_shared, count

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


def adapt_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``lfa1 adapt``."""
    add_shared(parser, "--config", "--results")
    parser.add_argument("--round", type=count, required=True, metavar="N", help="from 1")
    parser.epilog = (
        "Writes plan.csv, proposed.csv and pilot/ into RESULTS/sampling/round-N.\n"
        "example: lfa1 adapt --config results/config.yaml --round 1\n\n"
        "For windows of another program: lfa1 windows."
    )


def adapt(args: argparse.Namespace) -> None:
    """Run one round of adaptation and print what it adds."""
    from lfa1_analysis.io.errors import ConfigError
    from lfa1_md.biased.adapt import adapt
    from lfa1_md.run.protocol import sampling_of
    from lfa1_md.study.configfile import load

    study = load(args.config)
    rounds = sampling_of(study).adapt.rounds
    if not 1 <= args.round <= rounds:
        raise ConfigError(
            f"--round {args.round}: sampling.adapt.rounds is {rounds}", f"give 1 to {rounds}"
        )
    added = adapt(study, args.results, args.round)
    for place in added:
        print(
            f"window {place.window} at {place.centre:g}, {place.force_constant:g} kJ/mol: "
            f"{place.reason}"
        )
    print(f"round {args.round}: {len(added)} windows added")


def gather_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``lfa1 gather``."""
    parser.description = (
        "Gather the coordinate of all umbrella windows (or pulls) of a study into tables, as the\n"
        "analysis reads them. Every segment is checked against its record first."
    )
    add_shared(parser, "--config", "--results")
    parser.add_argument(
        "--pulls", action="store_true", help="the pulls, for lfa1 pulls, and not the windows"
    )
    parser.add_argument(
        "--separation", action="store_true", help="the pulls of ICAM-1, for lfa1 separation"
    )
    add_path(parser, "--output-dir", "where windows.csv (or pulls.csv) and its series go")
    parser.epilog = _EPILOG


def gather(args: argparse.Namespace) -> None:
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
