"""The Methods' paragraph on umbrella sampling and what was computed from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from lfa1_analysis.free_energy.pulling.comparison import LEAST_PULLS
from lfa1_report.methods.references import Bibliography
from lfa1_report.sources.free_energy import FreeEnergy


def sampling(
    energy: FreeEnergy | None, config: Mapping[str, Any], cites: Bibliography
) -> list[tuple[str, Markup]]:
    """Write the paragraph, with its heading; nothing where nothing was sampled.

    Parameters
    ----------
    config : mapping
        The study's settings; where they have no ``sampling``, the windows' own report serves.
    """
    if energy is None:
        return []
    settings = (energy.record or {}).get("settings", {})
    overlap, samples = (
        settings.get(key, "an unrecorded number")
        for key in ("least_neighbour_overlap", "least_independent_samples")
    )
    said = Markup(
        "Umbrella sampling{} along the opening coordinate (0: closed crystal 3F74, 1: open crystal "
        "3HI6). {} Free energies: MBAR{} on decorrelated samples{}; ΔG compares the populations of "
        "two basins. No free energy is given where files, independent samples (at least {} per "
        "window), overlap of neighbours (at least {}{}), spread against the spring, agreement of "
        "replicas or stability over time speak against it; it is called converged only where "
        "runs begun from both ends, in every window, agree."
    ).format(
        cites.cite("umbrella"),
        _protocol(energy, config),
        cites.cite("mbar"),
        cites.cite("inefficiency"),
        samples,
        overlap,
        cites.cite("overlap"),
    )
    if energy.pulls is not None:
        said += Markup(
            " Pulls of α7 of this domain have been published{}; there its end was pulled, here the "
            "whole opening coordinate. Work of the pulls: the change of the bias’ energy at the "
            "jumps of its centre{}; "
            "means there and back bound the free energy between the biased ends, and Bennett’s "
            "estimate{} is given only where at least {} pulls each way overlap."
        ).format(cites.cite("xiang"), cites.cite("work"), cites.cite("bar", "crooks"), LEAST_PULLS)
    if energy.linkage is not None:
        said += Markup(
            " The dose–response follows from two states and one metal site in equilibrium{}, with "
            "apparent dissociation constants of {:.4g} µM for Mg²⁺{} and {:.4g} µM for Ca²⁺{}."
        ).format(
            cites.cite("linkage"),
            *(
                part
                for constant, key in (
                    (energy.linkage.k_mg, "labadia"),
                    (energy.linkage.k_ca, "griggs"),
                )
                for part in (
                    constant.molar * 1e6,
                    # A species is named by published constants alone, not by a user's own.
                    cites.cite(key) if constant.species else f" ({constant.source})",
                )
            ),
        )
    return [("Free energy of opening", said)]


def _protocol(energy: FreeEnergy, config: Mapping[str, Any]) -> str:
    plan = config.get("sampling")
    if not isinstance(plan, Mapping):
        return _from_report(energy.tables.get("windows_report.csv"))
    try:
        windows = int(plan["windows"])
        first, last = float(plan["first"]), float(plan["last"])
        spacing = (last - first) / (windows - 1)
        pulled, each = plan["pull"]["per_window"], plan["window"]["duration"]
        text = (
            f"{windows} windows, centres {first:g} to {last:g}, each with a spring of "
            f"{plan['force_constant']}, k/2 (s − s₀)². From the equilibrated closed and open "
            f"systems the spring was pulled from one centre to the next, {spacing:.3g} further, in "
            f"{pulled}, to the other end; every window was begun from both pulls and run for {each}"
        )
        if plan.get("exchange"):
            text += (
                f"; after the first {plan['window']['segment']} of each, the windows of a system "
                f"exchanged their configurations every {plan['exchange']['interval']} (OpenMM's "
                "replica exchange)"
            )
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return _from_report(energy.tables.get("windows_report.csv"))
    adapted = _added(energy.tables.get("windows_report.csv"), windows)
    replicas = plan.get("replicas", 1)
    times = f", {replicas} times with pulls of their own" if replicas != 1 else ""
    return f"{text}{times}.{adapted}".replace("-", "−")


def _added(table: pd.DataFrame | None, configured: int) -> str:
    """Say how many windows were added after the pilot: numbers from `configured` on."""
    if table is None:
        return ""
    labels = {str(label) for label in table["window"]}
    added = [label for label in labels if label.isdigit() and int(label) >= configured]
    if not added:
        return ""
    return (
        f" After a pilot (the first segment of each) {len(added)} more windows were added to all "
        "systems where neighbours overlapped too little or a window was stuck."
    )


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
