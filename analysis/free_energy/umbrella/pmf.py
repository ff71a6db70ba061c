"""``lfa1 pmf``: the free energy of opening from umbrella windows, or why there is none.

Definitions, formulae and what must not be concluded: ``docs/free_energy.md``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lfa1_analysis.free_energy.umbrella import pmf_tables
from lfa1_analysis.free_energy.umbrella.basins import given_basins
from lfa1_analysis.free_energy.umbrella.verdict import judge
from lfa1_analysis.free_energy.umbrella.window_checks import LEAST_SAMPLES
from lfa1_analysis.free_energy.umbrella.windows import read_windows, series_files
from lfa1_analysis.free_energy.verdicts import LEAST_OVERLAP, NOT_CONVERGED
from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.io.errors import ConfigError
from lfa1_analysis.io.table import check_place, provenance, write_results
from lfa1_analysis.io.units import temperature as read_temperature
from lfa1_analysis.statistics.inference import CONFIDENCE

INPUTS = """\
inputs: a table of windows, and for each run a table with time_ns (ns) and cv, the coordinate in
the unit of the centres (`lfa1 gather` writes both; so can you from any program's output). The
bias is k/2 (cv − centre)², k in kJ/mol per square of that unit."""
"""Of `lfa1 pmf` and `lfa1 windows`."""
_DESCRIPTION = """\
Free energy of opening from umbrella windows (MBAR), with a verdict on their convergence. ΔG is
given only where nothing speaks against it; otherwise the reasons are. "Converged" demands runs
begun from both ends in every window, as nothing else shows a slow motion besides the coordinate."""
_EPILOG = """\
columns (energies in kJ/mol, coordinates in the unit of the centres):
  pmf.csv: system, cv, pmf_kj_per_mol with its 95 % interval low, high, and samples
  windows_report.csv: one row per run: its window, length_ns, equilibration_ns,
      statistical_inefficiency (frames), correlation_ns, n_independent, mean_cv, sd_cv, sem_cv,
      settled, problem
  overlap.csv: overlap (0 to 1) of window and other, their centre and other_centre, and whether
      they are neighbours
  convergence.csv: from a fraction of the frames, in the direction forward or backward,
      difference_from_all_kj_per_mol of ΔG, and expected_error_kj_per_mol
  free_energy.json: ΔG, ΔΔG, verdicts, reasons, settings

example (`lfa1 example` copies these files; their windows are too short to converge):
  lfa1 pmf --windows windows/windows.csv --output-dir pmf --closed=:0.3 --open 0.7:

Definitions, limits and what must not be concluded: docs/free_energy.md."""
TABLES = {
    "pmf.csv": pmf_tables.pmf_table,
    "windows_report.csv": pmf_tables.window_table,
    "overlap.csv": pmf_tables.overlap_table,
    "convergence.csv": pmf_tables.convergence_table,
}
RECORD = "free_energy.json"
BINS = 40
MOST_BINS = 1000


def analyse_windows(
    windows: Path,
    output_dir: Path,
    temperature: float = 310.0,
    closed: str | None = None,
    open_: str | None = None,
    bins: int = BINS,
) -> dict[str, Any]:
    """Judge every system of a table of windows and write the five files.

    Parameters
    ----------
    windows : Path
        Table of windows (:func:`lfa1_analysis.free_energy.umbrella.windows.read_windows`).
    output_dir : Path
        Made if it is not there; files in it are replaced all or none.
    temperature : float
        K; that of the simulations.
    closed, open_ : str, optional
        Basins on the CV, ``"LOW:HIGH"``.
    bins : int
        Of the PMF.

    Returns
    -------
    dict
        What ``free_energy.json`` holds.

    Raises
    ------
    StudyError
        An input or a setting cannot be used; nothing is written then.

    Examples
    --------
    >>> from pathlib import Path
    >>> from lfa1_analysis import analyse_windows, examples
    >>> found = analyse_windows(examples.windows(), Path("pmf"))
    >>> found["systems"]["mg"]["verdict"], found["systems"]["mg"]["value_kj_per_mol"]
    ('not converged', None)
    >>> print(found["systems"]["mg"]["reasons"][0])
    window 0: 9 independent samples of 50 that are needed; run it about ...
    """
    if not 5 <= bins <= MOST_BINS:
        raise ConfigError(f"--bins: {bins} is no sensible number", f"give 5 to {MOST_BINS}")
    basins = given_basins(closed, open_)
    outputs = [output_dir / name for name in (*TABLES, RECORD)]
    check_place(*outputs, inputs=[windows], option="--output-dir")
    sets = read_windows(windows)
    files = series_files(sets)
    check_place(*outputs, inputs=files, option="--output-dir")
    kt = GAS_CONSTANT * temperature
    judged = [judge(found, kt, basins, bins) for found in sets]
    systems = {found.umbrella.system: pmf_tables.record(found) for found in judged}
    others = [other for other in ("apo", "ca") if other == "apo" or other in systems]
    settings = {
        "temperature_kelvin": temperature,
        "closed": closed,
        "open": open_,
        "bins": bins,
        "confidence": CONFIDENCE,
        "least_neighbour_overlap": LEAST_OVERLAP,
        "least_independent_samples": LEAST_SAMPLES,
    }
    content = {
        "systems": systems,
        **{
            f"ddg_mg_minus_{other}": pmf_tables.double_difference(judged, other) for other in others
        },
        **provenance([windows, *files], {"settings": settings}),
    }
    tables = {output_dir / name: make(judged) for name, make in TABLES.items()}
    return write_results(tables, output_dir / RECORD, content, 6)


def add_windows_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `lfa1 pmf` and `lfa1 windows` have in common."""
    parser.add_argument(
        "--windows",
        type=Path,
        required=True,
        metavar="CSV",
        help="one row per run: system, window, replica, seeded_from (closed, open or empty), "
        "centre, force_constant_kj_per_mol_per_unit2, file (relative to this table, with the "
        "columns time_ns and cv), and perhaps unit",
    )
    parser.add_argument(
        "--temperature",
        default="310 K",
        metavar="T",
        help="of the simulations (default: %(default)s)",
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `lfa1 pmf`."""
    add_windows_arguments(parser)
    add = parser.add_argument
    add(
        "--output-dir",
        type=Path,
        required=True,
        metavar="DIR",
        help=f"where {', '.join(TABLES)} and {RECORD} go",
    )
    add("--closed", metavar="LOW:HIGH", help="closed basin on the CV; an end may be left empty")
    add(
        "--open",
        metavar="LOW:HIGH",
        help="open basin; without both, the highest point between the two minima parts them",
    )
    add("--bins", type=int, default=BINS, metavar="N", help="of the PMF (default: %(default)s)")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = f"{_DESCRIPTION}\n\n{INPUTS}"
    parser.epilog = _EPILOG


def run(args: argparse.Namespace) -> int:
    """Run `lfa1 pmf` and print the verdicts."""
    content = analyse_windows(
        args.windows,
        args.output_dir,
        read_temperature(args.temperature, "--temperature"),
        args.closed,
        args.open,
        args.bins,
    )
    for system, found in content["systems"].items():
        if found["verdict"] == NOT_CONVERGED:
            print(f"{system}: not converged, no ΔG is given")
        else:
            print(f"{system}: {found['verdict']}, ΔG(open) = {_shown(found)}")
        for reason in found["reasons"]:
            print(f"  {reason}")
        for note in found["notes"]:
            print(f"  note: {note}")
    for other in ("apo", "ca"):
        if (ddg := content.get(f"ddg_mg_minus_{other}")) is None:
            continue
        if ddg["value_kj_per_mol"] is not None:
            print(f"ΔΔG(mg − {other}): {ddg['verdict']}, {_shown(ddg)}")
        if ddg["reason"]:
            print(f"ΔΔG(mg − {other}): {ddg['reason']}")
    print(f"written to {args.output_dir}")
    return 0


def _shown(found: dict[str, Any]) -> str:
    return (
        f"{found['value_kj_per_mol']:+.1f} kJ/mol "
        f"(95 %: {found['low']:+.1f} to {found['high']:+.1f})"
    )
