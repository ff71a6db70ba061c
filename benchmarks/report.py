"""The report of a study with many replicas: how long it takes to make, and to load.

    python benchmarks/report.py FOLDER [--replicas 100] [--frames 400] [--loads 3]

Makes a synthetic study in FOLDER (four systems, made tables as tests/report/synthetic.py makes
them, the shipped model shaken as trajectories), compares it, times `lfa1 report`, and opens the
page in headless Chromium as often as asked: until the page has loaded, and until its first figure
is drawn. Writes benchmarks/results/report.csv. Targets: 2 minutes and 3 seconds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
TRAJECTORY_FRAMES = 60
"""Of each replica; the page shows at most 50 of any."""
sys.path.insert(0, str(HERE.parent / "tests" / "report"))

from account import measured  # noqa: E402


def main() -> None:
    """Make, report, load."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("benchmarks/study/report"),
        help="for the made study; used again where it is there (default: %(default)s)",
    )
    parser.add_argument("--replicas", type=int, default=100)
    parser.add_argument("--frames", type=int, default=400)
    parser.add_argument("--loads", type=int, default=3)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "report.csv")
    args = parser.parse_args()
    import pandas as pd

    _make(args.folder, args.replicas, args.frames)
    page = args.folder / "report.html"
    config = args.folder / "config.yaml"
    report = [_lfa1(), "report", "--results", str(args.folder), "--config", str(config)]
    cost = measured(report)
    if cost.status != 0:
        sys.exit("lfa1 report failed")
    row = {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "replicas_per_system": args.replicas,
        "report_seconds": round(cost.seconds, 1),
        "report_cpu_seconds": round(cost.cpu_seconds, 1),
        "report_peak_mib": round(cost.peak_mib),
        "page_mb": round(page.stat().st_size / 1e6, 1),
    }
    loads = [_load(page) for _ in range(args.loads)]
    for place, name in enumerate(("load_seconds", "first_figure_seconds")):
        row[name] = round(sorted(times[place] for times in loads)[len(loads) // 2], 2)
    table = pd.DataFrame([row])
    args.output.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.output, index=False)
    print(table.T.to_string(header=False))


def _lfa1() -> str:
    return str(Path(sys.executable).with_name("lfa1"))


def _make(folder: Path, replicas: int, frames: int) -> None:
    if not (folder / "comparison" / "summary.json").is_file():
        import synthetic_trajectory
        from synthetic import write_study

        write_study(folder, replicas=replicas, n_frames=frames)
        for system in ("closed-mg", "closed-apo", "open-mg", "open-apo"):
            synthetic_trajectory.write(folder, system, replicas, TRAJECTORY_FRAMES)
        output = str(folder / "comparison")
        command = [_lfa1(), "compare", "--analysis", str(folder / "analysis")]
        subprocess.run([*command, "--output-dir", output], check=True, stdout=subprocess.DEVNULL)


def _load(page: Path) -> tuple[float, float]:
    """Seconds until the load event, and until the first figure is drawn (its own clock)."""
    from browser import browser

    with browser() as tab:
        tab.size(1280, 800)
        loaded = tab.open(page)
        tab.wait("performance.getEntriesByName('figure drawn').length", 60)
        drawn = tab.run("performance.getEntriesByName('figure drawn')[0].startTime")
        return loaded, float(drawn) / 1000


if __name__ == "__main__":
    main()
