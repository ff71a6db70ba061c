"""How long Snakemake takes to see what a study needs: `snakemake --dry-run` of 10 to 10,000 jobs.

    python benchmarks/dag.py [--jobs 10 100 1000 10000] [--repeats 1]

The real study's configuration with its duration (and, for the smallest, its replicas) chosen so
that about so many segments are planned; likewise with `sampling`, where windows and their segments
count. The table gives the median, its processor time, and the seconds per 1,000 jobs beyond those
of the smallest.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import account
import side_by_side
import yaml

SYSTEMS, REPLICAS, WINDOWS = 4, 8, 24


def configuration(jobs: int, sampling: bool) -> tuple[dict[str, Any], int]:
    """Scale the real study to about so many segments; return it and how many there are."""
    text = (side_by_side.ROOT / "config/production.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    content["ions"] = ["mg", "apo"]  # with two states the four systems that were always counted
    content["analysis"] = {"discard": "0 ns"}
    content["production"]["segment"] = "10 ns"
    replicas = min(REPLICAS, max(jobs // SYSTEMS, 1))
    segments = max(round(jobs / SYSTEMS / replicas), 1)
    if not sampling:
        content["replicas"] = replicas
        content["production"]["duration"] = f"{10 * segments} ns"
        return content, SYSTEMS * replicas * segments
    # A pull has a segment for each window; the windows' own segments make up the rest.
    content["replicas"] = 1
    content["production"]["duration"] = "10 ns"
    windows = min(WINDOWS, max(jobs // SYSTEMS // 2 - 1, 2))
    each = max(round(jobs / SYSTEMS / windows) - 1, 1)
    window = {"duration": f"{each} ns", "segment": "1 ns", "frame_interval": "50 ps"}
    content["sampling"] = {
        "windows": windows,
        "pull": {"per_window": "1 ns", "frame_interval": "50 ps", "coordinate_interval": "1 ps"},
        "window": window | {"energy_interval": "1 ps"},
        "adapt": {"rounds": 0},
    }
    return content, SYSTEMS * (windows * (each + 1) + 1)


def dry_run(content: dict[str, Any], *options: str) -> tuple[account.Cost, str]:
    """Take the cost of a dry run in an empty folder, interpreter and configuration included."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.yaml")
        config.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        program = Path(sys.executable).with_name("snakemake")
        where = ["--snakefile", str(side_by_side.ROOT / "Snakefile"), "--directory", folder]
        said = Path(folder, "said")
        with said.open("w", encoding="utf-8") as file:
            taken = account.measured(
                [str(program), "--dry-run", *options, *where, "--configfile", str(config)],
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=os.environ | {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"},
            )
        text = said.read_text(encoding="utf-8")
    if taken.status:
        raise SystemExit(text)
    return taken, text


def middle(costs: list[account.Cost]) -> account.Cost:
    """Return the cost that is the median by wall-clock time (the lower of two)."""
    return sorted(costs)[(len(costs) - 1) // 2]


def main() -> None:
    """Time every size in turns."""
    parser = side_by_side.parser(__doc__, "dag")
    parser.add_argument("--jobs", type=int, nargs="+", default=[10, 100, 1000, 10000])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--count", action="store_true", help="ask Snakemake for all jobs, too")
    args = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for sampling in (False, True):
        sizes = {str(jobs): configuration(jobs, sampling) for jobs in args.jobs}
        taken: dict[str, list[account.Cost]] = {name: [] for name in sizes}
        for _, name in side_by_side.turns(list(sizes), args.repeats):
            taken[name].append(dry_run(sizes[name][0], "--quiet")[0])
        least_jobs, least = sizes[str(args.jobs[0])][1], middle(taken[str(args.jobs[0])])[0]
        for name, (content, segments) in sizes.items():
            seconds, cpu, _, _ = middle(taken[name])
            beyond = segments - least_jobs
            row = {"study": "sampling" if sampling else "production", "segments": segments}
            row |= {"seconds": seconds, "cpu_seconds": cpu}
            row |= {"per_1000_segments": 1000 * (seconds - least) / beyond if beyond else ""}
            if args.count:
                found = re.search(r"^total\s+(\d+)", dry_run(content)[1], re.MULTILINE)
                row["jobs"] = int(found[1]) if found else ""
            rows.append(row)
    side_by_side.write(rows, args.output, "snakemake --dry-run --quiet")


if __name__ == "__main__":
    main()
