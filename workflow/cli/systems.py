"""From a structure to matched systems: ``lfa1 prepare``, ``solvate``, ``build``, ``minimise``."""

from __future__ import annotations

import argparse
from pathlib import Path

from lfa1_cli.options import add_path, add_platform, add_shared, chosen_platform


def prepare_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``lfa1 prepare``."""
    add_shared(parser, "--config", "--state")
    add_path(parser, "--output-dir", "for the two files")
    parser.add_argument(
        "--structure",
        type=Path,
        help="file to read in place of a catalogue entry (as `lfa1 structures fetch` wrote it)",
    )
    add_platform(parser)
    parser.epilog = (
        "example: lfa1 prepare --config config/config.yaml --state closed "
        "--output-dir results/prepared/closed"
    )


def prepare(args: argparse.Namespace) -> None:
    """Prepare one state: write ``protein.cif`` and ``site.json``."""
    from lfa1_analysis.io.errors import ConfigError, InputError
    from lfa1_analysis.io.table import check_place
    from lfa1_md.protein import catalogue, fetch, prepare
    from lfa1_md.study.configfile import load

    study = load(args.config)
    if args.state not in study.states:
        raise ConfigError(
            f"{args.config}: states: no state {args.state!r}",
            f"choose one of {', '.join(study.states)}",
        )
    check_place(args.output_dir / "protein.cif", option="--output-dir")
    compute = chosen_platform(args, study)
    source = study.states[args.state]
    if args.structure is not None:
        fetched = {"structure": str(args.structure)}
        if source.integrin is None and catalogue.is_identifier(source.structure):
            entry = catalogue.find(source.structure)
            fetch.check(entry, args.structure)
            fetched["chain"] = source.chain or entry.chain
        source = source.model_copy(update=fetched)

    def log(line: str) -> None:
        print(f"{args.state}: {line}", flush=True)

    prepared = prepare.prepare(source, study.chemistry, compute, log)
    try:
        prepare.write(prepared, args.output_dir)
    except OSError as error:
        raise InputError(
            f"{args.output_dir}: cannot be written: {error.strerror}",
            "make room there, or choose another --output-dir",
        ) from None
    print(prepared.table())


def solvate_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``lfa1 solvate``."""
    add_shared(parser, "--config", "--state")
    add_path(parser, "--prepared", "folder with protein.cif and site.json")
    add_path(parser, "--output-dir", "where box.cif and box.json go")
    add_platform(parser, "accepted as by the verbs that compute; building a box needs none")
    parser.epilog = (
        "example: lfa1 solvate --config config/config.yaml --state closed "
        "--prepared results/prepared/closed --output-dir results/solvated/closed"
    )


def solvate(args: argparse.Namespace) -> None:
    """Put a prepared structure into its box of water and salt."""
    from lfa1_md.box.build import solvate_state
    from lfa1_md.study.configfile import load

    print(solvate_state(load(args.config), args.state, args.prepared, args.output_dir))


def build_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``lfa1 build``."""
    add_shared(parser, "--config")
    parser.add_argument("--system", required=True, help="which, as {state}-{ion}")
    add_path(parser, "--solvated", "folder with box.cif and box.json")
    add_path(parser, "--output-dir", "the system's folder")
    parser.epilog = (
        "example: lfa1 build --config config/config.yaml --system closed-apo "
        "--solvated results/solvated/closed --output-dir results/systems/closed-apo"
    )


def build(args: argparse.Namespace) -> None:
    """Make a system from the box of its state."""
    from lfa1_md.box.build import build
    from lfa1_md.study.configfile import load

    print(build(load(args.config), args.system, args.solvated, args.output_dir))


def minimise_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of ``lfa1 minimise``."""
    add_shared(parser, "--config", "--system-dir")
    add_path(parser, "--output", "the state, .xml.gz")
    add_platform(parser)
    parser.epilog = (
        "example: lfa1 minimise --config config/config.yaml --system-dir results/systems/closed-mg"
        " --output results/systems/closed-mg/minimised.state.xml.gz"
    )


def minimise(args: argparse.Namespace) -> None:
    """Minimise a system's energy."""
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
