"""Does the effect of Mg²⁺ survive the choice of its model? The same comparison, model by model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lfa1_analysis.comparison.effects import Effect
from lfa1_analysis.comparison.relevance import BY_NAME
from lfa1_analysis.comparison.study_tables import element, split
from lfa1_analysis.comparison.verdicts import CANNOT_TELL, DIFFERS, SITE, STAYED

AGREE, DISAGREE, UNDECIDED = "agree", "disagree", "undecided"


@dataclass(frozen=True)
class Sensitivity:
    """One observable in one state, by every model of Mg²⁺ that the study ran.

    Attributes
    ----------
    state, observable, unit : str
    models : list of dict
        ``member`` (``mg``, ``mg_1264`` …), ``effect``, ``ci_low``, ``ci_high``, ``verdict``.
    outcome : {"agree", "disagree", "undecided"}
        Undecided: with some models, or all, the runs cannot tell, or stayed where they started.
    sentence : str
    """

    state: str
    observable: str
    unit: str
    models: list[dict[str, Any]]
    outcome: str
    sentence: str


def sensitivity(effects: list[Effect]) -> list[dict[str, Any]]:
    """Set the primary ±Mg effects of all models side by side; empty with fewer than two models."""
    rows: dict[tuple[str, str], list[Effect]] = {}
    for effect in effects:
        first, _, second = effect.comparison.partition(" − ")
        if effect.kind != "effect" or effect.tier != "primary" or split(second)[1] != "apo":
            continue
        if element(split(first)[1]) == "mg":
            rows.setdefault((effect.state, effect.observable), []).append(effect)
    return [asdict(_judged(found)) for found in rows.values() if len(found) > 1]


def _judged(effects: list[Effect]) -> Sensitivity:
    first = effects[0]
    kinds = {_kind(effect) for effect in effects}
    if kinds == {CANNOT_TELL} or (CANNOT_TELL in kinds and len(kinds) == 2):
        outcome = UNDECIDED
    elif len(kinds) == 1:
        outcome = AGREE
    else:
        outcome = DISAGREE
    subject = BY_NAME[first.observable].subject
    said = "; ".join(
        f"{SITE[_member(effect)].removesuffix(' at the MIDAS')}: {effect.verdict}"
        for effect in effects
    )
    what = {
        AGREE: f"all {len(effects)} models of Mg²⁺ agree",
        UNDECIDED: "with some models of Mg²⁺ the runs tell and with others they cannot"
        if len(kinds) > 1
        else f"with none of the {len(effects)} models of Mg²⁺ can the runs tell",
        DISAGREE: "the models of Mg²⁺ disagree, so the answer is the model's as much as nature's",
    }[outcome]
    return Sensitivity(
        first.state,
        first.observable,
        first.unit,
        [
            {
                "member": _member(effect),
                "effect": effect.effect,
                "ci_low": effect.ci_low,
                "ci_high": effect.ci_high,
                "verdict": effect.verdict,
            }
            for effect in effects
        ],
        outcome,
        f"In the {first.state} state, {subject}: {what} ({said}). {_signs(effects)}",
    )


def _signs(effects: list[Effect]) -> str:
    """Say whether the best values point the same way, whatever the verdicts."""
    signs = {effect.effect > 0 for effect in effects if effect.effect}
    if len(signs) == 1:
        return "The best values of all models have the same sign."
    return "The best values of the models have opposite signs." if signs else ""


def _member(effect: Effect) -> str:
    return split(effect.comparison.partition(" − ")[0])[1]


def _kind(effect: Effect) -> str:
    """Return the verdict, with the direction where it is a difference.

    Runs that all stayed where they started tell nothing of the ion's effect on equilibrium.
    """
    if effect.verdict == DIFFERS:
        return f"{DIFFERS} {'up' if effect.effect > 0 else 'down'}"
    return CANNOT_TELL if effect.verdict in (CANNOT_TELL, STAYED) else "no effect"
