"""The questions of the whole study: the ion's effect, by which model of it, and the controls."""

from __future__ import annotations

from lfa1_analysis.free_energy.linkage.constants import constant
from lfa1_analysis.free_energy.linkage.dose_response import LEVELS
from lfa1_analysis.free_energy.linkage.occupancy import occupancy, sentences
from lfa1_md.study.settings import StudyConfig
from lfa1_report.sections.base import Section
from lfa1_report.sources import comparison, proteins
from lfa1_report.sources.study import Results


def effect(found: Results, study: StudyConfig) -> Section:
    """Ask whether the ion changes the shape of the domain: the comparisons and their verdicts."""
    summary = found.summary or {}
    integrin = bool(proteins.integrins(found, study))
    return Section(
        "effect",
        "Effect of the ion" if integrin else "Effect of Mg²⁺",
        "effect",
        {
            "verdicts": comparison.verdicts(summary),
            "drifting": summary.get("drifting", []),
            "exploratory": [comparison.shown(row) for row in summary.get("exploratory", [])],
            "relevant": summary.get("relevant_sizes", []),
            "cannot_tell": summary.get("cannot_tell", []),
            "integrin": integrin,
            "site": proteins.titrated(found, study),
            "headline": " ".join(summary.get("headline", [])),
            "occupant": [] if integrin else occupant(study),
            "bound": found.tables.holds_ligand,
        },
    )


def occupant(study: StudyConfig) -> list[str]:
    """Say what the site would hold at the normal and at the low Mg²⁺ of the configuration."""
    its = study.linkage
    k_mg, k_ca = (
        constant(ion, None if molar is None else f"{molar:.12g} M", factor, source or None)
        for ion, molar, factor, source in (
            ("Mg", its.k_mg, its.k_mg_factor, its.k_mg_source),
            ("Ca", its.k_ca, its.k_ca_factor, its.k_ca_source),
        )
    )
    normal, low = (
        occupancy(k_mg, k_ca, LEVELS[level] * its.magnesium, its.calcium)
        for level in ("normal", "low")
    )
    return [f"{line[0].upper()}{line[1:]}." for line in sentences(normal, low)]


def models(found: Results, study: StudyConfig) -> Section | None:
    """Ask whether the answer survives the model of Mg²⁺; None where only one was run."""
    rows = comparison.sensitivity(found.summary or {})
    if not rows:
        return None
    return Section(
        "models",
        "Models of Mg²⁺",
        "models",
        {
            "sensitivity": rows,
            # With Mg²⁺ in the solvent, mg by another model and apo differ in that too.
            "solvent_differs": bool(study.chemistry.bulk_mgcl2 and study.ion_models),
        },
    )


def controls(found: Results, study: StudyConfig) -> Section:
    """Ask whether the measurements would notice an effect, and see none where none is."""
    rows = comparison.controls(found.summary or {})
    failed = tuple(
        f"{row['control'].capitalize()} control, {row['comparison']}: {row['sentence']}"
        for row in rows
        if row["outcome"] == "failed"
    )
    return Section(
        "controls",
        "Controls",
        "controls",
        {"controls": rows},
        (("Warning: a control failed.", failed),) if failed else (),
    )
