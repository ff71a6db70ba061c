"""``lfa1 prepare``: from the structure of a state to ``protein.cif`` and ``site.json``."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    parser.add_argument("--config", required=True, help="the study's configuration")
    parser.add_argument("--state", required=True, help="a name under `states:` in it")
    parser.add_argument("--output-dir", type=Path, required=True, help="for the two files")
    parser.add_argument(
        "--structure",
        type=Path,
        help="file to read in place of a catalogue entry (as `lfa1 structures fetch` wrote it)",
    )
    parser.add_argument("--threads", type=int, help="CPU threads (default: all that it may use)")
    parser.add_argument("--platform", help="CPU, CUDA or auto (default: that of the configuration)")
    parser.epilog = (
        "example: lfa1 prepare --config config/config.yaml --state closed "
        "--output-dir results/prepared/closed"
    )


def run(args: argparse.Namespace) -> int:
    """Prepare one state."""
    from lfa1_analysis.io.errors import ConfigError, InputError
    from lfa1_analysis.io.table import check_place
    from lfa1_md.machine import platform
    from lfa1_md.protein import catalogue, fetch, prepare
    from lfa1_md.study.configfile import load

    study = load(args.config)
    if args.state not in study.states:
        raise ConfigError(
            f"{args.config}: states: no state {args.state!r}",
            f"choose one of {', '.join(study.states)}",
        )
    check_place(args.output_dir / "protein.cif", option="--output-dir")
    compute = platform.select(args.platform or study.platform, args.threads)
    source = study.states[args.state]
    if args.structure is not None:
        fetched = {"structure": str(args.structure)}
        if source.integrin is None and catalogue.is_identifier(source.structure):
            entry = catalogue.find(source.structure)
            fetch.check(entry, args.structure)
            fetched["chain"] = source.chain or entry.chain
        source = source.model_copy(update=fetched)

    def say(line: str) -> None:
        print(f"{args.state}: {line}", flush=True)

    prepared = prepare.prepare(source, study.chemistry, compute, say)
    try:
        prepare.write(prepared, args.output_dir)
    except OSError as error:
        raise InputError(
            f"{args.output_dir}: cannot be written: {error.strerror}",
            "make room there, or choose another --output-dir",
        ) from None
    print(prepared.table())
    return 0
