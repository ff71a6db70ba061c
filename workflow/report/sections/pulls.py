"""What the page says of the pulls, in words and in a small table."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lfa1_analysis.comparison.verdicts import duration
from lfa1_analysis.free_energy.pulling.pulls import BACKWARD, FORWARD
from lfa1_report.sources.pulling import PullResults
from lfa1_report.style.style import ION_NAMES, minus

LOST_KT = 1.0
"""Above it a pull is called far from reversible."""


def pulls(found: PullResults | None) -> dict[str, Any] | None:
    """Collect what the page shows of the pulls, or None without any."""
    if found is None:
        return None
    lost = [its["dissipated_kt"] for its in found.systems.values()]
    lost = [value for value in lost if value is not None]
    return {
        "rows": [_row(name, its) for name, its in found.systems.items()],
        "estimated": any(
            its["delta_f_between_biased_ends"].get("bar_kj_per_mol")
            for its in found.systems.values()
        ),
        "said": _said(found, lost),
        "notes": [
            f"{ION_NAMES.get(name, name)}: {note}."
            for name, its in found.systems.items()
            for note in its["notes"]
        ],
    }


def _said(found: PullResults, lost: list[float]) -> str:
    every = [each for its in found.systems.values() for each in its["pulls"]]
    speeds = sorted(v for p in every if (v := p.get("speed_angstrom_per_ns")) is not None)
    rests = duration(min(each["rest_ns"] for each in every))
    took = duration(max(each["length_ns"] for each in every))
    speed = ""
    if speeds:
        low, high = f"{speeds[0]:.3g}", f"{speeds[-1]:.3g}"
        speed = f", at {low if low == high else f'{low} to {high}'} Å per ns"
    gone = sorted(100 * _part(each) for each in every)
    said = (
        f"Each pull took {took}{speed}, after a rest of {rests} at its first place; at its end "
        f"the domain had come {gone[0]:.0f} to {gone[-1]:.0f} % of the way."
    ).replace("-", "−")
    if not lost:
        return said
    if max(lost) > LOST_KT:
        return (
            f"{said} Up to {max(lost):,.0f} kT more work was done than a slow pull would need (kT: "
            "the energy of thermal motion): the spring moved faster than the domain could follow, "
            "and its work says little of what opening costs."
        )
    if min(lost) < 0:
        return f"{said} The work there and back sums to less than zero: see the notes."
    return f"{said} Hardly more work was done than a slow pull would need."


def _part(its: dict[str, Any]) -> float:
    """Share of the centre's way that the coordinate has gone; below 0: away from it."""
    first, last = its["first_centre"], its["last_centre"]
    return float((its["last_cv"] - first) / (last - first))


def _row(name: str, its: dict[str, Any]) -> dict[str, str]:
    ways = {
        direction: [each for each in its["pulls"] if each["direction"] == direction]
        for direction in (FORWARD, BACKWARD)
    }
    bounds = its["delta_f_between_biased_ends"]
    return {
        "name": f"{ION_NAMES.get(name, name)} ({len(ways[FORWARD])} + {len(ways[BACKWARD])})",
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
    # "z": no "−0.00".
    return minus(format(float(np.mean([each[key] for each in pulls])), f"z{form}"))


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
