"""The figure of docs/integrin.md: where the measures lie in a real, bent integrin.

python docs/make/integrin.py 1l5g.pdb docs/integrin.svg

Domain centroids of PDB 1L5G, projected on the plane of the bend (β-propeller, genu, calf-2).
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lfa1_analysis.integrin.definitions import GENU, LEG_ENDS, MIDAS
from lfa1_analysis.integrin.find import find_integrins
from lfa1_analysis.integrin.pairs import Integrin
from lfa1_analysis.proteins.integrins.chains import ca_positions
from lfa1_analysis.proteins.integrins.subunits import DOMAINS, ChainKind
from lfa1_analysis.trajectory.universe import open_universe
from lfa1_report.style.style import GRID, INK, ION_COLOURS

ALPHA, BETA, MEASURE = ION_COLOURS["mg"], ION_COLOURS["apo"], INK
NAMES = {"beta_i": "βI", "beta_tail": "β-tail", "calf_1": "calf-1", "calf_2": "calf-2"}
Points = dict[str, NDArray[np.float64]]


def centroids(integrin: Integrin, alphas: NDArray[np.float64]) -> Points:
    """Return the Cα centroids of domains, genu, MIDAS and leg ends in Å."""
    points = {}
    for domains in DOMAINS.values():
        for name in domains:
            if not integrin.why_not(name):
                points[name] = np.nanmean(alphas[integrin.residues_of(name)], axis=0)
    parts: dict[str, tuple[ChainKind, list[int]]] = {
        name: (kind, list(range(a, b + 1))) for name, (kind, a, b) in LEG_ENDS.items()
    }
    parts["genu"] = ("alpha", list(range(GENU[0], GENU[1] + 1)))
    parts["midas"] = ("beta", list(MIDAS["beta_i_midas"][1]))
    for name, (kind, numbers) in parts.items():
        there = [i for n in numbers if (i := integrin.residue(kind, n)) is not None]
        points[name] = np.nanmean(alphas[there], axis=0)
    return points


def flat(points: Points) -> Points:
    """Project on the plane of the bend, the lower legs upright, the membrane below."""
    up = points["calf_1"] - points["calf_2"]
    up /= np.linalg.norm(up)
    normal = np.cross(points["propeller"] - points["genu"], points["calf_2"] - points["genu"])
    normal -= (normal @ up) * up
    normal /= np.linalg.norm(normal)
    axes = np.array([np.cross(up, normal), up])
    end = (points["alpha_end"] + points["beta_end"]) / 2
    return {name: axes @ (point - end) for name, point in points.items()}


def draw(structure: Path) -> Figure:
    """Draw the figure for the first integrin of a structure."""
    universe = open_universe(structure)
    integrin = find_integrins(universe)[0]
    places = flat(centroids(integrin, ca_positions(universe)))
    figure = Figure(figsize=(7.5, 5.2), layout="constrained")
    axes = figure.subplots()
    for domains, colour in ((DOMAINS["alpha"], ALPHA), (DOMAINS["beta"], BETA)):
        names = [name for name in domains if name in places]
        line = np.array([places[name] for name in names])
        axes.plot(*line.T, color=colour, linewidth=1, alpha=0.5, zorder=1)
        for name in names:
            axes.plot(*places[name], "o", markersize=30, color=colour, alpha=0.25, zorder=2)
            axes.annotate(
                NAMES.get(name, name.replace("i_egf_", "I-EGF ")),
                _xy(places[name]),
                ha="center",
                va="center",
                fontsize=8,
                color=INK,
            )
    for name, mark in (("genu", "D"), ("midas", "*")):
        axes.plot(*places[name], mark, color=MEASURE, markersize=7, zorder=4)
        axes.annotate(
            {"midas": "MIDAS"}.get(name, name),
            _xy(places[name]),
            (6, 6),
            textcoords="offset points",
            fontsize=8,
        )
    _measure(axes, places, "propeller", "calf_2", "extension")
    _measure(axes, places, "propeller", "hybrid", "headpiece opening")
    _measure(axes, places, "calf_2", "beta_tail", "leg separation")
    axes.axhline(0, color=GRID, linewidth=4, zorder=0)
    axes.annotate("leg ends (0)", (axes.get_xlim()[0], 0), (2, 4), textcoords="offset points")
    foot = np.array([places["midas"][0], 0.0])
    _line(axes, foot, places["midas"], "MIDAS height")
    for end in ("propeller", "calf_2"):
        axes.plot(*np.array([places["genu"], places[end]]).T, ":", color=MEASURE, linewidth=1)
    axes.set_aspect("equal")
    axes.set_xlabel("Å, across")
    axes.set_ylabel("Å, along calf-2 → calf-1")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure


def _xy(point: NDArray[np.float64]) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _measure(axes: Axes, places: Points, first: str, second: str, text: str) -> None:
    _line(axes, places[first], places[second], text)


def _line(axes: Axes, begin: NDArray[np.float64], end: NDArray[np.float64], text: str) -> None:
    axes.annotate(
        "",
        _xy(end),
        _xy(begin),
        arrowprops={"arrowstyle": "<->", "color": MEASURE, "linewidth": 1.2},
    )
    axes.annotate(
        text,
        _xy((begin + end) / 2),
        (5, 0),
        textcoords="offset points",
        fontsize=8,
        style="italic",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
    )


if __name__ == "__main__":
    matplotlib.rcParams["svg.hashsalt"] = "integrin"  # the same file every time
    draw(Path(sys.argv[1])).savefig(sys.argv[2], metadata={"Date": None})
