"""Effects and controls of the comparison as page and figures show them: words, numbers, a bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lfa1_analysis.comparison.study_tables import split
from lfa1_analysis.comparison.verdicts import DIFFERS, NO_EFFECT, STAYED, signed
from lfa1_report.style.style import label

SHORT = {
    "alpha7_shift_angstrom": "Position of helix α7",
    "opening_fraction": "Opening fraction",
    "ser139og_thr206og1_angstrom": "MIDAS gap, Ser139–Thr206",
}
_SIGNS = {"differs": "≠", "equal": "≈", "stayed": "⊥", "unknown": "?"}


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """Add to an effect of the summary what the page shows of it.

    Returns
    -------
    dict
        The row with ``kind`` (differs, equal, stayed, unknown), ``sign``, ``chip``, ``name``,
        ``number``, ``interval`` (text or None) and ``bar`` (percent positions or None).
    """
    verdict = str(row.get("verdict"))
    kind = {DIFFERS: "differs", STAYED: "stayed"}.get(verdict, "unknown")
    if verdict.startswith(NO_EFFECT):
        kind = "equal"
    unit = str(row.get("unit"))
    low, high = row.get("ci_low"), row.get("ci_high")
    small = kind == "differs" and "smaller than" in str(row.get("reason"))
    return dict(row) | {
        "kind": kind,
        "sign": _SIGNS[kind],
        "chip": "differs, but by little" if small else verdict,
        "name": SHORT.get(str(row.get("observable")), str(row.get("observable"))),
        "number": "–" if row.get("effect") is None else signed(float(row["effect"]), unit),
        "interval": None
        if low is None or high is None
        else f"{signed(float(low), 'count')} to {signed(float(high), unit)}",
        "bar": _bar(row),
    }


def verdicts(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Group the primary effects by comparison."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in summary.get("primary", []):
        groups.setdefault(row["comparison"], []).append(shown(row))
    return [
        {"comparison": name, "title": _comparison_title(name), "rows": rows}
        for name, rows in groups.items()
    ]


def sensitivity(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Set out the effect by each model of Mg²⁺."""
    rows = []
    for row in summary.get("sensitivity", []):
        models = [
            shown(model | {"observable": row["observable"], "unit": row["unit"]})
            | {"name": label(f"{row['state']}-{model['member']}").split(", ", 1)[1]}
            for model in row["models"]
        ]
        name = SHORT.get(row["observable"], row["observable"])
        rows.append(dict(row) | {"models": models, "name": name})
    return rows


def controls(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List positive, negative and sham controls with ``outcome`` passed, failed, cannot tell."""
    words = {True: ("passed", "✓"), False: ("failed", "✗"), None: ("cannot tell", "?")}
    rows = []
    for kind in ("positive", "negative", "sham"):
        for row in summary.get("controls", {}).get(kind, []):
            text, sign = words[row.get("passed")]
            rows.append(shown(row) | {"control": kind, "outcome": text, "outcome_sign": sign})
    return rows


def _comparison_title(comparison: str) -> str:
    first, _, second = comparison.partition(" − ")
    state = split(first)[0]
    return (
        f"{state.capitalize()} state: {label(first).split(', ')[1]} compared with "
        f"{label(second).split(', ')[1]}"
    )


def _bar(row: Mapping[str, Any]) -> dict[str, float] | None:
    """Positions (percent of the bar) of the band that does not matter and of the interval."""
    size, low, high = row.get("relevant_size"), row.get("ci_low"), row.get("ci_high")
    if not size or low is None or high is None or row.get("effect") is None:
        return None
    reach = min(max(abs(low), abs(high), size * 1.3) * 1.1, size * 6)

    def place(value: float) -> float:
        return round(50 + 50 * max(-1.0, min(1.0, value / reach)), 1)

    return {
        "band_low": place(-size),
        "band_high": place(size),
        "low": place(low),
        "high": place(high),
        "middle": place(float(row["effect"])),
    }
