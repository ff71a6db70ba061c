"""Does each model of Mg²⁺ keep the metal site: free dynamics of the shipped models, run and judged.

    python benchmarks/ion_sites.py

runs the studies of benchmarks/ion_models/ in benchmarks/ion-sites/ (eight pairs of ion model and
water; each three times from `closed`, once from `open` and from `bound`), writes one row a run into
benchmarks/ion_sites.csv and the tables of benchmarks/ion_models.md. What was interrupted goes on
when it is called again; rows and tables are written after each pair, so that it may be stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import side_by_side

from lfa1_analysis.comparison.site_control import site_frames
from lfa1_analysis.io.table import write_texts
from lfa1_analysis.metal_site.rules import NOTE
from lfa1_md.study import configfile
from lfa1_md.study.settings import StudyConfig

STUDIES = tuple(
    side_by_side.HERE / "ion_models" / f"{name}.yaml" for name in ("opc3", "charmm36", "tip3p")
)
"""In the order in which they are run."""
RUNS = {"closed": 3, "open": 1, "bound": 1}
"""Runs of each pair by state: the closed site has no ligand of its own beside Asp239."""
WORK = side_by_side.HERE / "ion-sites"
ROWS = side_by_side.HERE / "ion_sites.csv"
PAGE = side_by_side.HERE / "ion_models.md"
BEGIN, END = "<!-- from ion_sites.csv: begin -->", "<!-- from ion_sites.csv: end -->"
DONORS = {"ser139": "S139", "ser141": "S141", "thr206": "T206", "asp239": "D239", "asp137": "D137"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, pair by pair; returns the number of pairs whose runs failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", nargs="+", type=Path, default=STUDIES, help="configurations")
    parser.add_argument("--work", type=Path, default=WORK, help="where they are run")
    parser.add_argument("--output", type=Path, default=ROWS, help="the rows")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page with the tables")
    parser.add_argument("--cores", type=int, default=side_by_side.cores())
    parser.add_argument("--dry-run", action="store_true", help="only say what would be run")
    given = parser.parse_args(arguments)
    failed = 0
    for path in given.studies:
        study = configfile.load(path)
        for member in study.members:
            failed += _run(path, given.work, _runs(study, member), given.cores, given.dry_run)
            if not given.dry_run:
                write(given.studies, given.work, given.output, given.page)
    return failed


def write(studies: Sequence[Path], work: Path, output: Path, page: Path) -> None:
    """Write the rows of all finished runs, and the tables in the page."""
    found = [row for path in studies for row in rows(work / path.stem, configfile.load(path))]
    if not found:
        return
    table = pd.DataFrame(found)
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    text = f"{before}{BEGIN}\n\n{markdown(table)}\n\n{END}{after}"
    write_texts({output: table.to_csv(index=False, float_format="%.3f"), page: text})


def rows(home: Path, study: StudyConfig) -> Iterator[dict[str, Any]]:
    """Give one row for each finished run: medians over its frames, and what was wrong when.

    Parameters
    ----------
    home : path
        Where the study is run.
    """
    for member in study.members:
        for name, replica in _runs(study, member):
            folder = home / "results" / "analysis" / name / f"replica-{replica}"
            if not (folder / "midas-events.csv").is_file():
                continue
            frames = pd.read_csv(folder / "midas.csv", keep_default_na=False, na_values=[""])
            found = pd.read_csv(folder / "midas-events.csv")
            alarms = found[(found["severity"] != NOTE) & (found["event"] != "site_intact_lost")]
            made = home / "results" / "systems" / name / "manifest.json"
            manifest = json.loads(made.read_text(encoding="utf-8"))
            state, model = str(manifest["state"]), manifest["metal_model"]
            distances = frames[[f"{donor}_angstrom" for donor in DONORS]].astype(float)
            yield {
                "force_field": study.chemistry.force_field,
                "water": model["water"],
                "model": model["model"],
                "state": state,
                "replica": replica,
                "seed": study.seed,
                "free_ps": frames["time_ns"].max() * 1000,
                "frames": len(frames),
                **distances.median().to_dict(),
                "ligand_angstrom": frames["ligand_angstrom"].astype(float).median(),
                "asp137_least_angstrom": distances["asp137_angstrom"].min(),
                "coordination_number": frames["coordination_number"].astype(float).mean(),
                "intact_fraction": site_frames(frames, "mg", state).mean(),
                "alarms": "; ".join(
                    f"{event} from {start * 1000:.1f} ps"
                    for event, start in alarms.groupby("event", sort=False)["start_ns"]
                    .min()
                    .items()
                ),
            }


def markdown(table: pd.DataFrame) -> str:
    """Make a table of the pairs, then one of the runs of each state.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `rows`.
    """
    pairs = table.groupby(["force_field", "water", "model"], sort=False)
    lines = [
        "Runs without an alarm, of all runs:",
        "",
        f"| force field, water, model | {' | '.join(RUNS)} |",
        "|---|" + "---|" * len(RUNS),
    ]
    for pair, runs in pairs:
        of = {state: runs[runs["state"] == state]["alarms"] for state in RUNS}
        kept = (f"{(a == '').sum()} of {len(a)}" if len(a) else "–" for a in of.values())
        lines.append(f"| {', '.join(map(str, pair))} | {' | '.join(kept)} |")
    for state, runs in table.groupby("state", sort=False):
        shown = {**DONORS, "ligand": "E34"} if state == "bound" else DONORS
        lines += [
            "",
            f"`{state}`, medians over {runs['free_ps'].min():g} ps or more (Å):",
            "",
            f"| force field, water, model | run | {' | '.join(shown.values())} "
            "| D137, least | CN | intact | alarms |",
            "|---|---|" + "---|" * (len(shown) + 4),
        ]
        for row in runs.to_dict("records"):
            cells = [
                f"{row['force_field']}, {row['water']}, {row['model']}",
                f"{row['replica']}",
                *(f"{row[f'{key}_angstrom']:.2f}" for key in (*shown, "asp137_least")),
                f"{row['coordination_number']:.1f}",
                f"{row['intact_fraction']:.0%}",
                row["alarms"] or "none",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _runs(study: StudyConfig, member: str) -> list[tuple[str, int]]:
    """Return system and replica of every run of one model."""
    return [(f"{state}-{member}", n) for state in study.states for n in range(RUNS[state])]


def _run(path: Path, work: Path, runs: list[tuple[str, int]], cores: int, dry: bool) -> bool:
    """Run one model's simulations; returns whether any failed."""
    folder = work / path.stem
    folder.mkdir(parents=True, exist_ok=True)
    tables = ("midas.csv", "midas-events.csv")
    program = Path(sys.executable).with_name("snakemake")
    command = [
        *(str(program), "--snakefile", str(side_by_side.ROOT / "Snakefile")),
        *("--directory", str(folder), "--configfile", str(path.resolve())),
        *("--cores", str(cores), "--keep-going", "--rerun-incomplete"),
        *(["--dry-run", "--quiet", "host"] if dry else ["--quiet", "rules"]),
        "--",
        *(f"results/analysis/{name}/replica-{n}/{table}" for name, n in runs for table in tables),
    ]
    there = os.pathsep.join([str(program.parent), os.environ["PATH"]])
    done = subprocess.run(command, env=os.environ | {"PATH": there}, check=False)
    return done.returncode != 0


if __name__ == "__main__":
    raise SystemExit(main())
