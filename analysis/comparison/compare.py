"""``lfa1 compare``: replica statistics, ±Mg effects with intervals, verdicts and controls.

Reads ``{system}/replica-{n}/{opening,midas,flexibility}.csv`` below one folder, and
``interface.csv`` of systems that hold ICAM-1, of this study or of anyone else, and writes
``replicas.csv``, ``effects.csv`` and ``summary.json``.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.comparison.effects import Effect, all_effects
from lfa1_analysis.comparison.findings import controls, headline, limits, transitions, warnings
from lfa1_analysis.comparison.relevance import (
    BY_NAME,
    HOLDING,
    MINIMUM_TIME_NS,
    OBSERVABLES,
    PRIMARY,
)
from lfa1_analysis.comparison.sensitivity import sensitivity
from lfa1_analysis.comparison.site_control import SiteControl, Visit, metal_sites, visits
from lfa1_analysis.comparison.study_tables import StudyTables, load, split
from lfa1_analysis.comparison.verdicts import duration
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import check_place, or_null, versions, write_results
from lfa1_analysis.io.units import duration as read_duration
from lfa1_analysis.statistics.inference import BOOTSTRAP_FROM, CONFIDENCE, POWER, Summary, summarise

_DESCRIPTION = """\
Statistics of each replica, differences between systems with 95 % intervals, verdicts and controls.

inputs: {system}/replica-{n}/opening.csv, midas.csv and flexibility.csv below one folder, as
`lfa1 observe` writes them (time_ns in ns, distances in Å). {system} is {state}-{ion}, such as
closed-mg and closed-apo. Replicas of equal number are compared as pairs."""
_EPILOG = """\
columns (values in the unit that stands in the column `unit`):
  replicas.csv: system, state, ion, replica, observable, unit, n_frames, equilibration_ns,
      statistical_inefficiency (frames), n_independent, mean, sd, sem, settled, note
  effects.csv: comparison, kind, observable, unit, state, n_pairs, effect, ci_low, ci_high,
      method, smallest_detectable, relevant_size, verdict, sentence, tier, p_value, p_holm,
      reason, span_ns, control
  summary.json: the verdicts in words, warnings, controls, what is missing, and the method

example (`lfa1 example` copies these files):
  lfa1 compare --analysis analysis --output-dir comparison --discard '0.5 ps'

Method and limits: docs/statistics.md."""


def compare(
    analysis: Path,
    output_dir: Path,
    discard_ns: float = 0.0,
    replicas: int | None = None,
    systems: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Compare all systems below `analysis` and write the three files to `output_dir`.

    Parameters
    ----------
    analysis : Path
        Folder of the per-replica tables.
    output_dir : Path
        Made if it is not there; files in it are replaced whole or not at all.
    discard_ns : float
        Time left out at the beginning of every replica, before equilibration is detected (ns).
    replicas : int, optional
        Replicas that each system should have, so that missing ones can be named.
    systems : sequence of str, optional
        Systems of the study; others in the folder are left out.

    Returns
    -------
    dict
        What ``summary.json`` holds.

    Examples
    --------
    >>> from pathlib import Path
    >>> from lfa1_analysis import compare, examples
    >>> summary = compare(examples.tables(), Path("comparison"))
    >>> summary["headline"][0]
    'Closed state, Mg²⁺ at the MIDAS compared with an empty MIDAS: no answer (3 ps per run).'
    >>> sorted(file.name for file in Path("comparison").iterdir())
    ['effects.csv', 'replicas.csv', 'summary.json']
    """
    names = ("replicas.csv", "effects.csv", "summary.json")
    replica_file, effect_file, summary_file = (output_dir / name for name in names)
    check_place(replica_file, effect_file, summary_file, option="--output-dir")
    study = load(analysis, discard_ns, replicas, systems)
    means = {
        (system, n, name): summarise(values)
        for system in study.systems
        for n in study.replicas(system)
        for name in study.observables()
        if (values := study.column(system, n, name)) is not None
    }
    effects = all_effects(study, means)
    sites, ions = metal_sites(study), visits(study)
    summary = _summary(study, means, effects, sites, ions, discard_ns)
    columns = list(Effect.__dataclass_fields__)
    tables = {
        replica_file: _replica_table(study, means),
        effect_file: pd.DataFrame([asdict(effect) for effect in effects], columns=columns),
    }
    written = write_results(tables, summary_file, _without_nan(summary))
    return summary | {"files": written["files"]}


def _replica_table(study: StudyTables, means: dict[tuple[str, int, str], Summary]) -> pd.DataFrame:
    rows = []
    for (system, n, name), found in means.items():
        state, ion = split(system)
        frame_ns = study.frame_ns(system, n, BY_NAME[name].table)
        values = asdict(found)
        start, inefficiency = values.pop("start"), values.pop("inefficiency")
        rows.append(
            {
                "system": system,
                "state": state,
                "ion": ion,
                "replica": n,
                "observable": name,
                "unit": BY_NAME[name].unit,
                "n_frames": values.pop("n_frames"),
                "equilibration_ns": start * frame_ns if start else 0.0,
                "statistical_inefficiency": inefficiency,
                **values,
            }
        )
    return pd.DataFrame(rows)


def _summary(
    study: StudyTables,
    means: dict[tuple[str, int, str], Summary],
    effects: list[Effect],
    sites: list[SiteControl],
    ions: list[Visit],
    discard_ns: float,
) -> dict[str, Any]:
    tests = [effect for effect in effects if effect.kind == "effect"]
    tiers = {
        tier: [asdict(effect) for effect in tests if effect.tier == tier]
        for tier in ("primary", "holding", "exploratory")
    }
    spans = {
        system: {str(n): study.span_ns(system, n) for n in study.replicas(system)}
        for system in study.systems
    }
    checked = controls(effects, sites, ions)
    drifting = [
        f"{system}, replica {n}: {BY_NAME[name].subject} is {found.note}"
        for (system, n, name), found in means.items()
        if name in (*PRIMARY, *HOLDING) and not found.settled
    ]
    return {
        "headline": headline(effects),
        "warnings": warnings(study, sites, checked),
        **tiers,
        "sensitivity": sensitivity(effects),
        "controls": checked,
        "cannot_tell": limits(study, effects),
        "missing": study.missing,
        "drifting": drifting,
        "transitions": transitions(study),
        "replicas": {system: study.replicas(system) for system in study.systems},
        "span_ns": spans,
        "method": {
            "discard_ns": discard_ns,
            "confidence": CONFIDENCE,
            "power": POWER,
            "bootstrap_from_replicas": BOOTSTRAP_FROM,
            "minimum_time_for_no_effect_ns": MINIMUM_TIME_NS,
            "primary_observables": list(PRIMARY),
            "holding_observables": list(HOLDING),
            "named_beforehand": list(dict.fromkeys(e["comparison"] for e in tiers["primary"])),
            "correction": "Holm, over the primary observables of the comparisons of ions that were "
            "named beforehand",
        },
        "relevant_sizes": [
            {
                "observable": item.name,
                "unit": item.unit,
                "size": item.relevant,
                "reason": item.reason,
                "tier": item.tier,
            }
            for item in OBSERVABLES
            if item.compared and (item.table != "interface" or study.holds_ligand)
        ],
        "versions": versions(),
    }


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return or_null(value) if isinstance(value, float) else value


def parse_time(text: str) -> float:
    """Read a length of time, such as ``"10 ns"``, in ns.

    Examples
    --------
    >>> from lfa1_analysis.comparison.compare import parse_time
    >>> parse_time("0.5 us")
    500.0
    """
    time = read_duration(text, "--discard") / 1000
    if not 0 <= time < math.inf:
        raise InputError(f"--discard: {text!r} is not possible", "give 0 ns or more")
    return time


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _DESCRIPTION
    parser.add_argument(
        "--analysis",
        type=Path,
        default=Path("results/analysis"),
        help="folder with {system}/replica-{n}/opening.csv … (default: %(default)s)",
    )
    parser.add_argument(
        "--output-dir",
        type=Path,
        default=Path("results/comparison"),
        help="where replicas.csv, effects.csv and summary.json go (default: %(default)s)",
    )
    parser.add_argument(
        "--discard",
        default="0 ns",
        metavar="TIME",
        help="beginning of every replica that is left out, such as '10 ns' (default: %(default)s)",
    )
    parser.add_argument(
        "--replicas",
        type=int,
        metavar="N",
        help="replicas that each system should have: missing ones are named, further ones left out",
    )
    parser.add_argument(
        "--systems",
        nargs="+",
        metavar="SYSTEM",
        help="systems of the study, such as closed-mg closed-apo (default: all in the folder)",
    )
    parser.epilog = _EPILOG


def run(args: argparse.Namespace) -> int:
    """Compare, and print the verdicts."""
    if args.replicas is not None and args.replicas < 1:
        raise InputError(f"--replicas {args.replicas} is no number of replicas", "give 1 or more")
    summary = compare(
        args.analysis, args.output_dir, parse_time(args.discard), args.replicas, args.systems
    )
    for sentence in summary["headline"]:
        print(sentence)
    for row in (*summary["primary"], *summary["holding"]):
        print(f"  [{row['verdict']}] {row['sentence']}")
    for sentence in summary["warnings"]:
        print(f"  warning: {sentence}")
    shortest = [span for runs in summary["span_ns"].values() for span in runs.values()]
    known = [span for span in shortest if math.isfinite(span)]
    print(
        f"written to {args.output_dir}, runs of {duration(min(known, default=math.nan))} and more"
    )
    return 0
