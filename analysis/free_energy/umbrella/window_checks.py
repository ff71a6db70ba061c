"""Whether windows have enough samples, overlap, have like replicas, and none is stuck.

A check answers with sentences that name the windows and say what is missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from lfa1_analysis.free_energy.run_tables import Array
from lfa1_analysis.free_energy.umbrella.mbar import Solution, solve
from lfa1_analysis.free_energy.umbrella.window_samples import Samples, blocks
from lfa1_analysis.free_energy.umbrella.windows import Window, WindowRun
from lfa1_analysis.free_energy.verdicts import LEAST_OVERLAP
from lfa1_analysis.statistics.inference import Summary

LEAST_SAMPLES = 50
"""Independent samples per window, all its runs together."""
LEAST_EFFECTIVE = 10
"""Samples that count fully, in a basin: its population is then known to a third."""
ALARM = 0.01
"""Chance that all windows of a sound system together raise a false alarm, per check."""
RELEVANT_SHIFT = 0.5
"""Spreads of the window; smaller shifts of a mean do not count even if they are certain."""
WIDE_GAP = 1.5
"""Times the median spacing: a window seems to be missing."""
RELEVANT_RANGE = 0.75
"""Spreads of the window, between the means of its replicas; the range of several is larger."""
ERROR_OF_ERRORS = 4.0
"""Independent samples per degree of freedom of a standard error that rests on a fitted g."""
LONG_START = 0.2
"""Share of a run; longer beginnings that are certainly unlike the rest show a motion that the run
has seen too rarely."""
PREDICTION_FREEDOM = 10.0
"""Degrees of freedom of the error of a prediction: the blocks of about one window."""
FEWEST_REWEIGHTED = 20.0
"""Effective samples (Kish) below which the other windows predict nothing about one."""


@dataclass(frozen=True)
class Stuck:
    """A window whose samples do not fit; `shift` is by how much, in its own spreads."""

    window: int
    shift: float
    reason: str


@dataclass(frozen=True)
class Pair:
    """Two neighbours in order of centre, and how far they overlap (the smaller direction)."""

    first: Window
    second: Window
    overlap: float

    @property
    def middle(self) -> float:
        """Half-way between the centres."""
        return (self.first.centre + self.second.centre) / 2


def few_samples(described: Sequence[tuple[WindowRun, Summary]]) -> dict[Window, str]:
    """Name the windows with too few independent samples, and the time that they lack."""
    found: dict[Window, str] = {}
    for window, group in _grouped(described).items():
        still = [run for run, summary in group if summary.sd == 0]
        if still:
            found[window] = (
                f"window {window.label}: the CV never changes in replica "
                f"{', '.join(str(run.replica) for run in still)}; look for a frozen or wrong CV"
            )
            continue
        samples = independent(group)
        if samples >= LEAST_SAMPLES:
            continue
        known = [
            s.inefficiency * run.interval_ns for run, s in group if math.isfinite(s.inefficiency)
        ]
        more = (
            f"; run it about {(LEAST_SAMPLES - samples) * float(np.mean(known)):.3g} ns more "
            "(all its replicas together)"
            if known
            else "; its runs are too short to say how much more it needs"
        )
        found[window] = (
            f"window {window.label}: {samples:.0f} independent samples of "
            f"{LEAST_SAMPLES} that are needed{more}"
        )
    return found


def independent(group: Sequence[tuple[WindowRun, Summary]]) -> float:
    """Return the independent samples of runs whose error is known."""
    return sum(s.n_independent for _, s in group if math.isfinite(s.inefficiency))


def neighbours(windows: Sequence[Window], overlap: Array) -> list[Pair]:
    """Pair the windows that hold the set together: the maximum spanning tree of the overlap.

    In an even row these are the neighbours in order of centre. Where biases of several strengths
    lie side by side, or windows slid off a barrier, the next centre is not the next in overlap,
    and what matters is whether there is some way from one end to the other.
    """
    both = np.nan_to_num(np.minimum(overlap, overlap.T))
    inside, found = {0}, []
    while len(inside) < len(windows):
        i, j = max(
            ((i, j) for i in inside for j in range(len(windows)) if j not in inside),
            key=lambda e: (both[e], -abs(windows[e[0]].centre - windows[e[1]].centre)),
        )
        inside.add(j)
        found.append((min(i, j), max(i, j)))
    return [Pair(windows[i], windows[j], float(both[i, j])) for i, j in sorted(found)]


def poor_overlap(pairs: Sequence[Pair]) -> list[str]:
    """Name neighbours that overlap too little, and the window to add."""
    spacings = [pair.second.centre - pair.first.centre for pair in pairs]
    usual = float(np.median(spacings)) if spacings else 0.0
    found = []
    for pair, spacing in zip(pairs, spacings, strict=True):
        if pair.overlap >= LEAST_OVERLAP:
            continue
        gap = ": a window seems to be missing between them" if spacing > WIDE_GAP * usual else ""
        found.append(
            f"windows {pair.first.label} ({pair.first.centre:g}) and {pair.second.label} "
            f"({pair.second.centre:g}) overlap by {pair.overlap:.2g}, less than "
            f"{LEAST_OVERLAP:g}{gap}; add a window at {pair.middle:g}"
        )
    return found


def unlike_replicas(described: Sequence[tuple[WindowRun, Summary]]) -> dict[Window, str]:
    """Name windows whose replicas have different means, beyond their errors and by enough."""
    groups = _grouped(described)
    found = {}
    for window, group in groups.items():
        known = [(run, s) for run, s in group if s.sem > 0]
        if len(known) < 2:
            continue
        means = np.array([s.mean for _, s in known])
        weights = np.array([s.sem**-2 for _, s in known])
        middle = float(weights @ means / weights.sum())
        between = float(weights @ (means - middle) ** 2) / (len(known) - 1)
        # The errors are as uncertain as the correlation times that they rest on.
        freedom = max(1.0, (independent(known) - len(known)) / ERROR_OF_ERRORS)
        chance = float(stats.f.sf(between, len(known) - 1, freedom))
        spread = math.sqrt(float(np.mean([s.sd**2 for _, s in known])))
        if chance < ALARM / len(groups) and np.ptp(means) > RELEVANT_RANGE * spread:
            values = ", ".join(
                f"{run.replica}: {s.mean:.3g}" + (f" ({run.seeded_from})" * bool(run.seeded_from))
                for run, s in known
            )
            found[window] = (
                f"window {window.label}: its replicas settle to different means of the CV "
                f"({values}); a slow coordinate besides the CV is likely"
            )
    return found


def long_starts(described: Sequence[tuple[WindowRun, Summary]]) -> dict[Window, str]:
    """Name windows with a run whose start differs from its rest and is no small part of it.

    A run that forgets where it began within a fifth of its length has seen the motion that this
    took a few times at most: how the states that it joins are shared is then not known, and the
    correlation time of the rest, in which the motion may not have happened at all, hides it.
    """
    found: dict[Window, list[str]] = {}
    for run, summary in described:
        n, start = run.cv.size, summary.start
        if not (start >= LONG_START * n and math.isfinite(summary.inefficiency)):
            continue
        error = summary.sd * math.sqrt(summary.inefficiency * (1 / start + 1 / (n - start)))
        freedom = max(1.0, summary.n_independent / ERROR_OF_ERRORS)
        limit = float(stats.t.isf(ALARM / 2 / len(described), freedom))
        if abs(float(run.cv[:start].mean()) - summary.mean) > limit * error:
            part = f"replica {run.replica} over {start * run.interval_ns:.3g} ns"
            found.setdefault(run.window, []).append(part)
    return {
        window: f"window {window.label}: the CV settles too slowly for the length of its runs "
        f"({', '.join(parts)}, more than {LONG_START:.0%} of the run); a slow motion has been seen "
        "a few times at most, run it several times as long"
        for window, parts in found.items()
    }


def stuck_windows(samples: Samples, solution: Solution) -> list[Stuck]:
    """Find windows whose mean is not what the PMF of the others predicts.

    The worst is taken out and the rest looked at again, because a stuck window also spoils what
    is predicted for its neighbours.
    """
    found: list[Stuck] = []
    keep = np.ones(samples.x.size, dtype=bool)
    while len(samples.windows) - len(found) > 2:
        rest = samples.subset(keep)
        candidates = [
            stuck
            for k in np.unique(rest.window)
            if (stuck := _misfit(rest, solution.f, int(k))) is not None
        ]
        if not candidates:
            break
        worst = max(candidates, key=lambda s: s.shift)
        found.append(worst)
        keep &= samples.window != worst.window
    return sorted(found, key=lambda s: s.window)


def _misfit(samples: Samples, start: Array, k: int) -> Stuck | None:
    mine = samples.window == k
    x = samples.x[mine]
    if x.size < 3 or x.std() == 0:
        return None
    spread = float(x.std(ddof=1))
    without = np.where(mine, 0.0, 1.0)
    solved = solve(samples, without, start)
    bridge = [i for i in np.unique(samples.window) if i != k]
    before, after = [i for i in bridge if i < k][-1:], [i for i in bridge if i > k][:1]
    joined = all(
        min(solved.overlap[i, j], solved.overlap[j, i]) >= LEAST_OVERLAP
        for i in before
        for j in after
    )
    if not (joined and _effective(samples, solved, k) >= FEWEST_REWEIGHTED):
        # Without it the others fall apart; it must then at least fit the PMF that it is part of.
        without = np.ones(samples.x.size)
        solved = solve(samples, without, start)
        if not _effective(samples, solved, k) >= FEWEST_REWEIGHTED:
            return None
    expected = _predicted(samples, solved, k)
    shift = abs(float(x.mean()) - expected) / spread
    own = spread / math.sqrt(x.size)
    limit = float(stats.t.isf(ALARM / 2 / len(samples.windows), PREDICTION_FREEDOM))
    certain = max(limit * own / spread, RELEVANT_SHIFT)
    if shift <= certain:
        return None
    # Only a suspect is worth the many solutions that the error of its prediction takes.
    error = math.hypot(own, _prediction_error(samples, without, solved, k))
    if shift * spread <= limit * error:
        return None
    label = samples.windows[k].label
    return Stuck(
        k,
        shift,
        f"window {label}: its mean CV is {x.mean():.3g}, its neighbours' PMF predicts "
        f"{expected:.3g}; it is stuck, start it again from the other end and look for a slow "
        "coordinate besides the CV",
    )


def thin_basin(name: str, log_weights: Array) -> str:
    """Say so when a basin's population hangs on few samples; otherwise nothing.

    Parameters
    ----------
    name : str
    log_weights : ndarray, shape (n,)
        Of the samples inside, without bias. Their effective number is Kish's, (Σw)²/Σw².
    """
    weights = np.exp(log_weights - log_weights.max())
    effective = float(weights.sum() ** 2 / np.sum(weights**2))
    if weights.size >= LEAST_SAMPLES and effective >= LEAST_EFFECTIVE:
        return ""
    return (
        f"{weights.size} independent samples lie in the {name} basin, with the weight of "
        f"{effective:.0f}; at least {LEAST_SAMPLES} and {LEAST_EFFECTIVE} are needed: add windows "
        "there, or see to the basin's limits"
    )


def _tilted(samples: Samples, solved: Solution, k: int) -> Array:
    logs = solved.log_weights - samples.energies[:, k] - samples.least
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()


def _effective(samples: Samples, solved: Solution, k: int) -> float:
    return 1 / float(np.sum(_tilted(samples, solved, k) ** 2))


def _predicted(samples: Samples, solved: Solution, k: int) -> float:
    return float(_tilted(samples, solved, k) @ samples.x)


def _prediction_error(samples: Samples, weights: Array, solved: Solution, k: int) -> float:
    """Delete-one jackknife over blocks of the windows that predict.

    Not over replicas, even if there are many: three would leave the error itself too uncertain.
    """
    units = blocks(samples)
    variance = 0.0
    for window in np.unique(samples.window[weights > 0]):
        mine = np.unique(units[samples.window == window])
        if mine.size < 2:
            continue
        values = [
            _predicted(samples, solve(samples, np.where(units == unit, 0.0, weights), solved.f), k)
            for unit in mine
        ]
        variance += (mine.size - 1) * float(np.var(values))
    return math.sqrt(variance)


def _grouped(
    described: Sequence[tuple[WindowRun, Summary]],
) -> dict[Window, list[tuple[WindowRun, Summary]]]:
    groups: dict[Window, list[tuple[WindowRun, Summary]]] = {}
    for run, summary in described:
        groups.setdefault(run.window, []).append((run, summary))
    return groups
