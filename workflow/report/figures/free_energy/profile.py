"""Figures of the umbrella windows: what they sampled, and the free energy if they allow one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lfa1_analysis.free_energy.verdicts import UNTESTED
from lfa1_analysis.observables.coordinate import CRYSTALS
from lfa1_analysis.observables.crystals import STATES
from lfa1_report.figures.captions import beside, finish
from lfa1_report.figures.free_energy.linkage import linkage_figure
from lfa1_report.figures.free_energy.pulls import coordinate, pull_figures
from lfa1_report.figures.free_energy.windows import convergence_figures, overlap_figures
from lfa1_report.sources.free_energy import FreeEnergyResults
from lfa1_report.sources.study import Results
from lfa1_report.style import style

PMF = "pmf_kj_per_mol"
_LINES: dict[str, Any] = {"mg": "-", "apo": (0, (5, 2))}
# Seed → marker; told apart by shape and filling, not by colour alone.
_SEEDS: dict[str, dict[str, Any]] = {
    "closed": {
        "marker": "o",
        "mfc": style.STATE_COLOURS["closed"],
        "ms": 4,
        "label": "from the closed end",
    },
    "open": {"marker": "^", "mfc": "none", "ms": 9, "label": "from the open end"},
    "": {"marker": "x", "mfc": "none", "ms": 6, "label": "origin not recorded"},
}
_SEED_COLOURS = {"closed": "#0072b2", "open": style.STATE_COLOURS["open"], "": style.INK}


def free_energy_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw what was sampled; a free energy only where nothing speaks against it."""
    energy = found.free_energy
    if energy is None:
        return
    yield from pull_figures(energy.pulls)
    for system in _systems(energy, "windows_report.csv"):
        drawing = _windows(energy, system)
        if drawing is not None:
            yield drawing
    profiles = {name: _profile(energy, name) for name in energy.shown}
    profiles = {n: table for n, table in profiles.items() if len(table.dropna(subset=[PMF]))}
    if profiles:
        yield _pmf(energy, profiles)
    least = (energy.record or {}).get("settings", {}).get("least_neighbour_overlap")
    for system in _systems(energy, "overlap.csv"):
        yield from overlap_figures(energy.table("overlap.csv", system), system, least)
    for system in _systems(energy, "convergence.csv"):
        yield from convergence_figures(energy.table("convergence.csv", system), system)
    if energy.linkage is not None:
        yield linkage_figure(energy.linkage)


def ion(system: str) -> str:
    """``mg`` → ``Mg²⁺``."""
    return style.ION_NAMES.get(system, system)


def _systems(energy: FreeEnergyResults, name: str) -> list[str]:
    table = energy.tables.get(name)
    return [] if table is None else list(dict.fromkeys(table["system"]))


def _windows(energy: FreeEnergyResults, system: str) -> style.Drawing | None:
    columns = ["system", "window", "seeded_from", "centre", "mean_cv", "sd_cv", "length_ns"]
    every = energy.table("windows_report.csv", system)
    data = every[columns].dropna(subset=["centre", "mean_cv"]).reset_index(drop=True)
    if data.empty:
        return None
    unit = energy.unit(system)
    ends = np.array([data["centre"].min(), data["centre"].max()])
    with style.axes(4.8, 3.7) as (figure, axis):
        axis.plot(ends, ends, ls=(0, (4, 3)), color=style.INK, lw=0.9, label="where it is held")
        for seed, part in data.groupby("seeded_from", sort=False):
            look = _SEEDS.get(str(seed), _SEEDS[""])
            axis.errorbar(
                part["centre"],
                part["mean_cv"],
                yerr=part["sd_cv"],
                color=_SEED_COLOURS.get(str(seed), style.INK),
                ls="none",
                capsize=2.5 if seed == "open" else 0,
                elinewidth=0.9,
                **look,
            )
        if not unit:
            _crystals(axis, vertical=False)
        axis.set_xlabel(f"{coordinate(unit)}: centre of the window")
        axis.set_ylabel(f"{coordinate(unit)}: sampled")
        axis.set_title(f"{ion(system)}: what the windows sampled")
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        return finish(
            figure,
            "free_energy_windows",
            _reach(data, len(every)),
            data,
            system,
            ion=ion(system),
            crystals="" if unit else " Dotted: the crystals.",
        )


def _reach(data: pd.DataFrame, runs: int) -> str:
    low, high = data["mean_cv"].min(), data["mean_cv"].max()
    lost = f"; {runs - len(data)} runs have no usable data" if runs > len(data) else ""
    return (
        f"{len(data)} runs in {data['window'].nunique()} windows, centres "
        f"{data['centre'].min():.2f} to {data['centre'].max():.2f}, means {low:.2f} to "
        f"{high:.2f}{lost}."
    )


def _profile(energy: FreeEnergyResults, system: str) -> pd.DataFrame:
    table = energy.table("pmf.csv", system)
    if table.empty:
        return table
    # Bins without a value stay: a line across them would show what was not measured.
    table = table[["system", "cv", PMF, "low", "high"]].reset_index(drop=True)
    basins = energy.systems[system].get("basins") or {}
    inside = pd.Series("", index=table.index)
    for name, ends in basins.items():
        low, high = _ends(ends)
        inside[(table["cv"] >= low) & (table["cv"] < high)] = name
    return table.assign(basin=inside)


def _ends(ends: list[float | None] | None) -> tuple[float, float]:
    low, high = ends or (np.nan, np.nan)
    return (-np.inf if low is None else low), (np.inf if high is None else high)


def _pmf(energy: FreeEnergyResults, profiles: dict[str, pd.DataFrame]) -> style.Drawing:
    unit = energy.unit(next(iter(profiles)))
    with style.axes(5.6, 3.9) as (figure, axis):
        for system, table in profiles.items():
            tint = style.ION_COLOURS.get(system, style.INK)
            x, y = table["cv"], table[PMF]
            axis.fill_between(x, table["low"], table["high"], color=tint, alpha=0.18, lw=0)
            # A band needs two bins side by side; one alone shows its interval as a line.
            axis.vlines(x, table["low"], table["high"], color=tint, lw=0.6, alpha=0.6)
            axis.plot(
                x,
                y,
                color=tint,
                ls=_LINES.get(system, ":"),
                marker=style.ION_MARKERS.get(system, "o"),
                ms=3.5,
                lw=1.5,
                label=ion(system)
                + f" ({UNTESTED})" * (energy.systems[system]["verdict"] == UNTESTED),
            )
        _basins(axis, energy, profiles)
        if not unit:
            _crystals(axis, vertical=True)
        axis.set_xlabel(f"{coordinate(unit)}, closed → open")
        axis.set_ylabel("free energy (kJ/mol)")
        axis.set_title("Free energy of opening", pad=6 if unit else 32)
        figure.legend(loc="outside lower center", ncols=4, frameon=False)
        data = pd.concat(list(profiles.values())).dropna(subset=[PMF])
        return finish(
            figure,
            "free_energy_pmf",
            _lowest(profiles),
            data,
            crystals="" if unit else " Dotted: the crystals.",
        )


def _basins(axis: Axes, energy: FreeEnergyResults, profiles: dict[str, pd.DataFrame]) -> None:
    """Shade the basins of the first system; mark the ends of every other one that differ."""
    left = min(float(table["cv"].min()) for table in profiles.values())
    right = max(float(table["cv"].max()) for table in profiles.values())
    drawn: dict[str, tuple[float, float]] = {}
    for system in profiles:
        for name, ends in (energy.systems[system].get("basins") or {}).items():
            low, high = _ends(ends)
            low, high = max(low, left), min(high, right)
            if not low < high:
                continue
            if name not in drawn:
                drawn[name] = (low, high)
                axis.axvspan(low, high, color=style.STATE_COLOURS[name], alpha=0.09, lw=0)
                axis.annotate(
                    f"{name} basin",
                    ((low + high) / 2, 0.985),
                    xycoords=("data", "axes fraction"),
                    ha="center",
                    va="top",
                    fontsize=8,
                )
            if drawn[name] == (low, high) and system != next(iter(profiles)):
                continue
            for end in {low, high} - {left, right}:
                shared = system == next(iter(profiles))
                tint = style.INK if shared else style.ION_COLOURS.get(system, style.INK)
                axis.axvline(end, color=tint, lw=0.9, ls="-" if shared else _LINES.get(system, ":"))
    axis.margins(y=0.14)


def _lowest(profiles: dict[str, pd.DataFrame]) -> str:
    parts = []
    for system, table in profiles.items():
        lowest = float(table["cv"].to_numpy()[np.nanargmin(table[PMF])])
        top = table[PMF].max()
        parts.append(f"{ion(system)}: lowest at {lowest:.2f}, at most {top:.1f} kJ/mol above it.")
    return " ".join(parts)


def _crystals(axis: Axes, vertical: bool) -> None:
    """Mark the crystals, labelled by state outside the axes."""
    for state in dict.fromkeys(STATES.values()):
        entries = [entry for entry in CRYSTALS if STATES[entry] == state]
        values = [CRYSTALS[entry] for entry in entries]
        line = axis.axvline if vertical else axis.axhline
        for value in values:
            line(value, color=style.STATE_COLOURS[state], lw=1.0, ls=":", zorder=0.5)
        words = f"{state}\n{', '.join(entries)}"
        beside(axis, words, (min(values) + max(values)) / 2, vertical=vertical, fontsize=7.5)
