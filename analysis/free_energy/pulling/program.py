"""``lfa1 pulls``: speed and work of steered pulls; forward and backward compared.

Definitions, formulae and what must not be concluded: ``docs/free_energy.md``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.free_energy.pulling.comparison import LEAST_PULLS, PullComparison
from lfa1_analysis.free_energy.pulling.pulls import COLUMNS, SteeredPull, read_pulls
from lfa1_analysis.free_energy.verdicts import LEAST_OVERLAP
from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.io.table import check_place, or_null, provenance, write_results
from lfa1_analysis.io.units import temperature as read_temperature
from lfa1_analysis.statistics.inference import CONFIDENCE, interval_record

_DESCRIPTION = """\
Speed, work and lag of steered pulls; there and back bracket a free energy.

inputs: a table of pulls, and for each a table with time_ns (ns), cv and centre (unit of the
coordinate), as `lfa1 gather --pulls` writes them."""
_EPILOG = """\
columns:
  pull_work.csv: system, replica, direction, time_ns, centre and cv (unit of the coordinate),
      work_kj_per_mol done until then
  pulls.json: for each pull its speed, total work and lag; for each system the work of both
      directions, the bracket of ΔF, and Bennett's estimate where the works overlap

example (`lfa1 example` copies these files):
  lfa1 pulls --pulls pulls/pulls.csv --output-dir pulling

Work of fast pulls brackets a free energy and does not give it: docs/free_energy.md."""
PROFILE, RECORD = "pull_work.csv", "pulls.json"


def analyse_pulls(pulls: Path, output_dir: Path, temperature: float = 310.0) -> dict[str, Any]:
    """Compute work and comparison of every system's pulls and write both files.

    Parameters
    ----------
    pulls : Path
        Table of pulls (:func:`lfa1_analysis.free_energy.pulling.pulls.read_pulls`).
    output_dir : Path
        Made if it is not there; files in it are replaced both or none.
    temperature : float
        K; that of the simulations.

    Returns
    -------
    dict
        What ``pulls.json`` holds.

    Raises
    ------
    StudyError
        An input cannot be used; nothing is written then.

    Examples
    --------
    >>> from pathlib import Path
    >>> from lfa1_analysis import analyse_pulls, examples
    >>> found = analyse_pulls(examples.pulls(), Path("pulls"))
    >>> bounds = found["systems"]["mg"]["delta_f_between_biased_ends"]
    >>> round(bounds["at_least_kj_per_mol"]), round(bounds["at_most_kj_per_mol"])
    (-238, 243)
    """
    outputs = [output_dir / PROFILE, output_dir / RECORD]
    check_place(*outputs, inputs=[pulls], option="--output-dir")
    systems = read_pulls(pulls)
    files = [pull.file for each in systems.values() for pull in each]
    check_place(*outputs, inputs=files, option="--output-dir")
    kt = GAS_CONSTANT * temperature
    done = [PullComparison(each, kt) for each in systems.values()]
    about = {
        "settings": {
            "temperature_kelvin": temperature,
            "confidence": CONFIDENCE,
            "least_pulls_each_way": LEAST_PULLS,
            "least_overlap": LEAST_OVERLAP,
        }
    }
    content = {
        "systems": {name: _record(its, kt) for name, its in zip(systems, done, strict=True)},
        **provenance([pulls, *files], about),
    }
    table = pd.concat([each.profile() for its in done for each in its.pulls])
    return write_results({outputs[0]: table}, outputs[1], content, 9)


def _record(its: PullComparison, kt: float) -> dict[str, Any]:
    first = its.pulls[0]
    return {
        "unit": first.unit,
        "force_constant_kj_per_mol_per_unit2": first.constant,
        "lower_centre": first.ends[0],
        "upper_centre": first.ends[1],
        "pulls": [_pull(each) for each in its.pulls],
        "mean_work_forward_kj_per_mol": interval_record(its.forward),
        "mean_work_backward_kj_per_mol": interval_record(its.backward),
        "dissipated_kj_per_mol": interval_record(its.dissipated),
        "dissipated_kt": or_null(its.dissipated.estimate / kt),
        "hysteresis_area": or_null(its.area),
        "mean_separation_at_the_same_centre": or_null(its.separation),
        "delta_f_between_biased_ends": {
            "at_least_kj_per_mol": or_null(its.low),
            "at_most_kj_per_mol": or_null(its.high),
            "at_least_with_uncertainty_kj_per_mol": or_null(its.low_95),
            "at_most_with_uncertainty_kj_per_mol": or_null(its.high_95),
            "overlap_of_work": or_null(its.overlap),
            "bar_kj_per_mol": its.bar
            and {
                "value": its.bar.value,
                "error": its.bar.standard_error,
                "low": its.bar.interval[0],
                "high": its.bar.interval[1],
            },
        },
        "notes": its.notes,
    }


def _pull(each: SteeredPull) -> dict[str, Any]:
    return {
        "replica": each.replica,
        "direction": each.direction,
        "file": each.file.name,
        "first_centre": each.first_centre,
        "last_centre": each.last_centre,
        "rest_ns": each.rest_ns,
        "length_ns": float(each.time_ns[-1] - each.time_ns[0]) + each.interval_ns,
        "speed_per_ns": or_null(each.speed),
        "speed_angstrom_per_ns": or_null(each.speed_angstrom),
        "work_kj_per_mol": each.total,
        "last_cv": float(each.cv[-1]),
        "lag": each.lag,
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `lfa1 pulls`."""
    add = parser.add_argument
    add(
        "--pulls",
        type=Path,
        required=True,
        metavar="CSV",
        help=f"one row per pull: {', '.join(COLUMNS)} (relative to this table, with the columns "
        "time_ns, cv and centre), and perhaps unit. forward: the centre goes up (closed to open)",
    )
    add("--temperature", default="310 K", metavar="T", help="default: %(default)s")
    add(
        "--output-dir",
        type=Path,
        required=True,
        metavar="DIR",
        help=f"where {PROFILE} and {RECORD} go",
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG


def run(args: argparse.Namespace) -> int:
    """Run `lfa1 pulls` and print what the pulls say."""
    content = analyse_pulls(
        args.pulls, args.output_dir, read_temperature(args.temperature, "--temperature")
    )
    for name, its in content["systems"].items():
        for each in its["pulls"]:
            print(
                f"{name}, replica {each['replica']} {each['direction']}: work "
                f"{each['work_kj_per_mol']:.1f} kJ/mol, lag {each['lag']:.3g}"
            )
        bounds = its["delta_f_between_biased_ends"]
        low, high = bounds["at_least_kj_per_mol"], bounds["at_most_kj_per_mol"]
        if low is not None and high is not None:
            print(
                f"{name}: ΔF between the biased ends from {low:.1f} to {high:.1f} kJ/mol, "
                f"{its['dissipated_kt']:.1f} kT dissipated"
            )
        if bar := bounds["bar_kj_per_mol"]:
            print(
                f"{name}: ΔF = {bar['value']:.1f} kJ/mol "
                f"(95 %: {bar['low']:.1f} to {bar['high']:.1f})"
            )
        for note in its["notes"]:
            print(f"{name}: {note}")
    print(f"written to {args.output_dir}")
    return 0
