"""The analysis against merely reading the trajectory: time and memory, in turns.

    python benchmarks/analysis.py FOLDER [--frames 100 1000 10000] [--rounds 3]

Makes the trajectories in FOLDER (see made_trajectory.py), runs each job in a process of its own,
one after the other, as many rounds as asked, and writes benchmarks/analysis.csv and, as a table of
medians, analysis.table.md beside it. All times are those of the pass alone, without starting Python
and reading the topology. CPU time is given beside wall-clock time, since a shared machine lengthens
only that; both are compared within one round.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
JOBS = {
    "read, MDAnalysis": "for ts in universe.trajectory",
    "read, mdtraj": "mdtraj.iterload, 100 frames at a time",
    "one pass": "Observables: all of lfa1 observe",
    "one pass, 2 processes": "the same with --workers 2",
    "three passes": "Opening, Midas, Flexibility, one after the other",
    "stock analyses": "ready-made ones of MDAnalysis and mdtraj, one after the other",
}


def main() -> None:
    """Run the jobs in turns, or, called by itself, one of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("benchmarks/study/analysis"),
        help="for the made trajectories (default: %(default)s)",
    )
    parser.add_argument("--frames", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--stock-frames", type=int, default=100, help="most frames for the stock analyses"
    )
    parser.add_argument("--output", type=Path, default=HERE / "analysis.csv")
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.job:
        print(json.dumps(_measure(args.job, args.folder)))
        return
    import pandas as pd

    rows = []
    for frames in args.frames:
        folder = args.folder / str(frames)
        if not (folder / "run.xtc").exists():
            maker = [sys.executable, str(HERE / "made_trajectory.py"), str(folder)]
            subprocess.run([*maker, "--frames", str(frames)], check=True)
        for turn in range(args.rounds):
            order = list(JOBS) if turn % 2 else list(reversed(JOBS))
            for job in order:
                if job == "stock analyses" and frames > args.stock_frames:
                    continue
                command = [sys.executable, __file__, str(folder), "--job", job]
                single = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
                out = subprocess.run(
                    command, check=True, capture_output=True, text=True, env=single
                )
                rows.append({"frames": frames, "round": turn, "job": job, **json.loads(out.stdout)})
                print(rows[-1], flush=True)
                table = pd.DataFrame(rows)
                table.round(3).to_csv(args.output, index=False, lineterminator="\n")
    args.output.with_suffix(".table.md").write_text(_markdown(table), encoding="utf-8")


def _measure(job: str, folder: Path) -> dict[str, float]:
    """Time one job, and say how much memory the process has ever held."""
    warnings.simplefilter("ignore")
    topology, trajectory = folder / "trajectory.pdb", folder / "run.xtc"
    run = _prepared(job, topology, trajectory)
    wall, cpu = time.perf_counter(), _cpu()
    run()
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": _cpu() - cpu,
        "max_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _cpu() -> float:
    """Return the CPU time in s of this process and of those it has started and seen end."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _prepared(job: str, topology: Path, trajectory: Path) -> Callable[[], Any]:
    import mdtraj

    from lfa1_analysis.observables.flexibility import Flexibility
    from lfa1_analysis.observables.midas import Midas
    from lfa1_analysis.observables.opening import Opening
    from lfa1_analysis.observe import Observables
    from lfa1_analysis.proteins.numbering import find_domain
    from lfa1_analysis.trajectory.universe import open_universe

    if job == "read, mdtraj":
        top = mdtraj.load_topology(str(topology))
        return lambda: [None for _ in mdtraj.iterload(str(trajectory), top=top, chunk=100)]
    universe = open_universe(topology, [trajectory])
    if job == "read, MDAnalysis":
        return lambda: [None for _ in universe.trajectory]
    if job == "stock analyses":
        return lambda: _stock(universe, str(topology), str(trajectory))
    domain = find_domain(universe)
    wanted = [Observables] if job.startswith("one pass") else [Opening, Midas, Flexibility]
    series = [observable(universe, domain) for observable in wanted]
    if job.endswith("2 processes"):
        return lambda: [one.run(backend="multiprocessing", n_workers=2) for one in series]
    return lambda: [one.run() for one in series]


def _stock(universe: Any, topology: str, trajectory: str) -> None:
    """Run what the libraries have ready for the same questions, each with its own pass."""
    import mdtraj
    from MDAnalysis.analysis import align, contacts, distances, rms
    from MDAnalysis.analysis.base import AnalysisFromFunction

    alphas = universe.select_atoms("name CA and resid 130-300")
    rms.RMSD(alphas, alphas).run()  # once for each reference
    rms.RMSD(alphas, alphas).run()
    align.AverageStructure(universe, select="name CA and resid 130-300").run()
    rms.RMSF(alphas).run()
    heavy = universe.select_atoms("protein and resid 130-300 and not name H*")
    contacts.Contacts(
        universe,
        select=("protein and resid 130-300 and not name H*",) * 2,
        refgroup=(heavy, heavy),
        radius=4.5,
    ).run()
    metal, oxygens = universe.select_atoms("resname MG"), universe.select_atoms("name O*")
    AnalysisFromFunction(
        lambda: distances.distance_array(metal.positions, oxygens.positions),
        universe.trajectory,
    ).run()
    AnalysisFromFunction(lambda: heavy.radius_of_gyration(), universe.trajectory).run()
    top = mdtraj.load_topology(topology)
    backbone = top.select("protein")
    for part in mdtraj.iterload(trajectory, top=top, chunk=100):
        mdtraj.compute_dssp(part.atom_slice(backbone))


def _markdown(table: Any) -> str:
    """Return the medians, and the median ratios to the bare read of the same round."""
    bare = table[table["job"] == "read, MDAnalysis"].set_index(["frames", "round"])
    lines = [
        "| frames | job | wall (s) | CPU (s) | wall / bare read | CPU / bare read | memory (MB) |",
        "|---|---|---|---|---|---|---|",
    ]
    for frames in table["frames"].unique():
        for job in JOBS:
            rows = table[(table["frames"] == frames) & (table["job"] == job)]
            if rows.empty:
                continue
            key = rows.set_index(["frames", "round"])
            ratios = [key[c] / bare.loc[key.index, c] for c in ("wall_s", "cpu_s")]
            middle = rows[["wall_s", "cpu_s", "max_rss_mb"]].median()
            lines.append(
                f"| {frames:,} | {job} | {middle['wall_s']:.2f} | {middle['cpu_s']:.2f} | "
                f"{ratios[0].median():.2f} ({ratios[0].min():.2f}–{ratios[0].max():.2f}) | "
                f"{ratios[1].median():.2f} ({ratios[1].min():.2f}–{ratios[1].max():.2f}) | "
                f"{middle['max_rss_mb']:.0f} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
