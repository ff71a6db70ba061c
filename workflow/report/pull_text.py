"""What the page says of the pulls, in words and in a small table."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lfa1_analysis.pull_input import BACKWARD, FORWARD
from lfa1_analysis.verdicts import duration
from lfa1_report.pull_sources import Pulls
from lfa1_report.style import ION_NAMES, minus

LOST_KT = 1.0
"""Above it a pull is called far from reversible."""


def pulls(found: Pulls | None) -> dict[str, Any] | None:
    """Collect what the page shows of the pulls, or None without any."""
    if found is None:
        return None
    lost = [its["dissipated_kt"] for its in found.systems.values()]
    lost = [value for value in lost if value is not None]
    return {
        "rows": [_row(name, its) for name, its in found.systems.items()],
        "said": _said(found, lost),
        "notes": [
            f"{ION_NAMES.get(name, name)}: {note}."
            for name, its in found.systems.items()
            for note in its["notes"]
        ],
    }


def _said(found: Pulls, lost: list[float]) -> str:
    every = [each for its in found.systems.values() for each in its["pulls"]]
    speeds = sorted(v for p in every if (v := p.get("speed_angstrom_per_ns")) is not None)
    rests = duration(min(each["rest_ns"] for each in every))
    took = duration(max(each["length_ns"] for each in every))
    speed = ""
    if speeds:
        low, high = f"{speeds[0]:.3g}", f"{speeds[-1]:.3g}"
        speed = f", at {low if low == high else f'{low} to {high}'} Å per ns"
    said = f"Each pull took {took}{speed}, after a rest of {rests} at its first place."
    if not lost:
        return said
    if max(lost) > LOST_KT:
        return (
            f"{said} Up to {max(lost):,.0f} kT of the work were lost as heat (kT is what thermal "
            "motion gives for nothing): the domain was dragged faster than it could follow, and "
            "the work says little of what opening costs."
        )
    return f"{said} Little of the work was lost as heat: the domain could follow."


def _row(name: str, its: dict[str, Any]) -> dict[str, str]:
    ways = {
        direction: [each for each in its["pulls"] if each["direction"] == direction]
        for direction in (FORWARD, BACKWARD)
    }
    bounds = its["delta_f_between_biased_ends"]
    return {
        "name": ION_NAMES.get(name, name),
        "pulls": f"{len(ways[FORWARD])} + {len(ways[BACKWARD])}",
        "forward": _mean(ways[FORWARD], "work_kj_per_mol", ".0f"),
        "backward": _mean(ways[BACKWARD], "work_kj_per_mol", ".0f"),
        "reached": f"{_mean(ways[FORWARD], 'last_cv', '.2f')} of {_goal(ways[FORWARD])}; "
        f"{_mean(ways[BACKWARD], 'last_cv', '.2f')} of {_goal(ways[BACKWARD])}",
        "lost": "–" if its["dissipated_kt"] is None else minus(f"{its['dissipated_kt']:,.1f} kT"),
        "bracket": _bracket(bounds),
        "bar": _bar(bounds.get("bar_kj_per_mol")),
    }


def _mean(pulls: list[dict[str, Any]], key: str, form: str) -> str:
    if not pulls:
        return "–"
    return minus(format(float(np.mean([each[key] for each in pulls])), form))


def _goal(pulls: list[dict[str, Any]]) -> str:
    return minus(f"{pulls[0]['last_centre']:g}") if pulls else "–"


def _bracket(bounds: dict[str, Any]) -> str:
    """Bracket as wide as the uncertainty makes it, where that is known."""
    ends = []
    for side in ("at_least", "at_most"):
        value = bounds.get(f"{side}_with_uncertainty_kj_per_mol")
        ends.append(bounds.get(f"{side}_kj_per_mol") if value is None else value)
    low, high = ends
    if low is None and high is None:
        return "–"
    if high is None:
        return minus(f"at least {low:.0f}")
    if low is None:
        return minus(f"at most {high:.0f}")
    return minus(f"{low:.0f} to {high:.0f}") if low <= high else "empty"


def _bar(its: dict[str, Any] | None) -> str:
    if not its or not all(math.isfinite(its.get(k) or 0.0) for k in ("value", "low", "high")):
        return "none"
    return minus(f"{its['value']:.1f} ({its['low']:.1f} to {its['high']:.1f})")
