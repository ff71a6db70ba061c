"""The closed and the open crystal laid over each other, seen from the side of helix α7."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import ALPHA7_HELIX, MIDAS
from lfa1_report.style import style

_LOOKS = {"closed": ("-", 1.2), "open": ((0, (4, 1.5)), 1.2)}


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
            line, width = _LOOKS[state]
            tint = style.STATE_COLOURS[state]
            axis.plot(x, y, color=tint, ls=line, lw=width, label=f"{state} crystal")
            axis.plot(
                x[helix], y[helix], color=tint, ls=line, lw=4.5, label=f"helix α7, {state} crystal"
            )
            rows.append(
                pd.DataFrame(
                    {
                        "state": state,
                        "residue": numbers,
                        **{f"{name}_angstrom": xyz[:, i].round(3) for i, name in enumerate("xyz")},
                    }
                )
            )
        site = known.closed_ca(MIDAS) - centre
        axis.plot(site @ across, site @ up, "o", color=style.INK, ms=5, label="MIDAS residues")
        axis.set_xlabel("Å")
        axis.set_ylabel("along helix α7 (Å)")
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        shift = (traces["open"][helix] - traces["closed"][helix]).mean(axis=0) @ known.alpha7_axis
        yield style.draw(
            figure,
            "overlay",
            "view",
            "The closed and the open crystal",
            "Cα traces of 3F74 (closed) and 3HI6 (open), laid over each other by their β-sheet. "
            "Thick: helix α7, which slides down as the domain opens.",
            f"α7 lies {shift:.1f} Å lower in the open crystal.",
            pd.concat(rows, ignore_index=True),
        )
