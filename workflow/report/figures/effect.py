"""Figures of the ±Mg effect (forest plot) and of the flexibility along the chain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lfa1_analysis.comparison.relevance import BY_NAME
from lfa1_analysis.comparison.study_tables import split
from lfa1_analysis.comparison.verdicts import DIFFERS
from lfa1_analysis.proteins.alphal import ALPHA7_HELIX, MIDAS
from lfa1_report.sources.study import Results
from lfa1_report.style import style

_SHORT = {
    "alpha7_shift_angstrom": "α7 shift",
    "opening_fraction": "opening fraction",
    "ser139og_thr206og1_angstrom": "Ser139–Thr206",
    "glu241cd_ser139og_angstrom": "Glu241–Ser139",
    "midas_alpha7_angstrom": "MIDAS–α7",
    "rmsd_closed_angstrom": "RMSD to closed",
    "rmsd_open_angstrom": "RMSD to open",
    "pocket_leu289_angstrom": "pocket–Leu289",
    "pocket_phe292_angstrom": "pocket–Phe292",
    "pocket_leu295_angstrom": "pocket–Leu295",
}
_REACH = 4.0
"""Multiples of the relevant size that the axis shows; longer intervals end in an arrow."""


def effect_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw one forest plot per comparison."""
    table = found.effects
    if table is None or table.empty:
        return
    table = table[(table["kind"] == "effect") & np.isfinite(table["relevant_size"])]
    for comparison in dict.fromkeys(table["comparison"]):
        rows = table[(table["comparison"] == comparison) & np.isfinite(table["effect"])]
        if len(rows):
            yield _forest(str(comparison), rows.reset_index(drop=True))


def _forest(comparison: str, rows: pd.DataFrame) -> style.Drawing:
    first, second = comparison.split(" − ")
    state, ion = split(first)
    against = style.ION_NAMES.get(split(second)[1], second)
    order = rows.index[::-1]
    limit = 1.3
    for _, row in rows.iterrows():
        ends = [row["effect"], row["ci_low"], row["ci_high"]]
        reach = np.nanmax(np.abs(ends)) / row["relevant_size"]
        limit = max(limit, min(float(reach) * 1.1, _REACH))
    with style.axes(4.6, 1.2 + 0.3 * len(rows)) as (figure, axis):
        axis.grid(False)
        axis.axvspan(-1, 1, color="#009e73", alpha=0.13, lw=0)
        axis.axvline(0, color=style.INK, lw=0.8)
        for place, index in enumerate(order):
            row = rows.loc[index]
            size = row["relevant_size"]
            primary = row["tier"] == "primary"
            tint = style.WARN if row["verdict"] == DIFFERS else style.ION_COLOURS["mg"]
            low, high = row["ci_low"] / size, row["ci_high"] / size
            if np.isfinite(low):
                axis.plot(
                    np.clip([low, high], -limit, limit),
                    [place] * 2,
                    color=tint,
                    lw=2.4 if primary else 1.2,
                    solid_capstyle="butt",
                )
                for end, value in (("<", low), (">", high)):
                    if abs(value) > limit:
                        axis.plot(np.sign(value) * limit, place, end, color=tint, ms=5)
            effect = row["effect"] / size
            if abs(effect) <= limit:
                axis.plot(
                    effect,
                    place,
                    "o",
                    ms=6 if primary else 4,
                    color=tint if np.isfinite(low) else "none",
                    mec=tint,
                )
        names = [
            _SHORT.get(str(rows.loc[i, "observable"]), str(rows.loc[i, "observable"]))
            for i in order
        ]
        axis.set_yticks(range(len(rows)), names)
        for tick, index in zip(axis.get_yticklabels(), order, strict=True):
            if rows.loc[index, "tier"] == "primary":
                tick.set_fontweight("bold")
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        axis.set_xlim(-limit * 1.05, limit * 1.05)
        axis.set_ylim(-0.6, len(rows) - 0.4)
        axis.set_xlabel("effect ÷ size that would matter")
        axis.set_title(f"{state}: {style.ION_NAMES.get(ion, ion)} minus {against}")
        columns = [
            "comparison",
            "observable",
            "unit",
            "n_pairs",
            "effect",
            "ci_low",
            "ci_high",
            "relevant_size",
            "verdict",
            "tier",
        ]
        said = "; ".join(
            f"{BY_NAME[row['observable']].subject}: {row['verdict']}"
            for _, row in rows.iterrows()
            if row["tier"] == "primary" and row["observable"] in BY_NAME
        )
        return style.draw(
            figure,
            f"effect_{first}_{second}",
            "effect",
            f"The effect in the {state} state, {style.ION_NAMES.get(ion, ion)} minus {against}",
            "Effects with 95 % intervals, each divided by the size that would matter; inside the "
            "band (±1) they are too small to matter.",
            f"{said}.",
            rows[columns],
        )


def rmsf_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw the RMSF along the chain per state, one curve per ion."""
    for state in found.states:
        systems = [s for s in found.systems if split(s)[0] == state]
        curves = {}
        for system in systems:
            runs = [
                found.rmsf[key].set_index("residue")["rmsf_angstrom"]
                for key in found.keys
                if key[0] == system and key in found.rmsf
            ]
            if runs:
                curves[system] = pd.concat(runs, axis=1)
        if curves:
            yield _rmsf(state, curves)


def _rmsf(state: str, curves: dict[str, pd.DataFrame]) -> style.Drawing:
    rows = []
    with style.axes(7.6, 2.9) as (figure, axis):
        axis.axvspan(ALPHA7_HELIX[0], ALPHA7_HELIX[-1], color="#e69f00", alpha=0.18, lw=0)
        axis.annotate(
            "α7",
            (np.mean(ALPHA7_HELIX), 0.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
        for residue in MIDAS:
            axis.axvline(residue, color=style.INK, lw=0.6, ls=(0, (1, 2)))
        for system, table in curves.items():
            ion = split(system)[1]
            mean, low, high = table.mean(axis=1), table.min(axis=1), table.max(axis=1)
            axis.plot(
                mean.index,
                mean,
                color=style.colour(system),
                lw=1.5,
                ls="-" if ion != "apo" else (0, (4, 1.5)),
                label=style.ION_NAMES.get(ion, ion),
            )
            axis.fill_between(mean.index, low, high, color=style.colour(system), alpha=0.15, lw=0)
            rows.append(
                pd.DataFrame(
                    {
                        "system": system,
                        "residue": mean.index,
                        "rmsf_angstrom": mean.to_numpy(),
                        "lowest_angstrom": low.to_numpy(),
                        "highest_angstrom": high.to_numpy(),
                    }
                )
            )
        axis.set_xlabel("residue (mature αL numbering)")
        axis.set_ylabel("RMSF (Å)")
        axis.set_ylim(bottom=0)
        axis.set_xlim(126, 309)
        axis.set_title(f"{state} state")
        axis.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(curves))
        data = pd.concat(rows, ignore_index=True)
        inside = data[data["residue"].isin(ALPHA7_HELIX)].groupby("system")["rmsf_angstrom"].mean()
        return style.draw(
            figure,
            f"rmsf_{state}",
            "flexibility",
            f"How much each residue moves: {state} state",
            "Root-mean-square fluctuation of each residue: mean and range over replicas. Dotted: "
            "the five MIDAS residues.",
            "Mean over α7: "
            + ", ".join(f"{style.label(str(s))} {v:.2f} Å" for s, v in inside.items())
            + ".",
            data,
        )
