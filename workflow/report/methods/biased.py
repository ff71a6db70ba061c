"""The protocols of umbrella sampling and of steered separation, in sentences for the Methods."""

from __future__ import annotations

import pandas as pd

from lfa1_analysis.comparison.verdicts import duration
from lfa1_md.study.settings import StudyConfig
from lfa1_report.sources.free_energy import FreeEnergyResults
from lfa1_report.sources.separation import SeparationResults


def sampling_protocol(energy: FreeEnergyResults, study: StudyConfig) -> str:
    """Say how the windows were run; without a plan in the configuration, by their own report."""
    plan, table = study.sampling, energy.tables.get("windows_report.csv")
    if plan is None:
        return _from_report(table)
    spacing = (plan.last - plan.first) / (plan.windows - 1)
    text = (
        f"{plan.windows} windows, centres {plan.first:g} to {plan.last:g}, each with a spring of "
        f"{plan.force_constant:g} kJ/mol, k/2 (s − s₀)². From the equilibrated closed and open "
        f"systems the spring was pulled from one centre to the next, {spacing:.3g} further, in "
        f"{duration(plan.pull.per_window / 1000)}, to the other end; every window was begun from "
        f"both pulls and run for {duration(plan.window.duration / 1000)}"
    )
    if plan.exchange:
        text += (
            f"; after the first {duration(plan.window.segment / 1000)} of each, the windows of a "
            "system exchanged their configurations every "
            f"{duration(plan.exchange.interval / 1000)} (OpenMM's replica exchange)"
        )
    times = f", {plan.replicas} times with pulls of their own" if plan.replicas != 1 else ""
    # Windows that were added after the pilot are numbered from those of the plan on.
    labels = set() if table is None else {str(label) for label in table["window"]}
    added = sum(label.isdigit() and int(label) >= plan.windows for label in labels)
    more = (
        f" After a pilot (the first segment of each) {added} more windows were added to all "
        "systems where neighbours overlapped too little or a window was stuck."
    )
    return f"{text}{times}.{more if added else ''}".replace("-", "−")


def _from_report(table: pd.DataFrame | None) -> str:
    """Say what the windows' report alone tells."""
    if table is None or table.empty:
        return "The protocol was not recorded."
    constants = sorted(table["force_constant_kj_per_mol_per_unit2"].dropna().unique())
    lengths = table["length_ns"].dropna()
    springs = " and ".join(f"{k:.4g}" for k in constants) or "unrecorded strength"
    time = f" of {lengths.min():.3g} to {lengths.max():.3g} ns" if len(lengths) else ""
    return (
        f"{table['centre'].nunique()} windows, centres {table['centre'].min():g} to "
        f"{table['centre'].max():g}, springs of {springs} kJ/mol per square of the unit, "
        f"{len(table)} runs{time}; how they were pulled there was not recorded."
    ).replace("-", "−")


def separation_protocol(found: SeparationResults, study: StudyConfig) -> str:
    """Say how ICAM-1 was pulled off; without a plan in the configuration, by the records."""
    systems, plan = found.systems, study.separation
    counts = ", ".join(f"{len(its['pulls'])} of {name}" for name, its in systems.items())
    if plan is None:
        speeds = sorted({float(its["speed_nm_per_ns"]) for its in systems.values()})
        springs = {its.get("force_constant_kj_per_mol_per_nm2") for its in systems.values()}
        strength = " and ".join(f"{k:g}" for k in sorted(k for k in springs if k is not None))
        return (
            f"k was {strength or 'of unrecorded strength,'} kJ/mol/nm² and d₀ was lengthened at "
            f"{' and '.join(f'{speed:g}' for speed in speeds)} nm/ns; pulls: {counts}; how far, "
            "and in what segments, was not recorded."
        )
    return (
        f"k was {plan.force_constant:g} kJ/mol/nm²; d₀ was lengthened by {plan.distance:g} nm at "
        f"{plan.speed:g} nm/ns, in segments of {duration(plan.segment / 1000)} that continue one "
        f"another, with rows every {duration(plan.force_interval / 1000)} and frames every "
        f"{duration(plan.frame_interval / 1000)}. Independent pulls, each from an equilibration of "
        f"its own: {counts}. The box is wider by half of that distance on each side."
    )
