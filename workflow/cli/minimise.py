"""``lfa1 minimise``: minimise a system's energy."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfa1_cli.options import add_config, add_platform, add_system, chosen_platform


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    add_config(parser)
    add_system(parser)
    parser.add_argument("--output", required=True, type=Path, help="the state, .xml.gz")
    add_platform(parser)
    parser.epilog = (
        "example: lfa1 minimise --config config/config.yaml --system-dir results/systems/closed-mg"
        " --output results/systems/closed-mg/minimised.state.xml.gz"
    )


def run(args: argparse.Namespace) -> None:
    """Minimise."""
    from lfa1_md.box import system
    from lfa1_md.run.minimise import minimise
    from lfa1_md.study.configfile import load

    study = load(args.config)
    platform, properties = chosen_platform(args, study)
    solvated = system.load(args.system_dir)
    before, after = minimise(solvated, study.minimisation, platform, properties, args.output)
    print(f"{solvated.name}: potential energy {before:.0f} → {after:.0f} kJ/mol")
    if "sites" in solvated.manifest:
        from lfa1_md.run import states
        from lfa1_md.run.site_frames import examine

        state = states.read(args.output, len(solvated.model.positions))
        positions = state.getPositions(asNumpy=True)._value
        print("\n".join(f"  {seen.line()}" for seen in examine(solvated, positions)))
