"""Does the effect of Mg²⁺ survive the choice of its model? The same comparison, model by model."""

from __future__ import annotations

from typing import Any

from lfa1_analysis.comparison.effects import Effect
from lfa1_analysis.comparison.relevance import BY_NAME
from lfa1_analysis.comparison.study_tables import element, split
from lfa1_analysis.comparison.verdicts import CANNOT_TELL, DIFFERS, SITE, STAYED

AGREE, DISAGREE, UNDECIDED = "agree", "disagree", "undecided"


def sensitivity(effects: list[Effect]) -> list[dict[str, Any]]:
    """Compare the primary ±Mg effects of all models of Mg²⁺; empty with fewer than two models.

    Returns
    -------
    list of dict
        One for each observable in each state: ``state``, ``observable``, ``unit``, ``models`` (a
        list with ``member``, such as ``mg_1264``, ``effect``, ``ci_low``, ``ci_high`` and
        ``verdict`` of each), ``outcome`` and ``sentence``. The outcome is ``agree``, ``disagree``
        or, where with some models or all the runs cannot tell or stayed where they started,
        ``undecided``.
    """
    rows: dict[tuple[str, str], list[Effect]] = {}
    for effect in effects:
        first, _, second = effect.comparison.partition(" − ")
        if effect.kind != "effect" or effect.tier != "primary" or split(second)[1] != "apo":
            continue
        if element(split(first)[1]) == "mg":
            rows.setdefault((effect.state, effect.observable), []).append(effect)
    return [_compared(found) for found in rows.values() if len(found) > 1]


def _compared(effects: list[Effect]) -> dict[str, Any]:
    first, kinds = effects[0], {_kind(effect) for effect in effects}
    if CANNOT_TELL in kinds and len(kinds) <= 2:
        outcome = UNDECIDED
        what = f"with none of the {len(effects)} models of Mg²⁺ can the runs tell"
        if len(kinds) > 1:
            what = "with some models of Mg²⁺ the runs tell and with others they cannot"
    elif len(kinds) == 1:
        outcome, what = AGREE, f"all {len(effects)} models of Mg²⁺ agree"
    else:
        outcome = DISAGREE
        what = "the models of Mg²⁺ disagree, so the answer is the model's as much as nature's"
    members = [split(effect.comparison.partition(" − ")[0])[1] for effect in effects]
    verdicts = "; ".join(
        f"{SITE[member].removesuffix(' at the MIDAS')}: {effect.verdict}"
        for member, effect in zip(members, effects, strict=True)
    )
    signs = {effect.effect > 0 for effect in effects if effect.effect}
    agree = "The best values of all models have the same sign." if len(signs) == 1 else ""
    if len(signs) == 2:
        agree = "The best values of the models have opposite signs."
    return {
        "state": first.state,
        "observable": first.observable,
        "unit": first.unit,
        "models": [
            {
                "member": member,
                "effect": effect.effect,
                "ci_low": effect.ci_low,
                "ci_high": effect.ci_high,
                "verdict": effect.verdict,
            }
            for member, effect in zip(members, effects, strict=True)
        ],
        "outcome": outcome,
        "sentence": f"In the {first.state} state, {BY_NAME[first.observable].subject}: {what} "
        f"({verdicts}). {agree}",
    }


def _kind(effect: Effect) -> str:
    """Return the verdict, with the direction where it is a difference.

    Runs that all stayed where they started tell nothing of the ion's effect on equilibrium.
    """
    if effect.verdict == DIFFERS:
        return f"{DIFFERS} {'up' if effect.effect > 0 else 'down'}"
    return CANNOT_TELL if effect.verdict in (CANNOT_TELL, STAYED) else "no effect"
