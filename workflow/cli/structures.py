"""``lfa1 structures``: list the catalogue, fetch an entry, rebuild the embedded models."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="the entries that the study knows, and the embedded models")
    fetch = actions.add_parser(
        "fetch", help="get an entry: local folders, then the cache, then the wwPDB"
    )
    fetch.add_argument("entry", help="PDB identifier, for example 1CQP, or AF-P20701-F1")
    fetch.add_argument("--output", type=Path, help="copy it there")
    fetch.add_argument(
        "--any",
        action="store_true",
        help="also an entry that the catalogue doesn't describe; of it only the form is checked",
    )
    build = actions.add_parser(
        "build", help="recompute the embedded models and the crystal tables from their entries"
    )
    build.add_argument("--output-dir", type=Path, help="default: structures/ of the study")
    build.add_argument("--tables-dir", type=Path, help="default: in place of those of the study")
    build.add_argument(
        "--model",
        action="append",
        choices=("closed", "open", "bound"),
        help="only this one (closed and open are made together); the tables are left alone",
    )
    build.add_argument("--threads", type=int, help="CPU threads (default: all that it may use)")
    build.add_argument("--platform", default="CPU", help="CPU (default), CUDA or auto")
    record = actions.add_parser(
        "record", help="judge the models' free runs, and write them into the models' provenance"
    )
    record.add_argument("results", type=Path, help="results/ of structures/free_runs.yaml")
    record.add_argument(
        "--model", action="append", choices=("closed", "open", "bound"), help="only this one"
    )
    parser.epilog = "example: lfa1 structures fetch 1CQP --output 1cqp.cif"


def run(args: argparse.Namespace) -> int:
    """List, fetch or build."""
    if args.action == "list":
        return _list()
    if args.action == "fetch":
        return _fetch(args.entry, args.output, args.any)
    if args.action == "record":
        from lfa1_md.protein import free_runs
        from lfa1_md.study import embedded

        for path in free_runs.record(args.results, args.model or list(embedded.NAMES)):
            print(path)
        return 0
    from lfa1_md.machine import platform
    from lfa1_md.protein import build_models, models
    from lfa1_md.study import embedded
    from lfa1_md.study.sections import Chemistry

    compute = platform.select(args.platform, args.threads)
    folder = args.output_dir or models.FOLDER
    names = args.model or embedded.NAMES
    written = build_models.build(folder, Chemistry().ph, compute, names=names)
    if not args.model:
        written += build_models.build_tables(args.tables_dir)
    for path in written:
        print(path)
    return 0


def _fetch(name: str, output: Path | None, unknown: bool) -> int:
    from lfa1_md.protein import catalogue, fetch

    known, predicted = catalogue.load(), name.startswith("AF-") and fetch.is_entry(name)
    described = name.upper() in known or name.lower() in known
    if described or not (predicted or (unknown and fetch.is_entry(name))):
        print(fetch.fetch(name, output, say=print))
        return 0
    file = fetch.fetch_any(name, output, say=print)
    print(f"{name}: not in the catalogue, so that only its form was checked")
    if predicted:
        from lfa1_md.protein.input import confidence

        print("\n".join(confidence.told(file)))
    print(file)
    return 0


def _list() -> int:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from lfa1_md.protein import catalogue, models
    from lfa1_md.study import embedded

    columns = ("entry", "chain", "residues", "state", "metal", "Å", "mutations", "what")
    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for entry in catalogue.load().values():
        table.add_row(
            entry.entry,
            entry.chain,
            "–".join(map(str, entry.range)),
            entry.state,
            entry.metal,
            f"{entry.resolution:g}" if entry.resolution else "",
            " ".join(entry.mutations),
            entry.what,
        )
    for name in models.NAMES:
        made = models.load(name).preparation["provenance"]
        what = f"shipped, from {made['entry']}"
        if name in embedded.LIGANDS:
            what += f", with ICAM-1 {embedded.LIGANDS[name]} (chain B)"
        table.add_row(name, "A", made.get("residues", "128–307"), name, "MG", "", "", what)
    Console().print(table)
    return 0
