"""One system from its windows: diagnostics, verdict, and a free energy only where it holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lfa1_analysis.free_energy.umbrella import convergence
from lfa1_analysis.free_energy.umbrella import window_checks as checks
from lfa1_analysis.free_energy.umbrella.basins import Basin, Grid, find_basins, make_grid
from lfa1_analysis.free_energy.umbrella.mbar import Solution, estimate
from lfa1_analysis.free_energy.umbrella.opening_free_energy import PmfProfile, free_energy, raw_pmf
from lfa1_analysis.free_energy.umbrella.spring_check import Spring, wrong_springs
from lfa1_analysis.free_energy.umbrella.window_samples import (
    Samples,
    by_replicas,
    decorrelate,
    describe_runs,
)
from lfa1_analysis.free_energy.umbrella.windows import UmbrellaSet, Window, WindowRun
from lfa1_analysis.free_energy.verdicts import CONVERGED, NOT_CONVERGED, UNTESTED
from lfa1_analysis.statistics.estimates import Estimate
from lfa1_analysis.statistics.inference import Summary

SHORT_RUN = 0.5
"""Times the median length of the system's runs; a shorter run may have ended early."""
NO_OVERLAP = 1e-3
"""Below this the parts of the set have no common free energy to follow over time."""


@dataclass
class Judged:
    """Everything that was found about one system.

    Attributes
    ----------
    reasons : list of str
        Why it is not converged; empty where nothing speaks against it.
    notes : list of str
        What a reader should know besides.
    estimate : Estimate or None
        ΔG of opening; to be shown only if there are no reasons.

    Examples
    --------
    >>> from lfa1_analysis import examples, read_windows
    >>> from lfa1_analysis.free_energy.umbrella.verdict import judge_windows
    >>> from lfa1_analysis.io.constants import GAS_CONSTANT
    >>> judged = judge_windows(read_windows(examples.windows())[0], GAS_CONSTANT * 310.0)
    >>> judged.reasons[0].split(";")[0]
    'window 0: 9 independent samples of 50 that are needed'
    """

    umbrella: UmbrellaSet
    described: list[tuple[WindowRun, Summary]]
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    samples: Samples | None = None
    solution: Solution | None = None
    pairs: list[checks.Pair] = field(default_factory=list)
    springs: list[Spring] = field(default_factory=list)
    stuck: list[checks.Stuck] = field(default_factory=list)
    unlike: dict[Window, str] = field(default_factory=dict)
    few: dict[Window, str] = field(default_factory=dict)
    basins: tuple[Basin, Basin] | None = None
    grid: Grid | None = None
    estimate: Estimate | None = None
    profile: PmfProfile | None = None
    steps: pd.DataFrame | None = None
    hysteresis: convergence.Hysteresis = field(
        default_factory=lambda: convergence.Hysteresis(None, "not tested")
    )

    @property
    def resampled(self) -> str:
        """Return what gave the error: ``replicas``, ``blocks``, or nothing."""
        if self.estimate is None or self.samples is None:
            return ""
        return "replicas" if by_replicas(self.samples) else "blocks"

    @property
    def verdict(self) -> str:
        """Converged only where runs from both ends were compared, in every window, and agree."""
        if self.reasons:
            return NOT_CONVERGED
        return CONVERGED if self.hysteresis.tested else UNTESTED

    @property
    def converged(self) -> bool:
        """Whether nothing speaks against the estimate, and hysteresis was tested."""
        return self.verdict == CONVERGED


def judge_windows(umbrella: UmbrellaSet, kt: float) -> Judged:
    """Check files, samples, overlap and agreement of the windows, without a free energy.

    Examples
    --------
    >>> from lfa1_analysis import examples, read_windows
    >>> from lfa1_analysis.free_energy.umbrella.verdict import judge_windows
    >>> from lfa1_analysis.io.constants import GAS_CONSTANT
    >>> pilot = read_windows(examples.windows())[0]
    >>> judged = judge_windows(pilot, GAS_CONSTANT * 310.0)
    >>> len(judged.pairs), round(min(pair.overlap for pair in judged.pairs), 3)
    (7, 0.123)
    """
    found = Judged(umbrella, describe_runs(umbrella))
    for run in umbrella.runs:
        if run.problem:
            found.reasons.append(f"{run.name}: {run.problem}")
    lost = [w for w in umbrella.windows if w not in {run.window for run, _ in found.described}]
    for window in lost:
        found.reasons.append(
            f"window {window.label} at {window.centre:g} has no usable file; run it again"
        )
    if len({run.window for run, _ in found.described}) < 2:
        found.reasons.append("fewer than two windows can be used")
        return found
    found.samples = decorrelate(found.described, kt)
    found.solution = estimate(found.samples)
    found.few = checks.few_samples(found.described)
    found.pairs = checks.neighbours(found.samples.windows, found.solution.overlap)
    found.unlike = checks.long_starts(found.described) | checks.unlike_replicas(found.described)
    found.springs = wrong_springs(found.samples, found.solution)
    found.stuck = checks.stuck_windows(found.samples, found.solution)
    found.reasons += found.few.values()
    found.reasons += checks.poor_overlap(found.pairs)
    found.reasons += [spring.reason for spring in found.springs]
    found.reasons += found.unlike.values()
    found.reasons += [stuck.reason for stuck in found.stuck]
    if not found.solution.converged:
        found.reasons.append("the MBAR equations did not converge")
    found.notes += _lengths(found.described)
    return found


def judge(umbrella: UmbrellaSet, kt: float, given: tuple[Basin, Basin] | None, bins: int) -> Judged:
    """Judge one system and estimate its free energy of opening.

    Parameters
    ----------
    umbrella : UmbrellaSet
    kt : float
        kJ/mol.
    given : (Basin, Basin), optional
        Closed and open; otherwise found from the PMF.
    bins : int
        Of the PMF.
    """
    found = judge_windows(umbrella, kt)
    samples, solution = found.samples, found.solution
    if samples is None or solution is None:
        return found
    found.grid = make_grid(samples.x, bins)
    basins = given or find_basins(found.grid, raw_pmf(solution.log_weights, found.grid))
    if isinstance(basins, str):
        found.reasons.append(basins)
        return found
    found.basins = basins
    if any(pair.overlap < NO_OVERLAP for pair in found.pairs):
        found.notes.append("no convergence over time: the windows do not hang together")
        return found
    for name, basin in zip(("closed", "open"), basins, strict=True):
        inside = basin.holds(samples.x) > 0
        if not inside.any():
            found.reasons.append(f"no sample lies in the {name} basin; add windows there")
            return found
        if reason := checks.thin_basin(name, solution.log_weights[inside]):
            found.reasons.append(reason)
    found.estimate, found.profile = free_energy(samples, solution, basins, found.grid, kt)
    found.steps = convergence.time_series(samples, solution, basins, found.estimate, kt)
    found.hysteresis = convergence.hysteresis(samples, basins, solution, kt)
    if found.hysteresis.note and (found.hysteresis.estimate or not found.hysteresis.both):
        found.notes.append(f"hysteresis {found.hysteresis.note}")
    if not (found.estimate.standard_error > 0 and math.isfinite(found.estimate.half_width)):
        found.reasons.append("the error cannot be estimated: a window has too few samples")
    drifts = convergence.halves_differ(samples, solution, basins, found.estimate, kt)
    differs = convergence.hysteresis_reason(found.hysteresis, kt)
    found.reasons += [reason for reason in (drifts, differs) if reason]
    return found


def _lengths(described: Sequence[tuple[WindowRun, Summary]]) -> list[str]:
    lengths = [run.cv.size * run.interval_ns for run, _ in described]
    usual = float(np.median(lengths))
    notes = [
        f"{run.name}: {length:.3g} ns, half or less of the usual {usual:.3g} ns; "
        "it may have ended early"
        for (run, _), length in zip(described, lengths, strict=True)
        if length <= SHORT_RUN * usual
    ]
    return notes + [
        f"{run.name}: {summary.note}" for run, summary in described if not summary.settled
    ]
