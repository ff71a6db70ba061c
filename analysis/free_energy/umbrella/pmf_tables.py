"""What `lfa1 pmf` writes: rows of its tables and the record of its free energies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lfa1_analysis.free_energy.umbrella.convergence import STEP_COLUMNS
from lfa1_analysis.free_energy.umbrella.verdict import Judged
from lfa1_analysis.free_energy.umbrella.window_checks import LEAST_SAMPLES
from lfa1_analysis.free_energy.umbrella.windows import CONSTANT
from lfa1_analysis.free_energy.verdicts import NOT_CONVERGED, worst
from lfa1_analysis.io.table import or_null
from lfa1_analysis.statistics.estimates import Estimate

_SUMMARY_COLUMNS = (
    "length_ns",
    "equilibration_ns",
    "statistical_inefficiency",
    "correlation_ns",
    "n_independent",
    "mean_cv",
    "sd_cv",
    "sem_cv",
    "settled",
)


def pmf_table(judged: Sequence[Judged]) -> pd.DataFrame:
    """Make the PMF of every system; empty where it is not converged, as ΔG could be read off it."""
    columns = ["system", "cv", "pmf_kj_per_mol", "low", "high", "samples"]
    parts = [pd.DataFrame(columns=columns)]
    for found in judged:
        if found.grid is not None:
            shown = None if found.reasons else found.profile
            curves = (shown.pmf, shown.low, shown.high) if shown else (np.nan,) * 3
            values = (found.umbrella.system, found.grid.middles, *curves, found.grid.counts)
            parts.append(pd.DataFrame(dict(zip(columns, values, strict=True))))
    return pd.concat(parts[1:] or parts)


def window_table(judged: Sequence[Judged]) -> pd.DataFrame:
    """Make one row per run: equilibration, correlation, samples, mean, and its problems."""
    rows = []
    for found in judged:
        summaries = {run.file: summary for run, summary in found.described}
        springs = {w: its.reason for its in found.springs for w in its.windows}
        stuck = {found.samples.windows[s.window]: s.reason for s in found.stuck if found.samples}
        for run in found.umbrella.runs:
            window, dt = run.window, run.interval_ns
            row: dict[str, Any] = {
                "system": found.umbrella.system,
                "window": window.label,
                "replica": run.replica,
                "centre": window.centre,
                CONSTANT: window.force_constant,
                "seeded_from": run.seeded_from,
                **dict.fromkeys(_SUMMARY_COLUMNS),
            }
            problems = [run.problem]
            if summary := summaries.get(run.file):
                row |= {
                    "length_ns": run.cv.size * dt,
                    "equilibration_ns": summary.start * dt,
                    "statistical_inefficiency": summary.inefficiency,
                    "correlation_ns": summary.inefficiency * dt,
                    "n_independent": summary.n_independent,
                    "mean_cv": summary.mean,
                    "sd_cv": summary.sd,
                    "sem_cv": summary.sem,
                    "settled": summary.settled,
                }
                reasons = (found.few, springs, found.unlike, stuck)
                problems = [summary.note, *(known.get(window, "") for known in reasons)]
            rows.append(row | {"problem": "; ".join(filter(None, problems))})
    return pd.DataFrame(rows)


def overlap_table(judged: Sequence[Judged]) -> pd.DataFrame:
    """Make the overlap matrix of every system, one row per ordered pair of windows."""
    rows = [
        (
            found.umbrella.system,
            first.label,
            second.label,
            first.centre,
            second.centre,
            {first, second} in [{pair.first, pair.second} for pair in found.pairs],
            found.solution.overlap[i, j],
        )
        for found in judged
        if found.samples is not None and found.solution is not None
        for i, first in enumerate(found.samples.windows)
        for j, second in enumerate(found.samples.windows)
    ]
    columns = ["system", "window", "other", "centre", "other_centre", "neighbours", "overlap"]
    return pd.DataFrame(rows, columns=columns)


def convergence_table(judged: Sequence[Judged]) -> pd.DataFrame:
    """Make the table of estimates from parts of the data, as differences from that of all."""
    parts = [pd.DataFrame(columns=["system", *STEP_COLUMNS])]
    for found in judged:
        if found.steps is not None:
            parts.append(found.steps.assign(system=found.umbrella.system)[parts[0].columns])
    return pd.concat(parts[1:] or parts)


def record(found: Judged) -> dict[str, Any]:
    """Make the record of one system; its numbers are null where something speaks against them."""
    shown = None if found.reasons else found.estimate
    pair = min(found.pairs, key=lambda p: p.overlap, default=None)
    return {
        **values(shown),
        "verdict": found.verdict,
        "reasons": found.reasons,
        "notes": found.notes,
        "basins": {
            name: basin and [or_null(basin.low), or_null(basin.high)]
            for name, basin in zip(("closed", "open"), found.basins or (None, None), strict=True)
        },
        "unit": found.umbrella.unit,
        "windows": len(found.umbrella.windows),
        "runs": len(found.umbrella.runs),
        "decorrelated_samples": 0 if found.samples is None else found.samples.x.size,
        "fewest_independent_samples_needed": LEAST_SAMPLES,
        "resampled": found.resampled or None,
        "smallest_neighbour_overlap": pair
        and {"overlap": or_null(pair.overlap), "windows": [pair.first.label, pair.second.label]},
        "hysteresis_closed_minus_open": values(found.hysteresis.estimate),
    }


def double_difference(judged: Sequence[Judged], other: str = "apo") -> dict[str, Any]:
    """Record ΔΔG = ΔG(mg) − ΔG(other) with the worse of both verdicts, or null with the reason."""
    systems = {found.umbrella.system: found for found in judged}
    if not {"mg", other} <= systems.keys():
        return _refused(f"needs the systems mg and {other}")
    mg, apo = systems["mg"], systems[other]
    unfit = [name for name in ("mg", other) if systems[name].reasons]
    if unfit:
        return _refused(f"not converged: {', '.join(unfit)}")
    if mg.umbrella.unit != apo.umbrella.unit or mg.umbrella.windows != apo.umbrella.windows:
        return _refused(f"mg and {other} do not have the same windows")
    assert mg.estimate is not None and apo.estimate is not None
    same = mg.basins == apo.basins
    notes = [] if same else [f"the basins of mg and {other} end at different places"]
    untested = [name for name in ("mg", other) if not systems[name].converged]
    if untested:
        notes.append(
            f"hysteresis is untested in {' and '.join(untested)}: a slow coordinate besides the "
            "CV would show in nothing else"
        )
    return {
        **values(mg.estimate.minus(apo.estimate)),
        "verdict": worst((mg.verdict, apo.verdict)),
        "reason": "; ".join(notes),
    }


def _refused(reason: str) -> dict[str, Any]:
    return {**values(None), "verdict": NOT_CONVERGED, "reason": reason}


def values(estimate: Estimate | None) -> dict[str, float | None]:
    """Record value, standard error with its degrees of freedom and 95 % interval, or null."""
    found = estimate or Estimate(np.nan, np.nan, np.nan)
    numbers = found.value, found.standard_error, found.degrees_of_freedom, *found.interval
    names = "value_kj_per_mol", "standard_error_kj_per_mol", "degrees_of_freedom", "low", "high"
    return {name: or_null(number) for name, number in zip(names, numbers, strict=True)}
