"""Figures along the chain: both crystals laid over each other, and how much each residue moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from lfa1_analysis.comparison.study_tables import split
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import ALPHA7_HELIX, MIDAS
from lfa1_report.figures.captions import finish
from lfa1_report.sources.study import Results
from lfa1_report.style import style


def overlay_figures() -> Iterator[style.Drawing]:
    """Draw the Cα traces of both crystals, projected along the view in which α7 moves most.

    The vertical axis is that of closed α7, the horizontal one the direction at right angles to it
    in which the closed domain is widest.
    """
    known = reference.load()
    numbers = sorted(set(known.closed) & set(known.open))
    traces = {"closed": known.closed_ca(numbers), "open": known.open_ca(numbers)}
    centre = traces["closed"].mean(axis=0)
    up = -known.alpha7_axis
    flat = (traces["closed"] - centre) @ (np.eye(3) - np.outer(up, up))
    across = np.linalg.svd(flat)[2][0]
    helix = np.isin(numbers, ALPHA7_HELIX)
    rows = []
    with style.axes(5.4, 4.6) as (figure, axis):
        axis.grid(False)
        axis.set_aspect("equal")
        for state, xyz in traces.items():
            x, y = (xyz - centre) @ across, (xyz - centre) @ up
            look: dict[str, Any] = {
                "color": style.STATE_COLOURS[state],
                "ls": "-" if state == "closed" else (0, (4, 1.5)),
            }
            axis.plot(x, y, lw=1.2, label=f"{state} crystal", **look)
            axis.plot(x[helix], y[helix], lw=4.5, label=f"helix α7, {state} crystal", **look)
            table = pd.DataFrame(xyz.round(3), columns=[f"{name}_angstrom" for name in "xyz"])
            table.insert(0, "residue", numbers)
            table.insert(0, "state", state)
            rows.append(table)
        site = known.closed_ca(MIDAS) - centre
        axis.plot(site @ across, site @ up, "o", color=style.INK, ms=5, label="MIDAS residues")
        axis.set_xlabel("Å")
        axis.set_ylabel("along helix α7 (Å)")
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        shift = (traces["open"][helix] - traces["closed"][helix]).mean(axis=0) @ known.alpha7_axis
        text = f"α7 lies {shift:.1f} Å lower in the open crystal."
        yield finish(figure, "overlay", text, pd.concat(rows, ignore_index=True))


def rmsf_figures(found: Results) -> Iterator[style.Drawing]:
    """Draw the RMSF along the chain per state, one curve per ion."""
    for state in found.states:
        curves = {}
        for system in found.systems:
            runs = [
                found.rmsf[key].set_index("residue")["rmsf_angstrom"]
                for key in found.keys
                if key[0] == system and key in found.rmsf
            ]
            if runs and split(system)[0] == state:
                curves[system] = pd.concat(runs, axis=1)
        if curves:
            yield _rmsf(state, curves)


def _rmsf(state: str, curves: dict[str, pd.DataFrame]) -> style.Drawing:
    rows = []
    with style.axes(7.6, 2.9) as (figure, axis):
        axis.axvspan(ALPHA7_HELIX[0], ALPHA7_HELIX[-1], color="#e69f00", alpha=0.18, lw=0)
        axis.annotate(
            "α7",
            (float(np.mean(ALPHA7_HELIX)), 0.0),
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
            axis.plot(mean, lw=1.5, label=style.ION_NAMES.get(ion, ion), **style.line(system))
            axis.fill_between(mean.index, low, high, color=style.colour(system), alpha=0.15, lw=0)
            columns = {"rmsf_angstrom": mean, "lowest_angstrom": low, "highest_angstrom": high}
            rows.append(pd.DataFrame(columns).reset_index().assign(system=system))
        axis.set_xlabel("residue (mature αL numbering)")
        axis.set_ylabel("RMSF (Å)")
        axis.set_ylim(bottom=0)
        axis.set_xlim(126, 309)
        axis.set_title(f"{state} state")
        axis.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(curves))
        data = pd.concat(rows, ignore_index=True)
        inside = data[data["residue"].isin(ALPHA7_HELIX)].groupby("system")["rmsf_angstrom"].mean()
        parts = ", ".join(f"{style.label(str(s))} {v:.2f} Å" for s, v in inside.items())
        return finish(figure, "rmsf", f"Mean over α7: {parts}.", data, state, state=state)
