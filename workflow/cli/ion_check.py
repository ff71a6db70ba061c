"""``lfa1 ion-check``: a model of an ion in plain water against its paper and experiment."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lfa1_cli.options import add_platform

if TYPE_CHECKING:
    from lfa1_md.ionmodels.check import Lengths


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    from lfa1_analysis.proteins.ion_names import MODELS
    from lfa1_md.study.ion_models import OWN

    parser.description = (
        "Simulate one ion in a small box of water: distance, number and geometry of the first\n"
        "shell, diffusion, and the hydration free energy by alchemical decoupling with MBAR.\n"
        "Compares with what is published of the model and with experiment. What was computed is\n"
        "kept; the same command goes on from there."
    )
    parser.add_argument("--ion", choices=("mg", "ca", "mn"), default="mg", help="default: mg")
    parser.add_argument("--water", choices=tuple(OWN), default="OPC3", help="default: OPC3")
    parser.add_argument(
        "--model",
        action="append",
        choices=tuple(MODELS),
        help="again for further models; by default the one that comes with the water",
    )
    parser.add_argument(
        "--output-dir", type=Path, default=Path("ion-check"), help="default: ion-check"
    )
    group = parser.add_argument_group("how much is simulated")
    group.add_argument(
        "--quick",
        action="store_true",
        help="minutes on a CPU: 40 ps for the shell, 4 ps for each of 28 windows, 300 waters",
    )
    group.add_argument("--shell", metavar="TIME", help="for the first shell; default '2 ns'")
    group.add_argument(
        "--window",
        metavar="TIME",
        help="for each window of the free energy; default '500 ps'; '0 ps' leaves it out",
    )
    group.add_argument("--waters", type=int, help="at least; default 1000")
    group.add_argument("--seed", type=int, default=2022, help="default: 2022")
    add_platform(
        parser, "with one CPU thread the same seed gives the same bytes, with more it does not"
    )
    parser.epilog = "example: lfa1 ion-check --water OPC3 --model CM --model 12-6-4 --quick"


def run(args: argparse.Namespace) -> None:
    """Check each model and print the table."""
    from lfa1_md.ionmodels import check, table
    from lfa1_md.machine.platform import select
    from lfa1_md.study import ion_models

    lengths = _lengths(args)
    models = args.model or [ion_models.OWN[args.water]]
    for model in models:  # refuse all strangers before anything runs
        ion_models.parameters(args.ion, args.water, model)
    platform, properties = select(args.platform or "auto", args.threads)
    for model in models:
        check.check(
            args.ion,
            args.water,
            model,
            lengths,
            args.seed,
            platform,
            properties,
            args.output_dir,
        )
    table.write(args.output_dir)


def _lengths(args: argparse.Namespace) -> Lengths:
    from dataclasses import replace

    from lfa1_analysis.io.errors import ConfigError
    from lfa1_md.ionmodels.check import FULL, QUICK
    from lfa1_md.study.quantities import parse

    lengths = QUICK if args.quick else FULL
    for name, least in (("shell", 10), ("window", 1)):
        if (text := getattr(args, name)) is None:
            continue
        try:
            value = parse(text, "ps")
        except ValueError as error:
            raise ConfigError(f"--{name} {text!r} {error}", "such as '40 ps'") from None
        if value < least and not (name == "window" and value == 0):
            raise ConfigError(f"--{name} {text!r} is too short", f"give {least} ps or more")
        is_shell = name == "shell"
        lengths = replace(lengths, shell=value) if is_shell else replace(lengths, window=value)
    if args.waters is not None:
        if not 100 <= args.waters <= 100_000:
            raise ConfigError(f"--waters {args.waters} is not sensible", "give 100 to 100000")
        lengths = replace(lengths, waters=args.waters)
    return lengths
