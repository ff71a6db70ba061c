"""Figure of the dose–response: fraction open of the isolated I domain against [Mg²⁺]."""

from __future__ import annotations

import textwrap

import numpy as np

from lfa1_analysis.free_energy.linkage.constants import IONISED_MG, TOTAL_MG
from lfa1_analysis.free_energy.linkage.program import LinkageResult
from lfa1_analysis.free_energy.verdicts import NOT_CONVERGED, UNTESTED
from lfa1_report.figures.captions import finish
from lfa1_report.style import style

_MARKS = {NOT_CONVERGED: "NOT CONVERGED", UNTESTED: "HYSTERESIS UNTESTED"}
_DECADES = 100.0
"""Ratio of the highest to the lowest fraction from which the axis is logarithmic."""


def linkage_figure(linkage: LinkageResult) -> style.Drawing:
    """Draw the curve with its 95 % band and the serum levels of Mg.

    Where no effect is resolved, the line is flat: a slope inside the band would be read as one.
    """
    found, conditions = linkage.found, linkage.conditions
    table = found.table[found.table["mg_molar"] > 0]
    molar = table["mg_molar"]
    tint = style.ION_COLOURS["mg"]
    with style.axes(5.6, 3.9) as (figure, axis):
        axis.set_xscale("log")
        for serum, shade in ((TOTAL_MG, 0.10), (IONISED_MG, 0.22)):
            axis.axvspan(
                serum.low_molar,
                serum.high_molar,
                color=style.ION_COLOURS["na"],
                alpha=shade,
                lw=0,
                label=f"{serum.name}, reference interval",
            )
        axis.fill_between(
            molar, table["low"], table["high"], color=tint, alpha=0.2, lw=0, label="95 % band"
        )
        if found.flat is not None:
            line, what = np.full(len(table), found.flat), "no effect resolved: flat"
        else:
            line, what = table["fraction_open"].to_numpy(), "best values"
        axis.plot(molar, line, color=tint, lw=1.6, label=what)
        lowest, highest = float(table["low"].min()), float(table["high"].max())
        if lowest > 0 and highest / lowest > _DECADES:
            axis.set_yscale("log")
        else:
            axis.set_ylim(0, highest * 1.1)
        axis.set_xlim(float(molar.min()), float(molar.max()))
        axis.set_xlabel("free Mg²⁺ (mol/l)")
        axis.set_ylabel("fraction open")
        marked = _MARKS.get(linkage.energies.verdict, "")
        title = "Isolated I domain: opening and Mg²⁺"
        axis.set_title(
            f"{marked} · {title}" if marked else title, color=style.WARN if marked else style.INK
        )
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
        shown = linkage.verdict[1 if marked else 0]
        said = f"{shown[0].upper()}{shown[1:]}. No ligand, no β2: nothing follows for cells."
        figure.supxlabel("\n".join(textwrap.wrap(said, 88)), fontsize=8)
        return finish(
            figure,
            "linkage",
            ". ".join(linkage.verdict) + ".",
            found.table,
            mark=f"{marked}: " * bool(marked),
            calcium_mm=conditions.calcium * 1e3,
            kelvin=conditions.temperature,
        )
