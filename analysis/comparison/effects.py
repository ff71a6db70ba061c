"""The ±Mg differences, pair by pair, and the controls that show what the study can and cannot see.

Effect: the replicas of the same number of two ions in one state share seeds and starting
coordinates, so each gives one difference, and the interval is that of the mean difference.
Mg²⁺ against the empty site and against Ca²⁺ were named beforehand; other pairs are explored.
Positive control: open minus closed must differ, or the observables are blind. Negative control:
even minus odd replicas without metal must not differ, or the intervals are too narrow. Sham
control: Mg²⁺ with two ions of the solvent exchanged must not differ from Mg²⁺ alone, or differences
may be of the exchange that keeps systems without metal neutral.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lfa1_analysis.comparison.relevance import BY_NAME, PRIMARY, Observable
from lfa1_analysis.comparison.study_tables import KNOWN_IONS, StudyTables, element, split
from lfa1_analysis.comparison.transitions import watched
from lfa1_analysis.comparison.verdicts import SITE, Comparison, judge, sentence
from lfa1_analysis.proteins.ion_names import MG_SHAM
from lfa1_analysis.statistics.inference import (
    Summary,
    difference_interval,
    holm,
    mean_interval,
)

Means = Mapping[tuple[str, int, str], Summary]
"""(system, replica, observable) → its summary."""


@dataclass(frozen=True)
class Effect:
    """One row of ``effects.csv``: a difference, its interval and its verdict."""

    comparison: str
    kind: str
    observable: str
    unit: str
    state: str
    n_pairs: int
    effect: float
    ci_low: float
    ci_high: float
    method: str
    smallest_detectable: float
    relevant_size: float
    verdict: str
    sentence: str
    tier: str
    p_value: float
    p_holm: float
    reason: str
    span_ns: float
    control: str


def all_effects(study: StudyTables, means: Means) -> list[Effect]:
    """Make every comparison that the tables at hand allow.

    Holm's correction runs over the primary observables of all comparisons of ions that were named
    beforehand together, over those of holding ICAM-1 likewise, and separately over each kind of
    control.
    """
    made = [*_ion_effects(study, means), *_positive(study, means)]
    made += [*_negative(study, means), *_sham(study, means)]
    families: dict[tuple[str, str], list[int]] = {}
    for i, its in enumerate(made):
        if its.observable.tier != "exploratory":
            families.setdefault((its.kind, its.observable.tier), []).append(i)
    adjusted: dict[int, float] = {}
    for family in families.values():
        values = holm([made[i].interval.p_value for i in family])
        adjusted |= dict(zip(family, values, strict=True))
    return [_judged(its, adjusted.get(i, math.nan)) for i, its in enumerate(made)]


def _judged(its: Comparison, p_holm: float) -> Effect:
    observable, interval = its.observable, its.interval
    verdict, reason = judge(its, p_holm)
    text = sentence(its, verdict, reason)
    if observable.tier == "exploratory":
        text += " (Exploratory: not named beforehand, a lead and no finding.)"
    return Effect(
        comparison=its.name,
        kind="effect" if its.kind == "effect" else "control",
        observable=observable.name,
        unit=observable.unit,
        state=its.state,
        n_pairs=interval.n,
        effect=interval.estimate,
        ci_low=interval.low,
        ci_high=interval.high,
        method=interval.method,
        smallest_detectable=interval.smallest_detectable,
        relevant_size=observable.relevant,
        verdict=verdict,
        sentence=text,
        tier=observable.tier,
        p_value=interval.p_value,
        p_holm=p_holm,
        reason=reason,
        span_ns=its.span_ns,
        control="" if its.kind == "effect" else its.kind.split()[0],
    )


def _ion_effects(study: StudyTables, means: Means) -> Iterable[Comparison]:
    compared = [BY_NAME[name] for name in study.observables() if BY_NAME[name].compared]
    for state in sorted({split(system)[0] for system in study.systems}):
        ions = [split(system)[1] for system in study.systems if split(system)[0] == state]
        for pair in _ion_pairs(ions):
            for observable in compared:
                if not named_beforehand(*pair, ions):
                    observable = replace(observable, tier="exploratory")
                yield from _paired(study, means, observable, state, pair, "effect")


def _paired(
    study: StudyTables,
    means: Means,
    observable: Observable,
    state: str,
    ions: tuple[str, str],
    kind: str,
) -> Iterable[Comparison]:
    """Compare the replicas of the same number of two ions in one state."""
    first, second = (f"{state}-{ion}" for ion in ions)
    name = observable.name
    shared = [
        n
        for n in study.replicas(first)
        if _known(means, first, n, name) and _known(means, second, n, name)
    ]
    if not shared:
        return
    one, two = ([(system, n) for n in shared] for system in (first, second))
    slow = kind == "effect" and math.isfinite(observable.relevant)
    yield Comparison(
        f"{first} − {second}",
        kind,
        state,
        observable,
        mean_interval([means[first, n, name].mean - means[second, n, name].mean for n in shared]),
        _span(study, one + two),
        f"{'In' if kind == 'effect' else f'{kind.capitalize()} in'} the {state} state",
        f"with {SITE[ions[0]]}",
        f"with {SITE[ions[1]]}",
        f"{len(shared)} {'pairs' if len(shared) > 1 else 'pair'} of runs",
        tuple(watched(study, observable, one, two)) if slow else (),
    )


def named_beforehand(ion: str, other: str, ions: Sequence[str]) -> bool:
    """Tell whether a comparison of two ions was named before any run.

    Mg²⁺, by any of its models, against nothing and against Ca²⁺, which takes its place where Mg²⁺
    is scarce. In a study without Mg²⁺, each ion against nothing.

    Parameters
    ----------
    ion, other : str
        What the site holds in both systems, such as ``mg``, ``mg_1264`` and ``apo``.
    ions : sequence of str
        All that the site holds in the systems of the state.

    Examples
    --------
    >>> from lfa1_analysis.comparison.effects import named_beforehand
    >>> ions = ("mg", "apo", "ca")
    >>> [named_beforehand(*pair, ions) for pair in (("mg", "apo"), ("mg", "ca"), ("ca", "apo"))]
    [True, True, False]
    """
    if "mg" not in map(element, ions):
        return other == "apo"
    return element(ion) == "mg" and other in ("apo", "ca")


def _ion_pairs(ions: list[str]) -> list[tuple[str, str]]:
    """Each ion against the empty site and Mg²⁺ against each other ion, named ones first."""
    metals = [ion for ion in KNOWN_IONS if ion in ions and ion not in ("apo", MG_SHAM)]
    pairs = [(metal, "apo") for metal in metals] if "apo" in ions else []
    if "mg" in metals:
        pairs += [("mg", metal) for metal in metals if metal != "mg"]
    return sorted(pairs, key=lambda pair: not named_beforehand(pair[0], pair[1], ions))


def _positive(study: StudyTables, means: Means) -> Iterable[Comparison]:
    for system in study.systems:
        state, ion = split(system)
        closed = f"closed-{ion}"
        if state == "open" and ion != MG_SHAM and closed in study.systems:
            yield from _unpaired(
                study,
                means,
                [(system, n) for n in study.replicas(system)],
                [(closed, n) for n in study.replicas(closed)],
                (f"{system} − {closed}", "positive control", "open and closed"),
                f"Positive control with {SITE[ion]}",
                ("started from the open model", "started from the closed model"),
            )


def _negative(study: StudyTables, means: Means) -> Iterable[Comparison]:
    for system in study.systems:
        state, ion = split(system)
        if ion == "apo":
            runs = [(system, n) for n in study.replicas(system)]
            yield from _unpaired(
                study,
                means,
                runs[::2],
                runs[1::2],
                (f"{system}: one half of the replicas − the other", "negative control", state),
                f"Negative control in the {state} state",
                ("in one half of the runs with an empty MIDAS", "in the other half"),
            )


def _sham(study: StudyTables, means: Means) -> Iterable[Comparison]:
    for system in study.systems:
        state, ion = split(system)
        if ion == MG_SHAM:
            for name in PRIMARY:
                pair = (MG_SHAM, "mg")
                yield from _paired(study, means, BY_NAME[name], state, pair, "sham control")


def _unpaired(
    study: StudyTables,
    means: Means,
    first: list[tuple[str, int]],
    second: list[tuple[str, int]],
    about: tuple[str, str, str],
    context: str,
    words: tuple[str, str],
) -> Iterable[Comparison]:
    """Compare two groups of runs in every primary observable; `about`: name, kind and state."""
    for name in PRIMARY:
        one, two = ([key for key in runs if _known(means, *key, name)] for runs in (first, second))
        if not one or not two:
            continue
        interval = difference_interval(
            *([means[(*key, name)].mean for key in runs] for runs in (one, two))
        )
        if interval.n == 1 and (len(one) > 1 or len(two) > 1):
            interval = replace(interval, method="none: one of the groups is a single replica")
        span = _span(study, one + two)
        runs = f"{len(one)} and {len(two)} runs"
        yield Comparison(*about, BY_NAME[name], interval, span, context, *words, runs)


def _known(means: Means, system: str, replica: int, name: str) -> bool:
    summary = means.get((system, replica, name))
    return summary is not None and math.isfinite(summary.mean)


def _span(study: StudyTables, keys: list[tuple[str, int]]) -> float:
    spans = [study.span_ns(*key) for key in keys]
    return min(spans) if spans and all(map(math.isfinite, spans)) else math.nan
