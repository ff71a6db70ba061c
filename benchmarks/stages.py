"""What every stage of the demonstration takes: wall-clock time, processor time, peak memory.

    python benchmarks/stages.py [--cores 2] [--config config/config.yaml] [--study benchmarks/study]
    python benchmarks/stages.py --states closed --replicas 1    # a quarter of the time

Runs the demonstration under Snakemake in `--study` (emptied first; other benchmarks take their
systems from it). A program named `lfa1` stands before the real one (`account.py`) and asks the
kernel, for every verb, what the process took: `ru_maxrss`, not a sample. Stages run beside each
other as in any study, so their wall-clock times are those of a busy machine.

For a matched pair, `prepare + solvate + build` is the sum for one state.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import account
import pandas as pd
import side_by_side
import yaml

ORDER = ["prepare", "solvate", "build", "minimise", "equilibrate", "simulate"]
ORDER += ["opening", "midas", "flexibility", "compare", "report"]
WRAPPER = """#!/bin/sh
exec {python} {account} {table} {real} "$@"
"""


def run(study: Path, content: dict[str, Any], cores: int) -> tuple[pd.DataFrame, account.Cost]:
    """Run the study and return one row per verb that was called, and what it took in all."""
    shutil.rmtree(study, ignore_errors=True)
    study.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        table, stand_in = Path(folder, "account.csv"), Path(folder, "bin", "lfa1")
        stand_in.parent.mkdir()
        real, tool = Path(sys.executable).with_name("lfa1"), side_by_side.HERE / "account.py"
        stand_in.write_text(
            WRAPPER.format(python=sys.executable, account=tool, table=table, real=real)
        )
        stand_in.chmod(0o755)
        config = Path(folder, "config.yaml")
        config.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        program = Path(sys.executable).with_name("snakemake")
        path = os.pathsep.join([str(stand_in.parent), str(program.parent), os.environ["PATH"]])
        where = ["--snakefile", str(side_by_side.ROOT / "Snakefile"), "--directory", str(study)]
        whole = account.measured(
            [str(program), *where, "--configfile", str(config), "--cores", str(cores), "--quiet"],
            env=os.environ | {"PATH": path},
        )
        if whole.status:
            raise SystemExit(f"the study failed; its logs are in {study}")
        return pd.read_csv(table, names=account.COLUMNS), whole


def summed(table: pd.DataFrame, whole: account.Cost) -> list[dict[str, Any]]:
    """Summarise the calls of each verb."""
    rows = []
    for verb in ORDER:
        calls = table[table["verb"] == verb]
        if len(calls):
            median = calls.median(numeric_only=True)
            rows.append(
                {"stage": verb, "calls": len(calls), "median_seconds": median["seconds"]}
                | {"longest_seconds": calls["seconds"].max()}
                | {"median_cpu_seconds": median["cpu_seconds"]}
                | {"peak_mib": calls["peak_mib"].max()}
            )
    middle = {row["stage"]: row for row in rows}
    if {"prepare", "solvate", "build"} <= set(middle):
        parts = [(middle["prepare"], 1), (middle["solvate"], 1), (middle["build"], 2)]
        pair = {"stage": "prepare + solvate + 2 × build", "calls": ""}
        for key in ("median_seconds", "longest_seconds", "median_cpu_seconds"):
            pair[key] = sum(row[key] * times for row, times in parts)
        rows.append(pair | {"peak_mib": max(row["peak_mib"] for row, _ in parts)})
    everything = {"stage": "whole study, Snakemake included", "calls": ""}
    return [
        *rows,
        everything
        | {"median_seconds": whole.seconds, "longest_seconds": whole.seconds}
        | {"median_cpu_seconds": whole.cpu_seconds, "peak_mib": whole.peak_mib},
    ]


def main() -> None:
    """Run the demonstration and summarise what its stages took."""
    parser = side_by_side.parser(__doc__, "stages")
    parser.add_argument("--study", type=Path, default=side_by_side.STUDY, help="emptied first")
    parser.add_argument("--config", type=Path, default=side_by_side.ROOT / "config/config.yaml")
    parser.add_argument("--states", nargs="+", help="only these of the configuration's")
    parser.add_argument("--replicas", type=int, help="instead of the configuration's")
    parser.add_argument("--cores", type=int, default=side_by_side.cores())
    args = parser.parse_args()
    if args.study.exists() and not (args.study / "results").is_dir() and any(args.study.iterdir()):
        parser.error(f"{args.study} holds something else than a study; it is left alone")
    content = yaml.safe_load(args.config.read_text(encoding="utf-8"))
    content["replicas"] = args.replicas or content["replicas"]
    content["states"] = {
        name: source
        for name, source in content["states"].items()
        if name in (args.states or content["states"])
    }
    table, whole = run(args.study.resolve(), content, args.cores)
    print(f"{len(table)} jobs")
    about = f"{', '.join(content['states'])}; replicas: {content['replicas']}"
    rows = [row | {"study": about} for row in summed(table, whole)]
    side_by_side.write(rows, args.output, "Stages of the demonstration")


if __name__ == "__main__":
    main()
