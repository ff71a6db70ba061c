"""Figures of steered separation: force against extension, and the work of each pull."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from lfa1_report.sources.separation import SeparationResults
from lfa1_report.style import style

SECTION = "separation"


def separation_figures(found: SeparationResults | None) -> Iterator[style.Drawing]:
    """Draw both figures, or nothing where nothing was pulled."""
    if found is None or found.profile.empty:
        return
    yield _force(found)
    yield _work(found)


def _force(found: SeparationResults) -> style.Drawing:
    with style.axes(5.2, 3.4) as (figure, axis):
        axis.axhline(0, color=style.INK, lw=0.8)
        shown: dict[str, Line2D] = {}
        for system in found.systems:
            its = found.profile[found.profile["system"] == system]
            for n, rows in its.groupby("replica", sort=True):
                drawn = style.thin(rows)
                (line,) = axis.plot(
                    drawn["extension_nm"],
                    drawn["smoothed_force_pn"],
                    color=style.colour(system),
                    lw=1.2,
                    label=f"_replica {n}",
                )
                shown.setdefault(style.label(system), line)
        axis.set_xlabel("how far the spring was lengthened (nm)")
        axis.set_ylabel("force of the spring (pN)")
        axis.set_title("Force against extension")
        axis.legend(shown.values(), shown.keys())
        largest = [
            f"{style.label(name)}: "
            + ", ".join(f"{each['largest_force_pn']:.0f}" for each in its["pulls"])
            for name, its in found.systems.items()
        ]
        return style.draw(
            figure,
            "separation_force",
            SECTION,
            "Force against extension",
            "Force of the spring while it takes ICAM-1 off, averaged over 0.05 nm of its way; one "
            "line per pull. A force that rises and falls again shows a rupture; one that still "
            "rises at the end shows none. Much of it is the water’s drag at this speed.",
            f"Largest force in pN. {'; '.join(largest)}.",
            found.profile,
        )


def _work(found: SeparationResults) -> style.Drawing:
    ends = found.profile.groupby(["system", "replica"], sort=False)["work_kj_per_mol"].last()
    table = ends.reset_index()
    with style.axes(4.6, 2.9) as (figure, axis):
        for i, system in enumerate(found.systems):
            works = table.loc[table["system"] == system, "work_kj_per_mol"].to_numpy(dtype=float)
            spread = np.linspace(-0.12, 0.12, len(works)) if len(works) > 1 else np.zeros(1)
            axis.plot(works, i + spread, "o", color=style.colour(system), ms=5)
            axis.plot([works.mean()] * 2, [i - 0.25, i + 0.25], color=style.INK, lw=1.4)
        axis.set_yticks(range(len(found.systems)), [style.label(name) for name in found.systems])
        axis.set_ylim(-0.6, len(found.systems) - 0.4)
        axis.set_xlabel("work of the pull (kJ/mol)")
        axis.set_title("Distribution of work")
        return style.draw(
            figure,
            "separation_work",
            SECTION,
            "Distribution of work",
            "Work that each pull did on the way (points) and its mean (line). Work of fast pulls "
            "is mostly lost as heat: a difference between systems is one of these pulls, not of "
            "binding free energies.",
            _works(table),
            table,
        )


def _works(table: pd.DataFrame) -> str:
    parts = [
        f"{style.label(str(name))}: {', '.join(f'{w:.0f}' for w in rows['work_kj_per_mol'])}"
        for name, rows in table.groupby("system", sort=False)
    ]
    return style.minus(f"Work in kJ/mol. {'; '.join(parts)}.")
