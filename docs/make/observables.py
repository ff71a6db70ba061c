"""Draw what the observables of the I domain measure, from the crystals and the embedded models.

    python docs/make/observables.py docs

Writes alpha7.svg, pocket.svg and midas.svg. Every number in them is read from
``analysis/observables/data/crystals.csv``, ``analysis/proteins/data/reference.csv`` or
``structures/*.cif``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pandas as pd

from lfa1_analysis.observables import crystals
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import (
    ALPHA7,
    MIDAS,
    MIDAS_DONORS,
    POCKET_OCCUPANTS,
    POCKET_WALL,
    WILD_TYPE,
)
from lfa1_report.style import style
from lfa1_report.style.style import STATE_COLOURS

ROOT = Path(__file__).parents[2]
SHOWN = tuple(range(128, 301))
NAMES = {"D": "Asp", "S": "Ser", "T": "Thr", "L": "Leu", "F": "Phe", "I": "Ile"}
RESIDUE = {n: f"{NAMES.get(code, code)}{n}" for n, code in WILD_TYPE.items()}


def finished(figure: Any, name: str, title: str) -> str:
    """Return the picture as SVG on white, which can be read on a dark page as well."""
    figure.set_facecolor("white")
    return style.draw(figure, name, "", title, "", "", pd.DataFrame()).svg


def alpha7() -> str:
    """The fold of both crystals in the plane of the shift, and where five crystals lie on it."""
    known = reference.load()
    axis = known.alpha7_axis
    trace = {"closed": known.closed_ca(SHOWN), "open": known.open_ca(SHOWN)}
    helix = {"closed": known.closed_ca(ALPHA7), "open": known.open_ca(ALPHA7)}
    middle = trace["closed"].mean(axis=0)
    across = helix["closed"].mean(axis=0) - middle
    across -= (across @ axis) * axis
    across /= np.linalg.norm(across)
    with style.axes(6.6, 4.0, ncols=2, width_ratios=(1.5, 1)) as (figure, pair):
        fold, ruler = pair
        for state, points in trace.items():
            x, y = (points - middle) @ across, (points - middle) @ axis
            fold.plot(x, y, color=STATE_COLOURS[state], lw=0.7, alpha=0.55)
            chosen = np.isin(SHOWN, range(289, 301))
            name = f"α7, {state} ({'3F74' if state == 'closed' else '3HI6'})"
            fold.plot(x[chosen], y[chosen], color=STATE_COLOURS[state], lw=3, label=name)
            ends = (helix[state].mean(axis=0) - middle) @ np.array([across, axis]).T
            fold.plot(*ends, "o", color=style.INK, ms=5, zorder=5)
            if state == "closed":
                begin = ends
        place = (known.closed_ca(MIDAS).mean(axis=0) - middle) @ np.array([across, axis]).T
        fold.plot(*place, "*", color=style.ION_COLOURS["apo"], ms=12, label="middle of the MIDAS")
        shift = (helix["open"] - helix["closed"]).mean(axis=0) @ axis
        fold.annotate(
            "",
            (begin[0] + 4, begin[1] + shift),
            (begin[0] + 4, begin[1]),
            arrowprops={"arrowstyle": "-|>", "color": style.INK, "lw": 1.4},
        )
        fold.text(begin[0] + 5, begin[1] + shift / 2, f"{shift:+.1f} Å", va="center")
        fold.set(aspect="equal", title="α7 shift", xlim=(None, begin[0] + 13))
        fold.invert_yaxis()
        fold.set_axis_off()
        fold.legend(loc="upper center", bbox_to_anchor=(0.5, 0))
        table = crystals.load()
        for row in table.itertuples():
            ruler.plot(0, row.alpha7_shift_angstrom, "o", color=STATE_COLOURS[row.state], ms=7)
            ruler.text(0.12, row.alpha7_shift_angstrom, f"{row.entry}, {row.state}", va="center")
        ruler.set(xlim=(-0.2, 1.2), xticks=[], ylabel="α7 shift (Å)", title="Crystals")
        ruler.invert_yaxis()
        ruler.spines["bottom"].set_visible(False)
        return finished(figure, "alpha7", "α7 shift between the closed and the open crystal")


def pocket() -> str:
    """Distances of the three residues from the ratchet pocket in the crystals."""
    table = crystals.load()
    colour = {int(n): STATE_COLOURS[state] for n, state in POCKET_OCCUPANTS.items()}
    with style.axes(6.6, 3.1) as (figure, axis):
        for height, row in enumerate(table[::-1].itertuples()):
            for number, state in POCKET_OCCUPANTS.items():
                name = f"pocket_{RESIDUE[number].lower()}_angstrom"
                distance = getattr(row, name)
                inside = row.pocket_occupant == state
                axis.plot(
                    distance,
                    height,
                    "o",
                    ms=10 if inside else 6,
                    mfc=colour[number] if inside else "white",
                    mec=colour[number],
                    mew=1.6,
                )
                axis.annotate(
                    RESIDUE[number],
                    (distance, height),
                    (0, 8),
                    textcoords="offset points",
                    ha="center",
                    fontsize=7.5,
                )
        axis.axvline(5.5, color=style.INK, lw=0.8, ls="--")
        axis.text(5.4, len(table) - 0.45, "fills it", ha="right", fontsize=8)
        axis.text(5.6, len(table) - 0.45, "does not", ha="left", fontsize=8)
        axis.set(
            yticks=range(len(table)),
            yticklabels=[f"{row.entry}, {row.state}" for row in table[::-1].itertuples()],
            ylim=(-0.5, len(table) - 0.1),
            xlim=(2.5, None),
            xlabel="side-chain centroid to the middle of "
            + ", ".join(RESIDUE[n] for n in POCKET_WALL)
            + " (Å)",
            title="Who fills the ratchet pocket",
        )
        axis.grid(axis="x")
        return finished(figure, "pocket", "Distances from the ratchet pocket in five crystals")


def midas() -> str:
    """The oxygens around Mg²⁺ in the closed and the open model, flattened."""
    with style.axes(6.6, 3.4, ncols=2) as (figure, pair):
        for axis, state in zip(pair, ("closed", "open"), strict=True):
            metal, oxygens = site(ROOT / "structures" / f"{state}.cif")
            around = np.array([xyz for _, xyz in oxygens]) - metal
            # The plane that keeps most of the picture; lengths are written, not to be read off it.
            flat = around @ np.linalg.svd(around, full_matrices=False)[2][:2].T
            angles = spread(np.arctan2(flat[:, 1], flat[:, 0]))
            for (name, _), vector, angle in zip(oxygens, around, angles, strict=True):
                length = float(np.linalg.norm(vector))
                x, y = length * np.cos(angle), length * np.sin(angle)
                bound = length < 2.6
                line = {"lw": 1.6, "ls": "-"} if bound else {"lw": 0.8, "ls": ":"}
                axis.plot([0, x], [0, y], color=style.INK, **line)
                water = name == "water"
                axis.plot(x, y, "o", ms=9, mfc="#9ecae1" if water else "#d55e00", mec="white")
                axis.text(
                    (length + 1.1) * np.cos(angle),
                    (length + 0.95) * np.sin(angle),
                    f"{name}\n{length:.2f} Å",
                    ha="center",
                    va="center",
                    fontsize=7.5,
                )
            axis.plot(0, 0, "o", ms=17, color=style.ION_COLOURS["mg"])
            axis.text(0, 0, "Mg²⁺", ha="center", va="center", color="white", fontsize=7)
            axis.set(aspect="equal", xlim=(-5.8, 5.8), ylim=(-4.8, 4.8), title=f"MIDAS, {state}")
            axis.set_axis_off()
        return finished(figure, "midas", "Oxygens around Mg²⁺ in the closed and the open model")


def spread(angles: Any, least: float = np.pi / 5) -> Any:
    """Move angles apart until neighbours are `least` from each other, in their order."""
    order = np.argsort(angles)
    angles = angles[order].copy()
    for _ in range(2000):
        gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
        close = gaps < least
        if not close.any():
            break
        push = np.where(close, (least - gaps) / 2, 0)
        angles += np.roll(push, 1) - push
    back = np.empty_like(angles)
    back[order] = angles
    return back


def site(file: Path) -> tuple[Any, list[tuple[str, Any]]]:
    """Return where Mg²⁺ lies in a model, and the oxygens that may hold it with their names (Å)."""
    model = gemmi.read_structure(str(file))[0]
    atoms = [
        (residue, atom, np.array(atom.pos.tolist()))
        for chain in model
        for residue in chain
        for atom in residue
    ]
    metal = next(xyz for _, atom, xyz in atoms if atom.element.name == "Mg")
    wanted = {number: names for number, names in MIDAS_DONORS.values()}
    found = []
    for number, names in wanted.items():
        each = [
            xyz
            for residue, atom, xyz in atoms
            if residue.seqid.num == number
            and residue.name == RESIDUE[number][:3].upper()
            and atom.name in names
        ]
        found.append((RESIDUE[number], min(each, key=lambda xyz: np.linalg.norm(xyz - metal))))
    waters = [
        xyz
        for residue, atom, xyz in atoms
        if residue.name in ("HOH", "WAT") and atom.element.name == "O"
    ]
    return metal, found + [("water", x) for x in waters if np.linalg.norm(x - metal) < 2.6]


def main(folder: Path) -> None:
    """Write the three pictures."""
    for picture in (alpha7, pocket, midas):
        (folder / f"{picture.__name__}.svg").write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
