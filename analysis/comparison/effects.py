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
from lfa1_analysis.comparison.transitions import Watched, watched
from lfa1_analysis.comparison.verdicts import SITE, effect_sentence, judge
from lfa1_analysis.proteins.ion_names import MG_SHAM
from lfa1_analysis.statistics.inference import (
    Interval,
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


@dataclass(frozen=True)
class _Raw:
    comparison: str
    kind: str
    state: str
    observable: Observable
    interval: Interval
    span_ns: float
    context: str
    first: str
    second: str
    units: str
    motions: tuple[Watched, ...] = ()


def all_effects(study: StudyTables, means: Means) -> list[Effect]:
    """Every comparison that the tables at hand allow.

    Holm's correction runs over the primary observables of all comparisons of ions that were named
    beforehand together, over those of holding ICAM-1 likewise, and separately over each kind of
    control.
    """
    names = [name for name in study.observables() if BY_NAME[name].compared]
    raw = [
        *_ion_effects(study, means, names),
        *_positive(study, means),
        *_negative(study, means),
        *_sham(study, means),
    ]
    adjusted: dict[int, float] = {}
    controls = ("positive control", "negative control", "sham control")
    families = [(kind, "primary") for kind in ("effect", *controls)]
    for kind, tier in (*families, ("effect", "holding")):
        family = [
            i for i, row in enumerate(raw) if row.kind == kind and row.observable.tier == tier
        ]
        values = holm([raw[i].interval.p_value for i in family])
        adjusted |= dict(zip(family, values, strict=True))
    return [_judged(row, adjusted.get(i, math.nan)) for i, row in enumerate(raw)]


def _judged(row: _Raw, p_holm: float) -> Effect:
    observable, interval = row.observable, row.interval
    verdict = judge(interval, observable, row.span_ns, p_holm, row.motions)
    sentence = effect_sentence(
        interval,
        verdict,
        observable,
        row.context,
        row.span_ns,
        row.first,
        row.second,
        row.units,
        row.motions,
    )
    if observable.tier == "exploratory":
        sentence += " (Exploratory: not named beforehand, a lead and no finding.)"
    return Effect(
        comparison=row.comparison,
        kind="effect" if row.kind == "effect" else "control",
        observable=observable.name,
        unit=observable.unit,
        state=row.state,
        n_pairs=interval.n,
        effect=interval.estimate,
        ci_low=interval.low,
        ci_high=interval.high,
        method=interval.method,
        smallest_detectable=interval.smallest_detectable,
        relevant_size=observable.relevant,
        verdict=verdict.text,
        sentence=sentence,
        tier=observable.tier,
        p_value=interval.p_value,
        p_holm=p_holm,
        reason=verdict.reason,
        span_ns=row.span_ns,
        control="" if row.kind == "effect" else row.kind.split()[0],
    )


def _ion_effects(study: StudyTables, means: Means, names: list[str]) -> Iterable[_Raw]:
    for state in sorted({split(system)[0] for system in study.systems}):
        ions = [split(system)[1] for system in study.systems if split(system)[0] == state]
        for ion, other in _ion_pairs(ions):
            for name in names:
                observable = BY_NAME[name]
                if not named_beforehand(ion, other, ions):
                    observable = replace(observable, tier="exploratory")
                yield from _paired(
                    means,
                    study,
                    observable,
                    state,
                    (ion, other),
                    "effect",
                    f"In the {state} state",
                    f"with {SITE[ion]}",
                    f"with {SITE[other]}",
                )


def _paired(
    means: Means,
    study: StudyTables,
    observable: Observable,
    state: str,
    ions: tuple[str, str],
    kind: str,
    context: str,
    first_words: str,
    second_words: str,
) -> Iterable[_Raw]:
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
    yield _Raw(
        f"{first} − {second}",
        kind,
        state,
        observable,
        mean_interval([means[first, n, name].mean - means[second, n, name].mean for n in shared]),
        _span(study, one + two),
        context,
        first_words,
        second_words,
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


def _positive(study: StudyTables, means: Means) -> Iterable[_Raw]:
    for system in study.systems:
        state, ion = split(system)
        if state != "open" or ion == MG_SHAM or f"closed-{ion}" not in study.systems:
            continue
        for name in PRIMARY:
            yield from _unpaired(
                means,
                study,
                name,
                [(system, n) for n in study.replicas(system)],
                [(f"closed-{ion}", n) for n in study.replicas(f"closed-{ion}")],
                f"open-{ion} − closed-{ion}",
                "positive control",
                "open and closed",
                f"Positive control with {SITE[ion]}",
                "started from the open model",
                "started from the closed model",
            )


def _negative(study: StudyTables, means: Means) -> Iterable[_Raw]:
    for system in study.systems:
        state, ion = split(system)
        if ion != "apo":
            continue
        replicas = study.replicas(system)
        for name in PRIMARY:
            yield from _unpaired(
                means,
                study,
                name,
                [(system, n) for n in replicas[::2]],
                [(system, n) for n in replicas[1::2]],
                f"{system}: one half of the replicas − the other",
                "negative control",
                state,
                f"Negative control in the {state} state",
                "in one half of the runs with an empty MIDAS",
                "in the other half",
            )


def _sham(study: StudyTables, means: Means) -> Iterable[_Raw]:
    for system in study.systems:
        state, ion = split(system)
        if ion != MG_SHAM:
            continue
        for name in PRIMARY:
            yield from _paired(
                means,
                study,
                BY_NAME[name],
                state,
                (MG_SHAM, "mg"),
                "sham control",
                f"Sham control in the {state} state",
                f"with {SITE[MG_SHAM]}",
                f"with {SITE['mg']}",
            )


def _unpaired(
    means: Means,
    study: StudyTables,
    name: str,
    first: list[tuple[str, int]],
    second: list[tuple[str, int]],
    comparison: str,
    kind: str,
    state: str,
    context: str,
    first_words: str,
    second_words: str,
) -> Iterable[_Raw]:
    first = [key for key in first if _known(means, *key, name)]
    second = [key for key in second if _known(means, *key, name)]
    if not first or not second:
        return
    interval = difference_interval(
        [means[(*key, name)].mean for key in first], [means[(*key, name)].mean for key in second]
    )
    if interval.n == 1 and (len(first) > 1 or len(second) > 1):
        interval = replace(interval, method="none: one of the groups is a single replica")
    yield _Raw(
        comparison,
        kind,
        state,
        BY_NAME[name],
        interval,
        _span(study, first + second),
        context,
        first_words,
        second_words,
        f"{len(first)} and {len(second)} runs",
    )


def _known(means: Means, system: str, replica: int, name: str) -> bool:
    summary = means.get((system, replica, name))
    return summary is not None and math.isfinite(summary.mean)


def _span(study: StudyTables, keys: list[tuple[str, int]]) -> float:
    spans = [study.span_ns(*key) for key in keys]
    return min(spans) if spans and all(map(math.isfinite, spans)) else math.nan
